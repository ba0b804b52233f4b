"""`wake dev` on a project whose session runs already: prints what goes on; leaving it leaves it running."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from engine.cli.printer import Printer
from engine.client.client import Client
from engine.project.project import Project
from engine.protocol.messages import RemoteError


def attach(socket: Path, project: Project, arguments: argparse.Namespace) -> int:
    """0 when left or stopped; with `--once` as the session's readiness says."""
    # Whoever ends this printer politely leaves the session running, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
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
    try:
        client = await Client.connect(socket)
    except RemoteError as error:
        print(
            f"error: the running session of {project.name} cannot be attached to: {error}\n"
            f"  = help: `wake stop` of the version that started it ends it, or end process {_pid(project)}",
            file=sys.stderr,
        )
        return 1
    printer = Printer(json=arguments.json, logs=arguments.logs)
    started = {
        "event": "session_started",
        "session": project.session,
        "project": project.name,
        "socket": str(socket),
    }
    try:
        printer.event({**started, "time": _now(), "attached": True})
        if arguments.port is not None:
            print(
                f"--port {arguments.port} counts when a session starts; this one runs already",
                file=sys.stderr,
            )
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


def _pid(project: Project) -> int | None:
    from engine.cli.running import rows
    from engine.places.places import find

    return next((row.pid for row in rows(find()) if row.id == project.session), None)


def _now() -> str:
    from datetime import UTC, datetime

    from engine.session.publisher import rfc3339

    return rfc3339(datetime.now(UTC))
