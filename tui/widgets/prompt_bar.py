"""The line in which a search or a filter is typed, at the bottom of the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

REST_SECONDS = 0.15


class PromptBar(Horizontal):
    """Hidden until it asks."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "finish(False)", "drop", show=False)]

    @dataclass
    class Edited(Message):
        purpose: str
        text: str

    @dataclass
    class Finished(Message):
        """`kept`: with Enter; else the text is dropped."""

        purpose: str
        kept: bool

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self.input = Input(id="prompt-input", compact=True)
        self._label = Static("", id="prompt-label", markup=False)
        self._told = Static("", id="prompt-told", markup=False)
        self._purpose = ""
        self._waiting: Timer | None = None

    def compose(self) -> ComposeResult:
        yield self._label
        yield self.input
        yield self._told

    def on_mount(self) -> None:
        self.display = False

    def ask(self, purpose: str, text: str, placeholder: str) -> None:
        self._purpose = purpose
        self._label.update(Content.styled(f"{purpose} ", "bold $text-primary"))
        self.display = True
        self.input.placeholder = placeholder
        with self.prevent(Input.Changed):
            self.input.value = text
        self.input.select_all()
        self.screen.set_focus(self.input, scroll_visible=False)

    def say(self, text: str) -> None:
        """What is wrong with what was typed."""
        self._told.update(Content.styled(text, "$text-warning"))
        self._told.display = bool(text)

    @on(Input.Changed)
    def edited(self, event: Input.Changed) -> None:
        event.stop()
        self._tell_later(event.value)

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_finish(True)

    def _tell_later(self, text: str) -> None:
        """A filter is applied when the fingers rest: each one looks through the whole log."""
        if self._waiting is not None:
            self._waiting.stop()
        self._waiting = self.set_timer(REST_SECONDS, lambda: self._tell(text))

    def _tell(self, text: str) -> None:
        self._waiting = None
        self.post_message(self.Edited(self._purpose, text))

    def action_finish(self, kept: bool) -> None:
        if self._waiting is not None:
            self._waiting.stop()
            if kept:
                self._tell(self.input.value)
        self._waiting = None
        self.display = False
        self.post_message(self.Finished(self._purpose, kept))
