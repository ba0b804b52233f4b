"""Containers and objects as folders and files: `<root>/<container>/<object>`, the layout of wasmCloud's blobstore-fs.

An object's file comes whole by a rename and is never changed in place, so a reader that has it open keeps what it
began with.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

# Most file systems' limit for one name, in bytes.
LONGEST_NAME = 255

# A container's creation time is this file's; names that begin with a dot are never objects.
_BORN = ".container"

# Written so: what a file's name cannot hold, what would be hidden, and the sign of the writing itself.
_UNSAFE = re.compile(r"^\.|[/%\\\x00-\x1f\x7f]")
_CODED = re.compile(r"%([0-9A-F]{2})")


class BlobFault(Exception):
    """The store cannot do it; the text goes to the guest."""


def encode(name: str) -> str:
    """The file name of a container or object, whose own names may be any text. Raises :class:`BlobFault`."""
    if not name:
        raise BlobFault("a name must not be empty")
    coded = _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", name)
    if len(coded.encode()) > LONGEST_NAME:
        raise BlobFault(f"the name {name[:40]!r}… takes more than {LONGEST_NAME} bytes as a file's name")
    return coded


def decode(file: str) -> str | None:
    """The name that a file stands for; None for files that no name would be written as."""
    name = _CODED.sub(lambda found: chr(int(found[1], 16)), file)
    try:
        return name if encode(name) == file else None
    except (BlobFault, UnicodeEncodeError):
        return None


class BlobStore:
    """Any thread may call. Raises :class:`BlobFault`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    # -- containers

    def create(self, container: str) -> None:
        """As blobstore-fs, says nothing against a container that is there."""
        folder = self.root / encode(container)

        def make() -> None:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / _BORN).touch(exist_ok=True)

        self._run(make)

    def exists(self, container: str) -> bool:
        return (self.root / encode(container)).is_dir()

    def created_at(self, container: str) -> int:
        """Seconds since 1970."""
        folder = self.folder(container)

        def look() -> int:
            born = folder / _BORN
            return int((born if born.exists() else folder).stat().st_mtime)

        return self._run(look)

    def delete(self, container: str) -> None:
        folder = self.folder(container)
        self._run(lambda: shutil.rmtree(folder))

    def clear(self, container: str) -> None:
        for name in self.names(container):
            self.remove(container, name)

    def folder(self, container: str) -> Path:
        """The folder of a container that exists."""
        folder = self.root / encode(container)
        if not folder.is_dir():
            raise BlobFault(f"there is no container {container!r}")
        return folder

    # -- objects

    def names(self, container: str) -> list[str]:
        folder = self.folder(container)

        def read() -> list[str]:
            with os.scandir(folder) as entries:
                found = (decode(entry.name) for entry in entries if entry.is_file())
                return sorted(name for name in found if name is not None)

        return self._run(read)

    def has(self, container: str, name: str) -> bool:
        return (self.folder(container) / encode(name)).is_file()

    def info(self, container: str, name: str) -> tuple[int, int]:
        """Creation in seconds since 1970, and size in bytes."""
        path = self._object(container, name)

        def look() -> tuple[int, int]:
            found = path.stat()
            return int(found.st_mtime), found.st_size

        return self._run(look)

    def open(self, container: str, name: str) -> tuple[int, int]:
        """A descriptor to read the object by, and its size. The caller closes it."""
        path = self._object(container, name)

        def look() -> tuple[int, int]:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            return fd, os.fstat(fd).st_size

        return self._run(look)

    def remove(self, container: str, name: str) -> None:
        path = self.folder(container) / encode(name)
        self._run(lambda: path.unlink(missing_ok=True))

    def copy(self, source: tuple[str, str], target: tuple[str, str]) -> None:
        path, folder = self._object(*source), self.folder(target[0])
        name = encode(target[1])

        def duplicate() -> None:
            part = self.part()
            try:
                shutil.copyfile(path, part)
                part.replace(folder / name)
            finally:
                part.unlink(missing_ok=True)

        self._run(duplicate)

    def move(self, source: tuple[str, str], target: tuple[str, str]) -> None:
        path, folder = self._object(*source), self.folder(target[0])
        name = encode(target[1])
        self._run(lambda: path.replace(folder / name))

    def part(self) -> Path:
        """An empty file beside the containers, to be written and then put in its place by :meth:`put`."""

        def make() -> Path:
            self.root.mkdir(parents=True, exist_ok=True)
            fd, path = tempfile.mkstemp(prefix=".part-", dir=self.root)
            os.fchmod(fd, 0o644)
            os.close(fd)
            return Path(path)

        return self._run(make)

    def put(self, part: Path, container: str, name: str) -> None:
        """Makes a written part the object; the part is gone afterwards."""
        target = self.folder(container) / encode(name)

        def place() -> None:
            part.replace(target)
            os.utime(target)  # created now, not when its first byte was written

        self._run(place)

    def sweep(self, older_than: float = 24 * 3600) -> None:
        """Removes parts that a crash left behind."""
        if not self.root.is_dir():
            return
        limit = time.time() - older_than
        for part in self.root.glob(".part-*"):
            try:
                if part.stat().st_mtime < limit:
                    part.unlink()
            except OSError:
                continue  # another's, or gone

    def _object(self, container: str, name: str) -> Path:
        path = self.folder(container) / encode(name)
        if not path.is_file():
            raise BlobFault(f"there is no object {name!r} in the container {container!r}")
        return path

    def _run(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except OSError as error:
            raise BlobFault(f"{error.strerror or error}: {error.filename or self.root}") from None
