"""Writing a journal. Several processes append to one file: each record is one `write` with O_APPEND, so that lines
never mix."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.logs.freeing import data_start, free_head
from engine.logs.record import encode

CAP = 256 * 1024 * 1024
"""Bytes kept of one journal. Past it the older half is given back to the file system."""

_BATCH = 1024 * 1024
_LOOKS = 5


class JournalWriter:
    """Appends to the journal at `path`, making it and its folder. May be used from any thread.

    Writing never raises on a full disk: a lost log line must not stop a session. `lost` counts such records.
    """

    def __init__(self, path: Path, cap: int = CAP) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.lost = 0
        self._cap = cap
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._until_check = self._check_every = max(1, min(_BATCH, cap // 4))
        self._mend()

    def write(self, source: str, level: str, text: str | bytes, time_ms: int | None = None) -> None:
        """Appends `text`, one record for each of its lines. `level` is one of `record.LEVELS` or `""`."""
        self._append(encode(int(time.time() * 1000) if time_ms is None else time_ms, level, source, text))

    def write_many(self, records: Iterable[tuple[str, str, str | bytes]], time_ms: int | None = None) -> None:
        """Appends (source, level, text) records of one moment with few system calls."""
        now = int(time.time() * 1000) if time_ms is None else time_ms
        batch: list[bytes] = []
        size = 0
        for source, level, text in records:
            line = encode(now, level, source, text)
            batch.append(line)
            size += len(line)
            if size >= _BATCH:
                self._append(b"".join(batch))
                batch, size = [], 0
        if batch:
            self._append(b"".join(batch))

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _append(self, data: bytes) -> None:
        self._until_check -= len(data)
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError:
            self.lost += 1
            return
        if self._until_check <= 0:
            self._until_check = self._check_every
            self._keep_under_cap()

    def _mend(self) -> None:
        """A crash may have left half a line: ours must begin on a line of its own."""
        for _ in range(_LOOKS):
            size = os.fstat(self._file).st_size
            if not size or os.pread(self._file, 1, size - 1) == b"\n":
                return
            # Half a line is also what another writer shows in the middle of its `write`: it has the rest soon.
            time.sleep(0.002)
        self._append(b"\n")

    def _keep_under_cap(self) -> None:
        size = os.fstat(self._file).st_size
        if size - data_start(self._file) <= self._cap:
            return
        if not free_head(self._file, size - self._cap // 2):
            # No holes here: begin anew rather than fill the disk. Readers notice that the file shrank.
            os.ftruncate(self._file, 0)
