"""wasi:blobstore (0.2.0-draft): containers, objects and streaming values, on files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from engine.hosts.embedded.context import Context
from engine.hosts.embedded.interfaces.access import refusal
from engine.hosts.embedded.interfaces.descriptors import Handle, limit_open, write_at
from engine.hosts.embedded.interfaces.stores.blobs import BlobFault, BlobStore
from engine.hosts.embedded.registry import HostFunction, Interface
from engine.hosts.embedded.streams import Closed, Failed, InputStream, OutputStream
from engine.hosts.embedded.values import Err, Ok, Resource, Trap

# Manifests link the interface `blobstore`; `container` and `types` come with it.
LINKED = "wasi:blobstore/blobstore"

blobstore = Interface(LINKED)
containers = Interface("wasi:blobstore/container")
types = Interface("wasi:blobstore/types")

# A value taken whole: each byte needs 32 on its way into the guest.
LARGEST_WHOLE = 16 << 20


def store_of(cx: Context) -> BlobStore:
    """In the link's `root`, else in a folder of the session, which is also where a relative `root` begins."""
    folder = cx.deployment.folder / (cx.link(LINKED).config.get("root") or "blobs")

    def make() -> BlobStore:
        store = BlobStore(folder)
        store.sweep()
        return store

    return cx.deployment.service(("blobs", folder), make)


class Container(Resource):
    """`wasi:blobstore/container.container`."""

    wit = "wasi:blobstore/container.container"

    def __init__(self, store: BlobStore, name: str) -> None:
        self.store = store
        self.name = name


class ObjectNames(Resource):
    """`wasi:blobstore/container.stream-object-names`."""

    wit = "wasi:blobstore/container.stream-object-names"

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.at = 0

    def advance(self, count: int) -> tuple[list[str], bool]:
        """The next names, and whether they are the last."""
        found = self.names[self.at : self.at + count]
        self.at += len(found)
        return found, self.at >= len(self.names)


class OutgoingValue(Resource):
    """Bytes on their way into objects: gathered in a part file, put in place when the guest says `finish`."""

    wit = "wasi:blobstore/types.outgoing-value"

    def __init__(self, store: BlobStore) -> None:
        self.store = store
        self.targets: list[tuple[BlobStore, str, str]] = []
        self.part: Path | None = None
        self.body: ValueOutput | None = None
        self.failure: str | None = None

    def drop(self) -> None:
        """Dropped without `finish`, or done: what was written is of no use."""
        if self.body is not None:
            self.body.drop()
        if self.part is not None:
            self.part.unlink(missing_ok=True)
            self.part = None


class ValueOutput(OutputStream):
    """The body of an outgoing value."""

    def __init__(self, value: OutgoingValue, path: Path) -> None:
        self._value = value
        self._handle: Handle | None = Handle(os.open(path, os.O_WRONLY | os.O_CLOEXEC))
        self._size = 0

    @property
    def open(self) -> bool:
        return self._handle is not None

    def room(self) -> int:
        if self._handle is None:
            raise Closed
        return super().room()

    def put(self, data: bytes) -> None:
        if self._handle is None:
            raise Closed
        try:
            write_at(self._handle.fd, data, self._size)
        except OSError as error:
            self._value.failure = f"the value could not be written: {error.strerror}"
            self._handle = None
            raise Failed(self._value.failure) from None
        self._size += len(data)

    def drop(self) -> None:
        self._handle = None


class IncomingValue(Resource):
    """Bytes of an object, from its open file: they stay although the object is replaced or deleted."""

    wit = "wasi:blobstore/types.incoming-value"

    def __init__(self, fd: int, start: int, size: int) -> None:
        self.handle: Handle | None = Handle(fd)
        self.start = start
        self.size = size

    def stream(self) -> ValueInput:
        assert self.handle is not None
        return ValueInput(self.handle, self.start, self.size)

    def drop(self) -> None:
        self.handle = None


class ValueInput(InputStream):
    """A part of a file."""

    def __init__(self, handle: Handle, start: int, size: int) -> None:
        self._handle: Handle | None = handle
        self._at = start
        self._end = start + size

    def take(self, limit: int) -> bytes:
        assert self._handle is not None
        wanted = min(limit, self._end - self._at)
        if not wanted:
            if self._at < self._end:
                return b""
            raise Closed
        try:
            data = os.pread(self._handle.fd, wanted, self._at)
        except OSError as error:
            raise Failed(f"the object cannot be read: {error.strerror}") from None
        if not data:
            raise Closed
        self._at += len(data)
        return data

    def drop(self) -> None:
        self._handle = None


def _function(interface: Interface, name: str) -> Callable[[Callable[..., Any]], HostFunction]:
    """Registers a function: what it gives is `ok`, what the store refuses, or nobody provides, a string."""

    def decorate(function: Callable[..., Any]) -> HostFunction:
        @wraps(function)
        def call(cx: Context, *arguments: Any) -> Any:
            reason = refusal(cx, LINKED)
            if reason is not None:
                return Err(reason)
            try:
                return Ok(function(cx, *arguments))
            except BlobFault as error:
                return Err(str(error))
            except OSError as error:
                return Err(error.strerror or str(error))

        return interface.function(name)(call)

    return decorate


# -- blobstore


@_function(blobstore, "create-container")
def create_container(cx: Context, name: str) -> Container:
    store = store_of(cx)
    store.create(name)
    return Container(store, name)


@_function(blobstore, "get-container")
def get_container(cx: Context, name: str) -> Container:
    store = store_of(cx)
    store.folder(name)
    return Container(store, name)


@_function(blobstore, "delete-container")
def delete_container(cx: Context, name: str) -> None:
    store_of(cx).delete(name)


@_function(blobstore, "container-exists")
def container_exists(cx: Context, name: str) -> bool:
    return store_of(cx).exists(name)


@_function(blobstore, "copy-object")
def copy_object(cx: Context, source: dict[str, str], target: dict[str, str]) -> None:
    store_of(cx).copy((source["container"], source["object"]), (target["container"], target["object"]))


@_function(blobstore, "move-object")
def move_object(cx: Context, source: dict[str, str], target: dict[str, str]) -> None:
    store_of(cx).move((source["container"], source["object"]), (target["container"], target["object"]))


# -- container


@_function(containers, "[method]container.name")
def container_name(cx: Context, container: Container) -> str:
    return container.name


@_function(containers, "[method]container.info")
def container_info(cx: Context, container: Container) -> dict[str, Any]:
    return {"name": container.name, "created-at": container.store.created_at(container.name)}


@_function(containers, "[method]container.get-data")
def get_data(cx: Context, container: Container, name: str, start: int, end: int) -> IncomingValue:
    """`start` and `end` are both in the value; an end beyond the object's means its end."""
    if start > end:
        raise BlobFault(f"the range from {start} to {end} is empty: both ends are inclusive")
    limit_open()
    fd, size = container.store.open(container.name, name)
    start = min(start, size)
    return IncomingValue(fd, start, min(end + 1, size) - start)


@_function(containers, "[method]container.write-data")
def write_data(cx: Context, container: Container, name: str, value: OutgoingValue) -> None:
    """Says where the value goes; it may be written before or after. It is there when `finish` is called."""
    container.store.folder(container.name)
    if not name:
        raise BlobFault("a name must not be empty")
    value.targets.append((container.store, container.name, name))


@_function(containers, "[method]container.list-objects")
def list_objects(cx: Context, container: Container) -> ObjectNames:
    return ObjectNames(container.store.names(container.name))


@_function(containers, "[method]container.delete-object")
def delete_object(cx: Context, container: Container, name: str) -> None:
    container.store.remove(container.name, name)


@_function(containers, "[method]container.delete-objects")
def delete_objects(cx: Context, container: Container, names: list[str]) -> None:
    for name in names:
        container.store.remove(container.name, name)


@_function(containers, "[method]container.has-object")
def has_object(cx: Context, container: Container, name: str) -> bool:
    return container.store.has(container.name, name)


@_function(containers, "[method]container.object-info")
def object_info(cx: Context, container: Container, name: str) -> dict[str, Any]:
    created, size = container.store.info(container.name, name)
    return {"name": name, "container": container.name, "created-at": created, "size": size}


@_function(containers, "[method]container.clear")
def clear(cx: Context, container: Container) -> None:
    container.store.clear(container.name)


@_function(containers, "[method]stream-object-names.read-stream-object-names")
def read_names(cx: Context, stream: ObjectNames, count: int) -> tuple[list[str], bool]:
    return stream.advance(count)


@_function(containers, "[method]stream-object-names.skip-stream-object-names")
def skip_names(cx: Context, stream: ObjectNames, count: int) -> tuple[int, bool]:
    found, end = stream.advance(count)
    return len(found), end


# -- types


@types.function("[static]outgoing-value.new-outgoing-value")
def new_outgoing_value(cx: Context) -> OutgoingValue:
    return OutgoingValue(store_of(cx))


@types.function("[method]outgoing-value.outgoing-value-write-body")
def write_body(cx: Context, value: OutgoingValue) -> Ok[ValueOutput] | Err[None]:
    """Once only; the WIT has no word for why not."""
    if value.body is not None or refusal(cx, LINKED) is not None:
        return Err()
    try:
        limit_open()
        value.part = value.store.part()
        value.body = ValueOutput(value, value.part)
    except (BlobFault, OSError) as error:
        cx.deployment.log(cx.deployment.component, "error", f"wasi:blobstore: {error}")
        return Err()
    return Ok(value.body)


@_function(types, "[static]outgoing-value.finish")
def finish(cx: Context, value: OutgoingValue) -> None:
    try:
        if value.body is not None and value.body.open:
            raise Trap(
                "wasi:blobstore/types#[static]outgoing-value.finish was called while the value's output-stream is "
                "open: drop the stream first"
            )
        if value.failure is not None:
            raise BlobFault(value.failure)
        if value.targets and value.part is None:
            value.part = value.store.part()  # a value without a body is an empty object
        for number, (store, container, name) in enumerate(value.targets):
            assert value.part is not None
            if number < len(value.targets) - 1:
                part = store.part()
                shutil.copyfile(value.part, part)
            else:
                part, value.part = value.part, None
            try:
                store.put(part, container, name)
            except BlobFault:
                part.unlink(missing_ok=True)
                raise
    finally:
        value.drop()


@_function(types, "[static]incoming-value.incoming-value-consume-sync")
def consume_sync(cx: Context, value: IncomingValue) -> bytes:
    try:
        if value.size > LARGEST_WHOLE:
            raise BlobFault(
                f"the value has {value.size} bytes; whole values are limited to {LARGEST_WHOLE}: read a part of it, "
                "or use incoming-value-consume-async"
            )
        stream = value.stream()
        parts = []
        while True:
            try:
                parts.append(stream.take(1 << 20))
            except Closed:
                return b"".join(parts)
            except Failed as error:
                raise BlobFault(str(error)) from None
    finally:
        value.drop()


@_function(types, "[static]incoming-value.incoming-value-consume-async")
def consume_async(cx: Context, value: IncomingValue) -> ValueInput:
    stream = value.stream()
    value.drop()
    return stream


@types.function("[method]incoming-value.size")
def size(cx: Context, value: IncomingValue) -> int:
    return value.size
