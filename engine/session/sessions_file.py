"""`sessions.json`: every session there is or was, in one file that engines share.

A session is running when the engine named in its record lives: a crash needs no clean-up to be seen.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from engine.model.state import SessionRow
from engine.places.places import write_atomic
from engine.supervise.identity import Identity, lives


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """One session as written. `engine` is None once it was stopped in order."""

    id: str
    project: str
    path: str
    engine: Identity | None = None
    urls: tuple[str, ...] = ()
    started: str = ""
    last_used: str = ""


class Sessions(msgspec.Struct, frozen=True):
    version: int = 1
    sessions: tuple[Record, ...] = ()


class SessionsFile:
    """The file at `path`. Changes are made under a lock of their own, and whole."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[Record, ...]:
        """All records. A file that cannot be read as one is put aside, not lost, and counts as empty."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Sessions).sessions
        except FileNotFoundError:
            return ()
        except msgspec.DecodeError:
            self._path.replace(self._path.with_suffix(".broken"))
            return ()

    def rows(self) -> tuple[SessionRow, ...]:
        """The records as sessions are shown, the running ones first."""
        rows = [row(record) for record in self.read()]
        return tuple(sorted(rows, key=lambda item: (item.state != "running", item.project)))

    def put(self, record: Record) -> None:
        """Adds the record, or replaces the one with its id."""
        self._change(lambda old: (*(item for item in old if item.id != record.id), record))

    def remove(self, session: str) -> None:
        self._change(lambda old: tuple(item for item in old if item.id != session))

    def _change(self, change: Callable[[tuple[Record, ...]], tuple[Record, ...]]) -> None:
        with self._locked():
            records = change(self.read())
            write_atomic(self._path, msgspec.json.format(msgspec.json.encode(Sessions(1, records))), 0o600)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with open(self._path.with_suffix(".lock"), "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def row(record: Record) -> SessionRow:
    running = record.engine is not None and lives(record.engine)
    return SessionRow(
        id=record.id,
        project=record.project,
        path=record.path,
        state="running" if running else "stopped" if record.engine is None else "crashed",
        pid=record.engine.pid if running and record.engine else None,
        urls=record.urls if running else (),
        last_used=record.last_used,
    )
