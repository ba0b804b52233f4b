"""wasi:keyvalue: store, atomics and batch over a :class:`Store`. Serves 0.2.0-draft and 0.2.0-draft2, whose
signatures differ in cursors (`u64`, `string`) and increments (`u64`, `s64`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from threading import Lock
from typing import Any, TypeVar

from engine.hosts.embedded.context import Context, Deployment
from engine.hosts.embedded.interfaces.access import refusal
from engine.hosts.embedded.interfaces.stores.base import (
    AccessDenied,
    NoSuchStore,
    Snapshot,
    Store,
    StoreFault,
    store_of,
)
from engine.hosts.embedded.registry import HostFunction, Interface
from engine.hosts.embedded.values import Err, Ok, Resource

T = TypeVar("T")

STORE = "wasi:keyvalue/store"
ATOMICS = "wasi:keyvalue/atomics"
BATCH = "wasi:keyvalue/batch"

# The draft whose cursors and sums are unsigned numbers.
DRAFT = "0.2.0-draft"

StoreError = tuple[str, str | None]

store = Interface(STORE)
atomics = Interface(ATOMICS)
batch = Interface(BATCH)


class Bucket(Resource):
    """An open bucket: the store that keeps it and its name there."""

    wit = "wasi:keyvalue/store.bucket"
    __slots__ = ("name", "store")

    def __init__(self, store: Store, name: str) -> None:
        self.store = store
        self.name = name


class Cas(Resource):
    """A key as it was when the guest last looked."""

    wit = "wasi:keyvalue/atomics.cas"
    __slots__ = ("bucket", "key", "seen")

    def __init__(self, bucket: Bucket, key: str, seen: Snapshot) -> None:
        self.bucket = bucket
        self.key = key
        self.seen = seen


@dataclass(frozen=True)
class Change:
    """A key that a component set or, where `value` is None, deleted."""

    bucket: Bucket
    key: str
    value: bytes | None


class Changes:
    """Tells the watchers of this session what its components change. Links to a server are told
    by the server instead, of what anybody changes."""

    def __init__(self) -> None:
        self.watchers: tuple[Callable[[Change], None], ...] = ()
        self._lock = Lock()

    def watch(self, tell: Callable[[Change], None]) -> Callable[[], None]:
        """Has `tell` called with each change; it must not block. Gives what ends that."""
        with self._lock:
            self.watchers = (*self.watchers, tell)

        def end() -> None:
            with self._lock:
                self.watchers = tuple(one for one in self.watchers if one is not tell)

        return end


def changes_of(deployment: Deployment) -> Changes:
    return deployment.service("keyvalue-changes", Changes)


def _changed(cx: Context, bucket: Bucket, key: str, value: bytes | None) -> None:
    for tell in changes_of(cx.deployment).watchers:
        tell(Change(bucket, key, value))


def _guarded(interface: str) -> Callable[[Callable[..., Any]], HostFunction]:
    """Wraps a function's result in `ok` and the store's errors, an interface without a provider among them, in
    `err`."""

    def decorate(function: Callable[..., Any]) -> HostFunction:
        @wraps(function)
        def call(cx: Context, *arguments: Any) -> Any:
            reason = refusal(cx, interface)
            if reason is not None:
                return Err(("other", reason))
            try:
                return Ok(function(cx, *arguments))
            except StoreFault as error:
                return Err(("other", str(error)))
            except NoSuchStore:
                return Err(("no-such-store", None))
            except AccessDenied:
                return Err(("access-denied", None))

        return call

    return decorate


@store.function("open")
@_guarded(STORE)
def open_bucket(cx: Context, identifier: str) -> Bucket:
    kept = store_of(cx.deployment, cx.link(STORE))
    return Bucket(kept, kept.open(identifier))


@store.function("[method]bucket.get")
@_guarded(STORE)
def get(cx: Context, bucket: Bucket, key: str) -> bytes | None:
    return bucket.store.get(bucket.name, key)


@store.function("[method]bucket.set")
@_guarded(STORE)
def set_value(cx: Context, bucket: Bucket, key: str, value: bytes) -> None:
    bucket.store.set(bucket.name, key, value)
    _changed(cx, bucket, key, value)


@store.function("[method]bucket.delete")
@_guarded(STORE)
def delete(cx: Context, bucket: Bucket, key: str) -> None:
    bucket.store.delete(bucket.name, key)
    _changed(cx, bucket, key, None)


@store.function("[method]bucket.exists")
@_guarded(STORE)
def exists(cx: Context, bucket: Bucket, key: str) -> bool:
    return bucket.store.exists(bucket.name, key)


@store.function("[method]bucket.list-keys")
@_guarded(STORE)
def list_keys(cx: Context, bucket: Bucket, cursor: str | None) -> dict[str, Any]:
    if cursor is not None and not (cursor.isdecimal() and cursor.isascii() and int(cursor) < 1 << 64):
        raise StoreFault(f"{cursor[:40]!r} is not a cursor that list-keys gave")
    keys, after = bucket.store.keys(bucket.name, int(cursor or 0))
    return {"keys": keys, "cursor": str(after) if after else None}


@store.function("[method]bucket.list-keys", version=DRAFT)
@_guarded(STORE)
def list_keys_draft(cx: Context, bucket: Bucket, cursor: int | None) -> dict[str, Any]:
    keys, after = bucket.store.keys(bucket.name, cursor or 0)
    return {"keys": keys, "cursor": after or None}


@atomics.function("increment")
@_guarded(ATOMICS)
def increment(cx: Context, bucket: Bucket, key: str, delta: int) -> int:
    total = bucket.store.increment(bucket.name, key, delta)
    _changed(cx, bucket, key, b"%d" % total)
    return total


@atomics.function("increment", version=DRAFT)
@_guarded(ATOMICS)
def increment_draft(cx: Context, bucket: Bucket, key: str, delta: int) -> int:
    total = bucket.store.increment(bucket.name, key, delta)
    _changed(cx, bucket, key, b"%d" % total)
    if total < 0:
        raise StoreFault(f"the sum {total} is negative, which this draft of the interface cannot say")
    return total


@atomics.function("[static]cas.new")
@_guarded(ATOMICS)
def new_cas(cx: Context, bucket: Bucket, key: str) -> Cas:
    return Cas(bucket, key, bucket.store.snapshot(bucket.name, key))


@atomics.function("[method]cas.current")
@_guarded(ATOMICS)
def current(cx: Context, cas: Cas) -> bytes | None:
    return cas.seen.value


@atomics.function("swap")
def swap(cx: Context, cas: Cas, value: bytes) -> Ok[None] | Err[Any]:
    """Takes the cas; when it was too old the error holds a fresh one for the next try."""

    def attempt(cx: Context) -> Cas | None:
        bucket = cas.bucket
        if bucket.store.swap(bucket.name, cas.key, cas.seen, value):
            _changed(cx, bucket, cas.key, value)
            return None
        return Cas(bucket, cas.key, bucket.store.snapshot(bucket.name, cas.key))

    outcome = _guarded(ATOMICS)(attempt)(cx)
    if isinstance(outcome, Err):
        return Err(("store-error", outcome.value))
    return Ok() if outcome.value is None else Err(("cas-failed", outcome.value))


@batch.function("get-many")
@_guarded(BATCH)
def get_many(cx: Context, bucket: Bucket, keys: list[str]) -> list[tuple[str, bytes] | None]:
    values = bucket.store.get_many(bucket.name, keys)
    return [None if value is None else (key, value) for key, value in zip(keys, values, strict=True)]


@batch.function("set-many")
@_guarded(BATCH)
def set_many(cx: Context, bucket: Bucket, pairs: list[tuple[str, bytes]]) -> None:
    bucket.store.set_many(bucket.name, pairs)
    for key, value in pairs:
        _changed(cx, bucket, key, value)


@batch.function("delete-many")
@_guarded(BATCH)
def delete_many(cx: Context, bucket: Bucket, keys: list[str]) -> None:
    bucket.store.delete_many(bucket.name, keys)
    for key in keys:
        _changed(cx, bucket, key, None)
