"""Holds the one state of a session and tells subscribers: of states the newest, of events every one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import anyio
import msgspec

from engine.model.state import State

EventSink = Callable[[dict[str, Any]], None]


class Publisher:
    """Used from the engine's own loop only."""

    def __init__(self, state: State, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.state = state
        self._now = now
        self._changed = anyio.Event()
        self._sinks: list[EventSink] = []

    def replace(self, **changes: Any) -> State:
        """Publishes a state that differs in `changes`; does nothing when nothing differs."""
        if any(getattr(self.state, name) != value for name, value in changes.items()):
            self.state = msgspec.structs.replace(self.state, revision=self.state.revision + 1, **changes)
            changed, self._changed = self._changed, anyio.Event()
            changed.set()
        return self.state

    async def newer(self, revision: int) -> State:
        """The state, as soon as it is newer than `revision`."""
        while self.state.revision <= revision:
            await self._changed.wait()
        return self.state

    async def until(self, holds: Callable[[State], bool]) -> State:
        """The first state, from now on, of which `holds` is true."""
        while not holds(self.state):
            await self._changed.wait()
        return self.state

    def event(self, event: str, /, **fields: Any) -> None:
        """Tells every sink `{"event": event, "time": …, "session": …, **fields}`; absent values are left out."""
        if not self._sinks:
            return
        told = {"event": event, "time": rfc3339(self._now()), "session": self.state.session}
        told.update({key: value for key, value in msgspec.to_builtins(fields).items() if value is not None})
        for sink in tuple(self._sinks):
            sink(told)

    def listen(self, sink: EventSink) -> Callable[[], None]:
        """Has `sink` called with each event from now on; call the result to end it."""
        self._sinks.append(sink)
        return lambda: self._sinks.remove(sink)


def rfc3339(moment: datetime) -> str:
    """UTC with milliseconds, `2024-05-01T12:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
