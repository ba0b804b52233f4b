"""Places of keys in TOML, held against what tomllib reads."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.project.toml_positions import line_and_column, positions

TEXT = '''# a comment [with] = signs
top = """
[not.a.table]
x = 1
"""
"quoted key" = 'lit[eral'
list = [1, "two", [3, 4], { a = 1, b = { c = 2 } },   # trailing
]
[table]
a.b.c = 1
[[many]]
name = "first"
[[many]]
name = "second"
[many.deeper]
x = 1979-05-27T07:32:00Z
[[many.inner]]
y = 1
'''


def test_places_of_a_document() -> None:
    found = positions(TEXT)

    def place(*path: str | int) -> tuple[int, int]:
        return line_and_column(TEXT, found[path])

    assert place("top") == (2, 1)
    assert place("quoted key") == (6, 1)
    assert place("list", 2, 1) == (7, 23)
    assert place("list", 3, "b", "c") == (7, 42)
    assert place("table", "a", "b", "c") == (10, 1)
    assert place("many", 1, "name") == (14, 1)
    assert place("many", 1, "deeper", "x") == (16, 1)
    assert place("many", 1, "inner", 0, "y") == (18, 1)


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        for key, item in value.items():
            found += paths(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += paths(item, (*path, index))
    return found


def test_every_key_has_a_place() -> None:
    found = positions(TEXT)
    for path in paths(tomllib.loads(TEXT)):
        assert path in found, path


values = st.recursive(
    st.integers() | st.booleans() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.-é ", max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abc.-é \"'", max_size=4), values, max_size=4))
def test_every_key_of_any_document_has_a_place(document: dict[str, Any]) -> None:
    import tomli_w

    text = tomli_w.dumps(document)
    found = positions(text)
    for path in paths(tomllib.loads(text)):
        assert path in found, (path, text)
