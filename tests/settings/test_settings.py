"""Settings: what fits is taken, what does not is said with its line."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as some

from engine.settings.settings import Logs, Settings, load


def test_no_file_is_no_problem(tmp_path: Path) -> None:
    assert load(tmp_path / "config.toml") == (Settings(), ())


def test_everything(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        'theme = "wake-light"\non_leave = "stop"\neditor = "code -g {file}:{line}"\n'
        '[keymap]\nreload = "R,f5"\n[notifications]\nbell = true\n[logs]\nwrap = true\nlevel = "warn"\n'
    )
    found, problems = load(path)
    assert problems == ()
    assert (found.theme, found.on_leave, found.keymap) == ("wake-light", "stop", {"reload": "R,f5"})
    assert found.notifications.bell and not found.notifications.desktop
    assert found.logs == Logs(wrap=True, level="warn")


def test_wrong_keys_are_said_and_the_others_count(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        'on_leave = "never"\ntheme = 3\nthme = "x"\nlogs.wrap = 1\n[keymap]\nreload = 5\n[notifications]\nbell = true\n'
    )
    found, problems = load(path)
    assert found == Settings(notifications=type(found.notifications)(bell=True))
    assert [(problem.line, problem.message) for problem in problems] == [
        (1, "'on_leave' cannot be 'never'"),
        (2, "'theme' cannot be 3"),
        (3, "there is no setting 'thme'"),
        (4, "'logs.wrap' cannot be 1"),
        (5, "'keymap' cannot be {'reload': 5}"),
    ]
    assert problems[0].hint == 'expected "ask" or "stop" or "leave"'
    assert problems[2].hint == "did you mean 'theme'?"
    assert problems[3].source == "logs.wrap = 1"


def test_a_table_where_a_value_is_meant_and_the_other_way(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("logs = true\n[theme]\na = 1\n")
    _, problems = load(path)
    assert [(problem.line, problem.message) for problem in problems] == [
        (1, "'logs' is a table"),
        (2, "'theme' cannot be {'a': 1}"),
    ]


def test_broken_toml_says_where(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('theme = "x"\non_leave = = 3\n')
    found, problems = load(path)
    assert found == Settings()
    assert (problems[0].line, problems[0].column, problems[0].source) == (2, 12, "on_leave = = 3")


@with_settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.binary(max_size=80) | some.text(alphabet='theme=[]"\n.a1 ', max_size=80).map(str.encode))
def test_no_file_stops_the_dashboard(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(data)
    found, problems = load(path)
    assert isinstance(found, Settings)
    assert all(problem.file == str(path) for problem in problems)
