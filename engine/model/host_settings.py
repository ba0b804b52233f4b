"""Choices and bounds of the embedded host, as a project sets them in `[wake.host]` of its wasmcloud.toml."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=1_000_000)]
Megabytes = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class HostSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """What keeps one request from harming others, and what a component may reach.

    `instances`: *fresh* makes one for each request, *warm* takes it from a pool of `pool` made ahead, *reuse* keeps it
    for the requests after. `concurrency` bounds the instances at work, `busy_seconds` computing between two waits,
    `request_seconds` a call as a whole, `memory_mb` an instance's memory, `body_mb` a request's body.
    `outgoing_hosts` may be reached by `wasi:http/outgoing-handler`: names, `*.domain`, or `*`. `sockets` lets
    components use `wasi:sockets`.
    """

    instances: Literal["fresh", "warm", "reuse"] = "fresh"
    pool: Count = 2
    concurrency: Count = 64
    busy_seconds: Seconds = 15.0
    request_seconds: Seconds = 600.0
    memory_mb: Megabytes = 512
    body_mb: Megabytes = 1024
    outgoing_hosts: tuple[str, ...] = ("*",)
    sockets: bool = False
    hold_seconds: Seconds = 2.0
