"""Stop a running session in order: application, host, children."""

from __future__ import annotations

import argparse
import sys
import time

STOP_SECONDS = 20.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "session", metavar="ID", nargs="?", help="which (default: the one of the project here)"
    )


def run(arguments: argparse.Namespace) -> int:
    from engine.cli.running import ask, rows, the_session
    from engine.client.client import EngineGone
    from engine.places.places import find

    places = find()
    row = the_session(arguments.session, places)
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
