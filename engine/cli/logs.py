"""Print or follow a session's logs, straight from its journal; the session need not be running."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable

import msgspec

from engine.cli.running import the_session
from engine.logs.reader import JournalReader
from engine.logs.record import LEVELS, Record
from engine.logs.safe import coloured, plain
from engine.logs.view import MARK, Filter, View
from engine.places.places import find

FOLLOW_SECONDS = 0.1
_COLOURS = {"trace": "2", "debug": "2", "warn": "33", "error": "31", "critical": "1;31"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", nargs="?", help="the session; by default that of the folder's project")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with what comes")
    parser.add_argument("--grep", metavar="RE", default="", help="only lines that match (regular expression)")
    parser.add_argument("--level", choices=LEVELS, default="", help="only lines of this level and above")
    parser.add_argument(
        "--source", action="append", default=[], metavar="S", help="only this source; repeatable"
    )
    parser.add_argument("--json", action="store_true", help="JSON lines: time, source, level, line")


def run(arguments: argparse.Namespace) -> int:
    places = find()
    path = places.session(the_session(arguments.id, places, running=False).id) / "journal.log"
    reader = JournalReader(path)
    filter = Filter(
        sources=tuple(arguments.source),
        level=arguments.level,
        match=arguments.grep,
        regex=bool(arguments.grep),
        case="exact",
    )
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    view = View(reader, filter)
    row = 0
    while True:
        more = reader.refresh()
        while not view.complete:
            view.advance(1.0)
        if view.problem is not None:
            raise view.problem
        if row > view.count:  # the journal was begun anew
            row = 0
        while row < view.count:
            window = view.window(row, 4096)
            if not window:
                break
            row += len(window)
            lines = (as_json(record) if arguments.json else as_text(record, colour) for _, record in window)
            _print(lines)
        if more:
            continue
        if not arguments.follow:
            return 0
        time.sleep(FOLLOW_SECONDS)


def as_json(record: Record) -> str:
    """One JSON line; the text with its escapes, escaped by JSON."""
    entry = {"time": stamp(record.time_ms), "source": record.source, "line": record.text}
    if record.level:
        entry["level"] = record.level
    return msgspec.json.encode(entry).decode()


def as_text(record: Record, colour: bool) -> str:
    """One line for a person, safe for the terminal."""
    moment = time.strftime("%H:%M:%S", time.localtime(record.time_ms / 1000))
    head = f"{moment}.{record.time_ms % 1000:03d} {record.level.upper():<5} {record.source:<8}"
    if record.source == MARK:
        return f"── {moment} {'─' * 40}"
    if not colour:
        return f"{head} {plain(record.text)}".rstrip()
    return f"\x1b[{_COLOURS.get(record.level, '2')}m{head}\x1b[0m {coloured(record.text)}\x1b[0m"


def stamp(time_ms: int) -> str:
    """RFC 3339, UTC."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time_ms / 1000))
    return f"{moment}.{time_ms % 1000:03d}Z"


def _print(lines: Iterable[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
