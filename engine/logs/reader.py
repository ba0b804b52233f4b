"""Reading a journal by line number, while others append to it. Only offsets are kept in memory: 8 bytes a line."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left
from itertools import accumulate
from pathlib import Path

from engine.logs.freeing import data_start
from engine.logs.record import Record, parse

_CHUNK = 1024 * 1024


class JournalReader:
    """The lines `first` … `end - 1` of a journal. Numbers count from the first line found at opening and stay true
    as the file grows and as its head is freed (then `first` goes up). `generation` goes up when the file was begun
    anew, or freed further than it had been read; numbers go on from `end` then.

    A last line without its newline is not there yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.generation = 0
        self.first = 0
        self._file = -1
        self._offsets = array("Q", [0])  # starts of the lines, and where the next will start
        self._open()

    @property
    def end(self) -> int:
        """One past the last whole line indexed so far."""
        return self.first + len(self._offsets) - 1

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def refresh(self, budget: int = 8 * _CHUNK) -> bool:
        """Indexes up to about `budget` bytes of what is new. True when there is more to index."""
        if self._file < 0 and not self._open():
            return False
        size = os.fstat(self._file).st_size
        if size < self._offsets[-1]:
            self._begin_anew(0)
            size = os.fstat(self._file).st_size
        self._drop_freed()
        at = self._offsets[-1]
        stop = min(size, at + budget)
        pending: list[bytes] = []
        read_from = at
        while read_from < stop:
            data = os.pread(self._file, _CHUNK, read_from)
            if not data:
                break
            read_from += len(data)
            cut = data.rfind(b"\n") + 1
            if not cut:
                pending.append(data)
                stop = min(size, max(stop, read_from + _CHUNK))
                continue
            block = b"".join(pending) + data[:cut] if pending else data[:cut]
            pending = []
            starts = accumulate(map(_whole_length, block[:-1].split(b"\n")), initial=self._offsets[-1])
            next(starts)
            self._offsets.extend(starts)
            read_from = self._offsets[-1]
        return self._offsets[-1] < size and read_from < size

    def raw(self, start: int, stop: int) -> list[bytes]:
        """Lines `start` … `stop - 1` as bytes without newlines; numbers outside of what is there are left out."""
        block = self.block(start, stop)
        return block[:-1].split(b"\n") if block else []

    def block(self, start: int, stop: int) -> bytes:
        """The same lines as one piece, each with its newline."""
        start, stop = max(start, self.first), min(stop, self.end)
        if start >= stop:
            return b""
        low, high = self._offsets[start - self.first], self._offsets[stop - self.first]
        return os.pread(self._file, high - low, low)

    def starts(self, start: int, stop: int) -> list[int]:
        """Where those lines begin within :meth:`block`."""
        low = self._offsets[start - self.first]
        return [offset - low for offset in self._offsets[start - self.first : stop - self.first]]

    def records(self, start: int, stop: int) -> list[Record]:
        return [parse(line) for line in self.raw(start, stop)]

    def record(self, number: int) -> Record | None:
        """One line; None when it was freed or is not there yet."""
        found = self.records(number, number + 1)
        return found[0] if found else None

    def number_at(self, time_ms: int) -> int:
        """The first line stamped at or after `time_ms` (stamps are nearly in order; this is a binary search)."""
        low, high = self.first, self.end
        while low < high:
            middle = (low + high) // 2
            record = self.record(middle)
            if record is not None and record.time_ms < time_ms:
                low = middle + 1
            else:
                high = middle
        return low

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self) -> bool:
        try:
            self._file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        self._offsets[-1] = self._first_whole_line(data_start(self._file))
        return True

    def _first_whole_line(self, start: int) -> int:
        """The head is freed by blocks: the first line left is cut, the one after it is whole."""
        while start:
            data = os.pread(self._file, _CHUNK, start)
            cut = data.find(b"\n") + 1
            if cut or not data:
                return start + cut
            start += len(data)
        return 0

    def _begin_anew(self, offset: int) -> None:
        self.generation += 1
        self.first = self.end
        self._offsets = array("Q", [offset])

    def _drop_freed(self) -> None:
        """Forgets lines that a writer has freed."""
        start = data_start(self._file)
        if start <= self._offsets[0]:
            return
        if start > self._offsets[-1]:  # also lines not seen yet
            self._begin_anew(self._first_whole_line(start))
            return
        gone = bisect_left(self._offsets, start)
        del self._offsets[:gone]
        self.first += gone


def _whole_length(line: bytes) -> int:
    return len(line) + 1
