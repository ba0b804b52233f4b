"""From a child's raw output to the journal. The child writes its own O_APPEND file, so that no pipe can stall it
and nothing is lost while no engine runs; a follower turns what is new there into records."""

from __future__ import annotations

import os
from pathlib import Path

from engine.logs.freeing import free_head
from engine.logs.journal import JournalWriter
from engine.logs.record import TEXT_LIMIT, guess_level

_READ = 1024 * 1024
_FREE_EVERY = 4 * 1024 * 1024


class SpoolFollower:
    """Follows the file `spool` from where the last follower of it stopped (kept in `<spool>.offset`).

    Lines are stamped when first seen. After a crash of the engine, lines may come twice, never not at all.
    """

    def __init__(self, spool: Path, journal: JournalWriter, source: str, level: str | None = None) -> None:
        """`level` of all its lines; None guesses one from each line's text."""
        self._journal = journal
        self._source = source
        self._level = level
        self._spool = os.open(spool, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._saved = os.open(f"{spool}.offset", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._offset = int(os.pread(self._saved, 20, 0) or b"0")
        self._freed = self._offset

    def pump(self, final: bool = False) -> int:
        """Takes over what is new and gives the number of lines. A last line without its newline waits for more,
        unless `final` (the child has ended) or it is too long to wait."""
        size = os.fstat(self._spool).st_size
        if size < self._offset:  # truncated under us: a new run
            self._offset = self._freed = 0
        lines = 0
        while self._offset < size:
            data = os.pread(self._spool, min(_READ, size - self._offset), self._offset)
            if not data:
                break
            end = data.rfind(b"\n") + 1
            if not end:
                if len(data) < TEXT_LIMIT and not final:
                    break
                end = len(data)
            lines += self._take(data[:end])
            self._offset += end
        if lines:
            self._save()
        return lines

    def close(self) -> None:
        os.close(self._spool)
        os.close(self._saved)

    def _take(self, data: bytes) -> int:
        lines = data.removesuffix(b"\n").split(b"\n")
        level = self._level
        self._journal.write_many(
            (
                self._source,
                guess_level(line[:160].decode("utf-8", "replace")) if level is None else level,
                line,
            )
            for line in lines
        )
        return len(lines)

    def _save(self) -> None:
        os.pwrite(self._saved, b"%020d" % self._offset, 0)
        if self._offset - self._freed >= _FREE_EVERY and free_head(self._spool, self._offset):
            self._freed = self._offset
