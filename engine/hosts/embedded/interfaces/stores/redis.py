"""Keys and values in a Redis server. The bucket `default` (or the empty name) is the server's plain keys, as the
wasmCloud provider keeps them; any other bucket is a hash of its name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from engine.hosts.embedded.interfaces.stores.base import (
    PAGE,
    AccessDenied,
    Snapshot,
    StoreFault,
    Tell,
    without_secrets,
)

T = TypeVar("T")

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 5.0
RETRY_SECONDS = 1.0

_GONE = (b"del", b"expired", b"evicted", b"rename_from")

# Sets a key if its value is still ARGV[2] (ARGV[1] = "1") or it is still absent (ARGV[1] = "0"). The last argument
# is the new value; KEYS is the key, or a hash with ARGV[4] its field.
_SWAP = """
local field = ARGV[4]
local now
if field then now = redis.call('HGET', KEYS[1], field) else now = redis.call('GET', KEYS[1]) end
if ARGV[1] == '1' then
  if now ~= ARGV[2] then return 0 end
elseif now then
  return 0
end
if field then redis.call('HSET', KEYS[1], field, ARGV[3]) else redis.call('SET', KEYS[1], ARGV[3]) end
return 1
"""


class RedisStore:
    """One connection pool for all threads."""

    def __init__(self, url: str) -> None:
        try:
            import redis
        except ImportError:
            raise StoreFault(
                "the link names a Redis server, which needs the package redis: install wake-tui[redis]"
            ) from None
        self._redis = redis
        self._url = url
        try:
            self._client: Any = redis.Redis.from_url(
                url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS
            )
        except ValueError as error:
            raise StoreFault(
                f"{without_secrets(url)} is not the address of a Redis server: {error}"
            ) from None

    def open(self, bucket: str) -> str:
        self._run(lambda client: client.ping())
        return "" if bucket == "default" else bucket

    def get(self, bucket: str, key: str) -> bytes | None:
        value: bytes | None = self._command(bucket, "GET", key)
        return value

    def set(self, bucket: str, key: str, value: bytes) -> None:
        self._command(bucket, "SET", key, value)

    def delete(self, bucket: str, key: str) -> None:
        self._command(bucket, "DEL", key)

    def exists(self, bucket: str, key: str) -> bool:
        return bool(self._command(bucket, "EXISTS", key))

    def keys(self, bucket: str, cursor: int) -> tuple[list[str], int]:
        """As SCAN gives them: a key that is there all the while is told, perhaps twice."""

        def scan(client: Any) -> tuple[list[str], int]:
            after = cursor
            while True:
                if bucket:
                    after, found = client.hscan(bucket, after, count=PAGE)
                else:
                    after, found = client.scan(after, count=PAGE, _type="string")
                if found or not after:
                    return [key.decode("utf-8", "replace") for key in found], int(after)

        return self._run(scan)

    def increment(self, bucket: str, key: str, delta: int) -> int:
        return int(self._command(bucket, "INCRBY", key, delta))

    def snapshot(self, bucket: str, key: str) -> Snapshot:
        value = self.get(bucket, key)
        return Snapshot(value, value)

    def swap(self, bucket: str, key: str, seen: Snapshot, value: bytes) -> bool:
        expected = ("0", b"") if seen.value is None else ("1", seen.value)
        name, field = (bucket, [key]) if bucket else (key, [])
        return bool(self._run(lambda client: client.eval(_SWAP, 1, name, *expected, value, *field)))

    def get_many(self, bucket: str, keys: list[str]) -> list[bytes | None]:
        if not keys:
            return []
        return self._run(lambda client: client.hmget(bucket, keys) if bucket else client.mget(keys))

    def set_many(self, bucket: str, pairs: Iterable[tuple[str, bytes]]) -> None:
        values = dict(pairs)
        if values:
            self._run(lambda client: client.hset(bucket, mapping=values) if bucket else client.mset(values))

    def delete_many(self, bucket: str, keys: list[str]) -> None:
        if keys:
            self._run(lambda client: client.hdel(bucket, *keys) if bucket else client.delete(*keys))

    def watch(self, tell: Tell) -> Callable[[], None]:
        """Hears of plain keys; of a hash the server only says that it changed."""

        def received(message: dict[str, Any]) -> None:
            key = message["channel"].partition(b":")[2].decode("utf-8", "replace")
            if message["data"] in _GONE:
                tell("", key, None)
                return
            try:
                value = self.get("", key)
            except (StoreFault, AccessDenied):
                return  # another type of value, or gone with the connection
            if value is not None:
                tell("", key, value)

        closed = threading.Event()

        def join(client: Any) -> Any:
            # Server-wide, and off unless asked for: K key space, $ strings, g any type, x expired.
            before = client.config_get("notify-keyspace-events")["notify-keyspace-events"]
            client.config_set("notify-keyspace-events", "".join(sorted({*before, *"K$gx"})))
            heard = client.pubsub(ignore_subscribe_messages=True)
            database = client.connection_pool.connection_kwargs.get("db") or 0
            heard.psubscribe(**{f"__keyspace@{database}__:*": received})
            return heard.run_in_thread(
                sleep_time=0.5,
                daemon=True,
                # The library connects and subscribes again at the next look.
                exception_handler=lambda error, heard, thread: closed.wait(RETRY_SECONDS),
            )

        thread = self._run(join)

        def end() -> None:
            closed.set()
            thread.stop()
            thread.join()

        return end

    def close(self) -> None:
        self._client.close()

    def _command(self, bucket: str, name: str, key: str, *arguments: Any) -> Any:
        if bucket:
            return self._run(lambda client: client.execute_command(f"H{name}", bucket, key, *arguments))
        return self._run(lambda client: client.execute_command(name, key, *arguments))

    def _run(self, action: Callable[[Any], T]) -> T:
        errors = self._redis.exceptions
        try:
            return action(self._client)
        except (errors.AuthenticationError, errors.NoPermissionError):
            raise AccessDenied from None
        except errors.ConnectionError as error:
            where = without_secrets(self._url)
            raise StoreFault(
                f"the Redis server at {where} does not answer: {without_secrets(str(error))}"
            ) from None
        except errors.RedisError as error:
            raise StoreFault(f"Redis: {without_secrets(str(error))}") from None
