"""The log view: a million lines, drawn a screenful at a time.

Lines stay in the journal; this holds row numbers and a few hundred drawn strips. It pulls from the journal on a
timer, some ten times a second, however fast lines come.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.cache import LRUCache
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from engine.logs.match import Matcher, PatternProblem
from engine.logs.reader import JournalReader
from engine.logs.record import Record
from engine.logs.view import EVERYTHING, Filter, View
from tui.widgets.log_paint import (
    LEVEL_CLASSES,
    OTHER_CLASSES,
    Look,
    line_text,
    local_time,
    paint,
)
from tui.widgets.log_rows import Unwrapped, Wrapped

PUMP_SECONDS = 1 / 12
SCAN_SECONDS = 0.008
COPY_LINES = 50_000


class LogView(ScrollView, can_focus=True):
    """Shows one journal through one filter."""

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *LEVEL_CLASSES.values(),
        *(f"log-view--{name}" for name in OTHER_CLASSES),
    }

    class Changed(Message):
        """What a pane says about the view may have changed: counts, following, a search's outcome."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, LogView.Changed)

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.view: View | None = None
        self.following = True
        self.wrapping = False
        self.timestamps = True
        self.cursor: int | None = None
        """The line number the cursor is on; none while following."""
        self.matcher: Matcher | None = None
        self.searching = ""
        """What a search has to say: `not found`, …"""
        self.local_time = local_time
        self._reader: JournalReader | None = None
        self._rows: Unwrapped | Wrapped | None = None
        self._look: Look | None = None
        self._strips: LRUCache[tuple[int, int, int, bool], Strip] = LRUCache(512)
        self._known = (0, 0)
        self._seen_until = 0
        self._width = 0
        self._moving = False
        self._search: tuple[int, int] | None = None

    # -- what is shown

    def open(self, reader: JournalReader | None, filter: Filter = EVERYTHING) -> None:
        """Shows another journal, or none. Raises PatternProblem, and then shows what it did."""
        view = None if reader is None else View(reader, filter)
        self._reader, self.view = reader, view
        self._search = None
        self._width = 0
        self._rebuild()
        self.pump()

    def set_filter(self, filter: Filter) -> None:
        """Shows the same journal through another filter; the line at the cursor or the top stays in view. Raises
        PatternProblem."""
        reader = self._reader
        if reader is None or self.view is None:
            return
        anchor = self._anchor()
        self.view = View(reader, filter)
        self._rebuild()
        self.pump()
        if not self.following:
            self._show(self.view.row(anchor))

    @property
    def filter(self) -> Filter:
        return EVERYTHING if self.view is None else self.view.filter

    @property
    def count(self) -> int:
        return 0 if self.view is None else self.view.count

    @property
    def unseen(self) -> int:
        """Lines that came since following stopped."""
        if self.following or self.view is None or self._reader is None:
            return 0
        return max(0, self.view.count - self.view.row(self._seen_until))

    def set_wrapping(self, on: bool) -> None:
        anchor = self._anchor()
        self.wrapping = on
        self._rebuild()
        if self.following:
            self._move_to_end()
        elif self.view is not None:
            self._show(self.view.row(anchor))

    def set_timestamps(self, on: bool) -> None:
        self.timestamps = on
        self._rebuild()

    def set_matcher(self, matcher: Matcher | None) -> None:
        """Marks what matches."""
        self.matcher = matcher
        self.searching = ""
        self._search = None
        self._repaint()

    # -- following the journal

    def on_mount(self) -> None:
        self.set_interval(PUMP_SECONDS, self.pump)

    def pump(self) -> None:
        """Takes in what is new, for a bounded time."""
        view, reader, rows = self.view, self._reader, self._rows
        if view is None or reader is None or rows is None or not self.size:
            return
        anchor = None if self.following else self._anchor()
        before = (view.number(0), view.count) if view.count else (0, 0)
        generation = reader.generation
        more = reader.refresh()
        scanned = view.advance(SCAN_SECONDS)
        after = (view.number(0), view.count) if view.count else (0, 0)
        if generation != reader.generation:
            self._rebuild()
        if (before, generation) != (after, reader.generation) or self._known != after:
            self._known = after
            rows.update()
            self._resize()
            if self.following:
                self._seen_until = reader.end
                self._move_to_end()
            elif anchor is not None and before[0] != after[0]:
                self._move(self._top_of(anchor))
            self.refresh()
            self.post_message(self.Changed())
        elif scanned and view.complete:
            self.post_message(self.Changed())
        if self._search is not None:
            self._search_on()
        if more or not view.complete:
            self.set_timer(0.01, self.pump)

    def follow(self, on: bool = True) -> None:
        self.following = on
        if on:
            self.cursor = None
            self._seen_until = 0 if self._reader is None else self._reader.end
            self._move_to_end()
        else:
            self._pause()
        self._repaint()
        self.post_message(self.Changed())

    # -- moving

    def move_cursor(self, rows: int) -> None:
        """Moves the cursor; following ends. Down past the last line begins it again."""
        view = self.view
        if view is None or not view.count:
            return
        at = self.cursor_row()
        if at is None:
            at = min(view.count - 1, self._bottom_row())
            rows = min(rows, 0)
        wanted = at + rows
        if wanted >= view.count and rows > 0:
            self.follow()
            return
        self._pause()
        self.put_cursor(max(0, wanted))

    def put_cursor(self, row: int) -> None:
        """Puts the cursor on a row of the view and brings it into sight."""
        view = self.view
        if view is None or not view.count:
            return
        self._pause()
        self.cursor = view.number(min(row, view.count - 1))
        self._show(min(row, view.count - 1))
        self._repaint()
        self.post_message(self.Changed())

    def cursor_row(self) -> int | None:
        """The row of the view that the cursor is on."""
        if self.cursor is None or self.view is None or not self.view.count:
            return None
        return min(self.view.row(self.cursor), self.view.count - 1)

    def action_scroll_up(self) -> None:
        self.move_cursor(-1)

    def action_scroll_down(self) -> None:
        self.move_cursor(1)

    def action_page_up(self) -> None:
        self.move_cursor(1 - max(2, self.size.height))

    def action_page_down(self) -> None:
        self.move_cursor(max(2, self.size.height) - 1)

    def action_scroll_home(self) -> None:
        self.put_cursor(0)

    def action_scroll_end(self) -> None:
        self.follow()

    def search(self, step: int) -> None:
        """Goes to the next match in direction `step`, from the cursor or the end on; long journals are looked
        through in slices."""
        view = self.view
        if view is None or self.matcher is None or not view.count:
            return
        at = self.cursor_row()
        start = (view.count - 1 if at is None else at) + (step if at is not None or step > 0 else 0)
        self._search = (start, step)
        self._search_on()

    def _search_on(self) -> None:
        view, matcher = self.view, self.matcher
        if view is None or matcher is None or self._search is None:
            return
        start, step = self._search
        try:
            found, start = view.find(matcher, start, step)
        except PatternProblem as problem:
            self._search, self.searching = None, problem.message
            self.post_message(self.Changed())
            return
        if found is not None:
            self._search, self.searching = None, ""
            self.put_cursor(found)
        elif 0 <= start < view.count:
            self._search, self.searching = (start, step), "searching…"
            self.set_timer(0.01, self.pump)
        else:
            self._search, self.searching = None, "no more matches" if self._any_match() else "not found"
        self.post_message(self.Changed())

    def _any_match(self) -> bool:
        row = self.cursor_row()
        if row is None or self.view is None or self.matcher is None:
            return False
        return any(self.matcher.test(record.text) for _, record in self.view.window(row, 1))

    # -- copying

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

    # -- drawing

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

    # -- keeping in step

    def on_resize(self, event: events.Resize) -> None:
        self._rebuild()
        if self.following:
            self._move_to_end()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self._moving or old_value == new_value:
            return
        at_end = new_value >= self.max_scroll_y
        if self.following and not at_end:
            self._pause()
            self.post_message(self.Changed())
        elif at_end and not self.following and self.cursor is None:
            self.follow()  # with a cursor it takes `G`: a resize may also bring the end into sight

    def on_click(self, event: events.Click) -> None:
        if self._rows is None or self.view is None or self.text_selection is not None:
            return
        y = self.scroll_offset.y + event.y
        if y < self._height():
            self.put_cursor(self._rows.locate(y)[0])

    def _pause(self) -> None:
        if self.following:
            self.following = False
            self._seen_until = 0 if self._reader is None else self._reader.end

    def _anchor(self) -> int:
        """The line that should stay where it is."""
        view = self.view
        if view is None or not view.count:
            return 0
        if self.cursor is not None:
            return self.cursor
        return view.number(min(self._top_row(), view.count - 1))

    def _top_row(self) -> int:
        return 0 if self._rows is None else self._rows.locate(self.scroll_offset.y)[0]

    def _bottom_row(self) -> int:
        bottom = min(self.scroll_offset.y + self.size.height, self._height()) - 1
        return 0 if self._rows is None else self._rows.locate(max(0, bottom))[0]

    def _top_of(self, number: int) -> int:
        assert self.view is not None and self._rows is not None
        return self._rows.top(self.view.row(number))

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

    def _show(self, row: int) -> None:
        """Scrolls as little as brings a row of the view into sight."""
        if self._rows is None:
            return
        top, height = self._rows.top(row), self.scrollable_content_region.height
        current = self.scroll_offset.y
        if top < current:
            self._move(top)
        elif top >= current + height:
            self._move(top - height + 1)

    def _move(self, y: int) -> None:
        self._moving = True
        self.scroll_to(y=y, animate=False, force=True, immediate=True)
        self._moving = False

    def _move_to_end(self) -> None:
        self._move(self.max_scroll_y)

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
