"""The pending manifest against the deployed one; here it is applied or discarded."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import ScrollableContainer, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.seen import Seen
from tui.text import count
from tui.widgets.changes import change_lines
from tui.widgets.hint_line import hint_line
from tui.widgets.yaml_text import diff_lines, yaml_lines


class DiffScreen(ModalScreen[str | None]):
    """Gives `apply`, `discard`, or nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a,enter,y", "answer('apply')", "apply"),
        Binding("x,n", "answer('discard')", "discard"),
        Binding("escape,q,d", "back", "back"),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]

    def __init__(self, seen: Seen) -> None:
        super().__init__()
        self._seen = seen
        self._text = Static("", id="diff-text", markup=False)
        self._keys = Static("", classes="dialog-keys", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog", id="diff"):
            with ScrollableContainer(id="diff-scroll"):
                yield self._text
            yield self._keys

    def on_mount(self) -> None:
        self.call_after_refresh(lambda: self.show(self._seen))
        self.query_one("#diff-scroll").focus()

    def on_resize(self) -> None:
        self.call_after_refresh(lambda: self.show(self._seen))

    def show(self, seen: Seen) -> None:
        """Draws another moment: what is pending may change while it is read."""
        self._seen = seen
        dialog = self.query_one("#diff")
        state = seen.state
        if not self._pending or state is None or state.pending is None:
            dialog.border_title = "nothing pending"
            deployed = None if state is None else state.deployed
            if deployed is None:
                self._text.update(Content.styled("There is no manifest yet.", "$text-muted"))
            else:
                hint = "What runs is what would run next. Turn a dependency off (2, then space) to change it."
                lines = [Content.styled(hint, "$text-muted"), Content(""), *yaml_lines(deployed.text)]
                self._text.update(Content("\n").join(lines))
            self._keys.update(hint_line(("esc", "back")))
            return
        dialog.border_title = Content(f"{count(len(state.changes), 'change')} to {state.pending.name}")
        told = change_lines(state.changes)
        before = "" if state.deployed is None else state.deployed.text
        room = max(20, self.query_one("#diff-scroll").scrollable_content_region.width)
        lines = [
            *told,
            *([Content("")] if told else []),
            *diff_lines(before, state.pending.text, room, context=3),
        ]
        self._text.update(Content("\n").join(lines))
        self._keys.update(hint_line(("enter", "apply"), ("x", "discard"), ("esc", "leave it pending")))

    def action_answer(self, answer: str) -> None:
        self.dismiss(answer if self._pending else None)

    def action_back(self) -> None:
        self.dismiss(None)

    def action_scroll(self, by: int) -> None:
        self.query_one("#diff-scroll").scroll_relative(y=by, animate=False)

    @property
    def _pending(self) -> bool:
        state = self._seen.state
        return (
            state is not None
            and state.pending is not None
            and (state.deployed is None or state.pending.version != state.deployed.version)
        )
