"""Every key, out of the registry."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.actions import ACTIONS, GROUPS, Action
from tui.keymap import keys_of, shown
from tui.widgets.hint_line import hint_line

if TYPE_CHECKING:
    from tui.app import Dashboard

_KEYS = 9


class HelpScreen(ModalScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "back", "back"),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog", id="help"):
            with VerticalScroll(id="help-scroll"):
                yield Static(self._text(), markup=False)
            yield Static(
                hint_line(("esc", "back"), (":", "find a command by name")),
                classes="dialog-keys",
                markup=False,
            )

    def on_mount(self) -> None:
        self.query_one("#help").border_title = "keys"
        self.query_one("#help-scroll").focus()

    def action_back(self) -> None:
        self.dismiss(None)

    def action_scroll(self, by: int) -> None:
        self.query_one("#help-scroll").scroll_relative(y=by, animate=False)

    def _text(self) -> Content:
        lines: list[Content] = []
        for group, title in GROUPS.items():
            lines += [Content(""), Content.styled(title, "bold $text-primary")]
            lines += [self._line(action) for action in ACTIONS if action.group == group]
        lines += [
            Content(""),
            Content.styled('Other keys: [keymap] in config.toml, such as  reload = "r,f5"', "$text-muted"),
        ]
        return Content("\n").join(lines[1:])

    def _line(self, action: Action) -> Content:
        app = cast("Dashboard", self.app)
        keys = " ".join(shown(key) for key in keys_of(action, app.keymap))
        where = f" (in {', '.join(action.panes)})" if action.panes else ""
        width = min(app.size.width, 110) - 8
        name = f"  {action.id}" if width > 90 else ""
        # Longer texts go on below themselves, not below the keys.
        text = f"\n{' ' * (_KEYS + 2)}".join(
            wrap(action.help + where, max(20, width - _KEYS - 2 - len(name)))
        )
        return Content.assemble(("  " + keys.ljust(_KEYS), "bold"), text, (name, "$text-disabled"))
