"""The log view: a million lines, drawn a screenful at a time.

Lines stay in the journal; this holds row numbers and a few hundred drawn strips. It pulls from the journal on a
timer, some ten times a second, however fast lines come.
"""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.timer import Timer

from engine.logs.match import Matcher
from engine.logs.reader import JournalReader
from engine.logs.view import EVERYTHING, Filter, View
from tui.widgets.log_canvas import LogCanvas

PUMP_SECONDS = 1 / 12
SCAN_SECONDS = 0.008
INDEX_BYTES = 2 * 1024 * 1024


class LogView(LogCanvas, can_focus=True):
    """Shows one journal through one filter: follows it, moves in it, searches it."""

    class Changed(Message):
        """What a pane says about the view may have changed: counts, following, a search's outcome."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, LogView.Changed)

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.following = True
        self._reader: JournalReader | None = None
        self._known = (0, 0)
        self._seen_until = 0
        self._moving = False
        self._soon: Timer | None = None

    # -- what is shown

    def open(self, reader: JournalReader | None, filter: Filter = EVERYTHING) -> None:
        """Shows another journal, or none. Raises PatternProblem, and then shows what it did."""
        view = None if reader is None else View(reader, filter)
        self._reader, self.view = reader, view
        self.finding.stop()
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
    def searching(self) -> str:
        """What a search has to say: `not found`, …"""
        return self.finding.outcome

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
        self.finding.look_for(matcher)
        self._repaint()

    # -- following the journal

    def on_mount(self) -> None:
        self.set_interval(PUMP_SECONDS, self.pump)

    def pump(self) -> None:
        """Takes in what is new, for a bounded time."""
        view, reader = self.view, self._reader
        if view is None or reader is None or self._rows is None or not self.size:
            return
        anchor = None if self.following else self._anchor()
        generation = reader.generation
        more = reader.refresh(INDEX_BYTES)
        scanned = view.advance(SCAN_SECONDS)
        if more or not view.complete:
            self._pump_soon()
        if generation != reader.generation:
            self._rebuild()
        if more:  # still reading what was there: it is drawn when it is read
            return
        known = (view.number(0), view.count) if view.count else (0, 0)
        if known != self._known or generation != reader.generation:
            self._take_in(known, anchor)
        elif scanned and view.complete:
            self.post_message(self.Changed())
        if self.finding.under_way:
            self._found(self.finding.go_on(view, self.cursor_row()))

    def _take_in(self, known: tuple[int, int], anchor: int | None) -> None:
        """The view has other rows than were drawn."""
        assert self._rows is not None and self._reader is not None
        top_moved = known[0] != self._known[0]
        self._known = known
        self._rows.update()
        self._resize()
        if self.following:
            self._seen_until = self._reader.end
            self._move_to_end()
        elif anchor is not None and top_moved:
            self._move(self._top_of(anchor))
        self.refresh()
        self.post_message(self.Changed())

    def _pump_soon(self) -> None:
        """There is more to do: not at the next tick, but after the keys that wait."""
        if self._soon is None:
            self._soon = self.set_timer(0.01, self._pump_now)

    def _pump_now(self) -> None:
        self._soon = None
        self.pump()

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
        if self.view is not None and self.matcher is not None and self.view.count:
            self._found(self.finding.start(self.view, self.cursor_row(), step))

    def _found(self, row: int | None) -> None:
        if row is not None:
            self.put_cursor(row)
        elif self.finding.under_way:
            self._pump_soon()
        self.post_message(self.Changed())

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
