r"""One line of a journal: `<unix ms> <level> <source> <text>\n`.

The time has 13 digits, the level is one letter (`-`: none), the source a word without spaces, the text any bytes
but a newline. So a reader can filter by level (byte 14) and source (byte 16 on) without parsing. A line that is not
of this form (the half that a crash left) is read as text of no source.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LEVELS = ("trace", "debug", "info", "warn", "error", "critical")
NO_LEVEL = "-"
TEXT_LIMIT = 64 * 1024
"""Bytes of text in one record; longer lines are continued in the next record, so that nothing is lost."""

LEVEL_AT = 14
SOURCE_AT = 16

_LETTERS = {name: name[0].upper() for name in LEVELS} | {"warning": "W", "err": "E", "fatal": "C"}
_NAMES = {ord(name[0].upper()): name for name in LEVELS}
_NOT_A_WORD = re.compile(r"[^!-~]+")
_GUESS = re.compile(
    r"\b(?:(TRACE)|(DEBUG)|(INFO)|(WARN(?:ING)?)|(ERROR)|(CRITICAL|FATAL|PANIC))\b"
    r"|^(?:[A-Za-z_.]*(?:(?P<error>error|[A-Z]\w*Error|[A-Z]\w*Exception)|(?P<warn>warning))(?:\[\w+\])?:)"
)


class Record(NamedTuple):
    """A line as read. `level` is one of :data:`LEVELS` or `""`; `text` is raw: make it safe before showing it."""

    time_ms: int
    level: str
    source: str
    text: str


def level_letter(level: str) -> str:
    """`warn` → `W`; anything unknown → `-`."""
    return _LETTERS.get(level.lower(), NO_LEVEL)


def level_name(letter: int) -> str:
    """The other way, from the byte in the file."""
    return _NAMES.get(letter, "")


def rank(level: str) -> int:
    """Where a level stands in :data:`LEVELS`; what has none counts as `info`."""
    name = level_name(ord(level_letter(level)))
    return LEVELS.index(name) if name else LEVELS.index("info")


def source_word(source: str) -> str:
    """The source as it may stand in a record."""
    return _NOT_A_WORD.sub("_", source)[:40] or "_"


def guess_level(text: str) -> str:
    """The level that a line of foreign output seems to have (`… WARN …`, `error[E0433]: …`), else `""`."""
    match = _GUESS.search(text[:160])
    if match is None:
        return ""
    if match["error"]:
        return "error"
    if match["warn"]:
        return "warn"
    return next(name for name, group in zip(LEVELS, match.groups(), strict=False) if group)


def encode(time_ms: int, level: str, source: str, text: str | bytes) -> bytes:
    """The lines that `text` takes: one for each of its own lines, more where one is longer than the limit."""
    raw = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    prefix = b"%013d %s %s " % (time_ms, level_letter(level).encode(), source_word(source).encode())
    if b"\n" not in raw and len(raw) <= TEXT_LIMIT:
        return prefix + raw.removesuffix(b"\r") + b"\n"
    lines: list[bytes] = []
    for line in raw.removesuffix(b"\n").split(b"\n"):
        line = line.removesuffix(b"\r")
        starts = range(0, len(line) or 1, TEXT_LIMIT)
        lines.extend(prefix + line[start : start + TEXT_LIMIT] + b"\n" for start in starts)
    return b"".join(lines)


def is_record(line: bytes) -> bool:
    return len(line) > SOURCE_AT and line[13] == 32 and line[15] == 32 and line[:13].isdigit()


def text_start(line: bytes) -> int:
    """Where the text begins; 0 in what is not a record."""
    return line.find(b" ", SOURCE_AT) + 1 if is_record(line) else 0


def parse(line: bytes) -> Record:
    """Reads one line, with or without its newline. Never fails: see the module's text."""
    line = line.removesuffix(b"\n")
    start = text_start(line)
    text = line[start:].decode("utf-8", "replace")
    if not start:
        return Record(0, "", "", text)
    source = line[SOURCE_AT : start - 1].decode("ascii", "replace")
    return Record(int(line[:13]), level_name(line[LEVEL_AT]), source, text)
