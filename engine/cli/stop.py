"""Stop a running session in order: application, host, children."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.places.places import Places

STOP_SECONDS = 20.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "session", metavar="ID", nargs="?", help="which (default: the one of the project here)"
    )


def run(arguments: argparse.Namespace) -> int:
    from engine.cli.running import NoSession, ask, rows, the_session
    from engine.client.client import EngineGone
    from engine.places.places import find

    places = find()
    try:
        row = the_session(arguments.session, places)
    except NoSession:
        if _stop_left(arguments.session, places):
            return 0
        raise
    try:
        ask(row.id, "stop")
    except EngineGone:
        pass  # It stopped faster than it could say so.
    until = time.monotonic() + STOP_SECONDS
    while time.monotonic() < until:
        state = next((item.state for item in rows(places) if item.id == row.id), "stopped")
        # The record is marked free first; the lock goes last, when nothing is left.
        if state != "running" and not places.lock(row.id).exists():
            print(f"stopped {row.project} ({row.id})", file=sys.stderr)
            return 0
        time.sleep(0.02)
    print(f"error: {row.project} ({row.id}) has not stopped in {STOP_SECONDS:.0f} s", file=sys.stderr)
    return 1


def _stop_left(name: str | None, places: Places) -> bool:
    """Ends a host that a session left running, or that outlives its engine; whether there was one."""
    from functools import partial

    import anyio
    import msgspec

    from engine.cli.running import the_session
    from engine.hosts.embedded.host import StatusFile
    from engine.supervise.process import adopt

    row = the_session(name, places, running=False)
    file = places.session(row.id) / "host.json"
    try:
        status = msgspec.json.decode(file.read_bytes(), type=StatusFile)
    except (OSError, msgspec.DecodeError):
        return False
    host = adopt("host", status.identity)
    if host is None:
        return False
    anyio.run(partial(host.stop, grace=5.0))
    file.unlink(missing_ok=True)
    places.host_socket(row.id).unlink(missing_ok=True)
    print(f"stopped the host that {row.project} ({row.id}) had left running", file=sys.stderr)
    return True
