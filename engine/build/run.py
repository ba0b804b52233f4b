"""Running a compiler: its output goes to a file, never a pipe that can stall it, and from there to the log, line by
line as it comes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import anyio

from engine.supervise.guard import guarded
from engine.supervise.process import Child, spawn

LOOK_SECONDS = 0.05
CHUNK = 1 << 18
LINE_LIMIT = 1 << 16


class Finished:
    """How it ended, with the end of what it said."""

    def __init__(self, code: int, output: str) -> None:
        self.code = code
        self.output = output


async def run(
    argv: Sequence[str],
    *,
    name: str,
    cwd: Path,
    env: Mapping[str, str],
    spool: Path,
    log: Callable[[str], None],
) -> Finished:
    """Runs a program to its end; cancelled, it stops it and all it started.

    `spool` is emptied first and keeps the raw output of this run; `log` gets each line. Raises
    :class:`~engine.supervise.process.StartError`.
    """
    spool.parent.mkdir(parents=True, exist_ok=True)
    spool.write_bytes(b"")
    child = spawn(argv, name=name, output=spool, cwd=cwd, env=env)
    tail = _Tail(spool, log)
    try:
        with guarded(child):
            async with anyio.create_task_group() as group:
                group.start_soon(_follow, tail)
                code = await child.wait()
                group.cancel_scope.cancel()
    except BaseException:
        await child.stop(grace=2.0)
        raise
    finally:
        tail.read(last=True)
        tail.close()
    _end_stragglers(child)
    return Finished(code or 0, tail.kept)


async def _follow(tail: _Tail) -> None:
    while True:
        tail.read()
        await anyio.sleep(LOOK_SECONDS)


def _end_stragglers(child: Child) -> None:
    # A build that leaves something running in its group has no claim on it.
    child.kill()


class _Tail:
    def __init__(self, path: Path, log: Callable[[str], None]) -> None:
        self._file = os.open(path, os.O_RDONLY)
        self._log = log
        self._rest = b""
        self.kept = ""

    def read(self, last: bool = False) -> None:
        while chunk := os.read(self._file, CHUNK):
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            for line in lines:
                self._say(line)
            if len(self._rest) > LINE_LIMIT:
                self._say(self._rest)
                self._rest = b""
        if last and self._rest:
            self._say(self._rest)
            self._rest = b""

    def _say(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip("\r")
        self.kept = (self.kept + text + "\n")[-(1 << 18) :]
        self._log(text)

    def close(self) -> None:
        os.close(self._file)
