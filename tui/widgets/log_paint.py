"""A record as it is drawn: time, level, source, text with its own colours, matches marked."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from engine.logs.match import Matcher, PatternProblem
from engine.logs.record import Record
from engine.logs.safe import coloured, plain
from engine.logs.view import MARK
from tui.words import LEVELS

SHOWN_LIMIT = 4096
"""Characters of one line that are drawn; the whole line is in the journal, and copied."""

SOURCE_WIDTH = 7

LEVEL_CLASSES = {level: f"log-view--{level or 'none'}" for level in LEVELS}
OTHER_CLASSES = ("time", "source", "match", "cursor", "context", "mark", "more", "selection")


def local_time(time_ms: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(time_ms / 1000)) if time_ms else "        "


@dataclass(frozen=True)
class Look:
    """What decides how records are drawn, apart from themselves. `styles` by component class."""

    styles: dict[str, Style]
    base: Style
    timestamps: bool = True
    matcher: Matcher | None = None
    local_time: Callable[[int], str] = local_time

    @property
    def prefix_width(self) -> int:
        """Cells before the text."""
        return (9 if self.timestamps else 0) + 2 + SOURCE_WIDTH + 1


def prefix_text(record: Record, look: Look) -> str:
    moment = f"{look.local_time(record.time_ms)} " if look.timestamps else ""
    source = plain(record.source)[:SOURCE_WIDTH]
    sign = LEVELS.get(record.level, LEVELS[""])
    return f"{moment}{sign.glyph} {source:<{SOURCE_WIDTH}} "


def shown_text(record: Record) -> str:
    """The text without escapes, bounded."""
    return _bounded(plain(record.text[: 4 * SHOWN_LIMIT]).expandtabs(4))


def line_text(record: Record, look: Look) -> str:
    """The whole row as plain text, for copying."""
    return (prefix_text(record, look) + shown_text(record)).rstrip()


def paint(record: Record, look: Look, console: Console, width: int, dimmed: bool = False) -> Strip:
    """The whole row as one strip, uncropped. `dimmed`: context around a match."""
    if record.source == MARK:
        return _mark(record, look, width)
    styles = look.styles
    prefix = prefix_text(record, look)
    body = shown_text(record)
    text = Text(prefix + body, no_wrap=True, end="")
    at = 0
    if look.timestamps:
        text.stylize(styles["time"], 0, 8)
        at = 9
    text.stylize(styles[record.level or "none"], at, at + 1)
    text.stylize(styles["source"], at + 2, len(prefix))
    start = len(prefix)
    if dimmed:
        text.stylize(styles["context"], start)
    elif record.level in ("warn", "error", "critical"):
        text.stylize(styles[record.level], start)
    if "\x1b" in record.text or "\x9b" in record.text:
        _take_colours(record, text, start)
    if look.matcher is not None:
        try:
            for low, high in look.matcher.spans(body):
                text.stylize(styles["match"], start + low, start + high)
        except PatternProblem:
            pass  # Said where the pattern was entered; the line itself is still shown.
    base = look.base
    text.style = base
    return Strip(list(text.render(console)), cell_len(text.plain))


def _take_colours(record: Record, text: Text, start: int) -> None:
    """Adds the line's own colours (SGR), where they fit the text as shown."""
    inner = Text.from_ansi(coloured(record.text[: 4 * SHOWN_LIMIT]).expandtabs(4))
    if _bounded(inner.plain)[:SHOWN_LIMIT] != text.plain[start:][:SHOWN_LIMIT]:
        return
    for span in inner.spans:
        text.stylize(span.style, start + span.start, start + span.end)


def _bounded(text: str) -> str:
    if len(text) <= SHOWN_LIMIT:
        return text
    return f"{text[:SHOWN_LIMIT]}… (+{len(text) - SHOWN_LIMIT})"


def _mark(record: Record, look: Look, width: int) -> Strip:
    label = f"── {look.local_time(record.time_ms)} {plain(record.text)}".rstrip() + " "
    rule = label + "─" * max(0, width - cell_len(label))
    return Strip([Segment(rule, look.base + look.styles["mark"])], cell_len(rule))
