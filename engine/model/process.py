"""A process that the engine started or adopted."""

from __future__ import annotations

from typing import Literal

import msgspec

ProcessState = Literal[
    "idle", "starting", "ready", "running", "stopping", "exited", "failed", "backoff", "resting"
]


class Process(msgspec.Struct, frozen=True, omit_defaults=True):
    """One process as last seen. `restarts` counts unasked-for ends since the last good stretch."""

    name: str
    state: ProcessState
    pid: int | None = None
    restarts: int = 0
    reason: str | None = None
