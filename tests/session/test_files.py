from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.model.reload import Cause, Reload
from engine.session.history import KEPT, SHOWN, History
from engine.session.lock import AlreadyRunning, SessionLock
from engine.session.loops import MOST, LoopGuard
from engine.session.sessions_file import Record, SessionsFile
from engine.session.stages import Stages
from engine.supervise.identity import Identity, me


def reload(number: int) -> Reload:
    return Reload(number, "source", Cause("file", ("app.py",)), True, {"build": 1.5}, 2.5)


def test_history_survives_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    history = History(path)
    assert history.next_number == 1
    history.add(reload(1))
    with open(path, "ab") as file:
        file.write(b'{"number": 2, "ki')
    again = History(path)
    assert again.reloads == (reload(1),)
    assert again.next_number == 2
    again.add(reload(2))
    again.add(reload(3))
    assert again.all() == History(path).reloads == (reload(1), reload(2), reload(3))


def test_history_is_bounded(tmp_path: Path) -> None:
    history = History(tmp_path / "history.jsonl")
    for number in range(1, KEPT + 10):
        history.add(reload(number))
    assert len(history.reloads) == SHOWN
    assert len(history.all()) < KEPT
    assert History(tmp_path / "history.jsonl").next_number == KEPT + 10


def test_sessions_running_stopped_and_crashed(tmp_path: Path) -> None:
    file = SessionsFile(tmp_path / "sessions.json")
    file.put(Record("aaaaaa", "one", "/one", me(), ("http://127.0.0.1:8000",)))
    file.put(Record("bbbbbb", "two", "/two"))
    file.put(Record("cccccc", "three", "/three", Identity(me().pid, 1, "another boot")))
    states = {row.id: (row.state, row.pid, row.urls) for row in file.rows()}
    assert states == {
        "aaaaaa": ("running", me().pid, ("http://127.0.0.1:8000",)),
        "bbbbbb": ("stopped", None, ()),
        "cccccc": ("crashed", None, ()),
    }
    file.put(Record("aaaaaa", "one", "/one"))
    file.remove("cccccc")
    assert [(row.id, row.state) for row in file.rows()] == [("aaaaaa", "stopped"), ("bbbbbb", "stopped")]


def test_a_broken_sessions_file_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "sessions.json"
    path.write_text('{"version": 1, "sessions": [{]}')
    file = SessionsFile(path)
    assert file.rows() == ()
    assert path.with_suffix(".broken").exists()
    file.put(Record("aaaaaa", "one", "/one"))
    assert json.loads(path.read_text())["sessions"][0]["id"] == "aaaaaa"


def test_one_engine_a_session(tmp_path: Path) -> None:
    first, second = SessionLock(tmp_path / "lock"), SessionLock(tmp_path / "lock")
    first.take()
    with pytest.raises(AlreadyRunning):
        second.take()
    first.release()
    second.take()
    second.release()
    assert not (tmp_path / "lock").exists()


def test_a_file_that_every_build_changes_is_suspended() -> None:
    now = 0.0
    guard = LoopGuard(lambda: now)
    for _ in range(MOST):
        assert guard.count(["gen.py"]) == []
        now += 1.0
    assert guard.count(["gen.py"]) == ["gen.py"]
    assert guard.fresh(["gen.py", "app.py"]) == ["app.py"]


def test_a_slow_build_that_writes_is_a_loop_too() -> None:
    now = 0.0
    guard = LoopGuard(lambda: now)
    for step in (0.0, 30.0, 31.0, 29.5, 30.2, 30.1):
        now += step
        caught = guard.count(["gen.py"], busy=True)
    assert caught == ["gen.py"]


def test_a_person_who_saves_during_builds_is_no_loop() -> None:
    now = 0.0
    guard = LoopGuard(lambda: now)
    for step in (0.0, 30.0, 12.0, 41.0, 8.0, 30.0, 19.0):
        now += step
        assert guard.count(["app.py"], busy=True) == []


def test_a_person_who_saves_often_is_no_loop() -> None:
    now = 0.0
    guard = LoopGuard(lambda: now)
    for _ in range(30):
        assert guard.count(["app.py"]) == []
        now += 2.5


def test_detect_runs_from_the_newest_change(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.touch()
    changed = file.stat().st_mtime
    stages = Stages(clock=lambda: 100.0, now=lambda: changed + 0.25)
    stages.detected([file, tmp_path / "gone"])
    assert stages.rounded() == {"detect": 250.0}
    assert stages.total_ms == pytest.approx(250.0)
    old = Stages(clock=lambda: 100.0, now=lambda: changed + 1e6)
    old.detected([file])
    assert old.taken == {}
