"""Every type of the component model, to a guest and back, over real components."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from engine.hosts.embedded.context import Context, Deployment
from engine.hosts.embedded.instance import GuestTrap, Instance
from engine.hosts.embedded.linker import Linked
from engine.hosts.embedded.registry import Interface
from engine.hosts.embedded.values import Err, Ok, Some
from tests.hosts.embedded import wat

host = Interface("test:echo/host")


class Echo:
    """What the import of the component at work answers with."""

    seen: Any = None
    answer: Any = None
    given = False


@host.function("echo")
def echo(cx: Context, value: Any) -> Any:
    Echo.seen = value
    return Echo.answer if Echo.given else value


def called(data: bytes, value: Any, folder: Path) -> Any:
    linked = Linked(wat.load(data))
    instance = Instance(linked, Deployment("echo", folder, lambda *line: None))
    try:
        export = linked.export("", "echo")
        assert export is not None
        return instance.call(export, (value,))
    finally:
        instance.close()


RECORD = '(record (field "a" u8) (field "long-name" string))'
VARIANT = '(variant (case "none") (case "text" string) (case "number" u64))'

CASES: list[tuple[str, str, list[Any]]] = [
    ("bool", "i32", [True, False]),
    ("s8", "i32", [-128, 127]),
    ("u8", "i32", [0, 255]),
    ("s16", "i32", [-(1 << 15), (1 << 15) - 1]),
    ("u16", "i32", [0, (1 << 16) - 1]),
    ("s32", "i32", [-(1 << 31), (1 << 31) - 1]),
    ("u32", "i32", [0, (1 << 32) - 1]),
    ("s64", "i64", [-(1 << 63), (1 << 63) - 1]),
    ("u64", "i64", [0, (1 << 64) - 1]),
    ("f32", "f32", [0.5, math.inf, -0.0]),
    ("f64", "f64", [0.1, -math.inf]),
    ("char", "i32", ["a", "\U0001f980"]),
    ("string", "i32 i32", ["", "text", "grüße \U0001f980 \0 null"]),
    ("(list u8)", "i32 i32", [b"", b"\0\xff", bytes(range(256)) * 300]),
    ("(list u32)", "i32 i32", [[], [1, 2, 3]]),
    ("(list string)", "i32 i32", [[], ["a", ""]]),
    ("(tuple u8 string)", "i32 i32 i32", [(7, "x")]),
    (RECORD, "i32 i32 i32", [{"a": 1, "long-name": "n"}]),
    (VARIANT, "i32 i64 i32", [("none", None), ("text", "t"), ("number", 1 << 60)]),
    ('(enum "red" "dark-blue")', "i32", ["red", "dark-blue"]),
    ("(option string)", "i32 i32 i32", [None, "", "x"]),
    ("(option (option u8))", "i32 i32 i32", [None, Some(None), Some(3)]),
    ("(option (option (option u8)))", "i32 i32 i32 i32", [None, Some(None), Some(Some(None)), Some(Some(1))]),
    ("(result string (error u32))", "i32 i32 i32", [Ok("fine"), Err(7)]),
    ("(result)", "i32", [Ok(), Err()]),
    ("(result u8)", "i32 i32", [Ok(1), Err()]),
    ("(result (error u8))", "i32 i32", [Ok(), Err(1)]),
    ('(flags "a" "b-c")', "i32", [frozenset(), frozenset({"a", "b-c"})]),
    ("(list (list (tuple u8 (list u8))))", "i32 i32", [[], [[(1, b"x")], []]]),
]


@pytest.mark.parametrize(("type_", "flat", "values"), CASES, ids=[case[0] for case in CASES])
def test_a_value_goes_to_a_guest_and_back(type_: str, flat: str, values: list[Any], tmp_path: Path) -> None:
    data = wat.echo(type_, flat)
    for value in values:
        Echo.given = False
        result = called(data, value, tmp_path)
        assert Echo.seen == value
        assert result == value


@pytest.mark.parametrize(
    ("type_", "flat", "wrong"),
    [
        ("u8", "i32", 256),
        ("u8", "i32", "text"),
        ('(enum "red" "dark-blue")', "i32", "green"),
        (VARIANT, "i32 i64 i32", ("absent", None)),
        ("(tuple u8 string)", "i32 i32 i32", (1,)),
        (RECORD, "i32 i32 i32", {"a": 1}),
        ("(result)", "i32", None),
        ('(flags "a" "b-c")', "i32", {"d"}),
        ("(list u8)", "i32 i32", [1, 256]),
    ],
)
def test_a_host_function_that_gives_what_does_not_fit_ends_the_guest_with_a_sentence(
    type_: str, flat: str, wrong: Any, tmp_path: Path
) -> None:
    data = wat.echo(type_, flat)
    right = next(values for known, _, values in CASES if known == type_)[0]
    Echo.given, Echo.answer = True, wrong
    with pytest.raises(GuestTrap, match="the host's test:echo/host#echo failed"):
        called(data, right, tmp_path)
