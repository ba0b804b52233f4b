"""The log pane: following, searching, filtering, copying, many lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from engine.logs.journal import JournalWriter
from tests.tui.dashboards import JOURNAL_TIMES, dashboard, settled, until
from tests.tui.states import LINES
from tui.app import Dashboard
from tui.widgets.log_view import LogView

pytestmark = pytest.mark.anyio

ALL = JOURNAL_TIMES * len(LINES)


def screen_text(view: LogView) -> list[str]:
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


def journal(folder: Path) -> JournalWriter:
    return JournalWriter(folder / "state" / "sessions" / "k3x9ab" / "journal.log")


async def type_in(pilot: Pilot[Any], key: str, text: str) -> None:
    await pilot.press(key)
    await pilot.press(*text)
    await pilot.press("enter")
    await pilot.pause()


def copied(app: Dashboard) -> str:
    return app.clipboard


async def test_it_follows_until_one_scrolls(tmp_path: Path) -> None:
    app, _ = dashboard(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, app)
        view = app.main.logs.log_view
        await until(pilot, lambda: screen_text(view)[-1].endswith("wasi:keyvalue/store is off"))
        with journal(tmp_path) as log:
            log.write("guest", "info", "the newest")
            await until(pilot, lambda: screen_text(view)[-1].endswith("the newest"))
            await pilot.press("k", "k")
            assert not view.following and view.cursor == ALL - 2
            log.write_many(("guest", "info", f"later {number}") for number in range(100))
            await until(pilot, lambda: view.unseen == 100)
            assert view.cursor == ALL - 2
            # The pane is told after the view has seen them.
            await until(pilot, lambda: "100 new lines" in str(app.main.logs.border_subtitle))
            await pilot.press("G")
            assert view.following
            await until(pilot, lambda: screen_text(view)[-1].endswith("later 99"))


async def test_search_marks_and_goes(tmp_path: Path) -> None:
    app, _ = dashboard(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, app)
        view = app.main.logs.log_view
        await type_in(pilot, "/", "counter is")
        last = ALL - len(LINES) + 6
        await until(pilot, lambda: view.cursor == last)
        await pilot.press("N")
        await until(pilot, lambda: view.cursor == last - len(LINES))
        await pilot.press("n")
        await until(pilot, lambda: view.cursor == last)
        await pilot.press("n")
        await until(pilot, lambda: view.searching == "no more matches")
        await type_in(pilot, "/", "/c.*r is \\d/")
        assert view.matcher is not None and view.matcher.regex
        await type_in(pilot, "/", "/(/")
        assert "not a regular expression" in app.main.logs._trouble
        await pilot.press("escape", "escape")
        assert view.matcher is None


async def test_filter_hides_and_its_words_come_back(tmp_path: Path) -> None:
    app, _ = dashboard(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, app)
        view = app.main.logs.log_view
        await type_in(pilot, "&", "GET source:http level:error")
        assert view.count == JOURNAL_TIMES
        assert all("E http" in line for line in screen_text(view)[:JOURNAL_TIMES])
        await pilot.press("&")
        assert app.main.logs.prompt.input.value == "GET level:error source:http"
        await pilot.press("escape")
        assert view.count == JOURNAL_TIMES
        await pilot.press("+")
        assert view.filter.context == 1
        await until(pilot, lambda: view.count == 3 * JOURNAL_TIMES - 1)
        await pilot.press("!")
        assert view.filter.invert
        await pilot.press("escape")
        assert view.count == ALL


async def test_levels_sources_clear(tmp_path: Path) -> None:
    app, _ = dashboard(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, app)
        view = app.main.logs.log_view
        await pilot.press("L", "L")
        assert view.filter.level == "warn" and view.count == 2 * JOURNAL_TIMES
        await pilot.press("L", "L")
        assert view.filter.level == ""
        await pilot.press("S")
        assert view.filter.sources == ("build",) and view.count == 2 * JOURNAL_TIMES
        await pilot.press("escape", "C")
        assert view.count == 0
        with journal(tmp_path) as log:
            log.write("guest", "info", "after the clearing")
        await until(pilot, lambda: view.count == 1)
        await pilot.press("C")
        assert view.count == ALL + 1


async def test_marks_go_into_the_journal(tmp_path: Path) -> None:
    app, _ = dashboard(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, app)
        view = app.main.logs.log_view
        await pilot.press("m")
        await until(pilot, lambda: screen_text(view)[-1].startswith("──"))
        await type_in(pilot, "&", "boom")
        assert screen_text(view)[JOURNAL_TIMES].startswith("──")


async def test_wrapping_shows_everything(tmp_path: Path) -> None:
    app, _ = dashboard(tmp_path)
    async with app.run_test(size=(60, 20)) as pilot:
        await settled(pilot, app)
        view = app.main.logs.log_view
        assert any(line.endswith("›") for line in screen_text(view))
        await pilot.press("w")
        await pilot.pause()
        lines = screen_text(view)
        assert not any(line.endswith("›") for line in lines)
        wrapped = "".join(line[19:] for line in lines)
        assert "the header X-Request-Id is missing; using one of our own, which is" in wrapped
        assert lines[-1].strip()
        await pilot.press("k", "k", "k", "G", "t", "w")
        assert not view.timestamps


async def test_hostile_bytes_are_neither_drawn_nor_copied_as_escapes(tmp_path: Path) -> None:
    app, _ = dashboard(tmp_path)
    with journal(tmp_path) as log:
        log.write("guest", "info", b"\x1b[31mred\x1b[0m\x1b]0;PWNED\x07\x1b[2J \x9b31m\xff tail")
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, app)
        view = app.main.logs.log_view
        strip = view.render_line(view.size.height - 1)
        assert "\x1b" not in strip.text and "PWNED" not in strip.text and strip.text.rstrip().endswith("tail")
        assert any(segment.text == "red" and segment.style and segment.style.color for segment in strip)


async def test_copying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no program of the desktop's
    app, _ = dashboard(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, app)
        await pilot.press("y")
        assert copied(app) == "GET /boom 500 1.1 ms: wasi:keyvalue/store is off"
        await pilot.press("k", "k", "c")
        assert copied(app).startswith("\x1b[32mgreen") is False
        await pilot.press("Y")
        assert copied(app).count("\n") == ALL - 1
        view = app.main.logs.log_view
        await pilot.mouse_down(view, offset=(19, 3))
        await pilot.hover(view, offset=(24, 4))
        await pilot.mouse_up(view, offset=(24, 4))
        await pilot.press("y")
        assert copied(app).count("\n") == 1


async def test_many_lines(tmp_path: Path) -> None:
    path = tmp_path / "state" / "sessions" / "k3x9ab" / "journal.log"
    app, _ = dashboard(tmp_path)
    line = b"1700000000000 I guest request id=%08d method=GET path=/api/items status=200\n"
    path.write_bytes(path.read_bytes() + b"".join(line % number for number in range(200_000)))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.main.logs.log_view.count == ALL + 200_000)
        view = app.main.logs.log_view
        assert "id=00199999" in screen_text(view)[-1]
        await pilot.press("g")
        assert view.cursor == 0 and "watching" in screen_text(view)[0]
        await type_in(pilot, "&", "id=00100000")
        await until(pilot, lambda: view.view is not None and view.view.complete)
        assert view.count == 1
        assert len(view._strips) <= 512
