"""One engine a session: a lock file held with `flock`, which a crash lets go of by itself."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from engine.model.problem import Problem


class AlreadyRunning(Problem):
    """Another engine serves this session."""


class SessionLock:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def take(self) -> None:
        """Raises :class:`AlreadyRunning` at once when another process holds it."""
        while True:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                raise AlreadyRunning("this project's session runs already") from None
            if self._is_current(file):
                self._file = file
                return
            # Whoever held it removed the file between our open and our lock.
            os.close(file)

    def held(self) -> bool:
        """Whether an engine, another or this one, holds it now."""
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(file)
        return False

    def release(self) -> None:
        """Removes the file first, so that nobody waits on a lock without a name."""
        if self._file >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = -1

    def _is_current(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), os.stat(self._path))
        except FileNotFoundError:
            return False
