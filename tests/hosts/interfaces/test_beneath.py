"""Paths of guests, whatever links they lead through: never outside, and otherwise where the system would lead."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.hosts.embedded.interfaces.beneath import locate

NAMES = ("a", "b", "c")
STEP = st.sampled_from((*NAMES, "..", ".", ""))
PATH = st.lists(STEP, min_size=1, max_size=6).map("/".join)
# What stands at a place: a folder, a file, or a link to somewhere.
THING = st.one_of(st.just("folder"), st.just("file"), PATH.filter(bool).map(lambda path: f"link {path}"))
TREE = st.dictionaries(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(tuple), THING, max_size=9)


def plant(root: Path, tree: dict[tuple[str, ...], str]) -> None:
    (root / "a" / "b").mkdir(parents=True)
    for place, thing in sorted(tree.items()):
        path = root.joinpath(*place)
        if not path.parent.is_dir() or os.path.realpath(path.parent) != str(path.parent) or path.is_symlink():
            continue
        if thing == "folder":
            path.mkdir(exist_ok=True)
        elif path.exists():
            continue
        elif thing == "file":
            path.touch()
        else:
            path.symlink_to(thing.removeprefix("link "))


@pytest.fixture(scope="module")
def forest() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder).resolve()


def theirs(base: int, path: str, follow: bool) -> int | None:
    """The same by Linux's own `openat2` with RESOLVE_BENEATH; None where it refuses."""
    how = struct.pack("QQQ", os.O_PATH | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW), 0, 0x08)
    fd: int = ctypes.CDLL(None, use_errno=True).syscall(437, base, path.encode(), how, len(how))
    if fd < 0 and ctypes.get_errno() == errno.ENOSYS:
        pytest.skip("this system has no openat2")
    return None if fd < 0 else fd


def ours(base: int, path: str, follow: bool) -> int | None:
    """The thing at the end of the path, opened without following; None where it is refused."""
    try:
        with locate(base, path, follow) as place:
            return os.open(place.name, os.O_PATH | os.O_NOFOLLOW, dir_fd=place.folder)
    except OSError:
        return None


def where(fd: int | None) -> Path | None:
    if fd is None:
        return None
    try:
        return Path(f"/proc/self/fd/{fd}").readlink()
    finally:
        os.close(fd)


def descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


@pytest.mark.skipif(sys.platform != "linux", reason="openat2 is Linux's")
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tree=TREE, path=PATH, follow=st.booleans())
def test_a_path_leads_where_the_kernel_would_lead_beneath(
    forest: Path, tree: dict[tuple[str, ...], str], path: str, follow: bool
) -> None:
    with tempfile.TemporaryDirectory(dir=forest) as folder:
        root = Path(folder)
        plant(root, tree)
        base = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            before = descriptors()
            found = where(ours(base, path, follow))
            assert descriptors() == before
            assert found == where(theirs(base, path, follow))
            assert found is None or found == root or root in found.parents
        finally:
            os.close(base)
