"""Keys and values in NATS JetStream's key-value buckets."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, TypeVar

from engine.hosts.embedded.interfaces.natsio import (
    ANSWER_SECONDS,
    NatsConnection,
    NatsDenied,
    NatsFault,
)
from engine.hosts.embedded.interfaces.stores.base import (
    PAGE,
    AccessDenied,
    NoSuchStore,
    Snapshot,
    StoreFault,
    Tell,
    added,
)

T = TypeVar("T")

# An increment is read and written back; others may come between, this many times.
MOST_TRIES = 64


# NATS ADR-8. The library lets a line's end pass at the end of a name, and it would reach the server as such.
_BUCKET = re.compile(r"[A-Za-z0-9_-]+")
_KEY = re.compile(r"[-/_=A-Za-z0-9]+(\.[-/_=A-Za-z0-9]+)*")


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise StoreFault(
            f"{key[:40]!r} cannot be a key of NATS: those are letters, digits and - / _ = . between them"
        )
    return key


def _is_marker(message: Any) -> bool:
    """Whether an entry only says that its key was deleted."""
    headers = message.headers or {}
    return "KV-Operation" in headers or "Nats-Marker-Reason" in headers


class NatsStore:
    """Link configuration, as the wasmCloud provider has it: `bucket` is what the name `default` (or none) stands for,
    `enable_bucket_auto_create` whether missing buckets are made, `js_domain` the JetStream domain."""

    def __init__(self, url: str, config: Mapping[str, str]) -> None:
        self._bucket = config.get("bucket") or "wasmcloud"
        self._create = config.get("enable_bucket_auto_create", "").lower() == "true"
        self._domain = config.get("js_domain") or None
        self._open: dict[str, Any] = {}
        try:
            self._connection = NatsConnection(url)
        except NatsFault as error:
            raise StoreFault(str(error)) from None
        from nats.js import errors

        self._errors: Any = errors

    def open(self, bucket: str) -> str:
        name = self._bucket if bucket in ("", "default") else bucket
        if not _BUCKET.fullmatch(name):
            raise StoreFault(f"{name[:40]!r} cannot be a bucket of NATS: those are letters, digits, - and _")

        async def find(client: Any) -> Any:
            stream = self._stream(client)
            try:
                return await stream.key_value(name)
            except self._errors.BucketNotFoundError:
                if not self._create:
                    raise NoSuchStore from None
                return await stream.create_key_value(bucket=name, history=1)

        self._open[name] = self._answer(find)
        return name

    def get(self, bucket: str, key: str) -> bytes | None:
        return self.snapshot(bucket, key).value

    def set(self, bucket: str, key: str, value: bytes) -> None:
        name = _checked(key)
        self._answer(lambda _: self._open[bucket].put(name, bytes(value)))

    def delete(self, bucket: str, key: str) -> None:
        name = _checked(key)
        self._answer(lambda _: self._open[bucket].delete(name))

    def exists(self, bucket: str, key: str) -> bool:
        return self.get(bucket, key) is not None

    def keys(self, bucket: str, cursor: int) -> tuple[list[str], int]:
        found = self._answer(lambda client: self._all_keys(client, bucket))
        after = cursor + PAGE
        return found[cursor:after], after if after < len(found) else 0

    async def _all_keys(self, client: Any, bucket: str) -> list[str]:
        """Reads the newest header of each key by the stream's own names (NATS ADR-8). The library's `keys` takes a
        bucket for empty when all of them arrive before it has asked how many there are."""
        from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

        prefix = f"$KV.{bucket}."
        reader = await self._stream(client).pull_subscribe(
            f"{prefix}>",
            stream=f"KV_{bucket}",
            config=ConsumerConfig(
                deliver_policy=DeliverPolicy.LAST_PER_SUBJECT,
                ack_policy=AckPolicy.NONE,
                headers_only=True,
                inactive_threshold=ANSWER_SECONDS,
            ),
        )
        try:
            found: list[str] = []
            left = (await reader.consumer_info()).num_pending
            while left > 0:
                messages = await reader.fetch(min(left, PAGE), timeout=ANSWER_SECONDS)
                left -= len(messages)
                found += [one.subject[len(prefix) :] for one in messages if not _is_marker(one)]
            return sorted(found)
        finally:
            await reader.unsubscribe()

    def _stream(self, client: Any) -> Any:
        return client.jetstream(domain=self._domain) if self._domain else client.jetstream()

    def increment(self, bucket: str, key: str, delta: int) -> int:
        for _ in range(MOST_TRIES):
            seen = self.snapshot(bucket, key)
            total = added(seen.value, delta)
            if self.swap(bucket, key, seen, b"%d" % total):
                return total
        raise StoreFault(f"others kept changing {key!r}: {MOST_TRIES} increments were in vain")

    def snapshot(self, bucket: str, key: str) -> Snapshot:
        name = _checked(key)

        async def look(client: Any) -> Snapshot:
            try:
                entry = await self._open[bucket].get(name)
            except self._errors.KeyDeletedError as gone:
                return Snapshot(None, gone.entry.revision if gone.entry else 0)
            except self._errors.KeyNotFoundError:
                return Snapshot(None, 0)
            return Snapshot(entry.value or b"", entry.revision)

        return self._answer(look)

    def swap(self, bucket: str, key: str, seen: Snapshot, value: bytes) -> bool:
        name = _checked(key)

        async def update(client: Any) -> bool:
            try:
                await self._open[bucket].update(name, bytes(value), last=seen.revision)
            except self._errors.KeyWrongLastSequenceError:
                return False
            return True

        return self._answer(update)

    def get_many(self, bucket: str, keys: list[str]) -> list[bytes | None]:
        return [self.get(bucket, key) for key in keys]

    def set_many(self, bucket: str, pairs: Iterable[tuple[str, bytes]]) -> None:
        for key, value in pairs:
            self.set(bucket, key, value)

    def delete_many(self, bucket: str, keys: list[str]) -> None:
        for key in keys:
            self.delete(bucket, key)

    def watch(self, tell: Tell) -> Callable[[], None]:
        name = self.open("default")
        prefix = f"$KV.{name}."

        async def received(message: Any) -> None:
            gone = _is_marker(message)
            tell(name, message.subject[len(prefix) :], None if gone else message.data)

        async def join(client: Any) -> Any:
            from nats.js.api import DeliverPolicy

            return await self._stream(client).subscribe(
                f"{prefix}>",
                stream=f"KV_{name}",
                ordered_consumer=True,
                deliver_policy=DeliverPolicy.NEW,
                cb=received,
            )

        subscription = self._answer(join)

        def end() -> None:
            try:
                self._answer(lambda _: subscription.unsubscribe())
            except (StoreFault, AccessDenied):
                pass  # a connection that is gone has no subscriptions either

        return end

    def close(self) -> None:
        self._connection.close()

    def _answer(self, action: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        import nats.errors

        try:
            return self._connection.run(action)
        except NatsDenied:
            raise AccessDenied from None
        except NatsFault as error:
            raise StoreFault(str(error)) from None
        except (nats.errors.Error, ValueError) as error:
            text = str(error) or type(error).__name__
            raise StoreFault(f"NATS at {self._connection.address}: {text}") from None
