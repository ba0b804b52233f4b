"""What a host is: where a session's manifest is applied and its components answer.

The session holds one host and speaks only these methods. Both hosts take the same WADM manifest.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Protocol

import msgspec

from engine.model.deliverable import Deliverable
from engine.model.diagnostic import Diagnostic
from engine.model.problem import Problem
from engine.model.process import Process
from engine.model.reload import StageName


class HostError(Problem):
    """A host that cannot do what was asked. `interface` or `address` says where, the text what to do."""


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of an `apply` or a `reload`.

    When `ok` is false the version before goes on serving and `diagnostics` say why. `stages` holds the stages the
    host took, in milliseconds (`compile`, `apply`, `ready`).
    """

    ok: bool
    stages: dict[StageName, float] = {}
    diagnostics: tuple[Diagnostic, ...] = ()
    error: str | None = None


class Dirty(msgspec.Struct, frozen=True, tag=True):
    """The host saw, as a request came in, that tracked files changed. It holds the request, bounded, until the
    next `reload` of `component` is done."""

    component: str
    paths: tuple[str, ...]


class ProcessChanged(msgspec.Struct, frozen=True, tag=True):
    """A process of the host came, went or changed. After a restart the host has already re-applied what it ran."""

    process: Process


class RequestServed(msgspec.Struct, frozen=True, tag=True):
    """One HTTP request as answered."""

    method: str
    path: str
    status: int
    ms: float
    error: str | None = None


class Note(msgspec.Struct, frozen=True, tag=True):
    """Something a person should see: a swap to optimised code, a limit that bit."""

    level: str
    text: str


HostEvent = Dirty | ProcessChanged | RequestServed | Note


Listen = Callable[[], tuple[str, socket.socket]]


class Host(Protocol):
    """A host of one session. All methods but `events` may be awaited from one task only."""

    name: str

    async def start(self, listen: Listen) -> str:
        """Starts its processes, or adopts those that a former engine of this session left. Raises HostError.

        The address (host:port) at which a project's HTTP answers by default: that of an adopted host, else what
        `listen` opens.
        """

    async def apply(
        self, manifest: Mapping[str, Any], deliverables: Mapping[str, Deliverable], off: Mapping[str, str]
    ) -> Outcome:
        """Makes `manifest` (a decoded WADM application) what runs. `deliverables` are by component name; `off`
        maps an interface (`ns:pkg/iface`, no version) that the user toggled off to its dependency's name."""

    async def reload(self, component: str, deliverable: Deliverable) -> Outcome:
        """Puts new code of one component in service; links and state stay. Kept requests go on afterwards."""

    async def call(self, component: str, export: str, arguments: tuple[str, ...]) -> str:
        """Calls an exported function with WAVE arguments and gives its result as WAVE."""

    async def undeploy(self) -> None:
        """Takes everything applied out of service; the processes stay."""

    def endpoints(self) -> tuple[str, ...]:
        """The URLs that answer."""

    def processes(self) -> tuple[Process, ...]: ...

    def events(self) -> AsyncIterator[HostEvent]: ...

    async def stop(self, leave_running: bool = False) -> None:
        """Ends its processes, all of them; with `leave_running` lets go of them instead."""
