"""The dashboard driven by keys, with a fake engine at its door."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.content import Content

from engine.client.client import EngineGone
from engine.logs.journal import JournalWriter
from engine.model.diagnostic import Diagnostic
from engine.model.problem import Problem
from engine.protocol.messages import REFUSED, Fault, RemoteError
from engine.settings.settings import Notifications, Settings
from tests.tui.dashboards import dashboard, settled, until
from tests.tui.fake_engine import FakeDoor
from tests.tui.states import BROKEN, PENDING, READY
from tui.app import Dashboard
from tui.screens.diff import DiffScreen
from tui.screens.help import HelpScreen
from tui.screens.history import HistoryScreen
from tui.screens.question import Question

pytestmark = pytest.mark.anyio


def flash(app: Dashboard) -> str:
    shown = app.main.keys._flash
    return shown.plain.strip() if shown is not None else ""


def status(app: Dashboard) -> str:
    rendered = app.main.status.render()
    assert isinstance(rendered, Content)
    return rendered.plain


async def test_the_status_line_says_it_all(tmp_path: Path) -> None:
    app, _ = dashboard(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, app)
        for part in (
            "ready",
            "hello-counter",
            "http://127.0.0.1:8000",
            "embedded",
            "#12",
            "8.3 ms",
            "app.py",
        ):
            assert part in status(app)


@pytest.mark.parametrize(
    ("key", "name"), [("1", "sessions"), ("2", "dependencies"), ("3", "logs"), ("4", "manifest")]
)
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_numbers_focus_panes(tmp_path: Path, key: str, name: str, size: tuple[int, int]) -> None:
    app, _ = dashboard(tmp_path)
    async with app.run_test(size=size) as pilot:
        await settled(pilot, app)
        await pilot.press("2" if key != "2" else "1", key)
        await pilot.pause()
        assert app.main.focused_pane == name
        assert app.focused is app.main._panes[name].inside
        shown = [pane for pane in app.main._panes if app.main.is_shown(pane)]
        assert shown == ([name] if size[0] < 110 else list(app.main._panes))


async def test_space_toggles_and_d_applies(tmp_path: Path) -> None:
    app, door = dashboard(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, app)
        await pilot.press("2", "j", "space")
        await until(pilot, lambda: door.asked)
        assert door.calls[-1] == ("toggle", {"name": "keyvalue-nats"})
        door.tell(PENDING)
        await until(pilot, lambda: "2 changes pending" in status(app))
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await pilot.press("enter")
        await until(pilot, lambda: door.asked == ["toggle", "apply"])


async def test_discarding(tmp_path: Path) -> None:
    app, door = dashboard(tmp_path, PENDING)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, app)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await pilot.press("x")
        await until(pilot, lambda: door.asked == ["discard"])


async def test_nothing_is_applied_when_nothing_is_pending(tmp_path: Path) -> None:
    app, door = dashboard(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, app)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.main)
        assert door.asked == []


async def test_reload_rebuild_pause(tmp_path: Path) -> None:
    app, door = dashboard(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, app)
        await pilot.press("r", "R", "p")
        await until(pilot, lambda: len(door.asked) == 3)
        assert door.calls == [("reload", {}), ("reload", {"rebuild": True}), ("pause", {})]
        door.tell(replace(READY, revision=11, paused=True))
        await until(pilot, lambda: "paused" in status(app))
        await pilot.press("p")
        await until(pilot, lambda: door.asked[-1] == "resume")


async def test_a_refusal_is_said(tmp_path: Path) -> None:
    app, door = dashboard(tmp_path)
    door.answers["reload"] = RemoteError(Fault(REFUSED, "busy \x1b[2Jdeploying [b]"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, app)
        await pilot.press("r")
        await until(pilot, lambda: flash(app) == "busy deploying [b]")


async def test_errors_are_there_without_a_key_and_go_when_mended(tmp_path: Path) -> None:
    app, door = dashboard(tmp_path, BROKEN)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, app)
        bar = app.main.problems
        assert bar.display and "app.py:21:20" in app.export_screenshot().replace("&#160;", " ")
        await pilot.press("]")
        assert bar.selected is not None and bar.selected.file == "counter/store.py"
        await pilot.press("]", "[", "[")
        assert bar.selected.file == "app.py"
        door.tell(replace(READY, revision=13))
        await until(pilot, lambda: not bar.display)


async def test_foreign_text_is_neither_markup_nor_escape(tmp_path: Path) -> None:
    nasty = "[/red] [link=x] \x1b]0;owned\x07 error[E0433]: \x1b[2J$ok"
    state = replace(
        BROKEN,
        project=nasty,
        error=nasty,
        diagnostics=(Diagnostic("error", nasty, nasty, 1, 1),),
        dependencies=(replace(READY.dependencies[0], name=nasty, interfaces=(nasty,)),),
        sessions=(replace(READY.sessions[0], project=nasty, path=nasty),),
    )
    app, _ = dashboard(tmp_path, state)
    with JournalWriter(tmp_path / "state" / "sessions" / "k3x9ab" / "journal.log") as journal:
        journal.write("guest", "error", nasty)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, app)
        for key in ("1", "2", "3", "4", "h", "escape", "d", "escape"):
            await pilot.press(key)
        strips = app.screen._compositor.render_strips()
        text = "".join(segment.text for strip in strips for segment in strip)
        assert "\x1b" not in text and "\x07" not in text
        assert "error[E0433]: $ok" in text and "[/red] [link=x]" in text


async def test_e_opens_the_place(tmp_path: Path) -> None:
    seen, editor = tmp_path / "opened", tmp_path / "code"  # named as one that has a window of its own
    editor.write_text(f'#!/bin/sh\necho "$@" > {seen}.new\nmv {seen}.new {seen}\n')
    editor.chmod(0o755)
    app, _ = dashboard(tmp_path, BROKEN, settings=Settings(editor=str(editor)))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, app)
        await pilot.press("e")
        assert "opened app.py:21" in flash(app)
        await until(pilot, seen.exists)
    assert seen.read_text() == "-g /home/ada/hello/app.py:21:20\n"


async def test_without_an_editor_e_says_so(tmp_path: Path) -> None:
    app, _ = dashboard(tmp_path, BROKEN)
    async with app.run_test(size=(120, 24)) as pilot:
        await settled(pilot, app)
        await pilot.press("e")
        assert "EDITOR" in flash(app) and "app.py:21" in flash(app)


# -- leaving


async def test_q_asks_once_when_this_dashboard_started_the_session(tmp_path: Path) -> None:
    app, door = dashboard(tmp_path, started=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, app)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("y")
        await until(pilot, lambda: door.asked == ["stop"])
        assert app._exit is False
        door.tell(replace(READY, revision=11, phase="stopped"))
        door.vanish()
        await until(pilot, lambda: app._exit)
    assert app.seen.link.state == "stopped"


@pytest.mark.parametrize("pressed", [("n",), ("l", "enter"), ("right", "enter")])
async def test_leaving_it_running(tmp_path: Path, pressed: tuple[str, ...]) -> None:
    app, door = dashboard(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, app)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press(*pressed)
        await until(pilot, lambda: app._exit)
    assert door.asked == []


@pytest.mark.parametrize(
    ("started", "on_leave", "key", "asked"),
    [
        (False, "ask", "q", []),
        (True, "leave", "q", []),
        (True, "ask", "ctrl+d", []),
        (False, "ask", "ctrl+c", []),
    ],
)
async def test_leaving_without_a_question(
    tmp_path: Path, started: bool, on_leave: str, key: str, asked: list[str]
) -> None:
    app, door = dashboard(tmp_path, started=started, settings=Settings(on_leave=on_leave))  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, app)
        await pilot.press(key)
        await until(pilot, lambda: app._exit)
    assert door.asked == asked


async def test_a_setting_stops_without_asking(tmp_path: Path) -> None:
    app, door = dashboard(tmp_path, settings=Settings(on_leave="stop"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, app)
        await pilot.press("q")
        await until(pilot, lambda: door.asked == ["stop"])
        door.vanish()
        await until(pilot, lambda: app._exit)


# -- the link


async def test_an_engine_that_dies_is_shown_and_found_again(tmp_path: Path) -> None:
    app, door = dashboard(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, app)
        door.vanish()
        await until(pilot, lambda: "engine lost" in status(app))
        assert "hello-counter" in status(app)  # the last state stays
        await pilot.press("R")
        assert "engine is lost" in flash(app)
        assert door.asked == []
        door.gone = False
        await until(pilot, lambda: app.seen.live)
        assert len(door.attached) == 1 and app.seen.link.started


async def test_a_session_that_ended_in_order_is_not_lost(tmp_path: Path) -> None:
    app, door = dashboard(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, app)
        door.vanish(in_order=True)
        await until(pilot, lambda: app.seen.link.state == "stopped")
        assert "the session has ended" in status(app)
        await pilot.press("q")  # nothing to ask: there is nothing to stop
        await until(pilot, lambda: app._exit)


async def test_a_fault_in_what_the_engine_says_is_said(tmp_path: Path) -> None:
    app, door = dashboard(tmp_path)
    door.attach = None  # type: ignore[assignment,method-assign]
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.seen.link.state == "failed")
        assert "cannot be followed" in app.main.problems.items[0].message


async def test_r_starts_a_lost_session_again(tmp_path: Path) -> None:
    app, door = dashboard(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, app)
        door.vanish()
        await until(pilot, lambda: "engine lost" in status(app))
        door.gone = False
        await pilot.press("r")
        await until(pilot, lambda: app.seen.live and len(door.attached) == 2)


async def test_a_session_that_cannot_start_says_why(tmp_path: Path) -> None:
    door = FakeDoor(None)
    door.refuse = Problem(
        "no project in /home/ada/hello", hint="make one with `wake new`", file="wasmcloud.toml", line=3
    )
    app, _ = dashboard(tmp_path, door=door)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.main.problems.display)
        assert app.main.problems.items[0].message.startswith("no project in")
        assert "no session" in status(app)
        door.refuse, door.state = None, READY
        await pilot.press("r")
        await until(pilot, lambda: app.seen.live)
        assert not app.main.problems.display


async def test_the_first_frame_needs_no_engine(tmp_path: Path) -> None:
    door = FakeDoor(None)
    app, _ = dashboard(tmp_path, door=door)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "hello" in status(app)
        await pilot.press("1", "2", "space", "d", "h", "escape", "4", "3", "n", "escape")
        await pilot.pause()
        assert app.is_running


async def test_another_session_is_opened(tmp_path: Path) -> None:
    app, door = dashboard(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, app)
        await pilot.press("1", "enter")
        await until(pilot, lambda: "open already" in flash(app))
        await pilot.press("j", "enter")
        await until(pilot, lambda: len(door.attached) == 2)
        assert door.attached[1][0] == Path("/home/ada/work/billing")


async def test_stopping_a_session_asks(tmp_path: Path) -> None:
    app, door = dashboard(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, app)
        await pilot.press("1", "j", "s")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("n")
        await until(pilot, lambda: app.screen is app.main)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("y")
        await until(pilot, lambda: door.asked == ["stop"])


# -- layout, help, palette, keymap


async def test_layout_follows_the_terminal(tmp_path: Path) -> None:
    app, _ = dashboard(tmp_path)
    async with app.run_test(size=(200, 50)) as pilot:
        await settled(pilot, app)
        assert all(app.main.is_shown(name) for name in app.main._panes)
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: app.main.has_class("-narrow"))
        await pilot.pause()
        assert [name for name in app.main._panes if app.main.is_shown(name)] == ["logs"]
        assert app.main.status.size.height == 2
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: app.main.has_class("-normal"))
        await pilot.press("z")
        await pilot.pause()
        assert [name for name in app.main._panes if app.main.is_shown(name)] == ["logs"]
        await pilot.press("2")
        await pilot.pause()
        assert [name for name in app.main._panes if app.main.is_shown(name)] == ["dependencies"]


async def test_help_lists_every_action(tmp_path: Path) -> None:
    from tui.actions import ACTIONS

    app, _ = dashboard(tmp_path, settings=Settings(keymap={"reload": "f5"}))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, app)
        await pilot.press("?")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert isinstance(app.screen, HelpScreen)
        text = app.screen._text().plain
        assert all(action.help in text for action in ACTIONS)
        assert "F5" in text


async def test_remapping(tmp_path: Path) -> None:
    settings = Settings(keymap={"reload": "f5", "nonsense": "x", "history": "d"})
    app, door = dashboard(tmp_path, settings=settings)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, app)
        await pilot.press("r")
        await pilot.pause()
        assert door.asked == []
        await pilot.press("f5")
        await until(pilot, lambda: door.asked == ["reload"])
        messages = [item.message for item in app.main.problems.items]
        assert any("no action 'nonsense'" in message for message in messages)
        assert any("'d' for 'history' already is 'diff'" in message for message in messages)


async def test_the_palette_runs_actions(tmp_path: Path) -> None:
    app, door = dashboard(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, app)
        await pilot.press(":")
        await until(pilot, lambda: app.screen is not app.main)
        await pilot.press(*"rebuild")
        await pilot.pause(0.3)
        await pilot.press("enter")
        await until(pilot, lambda: ("reload", {"rebuild": True}) in door.calls)


async def test_history_shows_stages(tmp_path: Path) -> None:
    app, door = dashboard(tmp_path, BROKEN)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, app)
        await pilot.press("h")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and ("timeline", {}) in door.calls)
        assert isinstance(app.screen, HistoryScreen)
        detail = str(app.screen._detail.visual)
        assert "SyntaxError" in detail and "detect" in detail
        await pilot.press("G", "end")
        await until(pilot, lambda: "7.1 s" in str(app.screen._detail.visual))  # type: ignore[attr-defined]


@pytest.mark.parametrize("settings", [Settings(notifications=Notifications(bell=True)), Settings()])
async def test_the_bell_rings_on_a_change_when_nobody_looks(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, door = dashboard(tmp_path, settings=settings)
    rung: list[bool] = []
    monkeypatch.setattr(Dashboard, "bell", lambda self: rung.append(True))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, app)
        app._looked_at = False
        door.tell(BROKEN)
        await until(pilot, lambda: app.seen.state is not None and app.seen.state.phase == "failed")
        door.tell(replace(BROKEN, revision=13))
        await until(pilot, lambda: app.seen.state is not None and app.seen.state.revision == 13)
    assert rung == [True] * settings.notifications.bell


async def test_calls_fail_in_words_when_there_is_no_engine(tmp_path: Path) -> None:
    app, _ = dashboard(tmp_path)
    with pytest.raises(EngineGone):
        await app.call("reload")
