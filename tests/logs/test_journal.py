"""Journals: several writers, broken ends, huge lines, freed heads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.logs import journal as journal_module
from engine.logs.freeing import data_start, free_head
from engine.logs.journal import JournalWriter
from engine.logs.reader import JournalReader
from engine.logs.record import TEXT_LIMIT, Record, encode, guess_level, parse
from engine.logs.spool import SpoolFollower


def read(path: Path) -> list[Record]:
    reader = JournalReader(path)
    while reader.refresh():
        pass
    records = reader.records(reader.first, reader.end)
    reader.close()
    return records


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "journal.log"
    with JournalWriter(path) as journal:
        journal.write("guest", "warning", "colour \x1b[31mred\x1b[0m", time_ms=1_700_000_000_123)
        journal.write("odd source\n", "", b"\xff raw \r", time_ms=5)
        journal.write_many([("build", "error", "one\ntwo\n"), ("host", "nonsense", "")], time_ms=6)
    assert read(path) == [
        Record(1_700_000_000_123, "warn", "guest", "colour \x1b[31mred\x1b[0m"),
        Record(5, "", "odd_source_", "� raw "),
        Record(6, "error", "build", "one"),
        Record(6, "error", "build", "two"),
        Record(6, "", "host", ""),
    ]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_line_longer_than_the_limit_goes_on_in_the_next_record() -> None:
    text = "x" * (2 * TEXT_LIMIT + 5)
    lines = encode(1, "info", "guest", text).splitlines()
    assert [len(parse(line).text) for line in lines] == [TEXT_LIMIT, TEXT_LIMIT, 5]


def test_two_processes_never_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    program = (
        "import sys; from pathlib import Path; from engine.logs.journal import JournalWriter\n"
        "j = JournalWriter(Path(sys.argv[1]))\n"
        "for i in range(3000): j.write('w' + sys.argv[2], 'info', sys.argv[2] * (i % 700))"
    )
    children = [subprocess.Popen([sys.executable, "-c", program, str(path), name]) for name in "ab"]
    assert [child.wait() for child in children] == [0, 0]
    records = read(path)
    assert len(records) == 6000
    for name in "ab":
        mine = [record.text for record in records if record.source == f"w{name}"]
        assert mine == [name * (i % 700) for i in range(3000)]


def test_half_a_line_is_not_there_yet_and_the_next_writer_mends_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    path.write_bytes(encode(1, "info", "a", "whole") + b"0000000000002 I a ha")
    assert [record.text for record in read(path)] == ["whole"]
    with JournalWriter(path) as journal:
        journal.write("b", "info", "after", time_ms=3)
    assert [record.text for record in read(path)] == ["whole", "ha", "after"]


def test_garbage_is_text_of_no_source(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    path.write_bytes(b"\x00\x00nonsense\n\n" + encode(1, "info", "a", "fine"))
    assert [(record.source, record.text) for record in read(path)] == [
        ("", "\x00\x00nonsense"),
        ("", ""),
        ("a", "fine"),
    ]


def test_a_reader_follows_and_survives_truncation(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    reader = JournalReader(path)  # before there is a file
    assert reader.refresh() is False and len(reader) == 0
    with JournalWriter(path) as journal:
        journal.write("a", "info", "one", time_ms=1)
        reader.refresh()
        assert [record.text for record in reader.records(0, 9)] == ["one"]
        os.truncate(path, 0)
        journal.write("a", "info", "2", time_ms=2)
        reader.refresh()
    assert (reader.generation, reader.first, reader.end) == (1, 1, 2)
    assert reader.records(1, 2) == [Record(2, "info", "a", "2")]


def test_past_its_cap_a_journal_gives_its_head_back(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    reader = JournalReader(path)
    cap = 1024 * 1024
    with JournalWriter(path, cap=cap) as journal:
        for number in range(3000):
            journal.write("a", "info", f"{number} " + "x" * 990, time_ms=number)
            if number % 100 == 0:
                reader.refresh()
        reader.refresh()
    if reader.generation == 0:  # holes work here: numbers stay true
        assert path.stat().st_blocks * 512 <= 2 * cap
        assert reader.first > 0
        assert reader.records(2999, 3000)[0].text.startswith("2999 ")
    late = JournalReader(path)
    while late.refresh():
        pass
    records = late.records(late.first, late.end)
    numbers = [int(record.text.split()[0]) for record in records]
    assert numbers == list(range(numbers[0], 3000))
    assert reader.records(reader.first, reader.first + 1)[0].text.split()[0] == str(reader.first)


def test_a_reader_that_was_asleep_goes_on_with_what_is_left(tmp_path: Path) -> None:
    path = tmp_path / "journal.log"
    with JournalWriter(path, cap=1 << 30) as journal:
        journal.write("a", "info", "seen", time_ms=1)
        reader = JournalReader(path)
        reader.refresh()
        journal.write_many(("a", "info", f"{number} " + "x" * 990) for number in range(1000))
        with open(path, "r+b") as file:
            if not free_head(file.fileno(), 500_000):
                pytest.skip("no holes on this file system")
    while reader.refresh():
        pass
    texts = [record.text for record in reader.records(reader.first, reader.end)]
    assert reader.first == 1 and reader.generation == 1
    numbers = [int(text.split()[0]) for text in texts]
    assert numbers == list(range(numbers[0], 1000)) and 400 < numbers[0] < 600


def test_where_holes_cannot_be_made_the_journal_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "free_head", lambda file, end: False)
    path = tmp_path / "journal.log"
    with JournalWriter(path, cap=40_000) as journal:
        for number in range(1000):
            journal.write("a", "info", f"{number} " + "x" * 90, time_ms=number)
    assert path.stat().st_size <= 2 * 40_000
    assert read(path)[-1].text.startswith("999 ")


def test_freeing_keeps_offsets(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a" * 100_000)
    with open(path, "r+b") as file:
        if not free_head(file.fileno(), 50_000):
            pytest.skip("no holes on this file system")
        assert 0 < data_start(file.fileno()) <= 50_000
        assert os.pread(file.fileno(), 1, 50_001) == b"a"
        assert path.stat().st_size == 100_000


def test_a_spool_is_taken_over_where_the_last_follower_stopped(tmp_path: Path) -> None:
    spool, path = tmp_path / "host.out", tmp_path / "journal.log"
    with JournalWriter(path) as journal:
        spool.write_bytes(b"one\r\nERROR two\nhal")
        follower = SpoolFollower(spool, journal, "host")
        assert follower.pump() == 2
        follower.close()
        with open(spool, "ab") as out:
            out.write(b"f\n\x1b[2Jlast")
        follower = SpoolFollower(spool, journal, "host")
        assert (follower.pump(), follower.pump(final=True), follower.pump(final=True)) == (1, 1, 0)
        os.truncate(spool, 0)
        spool.write_bytes(b"new run\n")
        assert follower.pump() == 1
        follower.close()
    assert [(record.level, record.text) for record in read(path)] == [
        ("", "one"),
        ("error", "ERROR two"),
        ("", "half"),
        ("", "\x1b[2Jlast"),
        ("", "new run"),
    ]


def test_a_line_without_an_end_does_not_wait_for_ever(tmp_path: Path) -> None:
    spool, path = tmp_path / "host.out", tmp_path / "journal.log"
    spool.write_bytes(b"y" * (TEXT_LIMIT + 10))
    with JournalWriter(path) as journal:
        follower = SpoolFollower(spool, journal, "host")
        assert follower.pump() == 1
        follower.close()
    assert [len(record.text) for record in read(path)] == [TEXT_LIMIT, 10]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("2026-01-01 WARN x", "warn"),
        ("[INFO] ready", "info"),
        ("error[E0433]: failed to resolve", "error"),
        ("ModuleNotFoundError: No module named 'x'", "error"),
        ("warning: unused", "warn"),
        ("no errors were found", ""),
        ("TRACEBACK", ""),
        ("", ""),
    ],
)
def test_levels_of_foreign_output(text: str, level: str) -> None:
    assert guess_level(text) == level
