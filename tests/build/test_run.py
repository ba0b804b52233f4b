from __future__ import annotations

import os
import sys
from pathlib import Path

import anyio
import pytest

from engine.build.artifacts import ArtifactError, keep
from engine.build.run import run
from engine.supervise.identity import identify

pytestmark = pytest.mark.anyio


async def start(tmp_path: Path, code: str, lines: list[str]) -> tuple[int, str]:
    finished = await run(
        [sys.executable, "-u", "-c", code],
        name="it",
        cwd=tmp_path,
        env=os.environ,
        spool=tmp_path / "spool",
        log=lines.append,
    )
    return finished.code, finished.output


async def test_every_line_is_logged_the_unfinished_last_one_too(tmp_path: Path) -> None:
    lines: list[str] = []
    code = "import sys; print('one'); print('two', file=sys.stderr); sys.stdout.write('three'); sys.exit(4)"
    assert await start(tmp_path, code, lines) == (4, "one\ntwo\nthree\n")
    assert lines == ["one", "two", "three"]


async def test_a_flood_does_not_stall_it(tmp_path: Path) -> None:
    lines: list[str] = []
    code = "for n in range(100_000): print(n, 'x' * 50)"
    assert (await start(tmp_path, code, lines))[0] == 0
    assert len(lines) == 100_000


async def test_cancelling_stops_it_and_its_children(tmp_path: Path) -> None:
    lines: list[str] = []
    started = anyio.Event()

    def log(line: str) -> None:
        lines.append(line)
        started.set()

    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True); time.sleep(600)"
    )
    async with anyio.create_task_group() as group:
        argv = [sys.executable, "-c", code]
        spool = tmp_path / "spool"
        group.start_soon(lambda: run(argv, name="it", cwd=tmp_path, env=os.environ, spool=spool, log=log))
        with anyio.fail_after(20):
            await started.wait()
        group.cancel_scope.cancel()
    assert identify(int(lines[0])) is None


def test_artifacts_by_content(tmp_path: Path) -> None:
    made = tmp_path / "a.wasm"
    made.write_bytes(b"\0asm\x0d\0\x01\0")
    kept, digest = keep(made, tmp_path / "cache")
    made.write_bytes(b"\0asm\x0d\0\x01\0more")
    assert keep(made, tmp_path / "cache")[1] != digest
    assert kept.read_bytes() == b"\0asm\x0d\0\x01\0"


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "made no file"), (b"#!/bin/sh", "is not WebAssembly"), (b"\0asm\x01\0\0\0", "is a core module")],
)
def test_artifacts_that_are_none(tmp_path: Path, content: bytes | None, said: str) -> None:
    made = tmp_path / "a.wasm"
    if content is not None:
        made.write_bytes(content)
    with pytest.raises(ArtifactError, match=said):
        keep(made, tmp_path / "cache")
