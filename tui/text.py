"""Small pieces of text: durations, shortened paths, aligned columns. Foreign text comes in through :func:`foreign`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from engine.logs.safe import plain


def foreign(text: str, style: str = "") -> Content:
    """Text from a project, an engine or a file: no markup, no escapes, one line."""
    return Content.styled(plain(text.replace("\n", " ")).replace("\t", "    "), style)


def milliseconds(value: float) -> str:
    """`0.4 ms`, `8.3 ms`, `240 ms`, `7.2 s`, `2 m 05 s`."""
    if value < 99.95:
        return f"{value:.1f} ms"
    if value < 999.5:
        return f"{value:.0f} ms"
    if value < 59_950:
        return f"{value / 1000:.1f} s"
    seconds = round(value / 1000)
    return f"{seconds // 60} m {seconds % 60:02d} s"


def duration(seconds: float) -> str:
    """`12 s`, `3 m`, `2 h 05 m`, `4 d`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} m"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} m"
    return f"{whole // 86_400} d"


def clock_time(stamp: str) -> str:
    """`14:02:11` in local time, from RFC 3339; the text itself when it is none."""
    try:
        return datetime.fromisoformat(stamp).astimezone().strftime("%H:%M:%S")
    except ValueError:
        return plain(stamp)[:8]


def shorten(text: str, width: int) -> str:
    """At most `width` cells; the middle of a longer text gives way, because paths are known by their ends."""
    if cell_len(text) <= width:
        return text
    if width < 2:
        return "…"[:width]
    head = (width - 1) // 3
    tail = width - 1 - head
    end = text[-tail:]
    while cell_len(end) > tail:
        end = end[1:]
    return set_cell_size(text, head) + "…" + end


def at_home(path: str) -> str:
    """`~/work/app` where the path lies in the user's home."""
    home = str(Path.home())
    return f"~{path[len(home) :]}" if home != "/" and path.startswith(f"{home}/") else path


def fit(content: Content, width: int) -> Content:
    """Exactly `width` cells: padded, or cut with an ellipsis."""
    return content.truncate(max(0, width), ellipsis=True, pad=True)


def spread(left: Content, right: Content, width: int) -> Content:
    """`left` and `right` at the two ends of `width` cells; the left gives way."""
    room = width - right.cell_length
    if room < 2:
        return fit(left, width)
    return fit(left, room) + right


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 change`, `3 changes`, `12 345 lines`."""
    word = noun if number == 1 else plural or f"{noun}s"
    return f"{number:,} {word}".replace(",", " ")
