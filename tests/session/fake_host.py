"""A host at the session's door that runs nothing: it remembers what it was asked and answers as told."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Mapping
from typing import Any

import anyio

from engine.hosts.base import HostEvent, Listen, Outcome
from engine.model.deliverable import Deliverable
from engine.model.process import Process


class FakeHost:
    name = "fake"

    def __init__(self) -> None:
        self.applied: list[Mapping[str, Any]] = []
        self.off: list[Mapping[str, str]] = []
        self.deliverables: list[Mapping[str, Deliverable]] = []
        self.reloads: list[Deliverable] = []
        self.next: list[Outcome] = []
        self.stopped = False
        self._send, self._events = anyio.create_memory_object_stream[HostEvent](100)
        self._listening: socket.socket | None = None

    async def start(self, listen: Listen) -> str:
        address, self._listening = listen()
        return address

    async def apply(
        self, manifest: Mapping[str, Any], deliverables: Mapping[str, Deliverable], off: Mapping[str, str]
    ) -> Outcome:
        outcome = self.next.pop(0) if self.next else Outcome(True, {"apply": 1.0})
        if outcome.ok:
            self.applied.append(manifest)
            self.deliverables.append(dict(deliverables))
            self.off.append(dict(off))
        return outcome

    async def reload(self, component: str, deliverable: Deliverable) -> Outcome:
        self.reloads.append(deliverable)
        return self.next.pop(0) if self.next else Outcome(True)

    async def call(self, component: str, export: str, arguments: tuple[str, ...]) -> str:
        return f"{component} {export} {' '.join(arguments)}"

    async def undeploy(self) -> None: ...

    def endpoints(self) -> tuple[str, ...]:
        return ("http://127.0.0.1:1",) if self.applied else ()

    def processes(self) -> tuple[Process, ...]:
        return ()

    async def events(self) -> AsyncIterator[HostEvent]:
        async for event in self._events:
            yield event

    async def happen(self, event: HostEvent) -> None:
        await self._send.send(event)

    async def stop(self, leave_running: bool = False) -> None:
        self.stopped = True
        self._send.close()
        self._events.close()
        if self._listening is not None:
            self._listening.close()
