"""The files of a project that count, by content: what changed since the last look, and nothing that did not.

A look costs one `stat` a file; only a file whose figures moved is read. A file that was touched, or saved without a
change, is not a change.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from engine.model.deliverable import TrackedFile
from engine.watch.rules import Rules

# What is larger is data, not source: known by its figures, not by its content.
HASH_LIMIT = 8 * 1024 * 1024


class Seen(NamedTuple):
    """A file at the last look."""

    mtime_ns: int
    size: int
    inode: int
    digest: bytes


class Tree:
    """All that counts under `root`. Paths are relative to it, with `/`."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.root = rules.root
        self.files: dict[str, Seen] = {}
        self.folders: tuple[str, ...] = ("",)

    def scan(self) -> list[str]:
        """Looks at everything; the paths whose content appeared, changed or went since the last look."""
        found = dict(self._walk())
        changed = [path for path in self.files if path not in found]
        for path in changed:
            del self.files[path]
        changed += [path for path, entry in found.items() if self._take(path, entry)]
        return sorted(changed)

    def look(self, paths: Iterable[str]) -> list[str]:
        """As :meth:`scan`, at `paths` alone."""
        changed = []
        for path in paths:
            if not _is_text(path) or not self.rules.counts(path):
                continue
            try:
                entry = os.stat(self.root / path)
            except OSError:
                entry = None
            if entry is None or not stat.S_ISREG(entry.st_mode):
                if self.files.pop(path, None) is not None:
                    changed.append(path)
                continue
            if self._take(path, entry):
                changed.append(path)
        return sorted(changed)

    def tracked(self, under: str = "") -> tuple[TrackedFile, ...]:
        """The files under a folder (relative; empty: all) with the figures at the last look."""
        prefix = f"{under}/" if under and under != "." else ""
        return tuple(
            TrackedFile(str(self.root / path), seen.mtime_ns, seen.size, seen.inode)
            for path, seen in self.files.items()
            if path.startswith(prefix)
        )

    def _walk(self) -> Iterator[tuple[str, os.stat_result]]:
        folders = [""]
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            try:
                entries = list(os.scandir(self.root / folder))
            except OSError:
                continue
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if not _is_text(path):
                    continue
                try:
                    if entry.is_dir(follow_symlinks=False):
                        if self.rules.folder(path):
                            folders.append(path)
                            waiting.append(path)
                    elif entry.is_file() and self.rules.file(path):
                        yield path, entry.stat()
                except OSError:
                    continue
        self.folders = tuple(folders)

    def _take(self, path: str, entry: os.stat_result) -> bool:
        """Remembers the file as it is now; whether its content is another than before."""
        before = self.files.get(path)
        figures = (entry.st_mtime_ns, entry.st_size, entry.st_ino)
        if before is not None and before[:3] == figures:
            return False
        digest = _digest(self.root / path, entry)
        self.files[path] = Seen(*figures, digest)
        return before is None or before.digest != digest


def _is_text(path: str) -> bool:
    """Whether the name is UTF-8: no guest, no manifest and no JSON could say another."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _digest(path: Path, entry: os.stat_result) -> bytes:
    if entry.st_size > HASH_LIMIT:
        return f"{entry.st_mtime_ns}:{entry.st_size}".encode()
    try:
        return blake2b(path.read_bytes(), digest_size=16).digest()
    except OSError:
        return b""
