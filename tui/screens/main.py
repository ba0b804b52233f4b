"""The main screen: status, errors, four panes, keys. Narrow terminals show one pane at a time, with tabs."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from tui.actions import PANES
from tui.panes.dependencies import DependenciesPane
from tui.panes.logs import LogsPane
from tui.panes.manifest import ManifestPane
from tui.panes.pane import Pane
from tui.panes.sessions import SessionsPane
from tui.seen import Seen
from tui.widgets.key_bar import KeyBar
from tui.widgets.problem_bar import ProblemBar
from tui.widgets.status_bar import StatusBar
from tui.widgets.tab_strip import TabStrip


class MainScreen(Screen[None]):
    """Draws one :class:`Seen` after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.status = StatusBar()
        self.tabs = TabStrip()
        self.problems = ProblemBar()
        self.sessions = SessionsPane()
        self.dependencies = DependenciesPane()
        self.logs = LogsPane()
        self.manifest = ManifestPane()
        self.keys = KeyBar()
        self._panes: dict[str, Pane] = {
            "sessions": self.sessions,
            "dependencies": self.dependencies,
            "logs": self.logs,
            "manifest": self.manifest,
        }
        self._active = "logs"

    def compose(self) -> ComposeResult:
        yield self.status
        yield self.tabs
        yield self.problems
        with Horizontal(id="panes"):
            with Vertical(id="side"):
                yield self.sessions
                yield self.dependencies
                yield self.manifest
            yield self.logs
        yield self.keys

    def on_mount(self) -> None:
        self.go_to(self._active)

    def show(self, seen: Seen) -> None:
        """Draws another moment."""
        if not self.is_mounted:
            return
        self.status.show(seen)
        self.problems.show(seen)
        for pane in self._panes.values():
            pane.show(seen)
        self.tabs.show(seen, self._active)
        self.keys.refresh()

    def tick(self) -> None:
        self.status.refresh()
        self.sessions.tick()

    @property
    def focused_pane(self) -> str:
        """The name of the pane that keys go to."""
        return self._active

    def is_shown(self, name: str) -> bool:
        """Whether a pane can be seen now."""
        return name == self._active or not (self.has_class("-narrow") or self.has_class("-zoomed"))

    def go_to(self, name: str) -> None:
        """Focuses a pane, and shows it where only one has room."""
        self._active = name
        for key, pane in self._panes.items():
            pane.set_class(key == name, "-active")
        self.set_class(name == "logs", "-logs-active")
        self._panes[name].focus_inside()
        self.tabs.activate(name)
        self.keys.refresh()

    def step(self, by: int) -> None:
        """To the next pane or the one before."""
        self.go_to(PANES[(PANES.index(self._active) + by) % len(PANES)])

    def zoom(self) -> None:
        self.toggle_class("-zoomed")
        self.keys.refresh()

    def on_descendant_focus(self) -> None:
        """A click focuses a widget: its pane becomes the one that keys go to."""
        focused = self.focused
        for name, pane in self._panes.items():
            if focused is not None and pane in focused.ancestors_with_self and name != self._active:
                self.go_to(name) if focused is pane.inside else self._activate(name)

    def _activate(self, name: str) -> None:
        self._active = name
        self.tabs.activate(name)
        self.keys.refresh()
