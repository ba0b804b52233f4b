"""Broken, huge and malicious WIT: a model or a WIT error, never anything else."""

from __future__ import annotations

import json
import os
import random

from engine.wit.append import Features
from engine.wit.cache import Cache
from engine.wit.elaborate import LARGEST_WORLD
from engine.wit.errors import WitError
from engine.wit.load import resolve_tree
from engine.wit.to_json import to_json
from engine.wit.tree import Tree, Unit
from tests.wit.mutate import mutated
from tests.wit.texts import problem, problems, resolve

INPUTS = int(os.environ.get("WAKE_FUZZ_INPUTS", "20000"))

SOUND = [
    (
        b"package a:b;\ninterface i {\n  type t = u8;\n  record r { a: t, b: list<r2> }\n  record r2 { c: option<t> }\n"
        b"  f: func(a: r) -> result<t, string>;\n}\nworld w {\n  import i;\n  export i;\n}\n"
    ),
    (
        b"package a:b@1.0.0;\n/// docs\n@since(version = 1.0.0)\ninterface i {\n  resource r {\n    constructor(a: u8);\n"
        b"    m: func() -> borrow<r>;\n    s: static func(a: own<r>) -> tuple<r, u8>;\n  }\n}\ninterface j { use i.{r as q}; "
        b"g: func(a: q); }\nworld w { use j.{q}; import f: func(a: q); include v; }\nworld v { export j; import k: interface { x: func(); } }\n"
    ),
    (
        b"package a:b;\npackage c:d@0.1.0 { interface i { enum e { a, b } flags f { x, y } variant v { p(e), q } } }\n"
        b"package e:f { world w { import c:d/i@0.1.0; use c:d/i@0.1.0.{e, v}; export run: async func(a: future<v>) -> stream<e>; } }\n"
    ),
    (
        b"package a:b;\nuse c:d/i;\nworld w {\n  import x: i;\n  @unstable(feature = active)\n  export i;\n  type t = map<string, list<u8, 4>>;\n}\n"
        b"package c:d { interface i { type t = u8; type u = t; } }\n"
    ),
    (
        b"package a:b;\nworld base { import f: func(); import g: func(); type t = u8; resource r { m: func(a: t); } }\n"
        b"world one { include base with { f as h, r as s } }\nworld two { include one; include base; }\n"
    ),
]


def test_mutated_inputs() -> None:
    """Every outcome is a model that can be printed or WIT errors; the seed makes each failure repeatable."""
    rng = random.Random(20_000)
    accepted = 0
    for number in range(INPUTS):
        count = rng.choice((1, 1, 1, 2))
        tree = Tree(".")
        tree.units = [Unit(f"{n}.wit", ((f"{n}.wit", mutated(rng, SOUND)),)) for n in range(count)]
        try:
            whole = resolve_tree(tree, Features(("active",)), Cache())
            json.dumps(to_json(whole))
            accepted += 1
        except WitError as one:
            assert one.message
        except ExceptionGroup as group:
            assert all(isinstance(one, WitError) for one in group.exceptions), number
    # The mutations are not so wild that everything dies in the parser.
    assert INPUTS // 50 < accepted < INPUTS // 2


def test_the_same_seed_gives_the_same_inputs() -> None:
    one, other = random.Random(7), random.Random(7)
    assert [mutated(one, SOUND) for _ in range(50)] == [mutated(other, SOUND) for _ in range(50)]


def test_deep_nesting() -> None:
    assert problem("package a:b; interface i { type t = " + "list<" * 5000 + "u8" + ">" * 5000 + "; }")[
        0
    ] == ("type nesting too deep")
    assert problem("package a:b; " + "package c:d { " * 5000)[0] == "package nesting too deep"
    assert problem("package a:b; " + "/*" * 5000)[0] == "unterminated block comment"
    whole = resolve("package a:b; interface i { type t = " + "list<" * 100 + "u8" + ">" * 100 + "; }")
    assert len(whole.types) == 100


LONG = 3000


def test_long_chains() -> None:
    """Thousands of steps, each needing the one before: no step takes a frame of Python's stack."""
    types = "".join(f"record t{n} {{ a: t{n - 1} }} " for n in range(1, LONG))
    assert (
        len(resolve(f"package a:b; interface i {{ type t0 = u8; {types} f: func() -> t{LONG - 1}; }}").types)
        == LONG
    )
    interfaces = "".join(f"interface i{n} {{ use i{n - 1}.{{t}}; }} " for n in range(1, LONG))
    chain = f"package a:b; interface i0 {{ type t = u8; }} {interfaces}"
    assert len(resolve(chain + f"world w {{ import i{LONG - 1}; }}").select_world().imports) == LONG
    exporting = resolve(chain + f"world w {{ export i{LONG - 1}; }}").select_world()
    assert (len(exporting.imports), len(exporting.exports)) == (LONG - 1, 1)
    packages = "".join(
        f"package a:p{n} {{ interface i {{ use a:p{n - 1}/i.{{t}}; }} }} " for n in range(1, 1500)
    )
    assert (
        len(resolve(f"package r:r; package a:p0 {{ interface i {{ type t = u8; }} }} {packages}").packages)
        == 1501
    )
    copied = resolve(
        f"package a:b; world w {{ type t0 = u8; {types} import f: func(a: t{LONG - 1}); }} world v {{ include w; }}"
    )
    assert len(copied.select_world("v").imports) == LONG + 1


def test_long_circles() -> None:
    types = "".join(f"type t{n} = t{(n + 1) % LONG}; " for n in range(LONG))
    found = problems(f"package a:b; interface i {{ {types} }}")
    assert len(found) == 1
    assert len(found[0].notes) <= 60
    packages = "".join(
        f"package a:p{n} {{ interface i {{ use a:p{(n + 1) % 1500}/i.{{t}}; }} }} " for n in range(1500)
    )
    assert problems(f"package r:r; {packages}")[0].message.endswith("creates a dependency cycle")


def test_a_world_has_a_largest_size() -> None:
    interfaces = "".join(f"interface i{n} {{}} " for n in range(300))
    imports = "".join(f"import fn{n}: func(); " for n in range(LARGEST_WORLD - 299))
    everything = "".join(f"import i{n}; " for n in range(300))
    message, line, _ = problem(f"package a:b; {interfaces} world w {{ {imports} {everything} }}")
    assert message == f"world `w` has more than {LARGEST_WORLD} imports and exports"
    assert line == 1


def test_worlds_together_have_a_largest_size() -> None:
    """Each world includes the one before it and adds one: the whole grows with the square of the text."""
    count = 2000
    worlds = "".join(
        f"interface i{n} {{}} world w{n} {{ include w{n - 1}; import i{n}; }} " for n in range(1, count)
    )
    message, *_ = problem(f"package a:b; world w0 {{}} {worlds}")
    assert "items together" in message


def test_huge_words() -> None:
    many = "9" * 50_000
    assert problem(f"package a:b@1.0.{many};")[0].endswith("is not a version")
    assert problem(f"package a:b; interface i {{ type t = list<u8, {many}>; }}")[0] == (
        "number too large to fit in target type"
    )
    assert resolve(
        f"package a:b@1.0.0+{many}; @since(version = 1.0.0+{'8' * 50_000}) interface i {{}}"
    ).interfaces
    assert resolve(f"package a:b; interface {'a' * 50_000} {{}}").interfaces


def test_a_very_long_line_is_not_shown() -> None:
    (found,) = problems("package a:b; " + " " * 600 + "interface i { type t = x; }")
    assert found.source is None
    assert found.line == 1
