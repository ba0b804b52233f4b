"""Keys and values in one SQLite file of the session: the default. It outlasts reloads and crashes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock
from typing import TypeVar

from engine.hosts.embedded.interfaces.stores.base import PAGE, Snapshot, StoreFault, Tell, added

T = TypeVar("T")

# `id` orders the listing. `revision` grows with every change of a value, and begins anywhere, so that a key deleted
# and set anew is not mistaken for the old one.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
  id INTEGER PRIMARY KEY,
  bucket TEXT NOT NULL,
  key TEXT NOT NULL,
  value BLOB NOT NULL,
  revision INTEGER NOT NULL DEFAULT (random() / 2),
  UNIQUE (bucket, key)
)
"""
# Most keys that are set are there: an update leaves the index alone, which an upsert does not.
_UPDATE = "UPDATE entries SET value = ?, revision = revision + 1 WHERE bucket = ? AND key = ?"
_SET = """
INSERT INTO entries (bucket, key, value) VALUES (?, ?, ?)
ON CONFLICT (bucket, key) DO UPDATE SET value = excluded.value, revision = revision + 1
"""
_GET = "SELECT value FROM entries WHERE bucket = ? AND key = ?"
_DELETE = "DELETE FROM entries WHERE bucket = ? AND key = ?"


class SqliteStore:
    """One connection behind a lock: a statement takes some 10 µs, less than handing out connections would save.

    Other processes and deployments may have the same file open; SQLite's own locks order them.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
        try:
            # In WAL mode NORMAL loses nothing when a process dies; only a power cut may cost the last commits.
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute(_SCHEMA)
        except sqlite3.Error as error:
            self._connection.close()
            raise self._fault(error) from None

    def open(self, bucket: str) -> str:
        return bucket

    def get(self, bucket: str, key: str) -> bytes | None:
        row = self._run(lambda sql: sql.execute(_GET, (bucket, key)).fetchone())
        return None if row is None else bytes(row[0])

    def set(self, bucket: str, key: str, value: bytes) -> None:
        self._run(lambda sql: _set(sql, bucket, key, value))

    def delete(self, bucket: str, key: str) -> None:
        self._run(lambda sql: sql.execute(_DELETE, (bucket, key)))

    def exists(self, bucket: str, key: str) -> bool:
        statement = "SELECT 1 FROM entries WHERE bucket = ? AND key = ?"
        return self._run(lambda sql: sql.execute(statement, (bucket, key)).fetchone()) is not None

    def keys(self, bucket: str, cursor: int) -> tuple[list[str], int]:
        statement = "SELECT id, key FROM entries WHERE bucket = ? AND id > ? ORDER BY id LIMIT ?"
        rows = self._run(lambda sql: sql.execute(statement, (bucket, cursor, PAGE + 1)).fetchall())
        more = len(rows) > PAGE
        return [key for _, key in rows[:PAGE]], rows[PAGE - 1][0] if more else 0

    def increment(self, bucket: str, key: str, delta: int) -> int:
        def add(sql: sqlite3.Connection) -> int:
            row = sql.execute(_GET, (bucket, key)).fetchone()
            total = added(None if row is None else row[0], delta)
            _set(sql, bucket, key, b"%d" % total)
            return total

        return self._transaction(add)

    def snapshot(self, bucket: str, key: str) -> Snapshot:
        statement = "SELECT value, id, revision FROM entries WHERE bucket = ? AND key = ?"
        row = self._run(lambda sql: sql.execute(statement, (bucket, key)).fetchone())
        return Snapshot(None, None) if row is None else Snapshot(bytes(row[0]), (row[1], row[2]))

    def swap(self, bucket: str, key: str, seen: Snapshot, value: bytes) -> bool:
        if seen.revision is None:
            statement = "INSERT INTO entries (bucket, key, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
            return self._run(lambda sql: sql.execute(statement, (bucket, key, value)).rowcount) == 1
        statement = "UPDATE entries SET value = ?, revision = revision + 1 WHERE id = ? AND revision = ?"
        identity, revision = seen.revision
        return self._run(lambda sql: sql.execute(statement, (value, identity, revision)).rowcount) == 1

    def get_many(self, bucket: str, keys: list[str]) -> list[bytes | None]:
        def read(sql: sqlite3.Connection) -> list[bytes | None]:
            rows = (sql.execute(_GET, (bucket, key)).fetchone() for key in keys)
            return [None if row is None else bytes(row[0]) for row in rows]

        return self._transaction(read)

    def set_many(self, bucket: str, pairs: Iterable[tuple[str, bytes]]) -> None:
        self._transaction(lambda sql: sql.executemany(_SET, [(bucket, key, value) for key, value in pairs]))

    def delete_many(self, bucket: str, keys: list[str]) -> None:
        self._transaction(lambda sql: sql.executemany(_DELETE, [(bucket, key) for key in keys]))

    def watch(self, tell: Tell) -> None:
        """What the session's components change is told by `keyvalue.Changes`."""

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _run(self, action: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with self._lock:
                return action(self._connection)
        except (sqlite3.Error, OverflowError) as error:
            raise self._fault(error) from None

    def _transaction(self, action: Callable[[sqlite3.Connection], T]) -> T:
        def whole(sql: sqlite3.Connection) -> T:
            sql.execute("BEGIN IMMEDIATE")
            try:
                result = action(sql)
                sql.execute("COMMIT")
            except BaseException:
                sql.execute("ROLLBACK")
                raise
            return result

        return self._run(whole)

    def _fault(self, error: Exception) -> StoreFault:
        hint = ""
        if isinstance(error, sqlite3.DatabaseError) and "not a database" in str(error):
            hint = "; remove the file to begin anew"
        return StoreFault(f"the key-value data in {self._path} cannot be used: {error}{hint}")


def _set(sql: sqlite3.Connection, bucket: str, key: str, value: bytes) -> None:
    if not sql.execute(_UPDATE, (value, bucket, key)).rowcount:
        sql.execute(_SET, (bucket, key, value))
