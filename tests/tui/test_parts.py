"""Keymap, filter words, YAML, durations, editors: the parts without a screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from rich.cells import cell_len

from engine.logs.view import Filter
from tui.actions import ACTIONS, BY_ID, GROUPS
from tui.editor import command
from tui.keymap import check, keys_of, shown
from tui.text import clock_time, duration, milliseconds, shorten
from tui.widgets.filter_words import parse, unparse
from tui.widgets.yaml_text import diff_lines, difference, yaml_lines


def test_no_two_actions_share_a_key_in_one_pane() -> None:
    for action in ACTIONS:
        for other in ACTIONS:
            if action is other or (action.panes and other.panes and not set(action.panes) & set(other.panes)):
                continue
            assert not set(action.key_list) & set(other.key_list), (action.id, other.id)


def test_the_registry_is_whole() -> None:
    assert len(BY_ID) == len(ACTIONS)
    assert {action.group for action in ACTIONS} == set(GROUPS)
    keys = {key for action in ACTIONS for key in action.key_list}
    wanted = {*"1234?:/&nNfwtmcyYCrRpezdohqjkgG[]", "space", "ctrl+p", "ctrl+d", "f10", "ctrl+s"}
    assert wanted <= keys


def test_swapping_keys_is_fine_and_clashes_are_not() -> None:
    good, problems = check({"reload": "R", "rebuild": "r"}, "config.toml")
    assert (good, problems) == ({"reload": "R", "rebuild": "r"}, [])
    good, problems = check({"reload": "R", "relod": "x", "zoom": " "}, "config.toml")
    assert good == {}
    assert [problem.hint for problem in problems] == [
        "did you mean 'reload'?",
        None,
        "give 'rebuild' another key as well",
    ]
    assert keys_of(BY_ID["reload"], {"reload": "f5, R"}) == ["f5", "R"]
    assert [shown(key) for key in ("f5", "ctrl+d", "question_mark", "space", "R")] == [
        "F5",
        "^d",
        "?",
        "space",
        "R",
    ]


@pytest.mark.parametrize(
    ("text", "filter"),
    [
        ("", Filter()),
        ("two words", Filter(match="two words")),
        ("!not this", Filter(match="not this", invert=True)),
        ("/a+b/ context:2", Filter(match="a+b", regex=True, context=2)),
        ("level:warning source:guest,host x", Filter(("guest", "host"), "warn", "x")),
        ("http://x", Filter(match="http://x")),
        ("level:all", Filter()),
    ],
)
def test_filter_words(text: str, filter: Filter) -> None:
    assert parse(text) == (filter, "")
    assert parse(unparse(filter)) == (filter, "")


@pytest.mark.parametrize("text", ["level:loud", "context:many", "/(/"])
def test_wrong_filter_words_are_said(text: str) -> None:
    assert parse(text)[1]


@given(some.text())
def test_any_filter_text_is_taken_or_refused(text: str) -> None:
    parse(text)


def test_times() -> None:
    values = [0.04, 8.34, 99.96, 240, 999.6, 7_210, 125_000]
    assert [milliseconds(value) for value in values] == [
        "0.0 ms",
        "8.3 ms",
        "100 ms",
        "240 ms",
        "1.0 s",
        "7.2 s",
        "2 m 05 s",
    ]
    assert [duration(value) for value in (3, 65, 3_700, 200_000)] == ["3 s", "1 m", "1 h 01 m", "2 d"]
    assert clock_time("2023-11-14T22:13:20Z") == "22:13:20" and clock_time("soon") == "soon"


@given(some.text(), some.integers(0, 30))
def test_shortened_text_fits(text: str, width: int) -> None:
    assert cell_len(shorten(text, width)) <= width


@given(some.text(), some.text())
def test_yaml_of_any_text(before: str, after: str) -> None:
    yaml_lines(before)
    diff_lines(before, after, 40, 3)
    whole = list(difference(before, after))
    assert [line for sign, line in whole if sign in " -"] == before.splitlines()
    assert [line for sign, line in whole if sign in " +"] == after.splitlines()


def test_editors() -> None:
    file = Path("/p/app.py")
    assert command("vim", file, 3, 7) == ["vim", "+3", "/p/app.py"]
    assert command("code --wait", file, 3, 7) == ["code", "--wait", "-g", "/p/app.py:3:7"]
    assert command("my {file} at {line}", file, 3, 7) == ["my", "/p/app.py", "at", "3"]
