"""Filters, windows, searching: against the plain way of doing the same."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from engine.logs.journal import JournalWriter
from engine.logs.match import Matcher, PatternProblem
from engine.logs.reader import JournalReader
from engine.logs.record import rank
from engine.logs.safe import plain
from engine.logs.view import Filter, View

LEVELS = ("trace", "debug", "info", "warn", "error", "")
SOURCES = ("build", "host", "guest", "guest.stderr", "mark")


def journal(path: Path, count: int, seed: int = 1) -> list[tuple[str, str, str]]:
    """Writes `count` records and gives them."""
    dice = random.Random(seed)
    records = [
        (
            dice.choice(SOURCES) if number % 97 else "mark",
            dice.choice(LEVELS),
            f"{number} {dice.choice(('error', 'Error', 'GET /', 'fine', 'ümlaut', chr(27) + '[31mer' + chr(27) + '[0mror'))}",
        )
        for number in range(count)
    ]
    with JournalWriter(path) as writer:
        writer.write_many(records, time_ms=7)
    return records


def expected(records: list[tuple[str, str, str]], filter: Filter) -> list[int]:
    matcher = Matcher(filter.match, filter.regex, filter.case) if filter.match else None
    hits = []
    for number, (source, level, text) in enumerate(records):
        if number < filter.since:
            continue
        kind = (
            not filter.sources
            or source in filter.sources
            or any(source.startswith(f"{name}.") for name in filter.sources)
        )
        loud = not filter.level or rank(level) >= rank(filter.level)
        match = matcher is None or matcher.test(text) != filter.invert
        if (kind and loud and match) or source == "mark":
            hits.append(number)
    rows: set[int] = set()
    for hit in hits:
        rows.update(
            range(max(filter.since, hit - filter.context), min(len(records), hit + filter.context + 1))
        )
    return sorted(rows)


def all_rows(view: View) -> list[int]:
    while not view.complete:
        view.advance()
    return [view.number(row) for row in range(view.count)]


filters = some.builds(
    Filter,
    sources=some.lists(some.sampled_from(SOURCES[:4]), max_size=2).map(tuple),
    level=some.sampled_from(("", "trace", "info", "warn", "error")),
    match=some.sampled_from(("", "error", "Error", "fine", "7", "ü", "Ü", "nowhere", "mark")),
    regex=some.booleans(),
    case=some.sampled_from(("smart", "exact", "ignore")),
    invert=some.booleans(),
    context=some.integers(0, 3),
    since=some.sampled_from((0, 0, 50)),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filter=filters, known=some.integers(0, 400), block=some.sampled_from((1, 7, 64, 8192)))
def test_a_view_is_what_filtering_everything_gives(
    tmp_path: Path, filter: Filter, known: int, block: int
) -> None:
    """Also when the view is opened in the middle, and rows come in at both ends."""
    path = tmp_path / f"{random.random()}.log"
    records = journal(path, 400)
    cut = sum(
        len(line) for line in path.read_bytes().splitlines(keepends=True)[:known]
    )  # what is there when the view is opened
    whole = path.read_bytes()
    path.write_bytes(whole[:cut])
    reader = JournalReader(path)
    reader.refresh()
    view = View(reader, filter)
    view._block = block
    view.advance(0)
    path.write_bytes(whole)
    reader.refresh()
    wanted = expected(records, filter) if filter.narrows else list(range(filter.since, 400))
    assert all_rows(view) == wanted
    assert [view.row(number) for number in wanted] == list(range(len(wanted)))
    window = view.window(3, 20)
    assert [number for number, _ in window] == wanted[3:23]
    assert all(record.text == records[number][2] for number, record in window)
    reader.close()
    path.unlink()


def test_new_lines_come_into_a_view(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    with JournalWriter(path) as writer:
        writer.write("a", "info", "error 1")
        reader = JournalReader(path)
        reader.refresh()
        view = View(reader, Filter(match="error"))
        assert len(all_rows(view)) == 1
        writer.write("a", "info", "nothing")
        writer.write("a", "info", "error 2")
        reader.refresh()
        assert not view.complete
        assert all_rows(view) == [0, 2]
        assert view.row(1) == 1 and view.row(99) == 2


def test_an_exploding_pattern_is_refused_in_bounded_time(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    with JournalWriter(path) as writer:
        writer.write_many(("a", "info", "a" * 60 + "!") for _ in range(1000))
    reader = JournalReader(path)
    reader.refresh()
    view = View(reader, Filter(match=r"(a|aa)+$", regex=True))
    view.advance()
    assert view.problem is not None and view.complete


def test_a_wrong_pattern_says_where() -> None:
    with pytest.raises(PatternProblem) as caught:
        Matcher("fine(", regex=True)
    assert caught.value.column == 6 and caught.value.source == "fine("


def test_find_goes_both_ways(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    with JournalWriter(path) as writer:
        writer.write_many(("a", "info", "hit" if number in (3, 500) else "no") for number in range(700))
    reader = JournalReader(path)
    reader.refresh()
    view = View(reader)
    matcher = Matcher("hit")
    assert view.find(matcher, 0, 1, 9) == (3, 4)
    assert view.find(matcher, 4, 1, 9) == (500, 501)
    assert view.find(matcher, 501, 1, 9) == (None, 700)
    assert view.find(matcher, 499, -1, 9) == (3, 2)
    assert view.find(matcher, 2, -1, 9) == (None, -1)


def test_number_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    with JournalWriter(path) as writer:
        for moment in (10, 20, 30):
            writer.write("a", "info", "x", time_ms=moment)
    reader = JournalReader(path)
    reader.refresh()
    assert [reader.number_at(moment) for moment in (5, 20, 21, 31)] == [0, 1, 2, 3]


def test_spans_are_those_of_the_shown_text() -> None:
    assert list(Matcher("er").spans("Error erER")) == [(0, 2), (6, 8), (8, 10)]
    assert list(Matcher("Er").spans("Error er")) == [(0, 2)]
    assert list(Matcher("x*", regex=True).spans("axxb")) == [(1, 3)]
    assert list(Matcher("o+", regex=True).spans("foo boo")) == [(1, 3), (5, 7)]


@given(some.text())
def test_spans_end(text: str) -> None:
    shown = plain(text)
    for pattern in ("a", "i̇", "A", "ß"):
        assert all(0 <= start < end <= len(shown) for start, end in Matcher(pattern).spans(shown))
