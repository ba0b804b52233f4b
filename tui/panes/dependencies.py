"""The pane *dependencies*: what the world needs or offers, who provides it, and what is off."""

from __future__ import annotations

import re

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from engine.model.dependency import Dependency
from tui.panes.pane import Pane
from tui.seen import Seen
from tui.text import count, fit, foreign, shorten
from tui.widgets.details import Details
from tui.widgets.rows import Rows
from tui.words import DEPENDENCIES, UNKNOWN

_ARROWS = {"import": "→", "export": "←"}
_WIDE = 62
_WORD = re.compile(r"[\w.-]+")


class DependenciesPane(Pane):
    NAME = "dependencies"

    def __init__(self) -> None:
        super().__init__()
        self.rows: Rows[Dependency] = Rows(
            self._row, lambda item: f"{item.direction}-{item.name}-{item.link_name}", "waiting for the world…"
        )
        self.details = Details()

    def compose(self) -> ComposeResult:
        yield self.rows
        yield self.details

    @property
    def inside(self) -> Widget:
        return self.rows

    @property
    def selected(self) -> Dependency | None:
        return self.rows.selected

    def show(self, seen: Seen) -> None:
        super().show(seen)
        state = seen.state
        items = () if state is None else state.dependencies
        if state is not None and (state.deployed is not None or state.pending is not None or items):
            self.rows.empty = "no dependencies: this world needs no provider"
        self.rows.set_items(items)
        self._describe()
        off = sum(item.state == "off" for item in items)
        open_ = sum(item.state == "unresolved" for item in items)
        said = [f"{off} off"] * bool(off) + [f"{open_} unresolved"] * bool(open_)
        self.title(" · ".join(said), "$text-warning")

    def on_rows_moved(self) -> None:
        self._describe()

    def _row(self, item: Dependency, width: int) -> Content:
        sign = DEPENDENCIES.get(item.state, UNKNOWN)
        changing = self._pending(item)
        word = f"{sign.word}{' ◆' if changing else ''}"
        right = Content.styled(f"{word:>12}", sign.style)
        if width >= _WIDE:
            who = provider(item)
            room = min(40, width // 2 - 9)
            right = foreign(f"{shorten(who, room):<{room}}  ", "$text-muted") + right
        left = Content.assemble(
            (f"{sign.glyph} ", sign.style),
            (f"{_ARROWS[item.direction]} ", "$text-muted"),
            foreign(
                shorten(item.name, max(4, width - right.cell_length - 5)),
                "$text-muted strike" if item.state == "off" else "",
            ),
        )
        return fit(left, width - right.cell_length) + right

    def _pending(self, item: Dependency) -> bool:
        """Whether the pending manifest differs about it."""
        state = self.seen.state
        if state is None:
            return False
        words = {word for change in state.changes for word in _WORD.findall(change.name)}
        return any(word == item.name or word.endswith(f"-dep-{item.name}") for word in words)

    def _describe(self) -> None:
        item = self.selected
        if item is None:
            self.details.show([])
            return
        width = max(10, self.details.room)
        way = "needed from" if item.direction == "import" else "offered to"
        lines = [
            foreign(f"{way} {shorten(provider(item), width - 13)}", "$text-muted"),
            *(foreign(shorten(name, width), "$text-secondary") for name in item.interfaces[:6]),
        ]
        if len(item.interfaces) > 6:
            lines.append(
                Content.styled(f"and {count(len(item.interfaces) - 6, 'more', 'more')}", "$text-muted")
            )
        if item.link_name != "default":
            lines.append(foreign(f"link {item.link_name}", "$text-muted"))
        lines.extend(
            foreign(shorten(f"{key} = {value}", width)) for key, value in sorted(item.config.items())
        )
        if item.source != "wit":
            said = {"override": "set in the project's configuration", "toggle": "you turned it off"}
            lines.append(Content.styled(said[item.source], "$text-muted"))
        self.details.show(lines)


def provider(item: Dependency) -> str:
    """Who provides it, in few words."""
    if item.provider is None:
        return "nobody yet" if item.state != "host" else "the host"
    if item.provider.builtin:
        return f"{item.provider.builtin} (built in)"
    return item.provider.image or "the host"
