"""The panes' names in one line, for terminals with room for one pane."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.widget import Widget

from tui.actions import PANES
from tui.seen import Seen
from tui.text import fit


class TabStrip(Widget):
    def __init__(self) -> None:
        super().__init__(id="tabs")
        self._active = PANES[0]
        self._seen = Seen()

    def show(self, seen: Seen, active: str) -> None:
        self._seen, self._active = seen, active
        self.refresh()

    def activate(self, name: str) -> None:
        self._active = name
        self.refresh()

    def render(self) -> Content:
        labels = [self._label(number, name) for number, name in enumerate(PANES, 1)]
        return fit(Content.assemble(*labels), self.size.width)

    def on_click(self, event: events.Click) -> None:
        at = 0
        for number, name in enumerate(PANES, 1):
            at += self._label(number, name).cell_length
            if event.x < at:
                self.screen.go_to(name)  # type: ignore[attr-defined]
                return

    def _label(self, number: int, name: str) -> Content:
        marked = name == "manifest" and self._seen.state is not None and self._seen.state.changes
        text = f" {number} {name}{' ◆' if marked else ''} "
        if name == self._active:
            return Content.styled(text, "bold reverse $text-primary")
        return Content.styled(text, "$text-muted")
