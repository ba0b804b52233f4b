"""Draws the rows of a view of the log: what is in sight, nothing else, and what is selected of it."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Offset, Region, Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from engine.logs.match import Matcher, PatternProblem
from engine.logs.record import Record
from engine.logs.view import EVERYTHING, Filter, View
from tui.widgets.log_paint import LEVEL_CLASSES, OTHER_CLASSES, Look, line_text, local_time, paint
from tui.widgets.log_rows import Unwrapped, Wrapped
from tui.widgets.log_search import Search

COPY_LINES = 50_000


class LogCanvas(ScrollView):
    """Strips are made for visible rows only, and a few hundred are kept."""

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *LEVEL_CLASSES.values(),
        *(f"log-view--{name}" for name in OTHER_CLASSES),
    }

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.view: View | None = None
        self.wrapping = False
        self.timestamps = True
        self.cursor: int | None = None
        """The line number the cursor is on; none while following."""
        self.finding = Search()
        self.local_time = local_time
        self._rows: Unwrapped | Wrapped | None = None
        self._look: Look | None = None
        self._strips: LRUCache[tuple[int, int, int, bool], Strip] = LRUCache(512)
        self._width = 0

    @property
    def matcher(self) -> Matcher | None:
        """What is marked and searched for."""
        return self.finding.matcher

    @property
    def filter(self) -> Filter:
        return EVERYTHING if self.view is None else self.view.filter

    @property
    def count(self) -> int:
        return 0 if self.view is None else self.view.count

    def cursor_row(self) -> int | None:
        """The row of the view that the cursor is on."""
        if self.cursor is None or self.view is None or not self.view.count:
            return None
        return min(self.view.row(self.cursor), self.view.count - 1)

    def cursor_text(self) -> str:
        """The whole text of the line at the cursor, or of the last one."""
        view = self.view
        if view is None or not view.count:
            return ""
        row = self.cursor_row()
        window = view.window(view.count - 1 if row is None else row, 1)
        return "".join(record.text for _, record in window)

    def all_text(self) -> str:
        """The newest lines of the view as shown, bounded."""
        view = self.view
        if view is None:
            return ""
        look = self._looking()
        window = view.window(max(0, view.count - COPY_LINES), COPY_LINES)
        return "\n".join(line_text(record, look) for _, record in window)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        start, end = selection.start or Offset(0, 0), selection.end
        last = self._height() - 1 if end is None else end.y
        last = min(last, start.y + COPY_LINES)
        rows = [self._row_text(y) for y in range(start.y, last + 1)]
        stop = None if end is None else Offset(end.x, last - start.y)
        return Selection(Offset(start.x, 0), stop).extract("\n".join(rows)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self._repaint()

    def render_lines(self, crop: Region) -> list[Strip]:
        self._look = self._look or self._looking()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        scroll_x, scroll_y = self.scroll_offset
        look = self._look or self._looking()
        width = self.scrollable_content_region.width
        top = scroll_y + y
        if top >= self._height() or self._rows is None or self.view is None:
            return Strip.blank(width, look.base)
        row, part = self._rows.locate(top)
        window = self.view.window(row, 1)
        if not window:
            return Strip.blank(width, look.base)
        number, record = window[0]
        at_cursor = number == self.cursor
        key = (number, part, width if self.wrapping else -1, at_cursor)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._paint(number, record, part, at_cursor, width)
            self._strips[key] = strip
        if strip.cell_length > self._width and not self.wrapping:
            self._width = strip.cell_length
            self.call_later(self._resize)
        strip = self._with_selection(strip, top)
        end_style = look.styles["cursor"] if at_cursor else look.base
        shown = strip.crop_extend(scroll_x, scroll_x + width, end_style)
        if strip.cell_length > scroll_x + width:  # there is more to the right
            more = Strip([Segment("›", end_style + look.styles["more"])], 1)
            shown = Strip.join([shown.crop(0, width - 1), more])
        return shown.apply_offsets(scroll_x, top)

    def _paint(self, number: int, record: Record, part: int, at_cursor: bool, width: int) -> Strip:
        look = self._look or self._looking()
        filter = self.filter
        dimmed = (
            bool(filter.match and filter.context) and self.view is not None and not self._is_match(record)
        )
        strip = paint(record, look, self.app.console, width, dimmed)
        if self.wrapping:
            prefix, room = look.prefix_width, max(1, width - look.prefix_width)
            start = prefix + part * room
            piece = strip.crop(start, start + room)
            head = strip.crop(0, prefix) if part == 0 else Strip.blank(prefix, look.base)
            strip = Strip.join([head, piece])
            if record.source == "mark":
                strip = paint(record, look, self.app.console, width)
        if at_cursor:
            strip = strip.apply_style(look.styles["cursor"])
        return strip

    def _is_match(self, record: Record) -> bool:
        try:
            return self.view is None or self.view.is_match(record)
        except PatternProblem:
            return False

    def _with_selection(self, strip: Strip, y: int) -> Strip:
        selection = self.text_selection
        span = None if selection is None else selection.get_span(y)
        if span is None:
            return strip
        start, end = span
        if end < 0:
            end = strip.cell_length
        style = self.screen.get_component_rich_style("screen--selection")
        end = min(end, strip.cell_length)
        if start >= end:
            return strip
        return Strip.join(
            [
                strip.crop(0, start),
                strip.crop(start, end).apply_style(style),
                strip.crop(end, strip.cell_length),
            ]
        )

    def _looking(self) -> Look:
        styles: dict[str, Style] = {
            name.removeprefix("log-view--"): self.get_component_rich_style(name, partial=True)
            for name in self.COMPONENT_CLASSES
        }
        return Look(styles, self.rich_style, self.timestamps, self.matcher, self.local_time)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._look = None
        self._strips.clear()

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self._repaint()

    def _height(self) -> int:
        return 0 if self._rows is None else self._rows.height

    def _rebuild(self) -> None:
        """Anew from the view: another width, another wrapping, another journal."""
        self._look = None
        self._strips.clear()
        if self.view is None:
            self._rows = None
        elif self.wrapping:
            width = self.scrollable_content_region.width - self._looking().prefix_width
            self._rows = Wrapped(self.view, width)
        else:
            self._rows = Unwrapped(self.view)
        if self._rows is not None:
            self._rows.update()
        self._resize()
        self.refresh()

    def _resize(self) -> None:
        self.virtual_size = Size(0 if self.wrapping else self._width, self._height())

    def _repaint(self) -> None:
        self._look = None
        self._strips.clear()
        self.refresh()

    def _row_text(self, y: int) -> str:
        """What stands on a row of the screen, as text."""
        if self._rows is None or self.view is None:
            return ""
        row, part = self._rows.locate(y)
        window = self.view.window(row, 1)
        if not window:
            return ""
        look = self._looking()
        whole = line_text(window[0][1], look)
        if not self.wrapping:
            return whole
        prefix = look.prefix_width
        room = max(1, self.scrollable_content_region.width - prefix)
        body = whole[prefix + part * room : prefix + (part + 1) * room]
        return (whole[:prefix] if part == 0 else " " * prefix) + body
