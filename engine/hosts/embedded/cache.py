"""Compiled code on disk, by content. wasmtime trusts what it loads, so the folder is the user's alone (0700).

Files are written beside and renamed, so that two sessions may fill the cache at once; a file in use stays mapped
when it is removed.
"""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

from engine.hosts.embedded import native
from engine.places.places import make_private

LIMIT = 4 * 1024**3


class CodeCache:
    """`folder` holds at most about `limit` bytes; what was used longest ago goes first."""

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        self.folder = make_private(folder)
        self.limit = limit

    def path(self, digest: str, kind: str) -> Path:
        """Where code of `kind` (its tier, and whether of a component or a module) for this content lies."""
        name = hashlib.sha256(f"{digest} {kind} {_library()}".encode()).hexdigest()[:40]
        return self.folder / f"{name}.cwasm"

    def find(self, digest: str, kind: str) -> Path | None:
        path = self.path(digest, kind)
        try:
            os.utime(path)
        except OSError:
            return None
        return path

    def store(self, digest: str, kind: str, data: bytes) -> Path:
        path = self.path(digest, kind)
        beside = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
        try:
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        self.trim()
        return path

    def trim(self) -> None:
        """Removes the oldest until the rest fits the limit, and what a killed writer left beside."""
        files = []
        total = 0
        for entry in os.scandir(self.folder):
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if entry.name.startswith("."):
                if time.time() - found.st_mtime > 3600:
                    Path(entry.path).unlink(missing_ok=True)
                continue
            files.append((found.st_mtime, found.st_size, entry.path))
            total += found.st_size
        for _, size, path in sorted(files):
            if total <= self.limit:
                return
            Path(path).unlink(missing_ok=True)
            total -= size


def _library() -> str:
    """Stands for wasmtime's version: asking the package for it takes longer than to load code."""
    found = native.LIBRARY.stat()
    return f"{found.st_size} {found.st_mtime_ns}"
