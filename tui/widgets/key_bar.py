"""The keys that matter now, out of the registry; in their place, for a moment, what just happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget

from tui.actions import ACTIONS, Action
from tui.keymap import keys_of, shown
from tui.text import fit, foreign

if TYPE_CHECKING:
    from tui.app import Dashboard

_ALWAYS = ("help", "leave")


class KeyBar(Widget):
    def __init__(self) -> None:
        super().__init__(id="keys")
        self._flash: Content | None = None
        self._timer: Timer | None = None

    def flash(self, text: str, error: bool, seconds: float) -> None:
        """Says something for so long, or until the next thing is said."""
        self._flash = foreign(f" {text}", "$text-error bold" if error else "$text-accent")
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(seconds, self._quiet)
        self.refresh()

    def render(self) -> Content:
        width = self.size.width
        if self._flash is not None:
            return fit(self._flash, width)
        app = cast("Dashboard", self.app)
        pane = app.main.focused_pane
        possible = [
            action
            for action in ACTIONS
            if action.footer and (not action.panes or pane in action.panes)
            and (action.blocked is None or action.blocked(app) is None)
        ]  # fmt: skip
        last = [self._entry(action, app) for action in possible if action.id in _ALWAYS]
        end = Content.assemble(*last)
        room = width - end.cell_length
        entries = []
        for action in sorted(possible, key=lambda item: item.footer):
            entry = self._entry(action, app)
            if action.id not in _ALWAYS and entry.cell_length <= room:
                entries.append(entry)
                room -= entry.cell_length
        return fit(Content.assemble(*entries), width - end.cell_length) + end

    def _entry(self, action: Action, app: Dashboard) -> Content:
        keys = keys_of(action, app.keymap)
        return Content.assemble(
            " ", (shown(keys[0]), "bold $text-primary"), " ", (action.label, "$text-muted"), " "
        )

    def _quiet(self) -> None:
        self._flash = None
        self.refresh()
