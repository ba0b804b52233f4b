"""No escape, however broken, reaches the terminal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from engine.logs.safe import coloured, plain, plain_lines

SGR = re.compile(r"\x1b\[[0-9;:]*m")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]52;c;ZXZpbA==\x1b\\after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;never closed", ""),
        ("\x1b[2Jcleared\x1b[H", "cleared"),
        ("\x1bcreset", "reset"),
        ("\x1b(0line", "line"),
        ("\x9b31mred\x9d0;t\x9cx", "redx"),
        ("\x1bPdcs\x1b\\x", "x"),
        ("tab\tstays\r", "tab\tstays"),
        ("bell\x07 nul\x00", "bell� nul�"),
        ("rtl\u202eabc", "rtl�abc"),
        ("\x1b\x1b[2J\x1b", ""),
        ("\x1b[" + "1;" * 100 + "mtoo long", "too long"),
    ],
)
def test_plain(raw: str, shown: str) -> None:
    assert plain(raw) == shown


def test_coloured_keeps_colours_alone() -> None:
    assert coloured("\x1b[1;31mred\x1b[0m \x1b[2Jx \x9b32mgreen") == "\x1b[1;31mred\x1b[0m x \x1b[32mgreen"


def test_lines_stay_lines() -> None:
    assert plain_lines("a\x1b[2J\nb\r\n") == "a\nb\n"


PIECES = some.sampled_from(
    ["\x1b", "[", "]", "31", ";", "m", "J", "\x9b", "\x07", "\\", "P", "x", "\u202e", "\r", "\n"]
)


@given(some.lists(PIECES).map("".join) | some.text())
def test_nothing_gets_through(text: str) -> None:
    assert all(char == "\t" or char >= " " for char in plain(text))
    rest = SGR.sub("", coloured(text))
    assert all(char == "\t" or char >= " " for char in rest)
    assert not re.search("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]", rest)
    assert plain(plain(text)) == plain(text)
