"""Finding the running session of a project, or starting one: always through `wake dev --detach`, the one place
that decides which of the two it is."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from engine.model.problem import Problem


class StartFailed(Problem):
    """No session came up; the message is what the engine itself said."""


class Attached(msgspec.Struct, frozen=True):
    """Where the session listens, which it is, and whether this call started it."""

    socket: str
    session: str
    project: str
    started: bool


async def find_or_start(project: Path, options: Sequence[str] = ()) -> Attached:
    """The session of the project that `project` lies in. `options` are those of `wake dev`, as words.

    Raises :class:`StartFailed`.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "engine.cli", "dev", "--detach", "--json", *options, "--", str(project)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, told = await process.communicate()
    except asyncio.CancelledError:
        if process.returncode is None:
            process.terminate()
        raise
    event = _started(output)
    if process.returncode or event is None:
        text = told.decode(errors="replace").strip() or f"the engine ended with {process.returncode}"
        raise StartFailed(text.removeprefix("error: "))
    return Attached(event["socket"], event["session"], event["project"], not event.get("attached", False))


def _started(output: bytes) -> dict[str, Any] | None:
    for line in output.splitlines():
        event: dict[str, Any] = msgspec.json.decode(line)
        if event.get("event") == "session_started":
            return event
    return None
