"""A guard beside a process: it ends that process and its group when this one is gone, even by SIGKILL."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from engine.supervise.process import Child

# Its input is a pipe that only we can write to: it reads the end of it when we are gone.
SCRIPT = 'read -r _; kill -s KILL -- "-$0"'


@contextmanager
def guarded(child: Child) -> Iterator[None]:
    """While this lasts, `child` does not outlive this process. Where there is no shell to stand guard, it may."""
    try:
        guard = subprocess.Popen(
            ["/bin/sh", "-c", SCRIPT, str(child.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        yield
        return
    try:
        yield
    finally:
        # Before its pipe is closed: the child's number may be another's by now.
        guard.kill()
        guard.wait()
        assert guard.stdin is not None
        guard.stdin.close()
