"""Which line of a view stands on which row of the screen: one a row, or as many rows as its text takes."""

from __future__ import annotations

from array import array
from bisect import bisect_right

from rich.cells import cell_len

from engine.logs.record import Record
from engine.logs.view import MARK, View
from tui.widgets.log_paint import SHOWN_LIMIT, shown_text

WRAPPED_LINES = 20_000
"""Wrapping must measure each line, so it reaches back only so far."""


class Unwrapped:
    """A row is a line."""

    def __init__(self, view: View) -> None:
        self._view = view

    @property
    def height(self) -> int:
        return self._view.count

    def update(self) -> None:
        """Takes in what the view has gained."""

    def locate(self, y: int) -> tuple[int, int]:
        """Row `y` of the screen as (row of the view, which of that line's own rows)."""
        return y, 0

    def top(self, row: int) -> int:
        """Where a row of the view begins."""
        return row


class Wrapped:
    """A line takes as many rows as its text needs at `width` cells. Only the newest lines are there."""

    def __init__(self, view: View, width: int) -> None:
        self._view = view
        self._width = max(1, width)
        self._begin()

    @property
    def height(self) -> int:
        return int(self._tops[-1])

    def update(self) -> None:
        view = self._view
        moved = view.count and (self._first >= view.count or view.number(self._first) != self._first_number)
        if moved or len(self._tops) - 1 > 2 * WRAPPED_LINES:
            self._begin()
        at = self._first + len(self._tops) - 1
        while at < view.count:
            window = view.window(at, 1000)
            if not window:
                return
            for _, record in window:
                self._tops.append(self._tops[-1] + (1 if record.source == MARK else self._rows(record)))
            at += len(window)

    def locate(self, y: int) -> tuple[int, int]:
        at = min(bisect_right(self._tops, y) - 1, max(0, len(self._tops) - 2))
        return self._first + at, y - int(self._tops[at])

    def top(self, row: int) -> int:
        return int(self._tops[min(max(0, row - self._first), len(self._tops) - 1)])

    def _begin(self) -> None:
        self._first = max(0, self._view.count - WRAPPED_LINES)
        self._first_number = self._view.number(self._first) if self._view.count else 0
        self._tops = array("Q", [0])

    def _rows(self, record: Record) -> int:
        raw = record.text
        simple = len(raw) <= SHOWN_LIMIT and raw.isascii() and raw.isprintable()
        text = raw if simple else shown_text(record)
        length = len(text) if text.isascii() else cell_len(text)
        return max(1, -(-length // self._width))
