"""What there is to say about the selected row, below the list; it shows as many lines as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static


class Details(Static):
    def __init__(self) -> None:
        super().__init__("", classes="details", markup=False)
        self._count = 0

    @property
    def room(self) -> int:
        """Cells in a line."""
        return self.content_region.width or 40

    def show(self, lines: Sequence[Content]) -> None:
        self.display = bool(lines)
        self.update(Content("\n").join(lines), layout=len(lines) != self._count)
        self._count = len(lines)
