"""A question with a few answers: letters, arrows, hjkl, Enter and the mouse all work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tui.keymap import shown


@dataclass(frozen=True)
class Answer:
    """`keys` are separated by commas; the last answer is the harmless one and is what Escape means."""

    name: str
    label: str
    keys: str


class Question(ModalScreen[str]):
    """Gives the name of the answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,up,h,k,shift+tab", "app.focus_previous", show=False),
        Binding("right,down,l,j,tab", "app.focus_next", show=False),
    ]

    def __init__(self, title: str, text: str, answers: Sequence[Answer]) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._answers = tuple(answers)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog", id="question"):
            yield Static(Content.styled(self._title, "bold"), markup=False, id="question-title")
            yield Static(Content(self._text), markup=False, id="question-text")
            with Horizontal(id="answers"):
                for answer in self._answers:
                    key = shown(answer.keys.split(",")[0])
                    label = Content.assemble((f"{key} ", "bold"), answer.label)
                    yield Button(label, id=f"answer-{answer.name}", compact=True)

    def on_mount(self) -> None:
        self.query(Button).first().focus()

    def on_key(self, event: events.Key) -> None:
        for answer in self._answers:
            if event.key in answer.keys.split(","):
                event.stop()
                self.dismiss(answer.name)
                return
        if event.key in ("escape", "q"):
            event.stop()
            self.dismiss(self._answers[-1].name)

    @on(Button.Pressed)
    def pressed(self, event: Button.Pressed) -> None:
        self.dismiss((event.button.id or "").removeprefix("answer-"))
