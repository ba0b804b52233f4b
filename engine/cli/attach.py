"""`wake dev` on a project whose session runs already: prints what goes on; leaving it leaves it running."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from engine.cli.printer import Printer
from engine.client.client import Client
from engine.project.project import Project
from engine.protocol.messages import RemoteError


def attach(socket: Path, project: Project, arguments: argparse.Namespace) -> int:
    """0 when left or stopped; with `--once` as the session's readiness says."""
    try:
        return asyncio.run(_attach(socket, project, arguments))
    except KeyboardInterrupt:
        print(
            f"\nleft; the session of {project.name} runs on (`wake stop {project.session}` ends it)",
            file=sys.stderr,
        )
        return 0
    except OSError as error:
        print(f"error: the session of {project.name} runs but does not answer: {error}", file=sys.stderr)
        return 1


async def _attach(socket: Path, project: Project, arguments: argparse.Namespace) -> int:
    client = await Client.connect(socket)
    printer = Printer(json=arguments.json, logs=arguments.logs)
    started = {
        "event": "session_started",
        "session": project.session,
        "project": project.name,
        "socket": str(socket),
    }
    try:
        printer.event({**started, "time": _now(), "attached": True})
        if arguments.detach:
            return 0
        print(f"attached to the running session of {project.name}; Ctrl-C leaves it running", file=sys.stderr)
        if arguments.once:
            await client.call("wait")
            return 0
        async for event in client.events():
            printer.event(event)
        return 0
    except RemoteError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        await client.close()


def _now() -> str:
    from datetime import UTC, datetime

    from engine.session.publisher import rfc3339

    return rfc3339(datetime.now(UTC))
