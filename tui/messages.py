"""What is told to the dashboard, in the past tense. Messages that repeat replace each other: the newest wins."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from engine.model.state import State
from tui.seen import Link


@dataclass
class StateArrived(Message):
    """A newer snapshot of the session."""

    state: State

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, StateArrived)


@dataclass
class LinkChanged(Message):
    """The connection to the engine came, went or cannot be had."""

    link: Link
