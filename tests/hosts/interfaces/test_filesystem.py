"""wasi:filesystem: what the WIT says, and that nothing leads out of a mount."""

from __future__ import annotations

import gc
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from engine.hosts.embedded.context import Link
from engine.hosts.embedded.interfaces.descriptors import Descriptor, Handle
from engine.model.deliverable import Mount
from tests.hosts.interfaces.deployments import Guest, guest

T = "wasi:filesystem/types@0.2.9"
FOLLOW = frozenset(("symlink-follow",))
NONE: frozenset[str] = frozenset()
READ = frozenset(("read",))
WRITE = frozenset(("read", "write"))


class Mounted:
    """A guest with one mount."""

    def __init__(self, folder: Path, writable: bool = True) -> None:
        self.root = folder / "mount"
        self.root.mkdir(exist_ok=True)
        self.guest: Guest = guest(folder, mounts=(Mount(str(self.root), "/data", writable),))
        ((self.base, self.name),) = self.guest.call("wasi:filesystem/preopens@0.2.0#get-directories")

    def ok(self, method: str, descriptor: Any, *arguments: Any) -> Any:
        return self.guest.ok(f"{T}#[method]descriptor.{method}", descriptor, *arguments)

    def err(self, method: str, descriptor: Any, *arguments: Any) -> Any:
        return self.guest.err(f"{T}#[method]descriptor.{method}", descriptor, *arguments)

    def open(
        self,
        path: str,
        flags: frozenset[str] = READ,
        how: frozenset[str] = NONE,
        follow: frozenset[str] = FOLLOW,
    ) -> Descriptor:
        found: Descriptor = self.ok("open-at", self.base, follow, path, how, flags)
        return found

    def refused(
        self,
        path: str,
        flags: frozenset[str] = READ,
        how: frozenset[str] = NONE,
        follow: frozenset[str] = FOLLOW,
    ) -> str:
        code: str = self.err("open-at", self.base, follow, path, how, flags)
        return code

    def names(self, descriptor: Descriptor) -> dict[str, str]:
        stream = self.ok("read-directory", descriptor)
        found = {}
        while entry := self.guest.ok(f"{T}#[method]directory-entry-stream.read-directory-entry", stream):
            found[entry["name"]] = entry["type"]
        stream.drop()
        return found


@pytest.fixture
def fs(tmp_path: Path) -> Mounted:
    return Mounted(tmp_path)


@pytest.fixture
def frozen(tmp_path: Path) -> Mounted:
    root = tmp_path / "mount"
    root.mkdir()
    (root / "file").write_bytes(b"data")
    (root / "folder").mkdir()
    return Mounted(tmp_path, writable=False)


def test_preopens_are_the_mounts(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    mounts = (Mount(str(tmp_path / "a"), "/a", True), Mount(str(tmp_path / "missing"), "/b"))
    app = guest(tmp_path, mounts=mounts)
    found = app.call("wasi:filesystem/preopens#get-directories")
    assert [name for _, name in found] == ["/a"]
    assert found[0][0].flags == {"read", "mutate-directory"}
    assert "/b is not mounted" in app.lines[0][2]


def test_preopens_that_are_off_are_none(tmp_path: Path) -> None:
    app = guest(
        tmp_path, mounts=(Mount(str(tmp_path), "/a"),), links={"wasi:filesystem/preopens": Link("off")}
    )
    assert app.call("wasi:filesystem/preopens#get-directories") == []


def test_reading_a_file(fs: Mounted) -> None:
    (fs.root / "f").write_bytes(b"0123456789")
    file = fs.open("f")
    assert fs.ok("read", file, 4, 2) == (b"2345", False)
    assert fs.ok("read", file, 100, 8) == (b"89", True)
    assert fs.ok("read", file, 100, 10) == (b"", True)
    assert fs.err("read", file, 1, 1 << 63) == "overflow"
    assert fs.err("read", fs.base, 1, 0) == "is-directory"
    assert fs.ok("get-type", file) == "regular-file"
    assert fs.ok("get-flags", file) == READ
    assert fs.err("write", file, b"x", 0) == "bad-descriptor"
    assert fs.err("set-size", file, 0) == "bad-descriptor"
    assert fs.err("write-via-stream", file, 0) == "bad-descriptor"
    assert fs.err("append-via-stream", file) == "bad-descriptor"


def test_reading_is_bounded(fs: Mounted) -> None:
    (fs.root / "f").write_bytes(bytes(1 << 20))
    data, end = fs.ok("read", fs.open("f"), (1 << 64) - 1, 0)
    assert 0 < len(data) < 1 << 20
    assert not end


def test_reading_by_stream(fs: Mounted) -> None:
    (fs.root / "f").write_bytes(b"0123456789")
    file = fs.open("f")
    stream = fs.ok("read-via-stream", file, 3)
    file.drop()  # a stream outlives the descriptor it came from
    read = "wasi:io/streams#[method]input-stream.read"
    assert fs.guest.ok(read, stream, 4) == b"3456"
    assert fs.guest.ok(read, stream, 0) == b""
    assert fs.guest.ok(read, stream, 100) == b"789"
    assert fs.guest.err(read, stream, 100) == ("closed", None)
    assert fs.err("read-via-stream", fs.base, 0) == "is-directory"


def test_writing(fs: Mounted) -> None:
    file = fs.open("f", WRITE, frozenset(("create", "exclusive")))
    assert fs.ok("write", file, b"hello", 3) == 5
    assert (fs.root / "f").read_bytes() == b"\0\0\0hello"
    fs.ok("set-size", file, 5)
    assert (fs.root / "f").read_bytes() == b"\0\0\0he"
    for name, path in (("sync", file), ("sync-data", file), ("sync", fs.base)):
        fs.ok(name, path)
    assert fs.err("set-size", file, 1 << 63) == "overflow"
    assert fs.refused("f", WRITE, frozenset(("create", "exclusive"))) == "exist"
    again = fs.open("f", WRITE, frozenset(("create", "truncate")))
    assert fs.ok("stat", again)["size"] == 0


def test_writing_by_stream(fs: Mounted) -> None:
    file = fs.open("f", WRITE, frozenset(("create",)))
    write = "wasi:io/streams#[method]output-stream.blocking-write-and-flush"
    stream = fs.ok("write-via-stream", file, 2)
    fs.guest.ok(write, stream, b"ab")
    fs.guest.ok(write, stream, b"cd")
    one, two = fs.ok("append-via-stream", file), fs.ok("append-via-stream", file)
    fs.guest.ok(write, one, b"1")
    fs.guest.ok(write, two, b"2")
    fs.guest.ok(write, one, b"3")
    assert (fs.root / "f").read_bytes() == b"\0\0abcd123"


def test_a_streams_error_tells_its_code(fs: Mounted) -> None:
    os.mkfifo(fs.root / "pipe")
    stream = fs.ok("read-via-stream", fs.open("pipe"), 0)
    case, error = fs.guest.err("wasi:io/streams#[method]input-stream.read", stream, 1)
    assert case == "last-operation-failed"
    assert fs.guest.call(f"{T}#filesystem-error-code", error) == "invalid-seek"
    error.cause = None
    assert fs.guest.call(f"{T}#filesystem-error-code", error) is None


def test_stat(fs: Mounted) -> None:
    (fs.root / "f").write_bytes(b"abc")
    os.utime(fs.root / "f", ns=(1_000_000_007, 2_000_000_009))
    (fs.root / "old").touch()
    os.utime(fs.root / "old", ns=(0, -1))
    (fs.root / "link").symlink_to("f")
    found = fs.ok("stat-at", fs.base, NONE, "f")
    assert found["type"] == "regular-file"
    assert (found["size"], found["link-count"]) == (3, 1)
    assert found["data-access-timestamp"] == {"seconds": 1, "nanoseconds": 7}
    assert found["data-modification-timestamp"] == {"seconds": 2, "nanoseconds": 9}
    assert fs.ok("stat", fs.open("f")) == found
    assert fs.ok("stat-at", fs.base, FOLLOW, "link") == found
    assert fs.ok("stat-at", fs.base, NONE, "link")["type"] == "symbolic-link"
    assert fs.ok("stat-at", fs.base, NONE, ".")["type"] == "directory"
    assert fs.ok("stat-at", fs.base, NONE, "old")["data-modification-timestamp"] is None
    assert fs.err("stat-at", fs.base, NONE, "missing") == "no-entry"
    assert fs.err("stat-at", fs.base, NONE, "") == "no-entry"
    assert fs.err("stat-at", fs.base, NONE, "f/x") == "not-directory"
    assert fs.err("stat-at", fs.base, NONE, "f/") == "not-directory"
    assert fs.err("stat-at", fs.base, NONE, "a\0b") == "invalid"
    assert fs.err("stat-at", fs.open("f"), NONE, "x") == "not-directory"


def test_every_kind_of_thing_has_its_type(fs: Mounted) -> None:
    (fs.root / "file").touch()
    (fs.root / "folder").mkdir()
    (fs.root / "link").symlink_to("file")
    os.mkfifo(fs.root / "pipe")
    # A socket's path is short; the test's folder need not be.
    here = Path.cwd()
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(fs.root)
        try:
            listener.bind("socket")
        finally:
            os.chdir(here)
    (fs.root / os.fsdecode(b"\xff")).touch()  # not UTF-8: passed over
    assert fs.names(fs.base) == {
        "file": "regular-file",
        "folder": "directory",
        "link": "symbolic-link",
        "pipe": "fifo",
        "socket": "socket",
    }
    assert fs.refused("socket") in ("no-such-device", "unsupported")
    assert fs.err("read-directory", fs.open("file")) == "not-directory"


def test_streams_of_one_folder_do_not_share_a_position(fs: Mounted) -> None:
    for name in "abc":
        (fs.root / name).touch()
    next_entry = f"{T}#[method]directory-entry-stream.read-directory-entry"
    one = fs.ok("read-directory", fs.base)
    fs.guest.ok(next_entry, one)
    assert set(fs.names(fs.base)) == set("abc")
    assert fs.guest.ok(next_entry, one)
    one.drop()
    assert set(fs.names(fs.base)) == set("abc")


def test_metadata_hash_says_which_and_what(fs: Mounted) -> None:
    (fs.root / "a").write_bytes(b"1")
    (fs.root / "b").write_bytes(b"1")
    first = fs.ok("metadata-hash-at", fs.base, NONE, "a")
    assert fs.ok("metadata-hash", fs.open("a")) == first
    assert fs.ok("metadata-hash-at", fs.base, NONE, "b") != first
    (fs.root / "a").write_bytes(b"22")
    changed = fs.ok("metadata-hash-at", fs.base, NONE, "a")
    assert changed["lower"] == first["lower"]
    assert changed["upper"] != first["upper"]
    assert fs.err("metadata-hash-at", fs.base, NONE, "x") == "no-entry"


def test_setting_times(fs: Mounted) -> None:
    (fs.root / "f").touch()
    (fs.root / "link").symlink_to("f")
    os.utime(fs.root / "f", ns=(5, 6))
    seven = ("timestamp", {"seconds": 7, "nanoseconds": 8})
    fs.ok("set-times-at", fs.base, FOLLOW, "link", ("no-change", None), seven)
    assert (fs.root / "f").stat().st_mtime_ns == 7_000_000_008
    assert (fs.root / "f").stat().st_atime_ns == 5
    file = fs.open("f", WRITE)
    fs.ok("set-times", file, seven, ("now", None))
    assert (fs.root / "f").stat().st_atime_ns == 7_000_000_008
    assert (fs.root / "f").stat().st_mtime > 1_000_000_000
    wrong = ("timestamp", {"seconds": 7, "nanoseconds": 1_000_000_000})
    assert fs.err("set-times", file, wrong, wrong) == "invalid"
    far = ("timestamp", {"seconds": (1 << 64) - 1, "nanoseconds": 0})
    assert fs.err("set-times-at", fs.base, NONE, "f", far, far) == "overflow"
    assert fs.err("set-times-at", fs.base, NONE, "x", seven, seven) == "no-entry"


@pytest.mark.parametrize("advice", ["normal", "sequential", "random", "will-need", "dont-need", "no-reuse"])
def test_advice_is_taken(fs: Mounted, advice: str) -> None:
    (fs.root / "f").touch()
    fs.ok("advise", fs.open("f"), 0, 10, advice)
    assert fs.err("advise", fs.base, 0, 10, advice) == "bad-descriptor"


def test_making_and_removing(fs: Mounted) -> None:
    fs.ok("create-directory-at", fs.base, "a")
    fs.ok("create-directory-at", fs.base, "a/b/")
    assert fs.err("create-directory-at", fs.base, "a") == "exist"
    assert fs.err("create-directory-at", fs.base, ".") == "exist"
    assert fs.err("create-directory-at", fs.base, "x/y") == "no-entry"
    assert fs.err("remove-directory-at", fs.base, "a") == "not-empty"
    assert fs.err("unlink-file-at", fs.base, "a") == "is-directory"
    fs.ok("remove-directory-at", fs.base, "a/b/")
    (fs.root / "f").touch()
    assert fs.err("remove-directory-at", fs.base, "f") == "not-directory"
    assert fs.err("unlink-file-at", fs.base, "f/") == "not-directory"
    fs.ok("unlink-file-at", fs.base, "a/../f")
    assert fs.err("unlink-file-at", fs.base, "f") == "no-entry"
    sub = fs.open("a")
    fs.ok("create-directory-at", sub, "c")  # a folder opened in a writable mount may be changed
    assert (fs.root / "a" / "c").is_dir()


def test_renaming_and_linking(fs: Mounted) -> None:
    (fs.root / "f").write_bytes(b"1")
    (fs.root / "d").mkdir()
    sub = fs.open("d")
    fs.ok("rename-at", fs.base, "f", sub, "g")
    assert (fs.root / "d" / "g").read_bytes() == b"1"
    assert fs.err("rename-at", fs.base, "f", sub, "g") == "no-entry"
    assert fs.err("rename-at", fs.base, "d/g", fs.base, "../g") == "not-permitted"
    assert fs.err("rename-at", fs.base, "d/g/", fs.base, "g") == "not-directory"
    assert fs.err("rename-at", fs.base, "d/g", fs.base, "g/") == "not-directory"
    fs.ok("link-at", sub, NONE, "g", fs.base, "h")
    assert (fs.root / "h").stat().st_nlink == 2
    assert fs.err("link-at", sub, NONE, "g", fs.base, "h") == "exist"
    assert fs.err("link-at", fs.base, NONE, "nothing", fs.base, "i") == "no-entry"
    assert fs.err("link-at", fs.base, NONE, "d", fs.base, "e") == "not-permitted"
    same = f"{T}#[method]descriptor.is-same-object"
    assert fs.guest.call(same, fs.open("h"), fs.open("d/g")) is True
    assert fs.guest.call(same, fs.open("h"), sub) is False
    (fs.root / "s").symlink_to("h")
    fs.ok("link-at", fs.base, FOLLOW, "s", fs.base, "through")
    assert not (fs.root / "through").is_symlink()


def test_links_by_name(fs: Mounted) -> None:
    fs.ok("symlink-at", fs.base, "some/where", "l")
    assert fs.ok("readlink-at", fs.base, "l") == "some/where"
    assert fs.err("symlink-at", fs.base, "/etc", "m") == "not-permitted"
    assert fs.err("symlink-at", fs.base, "x", "l") == "exist"
    (fs.root / "absolute").symlink_to("/etc")
    assert fs.err("readlink-at", fs.base, "absolute") == "not-permitted"
    (fs.root / "f").touch()
    assert fs.err("readlink-at", fs.base, "f") == "invalid"
    assert fs.err("readlink-at", fs.base, "x") == "no-entry"


def test_opening_follows_links_only_when_told(fs: Mounted) -> None:
    (fs.root / "d").mkdir()
    (fs.root / "d" / "f").write_bytes(b"there")
    (fs.root / "to-file").symlink_to("d/f")
    (fs.root / "to-folder").symlink_to("./d/")
    (fs.root / "dangling").symlink_to("made")
    (fs.root / "loop").symlink_to("loop")
    assert fs.ok("read", fs.open("to-file"), 9, 0)[0] == b"there"
    assert fs.refused("to-file", follow=NONE) == "loop"
    assert fs.ok("read", fs.open("to-folder/f", follow=NONE), 9, 0)[0] == b"there"
    folder = frozenset(("directory",))
    assert fs.ok("get-type", fs.open("to-folder", how=folder)) == "directory"
    assert fs.refused("to-folder", how=folder, follow=NONE) == "not-directory"
    assert fs.refused("to-file", how=folder) == "not-directory"
    assert fs.refused("d", how=folder | {"create"}) == "invalid"
    assert fs.refused("d", WRITE) == "is-directory"
    assert fs.refused("loop") == "loop"
    assert fs.refused("dangling") == "no-entry"
    fs.open("dangling", WRITE, frozenset(("create",)))
    assert (fs.root / "made").exists()


ESCAPES = [
    "..",
    "../outside",
    "/outside",
    "d/../../outside",
    "up/outside",
    "d/up2/outside",
    "absolute",
    "absolute/x",
    "chain/outside",
    "./up/./outside",
    "d/../up",
]


@pytest.mark.parametrize("path", ESCAPES)
def test_nothing_leads_outside(fs: Mounted, path: str) -> None:
    (fs.root.parent / "outside").write_bytes(b"secret")
    (fs.root / "d").mkdir()
    (fs.root / "up").symlink_to("..")
    (fs.root / "d" / "up2").symlink_to("../..")
    (fs.root / "absolute").symlink_to(fs.root.parent)
    (fs.root / "chain").symlink_to("d/up2")
    (fs.root / "own").touch()
    made = frozenset(("create",))
    assert fs.refused(path) == "not-permitted"
    assert fs.refused(path, WRITE, made) == "not-permitted"
    assert fs.err("stat-at", fs.base, FOLLOW, path) == "not-permitted"
    assert fs.err("metadata-hash-at", fs.base, FOLLOW, path) == "not-permitted"
    now = ("now", None)
    assert fs.err("set-times-at", fs.base, FOLLOW, path, now, now) == "not-permitted"
    assert fs.err("link-at", fs.base, FOLLOW, path, fs.base, "stolen") == "not-permitted"
    if "/" in path and not path.endswith("up"):
        # The last name of the others is a link, which these do not follow.
        assert fs.err("create-directory-at", fs.base, path) == "not-permitted"
        assert fs.err("unlink-file-at", fs.base, path) == "not-permitted"
        assert fs.err("remove-directory-at", fs.base, path) == "not-permitted"
        assert fs.err("rename-at", fs.base, path, fs.base, "stolen") == "not-permitted"
        assert fs.err("rename-at", fs.base, "own", fs.base, path) == "not-permitted"
        assert fs.err("symlink-at", fs.base, "x", path) == "not-permitted"
        assert fs.err("readlink-at", fs.base, path) == "not-permitted"
    assert (fs.root.parent / "outside").read_bytes() == b"secret"


def test_links_within_may_go_up_and_down(fs: Mounted) -> None:
    (fs.root / "a" / "b").mkdir(parents=True)
    (fs.root / "f").write_bytes(b"1")
    (fs.root / "a" / "b" / "l").symlink_to("../../f")
    assert fs.ok("read", fs.open("a/b/l"), 9, 0)[0] == b"1"
    assert fs.ok("read", fs.open("a/b/../../f"), 9, 0)[0] == b"1"
    sub = fs.open("a/b")  # from here the same link leads out of what the guest holds
    assert fs.err("open-at", sub, FOLLOW, "l", NONE, READ) == "not-permitted"


def test_walks_leave_no_descriptor_open(fs: Mounted) -> None:
    (fs.root / "a" / "b" / "c").mkdir(parents=True)
    (fs.root / "loop").symlink_to("a/../loop")
    before = len(list(Path("/dev/fd").iterdir()))
    for path in ("a/b/c/x", "a/b/../../..", "loop/x", "a/b/c/d/e", "a/b/c"):
        fs.guest.call(f"{T}#[method]descriptor.stat-at", fs.base, FOLLOW, path)
    assert len(list(Path("/dev/fd").iterdir())) == before
    assert fs.err("stat-at", fs.base, NONE, "/".join("a" * 5000)) == "name-too-long"
    assert fs.err("stat-at", fs.base, NONE, "x" * 300) == "name-too-long"


def test_a_read_only_mount(frozen: Mounted) -> None:
    fs = frozen
    assert fs.ok("get-flags", fs.base) == READ
    assert fs.ok("read", fs.open("file"), 9, 0) == (b"data", True)
    now = ("now", None)
    for flags in (WRITE, frozenset(("mutate-directory",))):
        assert fs.refused("file", flags) == "read-only"
    for how in ("create", "truncate"):
        assert fs.refused("file", how=frozenset((how,))) == "read-only"
    folder = fs.open("folder")
    for base in (fs.base, folder):
        assert fs.err("create-directory-at", base, "x") == "read-only"
        assert fs.err("remove-directory-at", base, "folder") == "read-only"
        assert fs.err("unlink-file-at", base, "file") == "read-only"
        assert fs.err("rename-at", base, "file", base, "x") == "read-only"
        assert fs.err("link-at", base, NONE, "file", base, "x") == "read-only"
        assert fs.err("symlink-at", base, "file", "x") == "read-only"
        assert fs.err("set-times-at", base, NONE, "file", now, now) == "read-only"
        assert fs.err("set-times", base, now, now) == "read-only"
    assert fs.err("set-times", fs.open("file"), now, now) == "read-only"
    fs.ok("sync", fs.open("file"))
    fs.ok("sync-data", fs.open("file"))


def test_what_a_guest_leaves_open_is_closed_with_it(fs: Mounted) -> None:
    (fs.root / "f").touch()
    gc.collect()
    before = len(Handle.open_now)
    held: list[Any] = [fs.open("f") for _ in range(5)]
    held.append(fs.ok("read-via-stream", held[0], 0))
    held[0].drop()
    assert len(Handle.open_now) == before + 5
    held[-1].drop()
    assert len(Handle.open_now) == before + 4
    held.clear()  # as the linker's table, when an instance ends
    gc.collect()
    assert len(Handle.open_now) == before


def test_open_files_are_bounded(fs: Mounted, monkeypatch: pytest.MonkeyPatch) -> None:
    (fs.root / "f").touch()
    monkeypatch.setattr("engine.hosts.embedded.interfaces.descriptors.MOST_OPEN", len(Handle.open_now) + 2)
    held = [fs.open("f"), fs.open("f")]
    assert fs.refused("f") == "insufficient-memory"
    held.pop()
    fs.open("f")
