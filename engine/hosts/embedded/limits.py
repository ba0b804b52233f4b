"""The bounds that keep one request from harming others, and the choices a project makes. Each has a sane default."""

from __future__ import annotations

from typing import Literal

import msgspec


class Settings(msgspec.Struct, frozen=True, omit_defaults=True):
    """Settings of the embedded host for one session.

    `instances`: *fresh* makes one for each request, *warm* takes it from a pool made ahead, *reuse* keeps it for
    the requests after. `busy_seconds` bounds computing between two waits, `request_seconds` a request as a whole.
    `outgoing_hosts` are the hosts that `wasi:http/outgoing-handler` may reach: names, `*.domain`, or `*`.
    """

    instances: Literal["fresh", "warm", "reuse"] = "fresh"
    pool: int = 2
    concurrency: int = 64
    busy_seconds: float = 15.0
    request_seconds: float = 600.0
    memory_mb: int = 512
    body_mb: int = 1024
    outgoing_hosts: tuple[str, ...] = ("*",)
    sockets: bool = False
    hold_seconds: float = 2.0
