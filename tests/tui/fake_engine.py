"""An engine at the dashboard's door: what it is asked is kept, what it says is set by the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from engine.client.client import EngineGone
from engine.client.start import Attached
from engine.model.problem import Problem
from engine.model.state import State


class FakeConnection:
    def __init__(self, door: FakeDoor) -> None:
        self._door = door
        self._states: asyncio.Queue[State | None] = asyncio.Queue()
        if door.state is not None:
            self._states.put_nowait(door.state)

    def tell(self, state: State | None) -> None:
        """A newer state; None: the engine is gone."""
        self._states.put_nowait(state)

    async def call(self, method: str, params: dict[str, Any] | None = None) -> Any:
        self._door.calls.append((method, params or {}))
        answer = self._door.answers.get(method)
        if isinstance(answer, Exception):
            raise answer
        if method == "timeline" and answer is None and self._door.state is not None:
            return msgspec.to_builtins(self._door.state.reloads)
        return answer

    async def states(self) -> AsyncIterator[State]:
        while (state := await self._states.get()) is not None:
            yield state

    async def close(self) -> None:
        self._door.connections.remove(self)


class FakeDoor:
    """`state` is what a new connection hears first. `refuse`: what attaching ends with instead."""

    def __init__(self, state: State | None = None, started: bool = True) -> None:
        self.state = state
        self.started = started
        self.refuse: Problem | None = None
        self.gone = False
        self.ended = False
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Any] = {"toggle": {"name": "keyvalue-nats", "off": True}}
        self.attached: list[tuple[Path, tuple[str, ...]]] = []
        self.connections: list[FakeConnection] = []

    async def attach(self, project: Path, options: Sequence[str]) -> Attached:
        self.attached.append((project, tuple(options)))
        if self.refuse is not None:
            raise self.refuse
        session = "k3x9ab" if self.state is None else self.state.session
        return Attached("/nowhere.sock", session, str(project), self.started)

    async def connect(self, socket: Path) -> FakeConnection:
        if self.ended:
            raise FileNotFoundError
        if self.gone:
            raise ConnectionRefusedError
        connection = FakeConnection(self)
        self.connections.append(connection)
        return connection

    def tell(self, state: State) -> None:
        self.state = state
        for connection in self.connections:
            connection.tell(state)

    def vanish(self, in_order: bool = False) -> None:
        """The engine dies; `in_order`: it took its socket away first."""
        self.gone, self.ended = True, in_order
        for connection in list(self.connections):
            connection.tell(None)

    @property
    def asked(self) -> list[str]:
        """The methods called, without what only reads."""
        return [method for method, _ in self.calls if method != "timeline"]


__all__ = ["EngineGone", "FakeConnection", "FakeDoor"]
