from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import anyio
import psutil
import pytest

from engine.supervise.identity import identify, lives, me
from engine.supervise.process import StartError, adopt, spawn

pytestmark = pytest.mark.anyio

FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; print('child', flush=True); time.sleep(600)"])
escaped = subprocess.Popen([sys.executable, "-c", "import time; print('child', flush=True); time.sleep(600)"],
                           start_new_session=True)
print(child.pid, escaped.pid, flush=True)
time.sleep(600)
"""


async def until_lines(path: Path, count: int) -> list[str]:
    with anyio.fail_after(20):
        while len(lines := path.read_text().splitlines()) < count:
            await anyio.sleep(0.01)
    return lines


async def test_output_and_exit_code(tmp_path: Path) -> None:
    output = tmp_path / "out"
    child = spawn([sys.executable, "-c", "print('said'); raise SystemExit(3)"], name="it", output=output)
    assert await child.wait() == 3
    assert output.read_text() == "said\n"
    assert not child.alive()


async def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="the program 'no-such-program' is not there"):
        spawn(["no-such-program"], name="it", output=tmp_path / "out")
    with pytest.raises(StartError, match=r"the folder .* is not there"):
        spawn(["true"], name="it", output=tmp_path / "out", cwd=tmp_path / "gone")


async def test_stop_ends_the_whole_tree_even_what_left_the_group(tmp_path: Path) -> None:
    output = tmp_path / "out"
    child = spawn([sys.executable, "-c", FAMILY], name="family", output=output)
    lines = await until_lines(output, 3)
    pids = [int(word) for line in lines if line != "child" for word in line.split()]
    assert all(psutil.pid_exists(pid) for pid in pids)
    assert await child.stop(grace=10) == -signal.SIGTERM
    assert not [pid for pid in pids if identify(pid)]


async def test_stop_kills_what_does_not_listen(tmp_path: Path) -> None:
    output = tmp_path / "out"
    stubborn = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    )
    child = spawn([sys.executable, "-c", stubborn], name="stubborn", output=output)
    await until_lines(output, 1)
    assert await child.stop(grace=0.1) == -signal.SIGKILL


async def test_a_cancelled_caller_still_stops_everything(tmp_path: Path) -> None:
    output = tmp_path / "out"
    child = spawn([sys.executable, "-c", FAMILY], name="family", output=output)
    await until_lines(output, 3)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await child.stop(grace=10)
    assert not child.alive()


async def test_adopting(tmp_path: Path) -> None:
    child = spawn([sys.executable, "-c", "import time; time.sleep(600)"], name="it", output=tmp_path / "out")
    adopted = adopt("it", child.identity)
    assert adopted is not None
    assert adopted.alive()
    os.kill(child.pid, signal.SIGTERM)
    assert await child.wait() == -signal.SIGTERM
    assert await adopted.wait() is None
    assert adopt("it", child.identity) is None


def test_identity_tells_a_reused_pid_apart() -> None:
    mine = me()
    assert lives(mine)
    assert not lives(type(mine)(mine.pid, mine.start + 1, mine.boot))
    assert not lives(type(mine)(mine.pid, mine.start, "another boot"))
