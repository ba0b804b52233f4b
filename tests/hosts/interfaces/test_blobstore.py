"""wasi:blobstore on files."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.hosts.embedded.context import Link
from engine.hosts.embedded.interfaces.descriptors import Handle
from engine.hosts.embedded.interfaces.stores.blobs import BlobFault, decode, encode
from engine.hosts.embedded.values import Err, Trap
from tests.hosts.interfaces.deployments import Guest, guest

B = "wasi:blobstore/blobstore@0.2.0-draft"
C = "wasi:blobstore/container@0.2.0-draft"
T = "wasi:blobstore/types@0.2.0-draft"
WRITE = "wasi:io/streams#[method]output-stream.blocking-write-and-flush"
READ = "wasi:io/streams#[method]input-stream.read"
ALL = (1 << 64) - 1


class Blobs:
    def __init__(self, folder: Path) -> None:
        self.guest: Guest = guest(folder)
        self.root = folder / "blobs"
        self.box = self.guest.ok(f"{B}#create-container", "box")

    def on(self, method: str, *arguments: Any) -> Any:
        return self.guest.ok(f"{C}#[method]container.{method}", self.box, *arguments)

    def refused(self, method: str, *arguments: Any) -> str:
        text: str = self.guest.err(f"{C}#[method]container.{method}", self.box, *arguments)
        return text

    def value(self, data: bytes) -> Any:
        """An outgoing value with `data` written and its stream dropped."""
        value = self.guest.call(f"{T}#[static]outgoing-value.new-outgoing-value")
        stream = self.guest.ok(f"{T}#[method]outgoing-value.outgoing-value-write-body", value)
        self.guest.ok(WRITE, stream, data)
        stream.drop()
        return value

    def put(self, name: str, data: bytes) -> None:
        value = self.value(data)
        self.on("write-data", name, value)
        self.guest.ok(f"{T}#[static]outgoing-value.finish", value)

    def get(self, name: str, start: int = 0, end: int = ALL) -> bytes:
        value = self.on("get-data", name, start, end)
        data: bytes = self.guest.ok(f"{T}#[static]incoming-value.incoming-value-consume-sync", value)
        return data

    def leftovers(self) -> list[Path]:
        return list(self.root.glob(".part-*"))


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path)


def test_containers(blobs: Blobs) -> None:
    app = blobs.guest
    assert app.ok(f"{B}#container-exists", "box") is True
    assert app.ok(f"{B}#container-exists", "other") is False
    assert "other" in app.err(f"{B}#get-container", "other")
    found = app.ok(f"{B}#get-container", "box")
    assert app.ok(f"{C}#[method]container.name", found) == "box"
    info = blobs.on("info")
    assert info["name"] == "box"
    assert abs(info["created-at"] - time.time()) < 60
    blobs.put("a", b"1")
    again = app.ok(f"{B}#create-container", "box")  # as blobstore-fs: what is there stays
    assert app.ok(f"{C}#[method]container.has-object", again, "a") is True
    app.ok(f"{B}#delete-container", "box")
    assert app.ok(f"{B}#container-exists", "box") is False
    assert "box" in app.err(f"{B}#delete-container", "box")
    for method, arguments in (
        ("info", ()),
        ("get-data", ("a", 0, 1)),
        ("write-data", ("a", blobs.value(b""))),
        ("list-objects", ()),
        ("delete-object", ("a",)),
        ("delete-objects", (["a"],)),
        ("has-object", ("a",)),
        ("object-info", ("a",)),
        ("clear", ()),
    ):
        assert "there is no container 'box'" in blobs.refused(method, *arguments)


def test_an_object_is_there_when_its_value_is_finished(blobs: Blobs) -> None:
    app = blobs.guest
    value = app.call(f"{T}#[static]outgoing-value.new-outgoing-value")
    stream = app.ok(f"{T}#[method]outgoing-value.outgoing-value-write-body", value)
    assert app.call(f"{T}#[method]outgoing-value.outgoing-value-write-body", value) == Err()
    app.ok(WRITE, stream, b"one ")
    blobs.on("write-data", "a", value)
    app.ok(WRITE, stream, b"two")
    assert blobs.on("has-object", "a") is False
    stream.drop()
    app.ok(f"{T}#[static]outgoing-value.finish", value)
    assert blobs.get("a") == b"one two"
    info = blobs.on("object-info", "a")
    assert (info["name"], info["container"], info["size"]) == ("a", "box", 7)
    assert abs(info["created-at"] - time.time()) < 60
    assert blobs.leftovers() == []


def test_a_value_that_is_dropped_writes_nothing(blobs: Blobs) -> None:
    value = blobs.value(b"half")
    blobs.on("write-data", "a", value)
    value.drop()
    assert blobs.on("has-object", "a") is False
    assert blobs.leftovers() == []


def test_finishing_with_the_stream_open_traps(blobs: Blobs) -> None:
    value = blobs.guest.call(f"{T}#[static]outgoing-value.new-outgoing-value")
    stream = blobs.guest.ok(f"{T}#[method]outgoing-value.outgoing-value-write-body", value)
    with pytest.raises(Trap, match="drop the stream first"):
        blobs.guest.call(f"{T}#[static]outgoing-value.finish", value)
    assert blobs.guest.err(WRITE, stream, b"x") == ("closed", None)
    assert blobs.leftovers() == []


def test_one_value_may_go_to_several_places(blobs: Blobs) -> None:
    value = blobs.value(b"same")
    blobs.on("write-data", "a", value)
    blobs.on("write-data", "b", value)
    blobs.guest.ok(f"{T}#[static]outgoing-value.finish", value)
    assert blobs.get("a") == blobs.get("b") == b"same"


def test_a_value_whose_container_went_is_an_error(blobs: Blobs) -> None:
    value = blobs.value(b"x")
    blobs.on("write-data", "a", value)
    blobs.guest.ok(f"{B}#delete-container", "box")
    assert "box" in blobs.guest.err(f"{T}#[static]outgoing-value.finish", value)
    assert blobs.leftovers() == []


def test_ranges_are_inclusive(blobs: Blobs) -> None:
    blobs.put("digits", b"0123456789")
    blobs.put("empty", b"")
    assert blobs.get("digits", 2, 4) == b"234"
    assert blobs.get("digits", 9, 9) == b"9"
    assert blobs.get("digits", 8, 100) == b"89"
    assert blobs.get("digits", 10, 20) == b""
    assert blobs.get("empty", 0, 0) == b""
    assert "both ends are inclusive" in blobs.refused("get-data", "digits", 3, 2)
    assert "no object 'x'" in blobs.refused("get-data", "x", 0, 1)
    assert "no object 'x'" in blobs.refused("object-info", "x")
    value = blobs.on("get-data", "digits", 1, 3)
    assert blobs.guest.call(f"{T}#[method]incoming-value.size", value) == 3


def test_a_reader_keeps_what_it_began_with(blobs: Blobs) -> None:
    blobs.put("a", b"old bytes")
    value = blobs.on("get-data", "a", 0, ALL)
    stream = blobs.guest.ok(f"{T}#[static]incoming-value.incoming-value-consume-async", value)
    assert blobs.guest.ok(READ, stream, 3) == b"old"
    blobs.put("a", b"new")
    blobs.on("delete-object", "a")
    assert blobs.guest.ok(READ, stream, 100) == b" bytes"
    assert blobs.guest.err(READ, stream, 100) == ("closed", None)


def test_open_objects_are_bounded(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs.put("a", b"x")
    monkeypatch.setattr("engine.hosts.embedded.interfaces.descriptors.MOST_OPEN", len(Handle.open_now) + 1)
    held = blobs.on("get-data", "a", 0, 0)
    assert "leaks" in blobs.refused("get-data", "a", 0, 0)
    value = blobs.guest.call(f"{T}#[static]outgoing-value.new-outgoing-value")
    assert blobs.guest.call(f"{T}#[method]outgoing-value.outgoing-value-write-body", value) == Err()
    held.drop()
    assert blobs.get("a") == b"x"


def test_a_value_too_large_to_be_taken_whole(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.hosts.embedded.interfaces.blobstore.LARGEST_WHOLE", 4)
    blobs.put("a", b"12345")
    value = blobs.on("get-data", "a", 0, ALL)
    text = blobs.guest.err(f"{T}#[static]incoming-value.incoming-value-consume-sync", value)
    assert "incoming-value-consume-async" in text


def test_copying_and_moving(blobs: Blobs) -> None:
    app = blobs.guest
    app.ok(f"{B}#create-container", "two")
    blobs.put("a", b"1")
    here, there = {"container": "box", "object": "a"}, {"container": "two", "object": "b"}
    app.ok(f"{B}#copy-object", here, there)
    assert blobs.on("has-object", "a") is True
    blobs.put("a", b"2")
    app.ok(f"{B}#move-object", here, there)
    assert blobs.on("has-object", "a") is False
    blobs.box = app.ok(f"{B}#get-container", "two")
    assert blobs.get("b") == b"2"
    for function in ("copy-object", "move-object"):
        assert "no object 'a'" in app.err(f"{B}#{function}", here, there)
        nowhere = {"container": "none", "object": "b"}
        assert "no container 'none'" in app.err(f"{B}#{function}", there, nowhere)
    assert blobs.leftovers() == []


def test_listing(blobs: Blobs) -> None:
    app = blobs.guest
    for name in "abcde":
        blobs.put(name, b"")
    read = f"{C}#[method]stream-object-names.read-stream-object-names"
    skip = f"{C}#[method]stream-object-names.skip-stream-object-names"
    names = blobs.on("list-objects")
    assert app.ok(read, names, 2) == (["a", "b"], False)
    assert app.ok(skip, names, 2) == (2, False)
    assert app.ok(read, names, 2) == (["e"], True)
    assert app.ok(read, names, 2) == ([], True)
    assert app.ok(skip, names, 1) == (0, True)
    blobs.on("delete-objects", ["a", "b", "nothing"])
    assert app.ok(read, blobs.on("list-objects"), ALL) == (["c", "d", "e"], True)
    blobs.on("clear")
    assert app.ok(read, blobs.on("list-objects"), ALL) == ([], True)


@pytest.mark.parametrize(
    "name", ["..", ".", "../../x", "/etc/passwd", "a/b", "a\0b", ".hidden", "%2E", "日本", "\\"]
)
def test_names_stay_inside(blobs: Blobs, tmp_path: Path, name: str) -> None:
    before = {path for path in tmp_path.parent.rglob("*") if blobs.root not in (path, *path.parents)}
    blobs.put(name, b"x")
    assert blobs.get(name) == b"x"
    assert blobs.guest.ok(
        f"{C}#[method]stream-object-names.read-stream-object-names", blobs.on("list-objects"), 9
    ) == ([name], True)
    blobs.box = blobs.guest.ok(f"{B}#create-container", name)
    blobs.put("inside", b"y")
    after = {path for path in tmp_path.parent.rglob("*") if blobs.root not in (path, *path.parents)}
    assert after == before
    blobs.guest.ok(f"{B}#delete-container", name)
    assert (blobs.root / "box").is_dir()


@given(st.text(min_size=1, max_size=40))
def test_every_name_has_one_file(name: str) -> None:
    file = encode(name)
    assert decode(file) == name
    assert "/" not in file
    assert "\0" not in file
    assert not file.startswith(".")


def test_names_that_no_file_can_have(blobs: Blobs) -> None:
    with pytest.raises(BlobFault):
        encode("")
    assert "bytes" in blobs.guest.err(f"{B}#create-container", "x" * 256)
    assert "bytes" in blobs.guest.err(f"{B}#container-exists", "x" * 256)
    assert "empty" in blobs.refused("write-data", "", blobs.value(b""))
    assert decode("%zz") is None
    assert decode(".container") is None


def test_the_links_root_is_used(tmp_path: Path) -> None:
    app = guest(tmp_path / "session", link={"root": str(tmp_path / "mine")})
    app.ok(f"{B}#create-container", "box")
    assert (tmp_path / "mine" / "box").is_dir()


@pytest.mark.parametrize("state", ["off", "unresolved"])
def test_without_a_provider_the_error_names_the_interface(blobs: Blobs, tmp_path: Path, state: str) -> None:
    app = guest(tmp_path, links={"wasi:blobstore/blobstore": Link(state)})  # type: ignore[arg-type]
    ids = ({"container": "box", "object": "a"},) * 2
    calls: list[tuple[Any, ...]] = [
        (f"{B}#create-container", "x"),
        (f"{B}#get-container", "box"),
        (f"{B}#delete-container", "box"),
        (f"{B}#container-exists", "box"),
        (f"{B}#copy-object", *ids),
        (f"{B}#move-object", *ids),
        (f"{C}#[method]container.name", blobs.box),
        (f"{C}#[method]container.list-objects", blobs.box),
    ]
    for name, *arguments in calls:
        text = app.err(name, *arguments)
        assert "wasi:blobstore/blobstore" in text
        assert state in text
    value = app.call(f"{T}#[static]outgoing-value.new-outgoing-value")
    assert app.call(f"{T}#[method]outgoing-value.outgoing-value-write-body", value) == Err()
    assert "blobstore" in app.err(f"{T}#[static]outgoing-value.finish", value)
