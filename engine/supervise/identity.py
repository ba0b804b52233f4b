"""Which process is meant: a pid alone is reused, so its start time and the machine's boot go with it."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import psutil


class Identity(msgspec.Struct, frozen=True):
    """`start` is in clock ticks since boot where `/proc` has it, else milliseconds of the wall clock."""

    pid: int
    start: int
    boot: str


def identify(pid: int) -> Identity | None:
    """The identity of a live process; None when there is none, or only its zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2].split()
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else _identify_without_proc(pid)
    except ProcessLookupError:
        return None
    if fields[0] in (b"Z", b"X"):
        return None
    # proc(5): the fields after the command's name begin with the third; start time is the 22nd.
    return Identity(pid, int(fields[19]), _boot())


def lives(identity: Identity) -> bool:
    return identify(identity.pid) == identity


def _identify_without_proc(pid: int) -> Identity | None:
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return Identity(pid, int(process.create_time() * 1000), _boot())
    except psutil.NoSuchProcess:
        return None


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return str(int(psutil.boot_time()))


def me() -> Identity:
    found = identify(os.getpid())
    assert found is not None
    return found
