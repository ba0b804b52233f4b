"""The one registry of what a person can do. Key bindings, the key bar, help, the palette and remapping come from it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tui.handlers import layout, leaving, logs, manifest, moving, problems, session

if TYPE_CHECKING:
    from tui.app import Dashboard

Handler = Callable[["Dashboard"], Coroutine[Any, Any, None] | None]
Blocked = Callable[["Dashboard"], str | None]

PANES = ("sessions", "dependencies", "logs", "manifest")


@dataclass(frozen=True)
class Action:
    """`id` is what the keymap setting calls it; `keys` are separated by commas; `label` is for the key bar, `help` a
    sentence. `panes`: where the keys mean this (none: everywhere). `footer`: the place in the key bar, 0 for none.
    `blocked` says why it cannot be done now."""

    id: str
    keys: str
    label: str
    help: str
    group: str
    run: Handler
    panes: tuple[str, ...] = ()
    footer: int = 0
    blocked: Blocked | None = None

    @property
    def key_list(self) -> list[str]:
        return [key.strip() for key in self.keys.split(",") if key.strip()]


def _actions() -> list[Action]:
    session_ = [
        Action(
            "reload",
            "r",
            "reload",
            "Reload the component, or start a session that has ended",
            "session",
            session.reload,
            footer=20,
        ),
        Action(
            "rebuild",
            "R",
            "rebuild",
            "Build from nothing, then deploy",
            "session",
            session.rebuild,
            blocked=session.needs_engine,
        ),
        Action(
            "pause",
            "p",
            "pause",
            "Stop watching files, or watch again",
            "session",
            session.pause,
            footer=70,
            blocked=session.needs_engine,
        ),
        Action(
            "open-url",
            "o",
            "open URL",
            "Open the component's address in a browser",
            "session",
            session.open_url,
            blocked=session.needs_url,
        ),
        Action(
            "copy-url",
            "u",
            "copy URL",
            "Copy the component's address",
            "session",
            session.copy_url,
            blocked=session.needs_url,
        ),
        Action(
            "history",
            "h",
            "history",
            "Every reload: cause, stages in milliseconds, outcome",
            "session",
            layout.history,
            footer=60,
        ),
        Action(
            "attach",
            "enter",
            "open",
            "Open the selected session",
            "session",
            session.attach_selected,
            panes=("sessions",),
            footer=11,
        ),
        Action(
            "stop-session",
            "s",
            "stop",
            "Stop the selected session",
            "session",
            session.stop_selected,
            panes=("sessions",),
            footer=12,
        ),
    ]
    manifest_ = [
        Action(
            "toggle",
            "space",
            "toggle",
            "Turn the selected dependency off or on",
            "manifest",
            manifest.toggle,
            panes=("dependencies", "manifest"),
            footer=10,
            blocked=manifest.nothing_to_toggle,
        ),
        Action(
            "diff",
            "d",
            "diff",
            "Show what is pending; apply or discard it",
            "manifest",
            manifest.diff,
            footer=15,
        ),
        Action(
            "copy-manifest",
            "c,y",
            "copy",
            "Copy the manifest",
            "manifest",
            manifest.copy,
            panes=("manifest",),
            footer=16,
        ),
        Action(
            "copy-dependency",
            "c,y",
            "copy",
            "Copy the selected dependency's interfaces",
            "manifest",
            manifest.copy_dependency,
            panes=("dependencies",),
        ),
    ]
    logs_ = [
        Action(
            "search",
            "/",
            "search",
            "Search the log; /…/ is a regular expression",
            "logs",
            logs.search,
            footer=30,
        ),
        Action("next-match", "n", "next", "Next match", "logs", logs.next_match),
        Action("previous-match", "N", "previous", "Previous match", "logs", logs.previous_match),
        Action(
            "filter",
            "&",
            "filter",
            "Show matching lines only: text /regex/ !not level: source: context:",
            "logs",
            logs.filter,
            footer=35,
        ),
        Action(
            "level",
            "L",
            "level",
            "Show this level and above: all, info, warn, error",
            "logs",
            logs.cycle_level,
            panes=("logs",),
            footer=41,
        ),
        Action(
            "source",
            "S",
            "source",
            "Show one source: all, build, guest, host, …",
            "logs",
            logs.cycle_source,
            panes=("logs",),
        ),
        Action(
            "context",
            "+",
            "context",
            "More lines around each match: 0, 1, 3, 10",
            "logs",
            logs.cycle_context,
            panes=("logs",),
        ),
        Action("invert", "!", "invert", "Hide what matches instead", "logs", logs.invert, panes=("logs",)),
        Action(
            "clear-filter",
            "escape",
            "all lines",
            "Drop search and filter",
            "logs",
            logs.drop,
            panes=("logs",),
        ),
        Action("follow", "f", "follow", "Follow new lines, or stay", "logs", logs.follow, footer=40),
        Action("wrap", "w", "wrap", "Wrap long lines, or scroll sideways", "logs", logs.wrap, footer=45),
        Action("timestamps", "t", "times", "Show or hide times", "logs", logs.timestamps),
        Action("mark", "m", "mark", "Draw a line under what is there", "logs", logs.mark),
        Action("clear", "C", "clear", "Hide what is there; again: show it", "logs", logs.clear),
        Action(
            "copy",
            "c,y",
            "copy",
            "Copy the selection, or the line at the cursor",
            "logs",
            logs.copy,
            panes=("logs", "sessions"),
            footer=42,
        ),
        Action("copy-all", "Y", "copy all", "Copy every line shown", "logs", logs.copy_all, panes=("logs",)),
        Action("save-log", "ctrl+s", "save", "Save the lines shown to a file", "logs", logs.save),
    ]
    problems_ = [
        Action(
            "edit",
            "e",
            "edit",
            "Open the error's place in $EDITOR",
            "problems",
            problems.edit,
            blocked=problems.no_place,
        ),
        Action("next-problem", "]", "next", "Next error", "problems", problems.forward),
        Action("previous-problem", "[", "previous", "Previous error", "problems", problems.back),
    ]
    layout_ = [
        *(
            Action(f"pane-{name}", str(number), name, f"Go to {name}", "layout", layout.go_to(name))
            for number, name in enumerate(PANES, 1)
        ),
        Action("next-pane", "tab", "next pane", "Go to the next pane", "layout", layout.next_pane),
        Action(
            "previous-pane",
            "shift+tab",
            "previous pane",
            "Go to the pane before",
            "layout",
            layout.previous_pane,
        ),
        Action(
            "zoom", "z", "zoom", "One pane over the whole screen, and back", "layout", layout.zoom, footer=80
        ),
        Action("palette", ":,ctrl+p", "commands", "Find a command by name", "layout", layout.palette),
        Action(
            "theme",
            "T",
            "theme",
            "Next theme: dark, light, colour-blind safe, mono, ansi",
            "layout",
            layout.next_theme,
        ),
        Action(
            "mouse", "f10", "mouse", "Give the mouse to the terminal, or take it back", "layout", layout.mouse
        ),
        Action("help", "?", "help", "All keys", "layout", layout.help, footer=90),
    ]
    moving_ = [
        Action("down", "j", "down", "Down; also the arrows, Page Up and Page Down", "moving", moving.down),
        Action("up", "k", "up", "Up", "moving", moving.up),
        Action("top", "g", "top", "To the first line", "moving", moving.top),
        Action("bottom", "G", "bottom", "To the last line; the log follows again", "moving", moving.bottom),
        Action("left", "H", "left", "Scroll left", "moving", moving.left),
        Action("right", "l", "right", "Scroll right", "moving", moving.right),
    ]
    leaving_ = [
        Action(
            "leave",
            "q,ctrl+c",
            "leave",
            "Leave; asks once whether to stop a session that was started here",
            "leaving",
            leaving.leave,
            footer=95,
        ),
        Action("detach", "ctrl+d", "detach", "Leave and let the session run", "leaving", leaving.detach),
    ]
    return [*session_, *manifest_, *logs_, *problems_, *layout_, *moving_, *leaving_]


# fmt: off
ACTIONS: tuple[Action, ...] = tuple(_actions())
# fmt: on
BY_ID = {action.id: action for action in ACTIONS}

GROUPS = {
    "session": "Session",
    "manifest": "Dependencies and manifest",
    "logs": "Logs",
    "problems": "Errors",
    "layout": "Panes and screens",
    "moving": "Moving",
    "leaving": "Leaving",
}
