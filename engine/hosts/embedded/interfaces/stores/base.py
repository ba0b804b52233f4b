"""What a key-value store is, and the choice of one by a link's provider and configuration."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from engine.hosts.embedded.context import Deployment, Link

# How many keys one `list-keys` answers with; the guest goes on from the cursor.
PAGE = 1000

# The names that link configurations use for a server's address, across providers and their versions.
_ADDRESS_KEYS = ("url", "uri", "cluster_uri", "cluster_uris")

# Providers that a store of this host is as good as.
_STANDARD = re.compile(r"(^|/)(keyvalue-nats|keyvalue-redis|kvredis)(:|@|$)")

I64 = range(-(1 << 63), 1 << 63)


class StoreFault(Exception):
    """The store cannot do it; the text goes to the guest as `error.other`."""


class NoSuchStore(Exception):
    """There is no bucket of that name and none may be made."""


class AccessDenied(Exception):
    """The server refuses these credentials."""


class Snapshot:
    """A key's value as a `cas` saw it. `revision` is the store's own; None where the key was absent."""

    __slots__ = ("revision", "value")

    def __init__(self, value: bytes | None, revision: Any) -> None:
        self.value = value
        self.revision = revision


# Called with bucket, key and value; None where the key was deleted.
Tell = Callable[[str, str, bytes | None], None]


class Store(Protocol):
    """Buckets of keys. Any thread may call; raises the three errors above."""

    def open(self, bucket: str) -> str:
        """Checks or makes the bucket; gives the name to use for it from then on."""

    def get(self, bucket: str, key: str) -> bytes | None: ...

    def set(self, bucket: str, key: str, value: bytes) -> None: ...

    def delete(self, bucket: str, key: str) -> None: ...

    def exists(self, bucket: str, key: str) -> bool: ...

    def keys(self, bucket: str, cursor: int) -> tuple[list[str], int]:
        """Some keys from `cursor` (0: the first) and the next cursor (0: there are no more)."""

    def increment(self, bucket: str, key: str, delta: int) -> int:
        """Adds to the decimal number that the key holds (0 when absent), within 64 bits; gives the sum."""

    def snapshot(self, bucket: str, key: str) -> Snapshot: ...

    def swap(self, bucket: str, key: str, seen: Snapshot, value: bytes) -> bool:
        """Sets the key if it is still as `seen`."""

    def get_many(self, bucket: str, keys: list[str]) -> list[bytes | None]: ...

    def set_many(self, bucket: str, pairs: Iterable[tuple[str, bytes]]) -> None: ...

    def delete_many(self, bucket: str, keys: list[str]) -> None: ...

    def watch(self, tell: Tell) -> Callable[[], None] | None:
        """Has `tell` called with what anybody changes in the link's own bucket; it must not block. Gives what ends
        that; None where the store does not hear of what others change."""

    def close(self) -> None: ...


def number(value: bytes | None) -> int:
    """The number a counter holds."""
    if value is None:
        return 0
    try:
        text = value.decode("ascii")
        if len(text) > 20:
            raise ValueError(text)
        return int(text)
    except ValueError:
        raise StoreFault("the key's value is not a decimal number, so it cannot be incremented") from None


def added(value: bytes | None, delta: int) -> int:
    """`value` + `delta`, refused outside 64 bits."""
    total = number(value) + delta
    if total not in I64:
        raise StoreFault(f"{total} does not fit 64 bits")
    return total


def address(link: Link) -> str | None:
    """The server's URL in a link's configuration, whatever the provider calls it."""
    lowered = {key.lower(): value.strip() for key, value in link.config.items()}
    return next((lowered[key] for key in _ADDRESS_KEYS if lowered.get(key)), None)


def store_of(deployment: Deployment, link: Link) -> Store:
    """The store behind a link: Redis or NATS where its configuration has a server's address, else SQLite in the
    session's folder."""
    url = address(link)
    if url is not None and (url.startswith(("redis://", "rediss://", "unix://")) or "redis" in link.provider):
        from engine.hosts.embedded.interfaces.stores.redis import RedisStore

        full = url if "://" in url else f"redis://{url}"
        return deployment.service(("redis", full), lambda: RedisStore(full))
    if url is not None:
        from engine.hosts.embedded.interfaces.stores.nats import NatsStore

        config = dict(link.config)
        return deployment.service(("nats-kv", tuple(sorted(config.items()))), lambda: NatsStore(url, config))
    from engine.hosts.embedded.interfaces.stores.sqlite import SqliteStore

    path = deployment.folder / "keyvalue.sqlite3"

    def make() -> SqliteStore:
        if link.provider and not _STANDARD.search(link.provider):
            text = (
                f"{link.provider} does not run on the embedded host; {path} stands in for it in wasi:keyvalue"
            )
            deployment.log(deployment.component, "warn", text)
        return SqliteStore(path)

    return deployment.service("sqlite", make)


def without_secrets(text: str) -> str:
    """`text` with the passwords of URLs left out, fit for a log."""
    return re.sub(r"(://[^/\s@:]*):[^/\s@]*@", r"\1:***@", text)
