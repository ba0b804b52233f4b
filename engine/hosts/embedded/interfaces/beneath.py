"""Paths that a guest names, resolved beneath a directory it holds and never outside.

Each step is one `openat` that follows no link; links are read and their steps taken in the same way. So a link or a
folder that changes meanwhile can make a step fail, but not lead it elsewhere. (wasi:filesystem/types, *path
resolution*: absolute paths, and any step that leaves the base, are `not-permitted`.)
"""

from __future__ import annotations

import errno
import os
from typing import Self

# As the kernel's own limits: a path's length, and how many links one may lead through.
LONGEST = 4096
MOST_LINKS = 40
# Each level of a path holds a descriptor while it is walked.
DEEPEST = 256

# O_PATH needs no permission to read the folder; systems without it open for reading.
_STEP = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def _refused(number: int, path: str) -> OSError:
    return OSError(number, os.strerror(number), path)


class Place:
    """A folder's descriptor and a name in it, `.` for the folder itself. Close it after use: `with`."""

    __slots__ = ("_opened", "folder", "name")

    def __init__(self, folder: int, name: str, opened: list[int] | None = None) -> None:
        self.folder = folder
        self.name = name
        self._opened = opened

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._opened:
            for fd in self._opened:
                os.close(fd)


def locate(base: int, path: str, follow: bool = False) -> Place:
    """Where `path` leads from the directory `base`.

    The last name may not exist, and may be a link unless `follow`. Use it with calls that follow no link: with
    `follow`, a link put there since makes them fail. Raises OSError: EPERM where the path leads outside.
    """
    if "/" not in path and not follow and path not in ("", ".", ".."):
        return Place(base, path)
    if not path:
        raise _refused(errno.ENOENT, path)
    if len(path) > LONGEST:
        raise _refused(errno.ENAMETOOLONG, path[:80])
    if path[0] == "/":
        raise _refused(errno.EPERM, path)
    opened: list[int] = []
    try:
        name = _walk(base, path, follow, opened)
    except BaseException:
        for fd in opened:
            os.close(fd)
        raise
    return Place(opened[-1] if opened else base, name, opened)


def _walk(base: int, path: str, follow: bool, opened: list[int]) -> str:
    """Opens the folders on the way, onto `opened`, and gives the last name."""
    steps = path.split("/")[::-1]
    links = 0
    while steps:
        step = steps.pop()
        if step in ("", "."):
            continue
        if step == "..":
            if not opened:
                raise _refused(errno.EPERM, path)
            os.close(opened.pop())
            continue
        here = opened[-1] if opened else base
        if steps:
            target = _enter(here, step, opened)
        elif follow:
            target = _link(here, step)
        else:
            target = None
        if target is not None:
            links += 1
            if links > MOST_LINKS:
                raise _refused(errno.ELOOP, path)
            if target.startswith("/"):
                raise _refused(errno.EPERM, path)
            steps.extend(target.split("/")[::-1])
        elif not steps:
            return step
    return "."


def _enter(here: int, step: str, opened: list[int]) -> str | None:
    """Opens the folder `step`, or gives the target of the link that it is."""
    if len(opened) >= DEEPEST:
        raise _refused(errno.ENAMETOOLONG, step)
    try:
        opened.append(os.open(step, _STEP, dir_fd=here))
    except OSError as error:
        if error.errno not in (errno.ENOTDIR, errno.ELOOP, errno.EMLINK):
            raise
        target = _link(here, step)
        if target is None:
            raise
        return target
    return None


def _link(here: int, name: str) -> str | None:
    """The target of a link; None when `name` is something else or nothing."""
    try:
        return os.readlink(name, dir_fd=here)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ENOENT):
            return None
        raise
