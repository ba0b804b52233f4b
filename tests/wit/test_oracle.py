"""Against another reader: the wit-parser that componentize-py has inside, where that is installed.

It tells only whether it accepts, and in which words it does not; and it is some versions older, so what is newer than
it is left out.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from engine.wit.cache import Cache
from engine.wit.errors import WitError
from engine.wit.load import load
from tests.fixtures import fixtures
from tests.wit.mutate import mutated

componentize_py = pytest.importorskip("componentize_py")

# Newer than the oracle: labels for interfaces, binaries among dependencies, the limit on nesting.
NEWER = {"implements-conflicts-func", "kinds-of-deps", "type-nesting-too-deep"}


def oracle(path: Path, out: Path) -> str | None:
    """Why the oracle rejects, or `None`. Bindings that it cannot make yet are not about WIT."""
    try:
        componentize_py.generate_bindings([str(path)], [], ["active"], False, None, str(out), [], [], False)
    except AssertionError as error:
        text = str(error)
        # No world was asked for and there are none or several: the packages themselves were accepted.
        for accepted in ("contains no worlds", "multiple worlds", "multiple main packages", "File exists"):
            if accepted in text:
                return None
        return text.split("Stack backtrace")[0]
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            return None
        raise
    return None


def ours(path: Path) -> str | None:
    try:
        load(path, features=["active"], cache=Cache())
    except WitError as problem:
        return problem.message
    except ExceptionGroup as group:
        return str(group.exceptions[0])
    return None


def compare(path: Path, out: Path) -> None:
    theirs, own = oracle(path, out), ours(path)
    assert (theirs is None) == (own is None), f"{path}: oracle {theirs!r}, ours {own!r}"


def cases() -> list[str]:
    try:
        root = fixtures("wit-ui")
    except pytest.skip.Exception:
        return []
    inputs = [
        path for path in (*root.iterdir(), *(root / "parse-fail").iterdir()) if path.name != "parse-fail"
    ]
    inputs = [path for path in inputs if path.is_dir() or path.suffix == ".wit"]
    return sorted(str(path.relative_to(root)) for path in inputs if path.stem not in NEWER)


@pytest.mark.parametrize("name", cases())
def test_upstream_cases(name: str, tmp_path: Path) -> None:
    compare(fixtures("wit-ui", *name.split("/")), tmp_path / "out")


@pytest.mark.parametrize("name", ["wit", "errors"])
def test_the_tree_and_its_broken_variants(name: str, tmp_path: Path) -> None:
    folder = fixtures("airssys", name)
    variants = [folder] if name == "wit" else sorted(folder.iterdir())
    for number, variant in enumerate(variants):
        compare(variant, tmp_path / str(number))


SOUND = [
    (
        b"package a:b;\ninterface i {\n  type t = u8;\n  record r { a: t, b: list<q> }\n  record q { c: option<t> }\n"
        b"  f: func(a: r) -> result<t, string>;\n}\nworld w {\n  import i;\n  export i;\n}\n"
    ),
    (
        b"package a:b@1.0.0;\n@since(version = 1.0.0)\ninterface i {\n  resource r {\n    constructor(a: u8);\n"
        b"    m: func();\n    s: static func(a: own<r>) -> tuple<r, u8>;\n  }\n}\ninterface j {\n  use i.{r as q};\n"
        b"  g: func(a: q);\n}\nworld w {\n  use j.{q};\n  import f: func(a: q);\n  include v;\n}\n"
        b"world v {\n  export j;\n  import k: interface {\n    x: func();\n  }\n}\n"
    ),
    (
        b"package a:b;\nworld w {\n  import f: func();\n  type t = u8;\n  resource r {\n    m: func(a: t);\n  }\n}\n"
        b"world one {\n  include w with { f as h, r as s }\n}\nworld two {\n  include one;\n  include w;\n}\n"
    ),
]


def test_mutated_inputs(tmp_path: Path) -> None:
    rng = random.Random(245)
    agreed = accepted = 0
    for number in range(250):
        text = mutated(rng, SOUND)
        if b":" not in text or b"%" in text or b"external-id" in text or b"map<" in text or b'"' in text:
            continue
        path = tmp_path / f"{number}.wit"
        path.write_bytes(text)
        compare(path, tmp_path / str(number))
        agreed += 1
        accepted += ours(path) is None
    assert agreed > 150
    assert accepted > 20
