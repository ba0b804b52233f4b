"""`wasi:clocks`: the wall clock, the monotonic clock and the time zone (0.2)."""

from __future__ import annotations

import time

from engine.hosts.embedded.context import Context
from engine.hosts.embedded.registry import Interface
from engine.hosts.embedded.streams import Pollable
from engine.hosts.embedded.waiting import Deadline

monotonic_clock = Interface("wasi:clocks/monotonic-clock")
wall_clock = Interface("wasi:clocks/wall-clock")
timezone = Interface("wasi:clocks/timezone")

SECOND = 1_000_000_000
# Instants are 64 bits wide: a duration that would lead beyond them means "never".
LAST = (1 << 63) - 1

Datetime = dict[str, int]


def datetime(nanoseconds: int) -> Datetime:
    """A `datetime` record from nanoseconds since 1970."""
    return {"seconds": nanoseconds // SECOND, "nanoseconds": nanoseconds % SECOND}


@monotonic_clock.function("now")
def now(cx: Context) -> int:
    return time.monotonic_ns()


@monotonic_clock.function("resolution")
def resolution(cx: Context) -> int:
    return max(1, round(time.get_clock_info("monotonic").resolution * SECOND))


@monotonic_clock.function("subscribe-instant")
def subscribe_instant(cx: Context, when: int) -> Pollable:
    return Pollable(Deadline(min(when, LAST)))


@monotonic_clock.function("subscribe-duration")
def subscribe_duration(cx: Context, when: int) -> Pollable:
    return Pollable(Deadline(min(time.monotonic_ns() + when, LAST)))


@wall_clock.function("now")
def wall_now(cx: Context) -> Datetime:
    return datetime(time.time_ns())


@wall_clock.function("resolution")
def wall_resolution(cx: Context) -> Datetime:
    return datetime(max(1, round(time.get_clock_info("time").resolution * SECOND)))


@timezone.function("display")
def display(cx: Context, when: Datetime) -> dict[str, object]:
    local = time.localtime(when["seconds"])
    return {
        "utc-offset": local.tm_gmtoff,
        "name": local.tm_zone,
        "in-daylight-saving-time": local.tm_isdst > 0,
    }


@timezone.function("utc-offset")
def utc_offset(cx: Context, when: Datetime) -> int:
    return time.localtime(when["seconds"]).tm_gmtoff
