"""Child processes: each in a session of its own, its output in a file, stopped together with all it started."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import anyio
import psutil

from engine.model.problem import Problem
from engine.supervise.identity import Identity, identify, lives

# Without pidfd (not Linux) an end is looked for this often.
POLL_SECONDS = 0.05


class StartError(Problem):
    """A program that could not be started."""


class Child:
    """A process of ours, or one adopted from a former engine (then it has no exit code)."""

    def __init__(self, name: str, identity: Identity, popen: subprocess.Popen[bytes] | None) -> None:
        self.name = name
        self.identity = identity
        self._popen = popen

    @property
    def pid(self) -> int:
        return self.identity.pid

    def alive(self) -> bool:
        if self._popen is not None:
            return self._popen.poll() is None
        return lives(self.identity)

    async def wait(self) -> int | None:
        """Returns when it has ended: its exit code (negative: the signal), None when it was adopted."""
        try:
            handle = os.pidfd_open(self.pid) if hasattr(os, "pidfd_open") and self.alive() else None
        except ProcessLookupError:
            handle = None
        if handle is None:
            while self.alive():
                await anyio.sleep(POLL_SECONDS)
        else:
            try:
                # An adopted process may have been replaced between the look and the open.
                if self.alive():
                    await anyio.wait_readable(handle)
            finally:
                os.close(handle)
        return self._popen.wait() if self._popen is not None else None

    async def stop(self, grace: float = 5.0, first: signal.Signals = signal.SIGTERM) -> int | None:
        """Ends it and everything it started: `first` to all, then, `grace` seconds later, SIGKILL.

        Runs to its end even when the caller is cancelled: a half-stopped tree is an orphan.
        """
        with anyio.CancelScope(shield=True):
            tree = self.tree()
            self._signal(tree, first)
            with anyio.move_on_after(grace):
                await self.wait()
                while any(_runs(process) for process in tree):
                    await anyio.sleep(POLL_SECONDS)
            self.kill(tree)
        return await self.wait()

    def kill(self, tree: Sequence[psutil.Process] = ()) -> None:
        """SIGKILL at once to it, its group and its tree."""
        self._signal(tree or self.tree(), signal.SIGKILL)

    def let_go(self) -> None:
        """Leaves it running when this process ends: it is not waited for any more."""
        if self._popen is not None:
            # Popen warns of a child that nobody waited for; here that is meant.
            self._popen.returncode = 0
            self._popen = None

    def tree(self) -> list[psutil.Process]:
        """All it started that still runs. Must be asked before it ends: afterwards nobody knows its children."""
        if not self.alive():
            return []
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def _signal(self, tree: Sequence[psutil.Process], number: signal.Signals) -> None:
        # The group outlives its leader: its number is not given to another while a member runs.
        if self.alive() or self._popen is not None:
            try:
                os.killpg(self.pid, number)
            except (ProcessLookupError, PermissionError):
                pass
        for process in tree:
            try:
                process.send_signal(number)
            except psutil.Error:
                pass


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def spawn(
    argv: Sequence[str],
    *,
    name: str,
    output: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
) -> Child:
    """Starts a program, stdout and stderr appended to the file `output`, stdin empty.

    Raises :class:`StartError` when it is not there or may not run. `env` replaces the environment when given.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    with open(output, "ab", buffering=0) as file:
        try:
            popen = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=None if env is None else dict(env),
                pass_fds=tuple(pass_fds),
                start_new_session=True,
            )
        except FileNotFoundError as error:
            missing = (
                f"the folder {cwd}" if cwd is not None and not cwd.is_dir() else f"the program '{argv[0]}'"
            )
            raise StartError(
                f"{missing} is not there", hint="`wake doctor` tells what installs it"
            ) from error
        except OSError as error:
            raise StartError(f"'{argv[0]}' cannot be started: {error.strerror}") from error
    # The child is ours and not yet reaped, so its pid cannot have changed hands.
    return Child(name, identify(popen.pid) or Identity(popen.pid, 0, ""), popen)


def adopt(name: str, identity: Identity) -> Child | None:
    """The process that a former engine started, if it is still that one."""
    return Child(name, identity, None) if lives(identity) else None


def become_subreaper() -> None:
    """Has orphans of our children re-parented to us (Linux), so that :func:`sweep` finds every one."""
    import ctypes
    import sys

    if sys.platform == "linux":
        pr_set_child_subreaper = 36
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_child_subreaper, 1, 0, 0, 0)


def sweep(spare: frozenset[int] = frozenset()) -> list[int]:
    """Kills what is left below this process but for the trees of the pids in `spare`; gives the killed pids."""
    kept = set(spare)
    for pid in spare:
        try:
            kept.update(process.pid for process in psutil.Process(pid).children(recursive=True))
        except psutil.Error:
            pass
    killed = []
    for process in psutil.Process().children(recursive=True):
        if process.pid not in kept:
            try:
                if process.status() != psutil.STATUS_ZOMBIE:
                    process.kill()
                    killed.append(process.pid)
                process.wait(timeout=1)
            except (psutil.Error, ChildProcessError):
                pass
    return killed
