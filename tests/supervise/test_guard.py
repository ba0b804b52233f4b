from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from engine.supervise.guard import guarded
from engine.supervise.identity import identify, lives
from engine.supervise.process import spawn

pytestmark = pytest.mark.anyio

PARENT = """
import sys, time
from pathlib import Path
from engine.supervise.guard import guarded
from engine.supervise.process import spawn
child = spawn([sys.executable, "-c", "import time; time.sleep(600)"], name="it", output=Path(sys.argv[1]))
with guarded(child):
    print(child.pid, flush=True)
    time.sleep(600)
"""


async def test_a_killed_parent_takes_its_child_with_it(tmp_path: Path) -> None:
    with subprocess.Popen(  # noqa: ASYNC220  # nothing else runs meanwhile
        [sys.executable, "-c", PARENT, str(tmp_path / "out")], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = identify(int(parent.stdout.readline()))
        assert child is not None
        parent.kill()
    with anyio.fail_after(20):
        while lives(child):
            await anyio.sleep(0.01)


async def test_the_guard_leaves_a_child_alone_afterwards(tmp_path: Path) -> None:
    child = spawn([sys.executable, "-c", "import time; time.sleep(600)"], name="it", output=tmp_path / "out")
    with guarded(child):
        pass
    with anyio.move_on_after(0.2) as waited:
        await child.wait()
    assert waited.cancelled_caught
    await child.stop()
