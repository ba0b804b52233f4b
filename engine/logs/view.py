"""A view: the lines of a journal that pass a filter, with the lines around them. Found in slices, newest first, so
that a screenful is there at once however long the journal is."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left, bisect_right

import msgspec

from engine.logs.match import Case, Matcher, PatternProblem
from engine.logs.reader import JournalReader
from engine.logs.record import (
    LEVEL_AT,
    LEVELS,
    SOURCE_AT,
    Record,
    is_record,
    level_letter,
    parse,
    rank,
    text_start,
)

_FIND_BLOCK = 64
MARK = "mark"
"""The source of marks that a person sets: shown as a rule, and by every filter."""


class Filter(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to show. `sources` none: all of them; a source names itself and what begins with it and a `.` or `:`.
    `level` is the least to show; lines without one count as `info`. `context` lines are shown around each match of
    `match`. `since` hides lines with lower numbers."""

    sources: tuple[str, ...] = ()
    level: str = ""
    match: str = ""
    regex: bool = False
    case: Case = "smart"
    invert: bool = False
    context: int = 0
    since: int = 0

    @property
    def narrows(self) -> bool:
        """Whether any line could be left out by what it says."""
        return bool(self.sources or self.match or (self.level and rank(self.level) > 0))


EVERYTHING = Filter()


class View:
    """Rows 0 … `count - 1` are lines of `reader` in order. Rows may be added at both ends by :meth:`advance`: at the
    top while older lines are still being looked through, at the bottom as the journal grows.

    `problem` holds a pattern that turned out to take for ever; the view then stays as it is.
    """

    def __init__(self, reader: JournalReader, filter: Filter = EVERYTHING) -> None:
        """Raises PatternProblem on a wrong expression."""
        self.reader = reader
        self.filter = filter
        self.problem: PatternProblem | None = None
        self._matcher = Matcher(filter.match, filter.regex, filter.case) if filter.match else None
        self._levels = _levels_from(filter.level)
        self._sources = tuple(source.encode("ascii", "replace") for source in filter.sources)
        self._rows = array("Q")
        self._low = self._high = reader.end  # looked through: low … high - 1
        self._owed = 0  # lines after `high` that are context of a match before it
        self._all = not filter.narrows
        # Expressions are slow, perhaps very: look at the clock more often.
        self._block = 64 if filter.regex else 8192
        self._generation = reader.generation

    @property
    def count(self) -> int:
        if self._all:
            return max(0, self.reader.end - self._floor)
        return len(self._rows)

    @property
    def complete(self) -> bool:
        """Whether every line of the journal was looked at."""
        if self._all or self.problem is not None:
            return True
        return self._low <= self._floor and self._high >= self.reader.end

    def advance(self, seconds: float = 0.008) -> bool:
        """Looks at more lines for about so long; newest lines first. True when something changed."""
        if self._all or self.problem is not None:
            return False
        before = (self._low, self._high, len(self._rows))
        self._forget_freed()
        deadline = time.monotonic() + seconds
        try:
            while self._high < self.reader.end:
                self._forward()
                if time.monotonic() >= deadline:
                    return True
            while self._low > self._floor:
                self._back()
                if time.monotonic() >= deadline:
                    break
        except PatternProblem as problem:
            self.problem = problem
        return before != (self._low, self._high, len(self._rows))

    def number(self, row: int) -> int:
        """The line number of a row."""
        if self._all:
            return self._floor + row
        return self._rows[row]

    def row(self, number: int) -> int:
        """The row of line `number`, or of the next one shown after it (`count` when there is none)."""
        if self._all:
            return min(max(0, number - self._floor), self.count)
        return bisect_left(self._rows, number)

    def window(self, start: int, count: int) -> list[tuple[int, Record]]:
        """Rows `start` … as (line number, record); fewer at the end."""
        stop = min(start + count, self.count)
        start = max(0, start)
        numbers = [self.number(row) for row in range(start, stop)]
        found: list[tuple[int, Record]] = []
        at = 0
        while at < len(numbers):  # one read for each run of neighbours
            run = at + 1
            while run < len(numbers) and numbers[run] == numbers[run - 1] + 1:
                run += 1
            found.extend(enumerate(self.reader.records(numbers[at], numbers[run - 1] + 1), numbers[at]))
            at = run
        return found

    def find(self, matcher: Matcher, start: int, step: int, seconds: float = 0.05) -> tuple[int | None, int]:
        """Looks for the next row that matches, from row `start` on in direction `step` (1 or -1), for about so
        long. Gives (row, where to go on); the second is outside of the rows when all were looked at."""
        deadline = time.monotonic() + seconds
        row = start
        while 0 <= row < self.count:
            low, high = (
                (row, min(row + _FIND_BLOCK, self.count))
                if step > 0
                else (max(0, row - _FIND_BLOCK + 1), row + 1)
            )
            records = self.window(low, high - low)
            order = range(len(records)) if step > 0 else range(len(records) - 1, -1, -1)
            for at in order:
                if matcher.test(records[at][1].text):
                    return low + at, low + at + step
            row = high if step > 0 else low - 1
            if time.monotonic() >= deadline:
                return None, row
        return None, row

    def is_match(self, record: Record) -> bool:
        """Whether a shown record passes by itself, rather than as context."""
        if self._matcher is None:
            return True
        return self._matcher.test(record.text) != self.filter.invert

    @property
    def _floor(self) -> int:
        return max(self.reader.first, self.filter.since)

    def _forward(self) -> None:
        start, stop = self._high, min(self._high + self._block, self.reader.end)
        hits = self._hits(start, stop)
        owed = range(start, min(start + self._owed, stop))
        self._merge([*owed, *_around(hits, self.filter.context, self._floor, stop)])
        reach = hits[-1] + self.filter.context + 1 if hits else start + self._owed
        self._owed = max(0, reach - stop)
        self._high = stop

    def _back(self) -> None:
        start, stop = max(self._low - self._block, self._floor), self._low
        hits = self._hits(start, stop)
        self._merge(_around(hits, self.filter.context, self._floor, self.reader.end))
        if stop == self._high and hits:
            self._owed = max(0, hits[-1] + self.filter.context + 1 - stop)
        self._low = start

    def _merge(self, found: list[int]) -> None:
        """Adds `found`, which lies at either end of the rows; only context overlaps what is there."""
        if not found:
            return
        low, high = min(found), max(found)
        start, stop = bisect_left(self._rows, low), bisect_right(self._rows, high)
        if start < stop or self.filter.context:
            found = sorted({*found, *self._rows[start:stop]})
        self._rows[start:stop] = array("Q", found)

    def _hits(self, start: int, stop: int) -> list[int]:
        """The numbers in `start` … `stop - 1` whose lines pass."""
        matcher = self._matcher
        needle = None if matcher is None else matcher.needle
        block = self.reader.block(start, stop)
        if needle and not self.filter.invert and b"\x1b" not in block:
            return self._literal_hits(block, start, stop, needle)
        lines = block[:-1].split(b"\n") if block else []
        return [number for number, line in enumerate(lines, start) if self._passes(line)]

    def _literal_hits(self, block: bytes, start: int, stop: int, needle: bytes) -> list[int]:
        """The same by one search through the whole block: most blocks hold nothing."""
        assert self._matcher is not None
        folded = block.lower() if self._matcher.ignore_case else block
        starts = self.reader.starts(start, stop)
        ends = [*starts[1:], len(block)]
        marked = b" %s " % MARK.encode()
        hits = []
        at = 0
        marks = marked in block
        while (found := folded.find(needle, at)) >= 0:
            line_at = bisect_right(starts, found) - 1
            line = block[starts[line_at] : ends[line_at] - 1]
            inside = text_start(line)
            if found - starts[line_at] < inside:  # in the prefix: look again from the text on
                at = starts[line_at] + inside
                continue
            if self._kind_passes(line):
                hits.append(start + line_at)
            at = ends[line_at]
        if marks:
            lines = block[:-1].split(b"\n")
            hits = sorted({*hits, *(number for number, line in enumerate(lines, start) if _is_mark(line))})
        return hits

    def _passes(self, line: bytes) -> bool:
        if _is_mark(line):
            return True
        if not self._kind_passes(line):
            return False
        if self._matcher is None:
            return True
        return self._matcher.test(parse(line).text) != self.filter.invert

    def _kind_passes(self, line: bytes) -> bool:
        """By level and source."""
        if not is_record(line):
            return not self._sources and (self._levels is None or ord("-") in self._levels)
        if self._levels is not None and line[LEVEL_AT] not in self._levels:
            return False
        if not self._sources:
            return True
        for source in self._sources:
            if line.startswith(source, SOURCE_AT) and line[SOURCE_AT + len(source)] in b" .:":
                return True
        return False

    def _forget_freed(self) -> None:
        if self._generation != self.reader.generation:
            self._generation = self.reader.generation
            del self._rows[:]
            self._low = self._high = self.reader.first
            self._owed = 0
        floor = self._floor
        if self._rows and self._rows[0] < floor:
            del self._rows[: bisect_left(self._rows, floor)]
        self._low, self._high = max(self._low, floor), max(self._high, floor)


def _levels_from(level: str) -> frozenset[int] | None:
    """The letters of this level and above, `-` counted as `info`; None: all."""
    if not level or level_letter(level) == "-" or rank(level) == 0:
        return None
    letters = {ord(level_letter(name)) for name in LEVELS if rank(name) >= rank(level)}
    if rank(level) <= rank("info"):
        letters.add(ord("-"))
    return frozenset(letters)


def _is_mark(line: bytes) -> bool:
    return line.startswith(b"mark ", SOURCE_AT) and is_record(line)


def _around(hits: list[int], context: int, low: int, high: int) -> list[int]:
    """`hits` with their neighbours, in order, within `low` … `high - 1`."""
    if not context:
        return hits
    rows: list[int] = []
    for hit in hits:
        start = max(low, hit - context, rows[-1] + 1 if rows else low)
        rows.extend(range(start, min(high, hit + context + 1)))
    return rows
