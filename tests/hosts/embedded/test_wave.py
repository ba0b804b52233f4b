"""WAVE, by the examples of its grammar and the rule that what is printed is read back as the same value."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.hosts.embedded.signature import Type
from engine.hosts.embedded.values import Err, Ok, Some
from engine.hosts.embedded.wave import WaveError, parse, text

U8, STRING, BOOL, F64 = Type("u8"), Type("string"), Type("bool"), Type("f64")
OPTION = Type("option", parts=(U8,))
RECORD = Type("record", ("a", "long-name", "maybe"), (U8, STRING, OPTION))
VARIANT = Type("variant", ("none", "text", "true"), (None, STRING, U8))
ENUM = Type("enum", ("red", "dark-blue"))
FLAGS = Type("flags", ("read", "write-all"))
RESULT = Type("result", parts=(STRING, U8))


@pytest.mark.parametrize(
    ("type_", "written", "value"),
    [
        (BOOL, "true", True),
        (U8, "255", 255),
        (Type("s64"), "-9223372036854775808", -(1 << 63)),
        (F64, "1.5e3", 1500.0),
        (F64, "-inf", -math.inf),
        (F64, "7", 7.0),
        (Type("char"), "'x'", "x"),
        (Type("char"), r"'\u{1F980}'", "\U0001f980"),
        (Type("char"), r"'\''", "'"),
        (STRING, r'"a\tb\n\"c\" \\ \u{e4}"', 'a\tb\n"c" \\ ä'),
        (STRING, '"""\n  one\n  two\n  """', "one\ntwo"),
        (Type("list", parts=(U8,)), "[1, 2, 255,]", b"\x01\x02\xff"),
        (Type("list", parts=(STRING,)), '["a", "b"]', ["a", "b"]),
        (Type("tuple", parts=(U8, STRING)), '(1, "x")', (1, "x")),
        (RECORD, '{a: 1, long-name: "x", maybe: some(2)}', {"a": 1, "long-name": "x", "maybe": 2}),
        (RECORD, '{long-name: "x", a: 1}', {"a": 1, "long-name": "x", "maybe": None}),
        (Type("record", ("m",), (OPTION,)), "{:}", {"m": None}),
        (VARIANT, "none", ("none", None)),
        (VARIANT, 'text("x")', ("text", "x")),
        (VARIANT, "%true(3)", ("true", 3)),
        (ENUM, "dark-blue", "dark-blue"),
        (FLAGS, "{read, write-all}", frozenset({"read", "write-all"})),
        (FLAGS, "{}", frozenset()),
        (OPTION, "some(1)", 1),
        (OPTION, "1", 1),
        (OPTION, "none", None),
        (Type("option", parts=(OPTION,)), "some(none)", Some(None)),
        (RESULT, 'ok("x")', Ok("x")),
        (RESULT, '"x"', Ok("x")),
        (RESULT, "err(1)", Err(1)),
        (Type("result", parts=(None, None)), "ok", Ok()),
        (U8, " 1 // a comment", 1),
    ],
)
def test_a_text_is_read_by_its_type(type_: Type, written: str, value: Any) -> None:
    assert parse(written, type_) == value


@pytest.mark.parametrize(
    ("type_", "written", "column", "said"),
    [
        (U8, "256", 1, "u8"),
        (U8, "-1", 1, "u8"),
        (U8, "1.5", 1, "u8"),
        (U8, "1 2", 3, "end"),
        (BOOL, "yes", 1, "true or false"),
        (STRING, "plain", 1, "quotes"),
        (STRING, '"open', 6, "closing"),
        (STRING, r'"\x"', 3, "escapes"),
        (STRING, r'"\u{d800}"', 3, "scalar"),
        (ENUM, "green", 1, "red, dark-blue"),
        (RECORD, "{a: 1}", 7, "long-name"),
        (RECORD, "{b: 1}", 2, "a, long-name, maybe"),
        (Type("tuple", parts=(U8, U8)), "(1)", 4, "2 values"),
        (Type("list", parts=(U8,)), "[1 2]", 4, "']'"),
        (VARIANT, "text", 5, r"'\('"),
    ],
)
def test_what_does_not_fit_is_told_with_its_column(type_: Type, written: str, column: int, said: str) -> None:
    with pytest.raises(WaveError, match=said) as problem:
        parse(written, type_)
    assert problem.value.column == column


def test_a_resource_cannot_be_written() -> None:
    with pytest.raises(WaveError, match="cannot be written in WAVE"):
        parse("1", Type("own", resource=0))


values = st.recursive(
    st.one_of(
        st.tuples(st.just(U8), st.integers(0, 255)),
        st.tuples(st.just(STRING), st.text()),
        st.tuples(st.just(Type("char")), st.characters(exclude_categories=["Cs"])),
        st.tuples(st.just(BOOL), st.booleans()),
        st.tuples(st.just(F64), st.floats(allow_nan=False)),
        st.tuples(st.just(ENUM), st.sampled_from(ENUM.names)),
        st.tuples(st.just(FLAGS), st.frozensets(st.sampled_from(FLAGS.names))),
    ),
    lambda inner: st.one_of(
        inner.map(lambda pair: (Type("tuple", parts=(pair[0],)), (pair[1],))),
        inner.map(lambda pair: (Type("record", ("field",), (pair[0],)), {"field": pair[1]})),
        inner.map(lambda pair: (Type("variant", ("true", "b"), (pair[0], None)), ("true", pair[1]))),
        inner.map(lambda pair: (Type("result", parts=(pair[0], None)), Ok(pair[1]))),
        inner.filter(lambda pair: pair[0].kind != "option").map(
            lambda pair: (Type("option", parts=(pair[0],)), pair[1])
        ),
        inner.filter(lambda pair: pair[0].kind != "u8").map(
            lambda pair: (Type("list", parts=(pair[0],)), [pair[1], pair[1]])
        ),
    ),
    max_leaves=4,
)


@given(values)
def test_what_is_printed_is_read_back(pair: tuple[Type, Any]) -> None:
    type_, value = pair
    assert parse(text(value, type_), type_) == value
