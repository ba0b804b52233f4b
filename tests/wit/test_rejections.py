"""What is not WIT, rule by rule: the words and the place."""

from __future__ import annotations

import pytest

from tests.wit.texts import problem, problems

SYNTAX = [
    ("interface i {}", "no `package` header was found in any WIT file for this package", 1, 1),
    ("package a:b", "expected '{', found eof", 1, 12),
    ("package a;", "expected ':', found ';'", 1, 10),
    ("package a:b; x", "expected `world`, `interface` or `use`, found an identifier", 1, 14),
    ("package a:b; interface {}", "expected an identifier or string, found '{'", 1, 24),
    ("package a:b; interface list {}", "expected an identifier or string, found keyword `list`", 1, 24),
    ("package a:b; interface aB {}", "invalid character in identifier 'B'", 1, 24),
    ("package a:b; interface a--b {}", "identifiers must have characters between '-'s", 1, 24),
    ("package a:b; interface a- {}", "identifiers must have characters between '-'s", 1, 24),
    ("package a:b; interface a_b {}", "invalid character in identifier '_'", 1, 24),
    ("package a:b; interface %é {}", "invalid character in identifier 'é'", 1, 24),
    ("package a:b; interface % {}", "identifiers must have characters between '-'s", 1, 24),
    ("package a:b; interface 1a {}", "expected an identifier or string, found an integer", 1, 24),
    ("package a:b; interface i { ! }", "unexpected character '!'", 1, 28),
    ("package a:b; interface i { /* /* */ }", "unterminated block comment", 1, 28),
    ("package a:b; interface i {\x01}", "Control code '\\u{1}' is not allowed in WIT", 1, 27),
    ("package a:b; // \u202e", "Input contains bidirectional override codepoint '\\u{202e}'", 1, 17),
    ("package a:b; // \u0149", "Codepoint '\\u{149}' is discouraged by Unicode", 1, 17),
    ("package a:b@1.0;", "expected '.', found ';'", 1, 16),
    ("package a:b@01.0.0;", "`01.0.0` is not a version", 1, 13),
    ("package a:b@1.0.0-;", "expected an id or integer, found ';'", 1, 19),
    ("package a:b; use c:d/e.{f};", "expected ';', found '.'", 1, 23),
    ("package a:b; use c:d;", "expected '/', found ';'", 1, 21),
    ("package a:b; interface i { use c; }", "expected '.', found ';'", 1, 33),
    ("package a:b; interface i { use c.{d e}; }", "expected '}', found an identifier", 1, 37),
    ("package a:b; interface i { f: u32; }", "expected keyword `func`, found keyword `u32`", 1, 31),
    ("package a:b; interface i { f: func() }", "expected ';', found '}'", 1, 38),
    ("package a:b; interface i { f: func(a); }", "expected ':', found ')'", 1, 37),
    (
        "package a:b; interface i { f: async async func(); }",
        "expected keyword `func`, found keyword `async`",
        1,
        37,
    ),
    ("package a:b; interface i { type t = ; }", "expected a type, found ';'", 1, 37),
    ("package a:b; interface i { type t = list; }", "expected '<', found ';'", 1, 41),
    (
        "package a:b; interface i { type t = list<u8, x>; }",
        "expected fixed-length, found an identifier",
        1,
        46,
    ),
    (
        "package a:b; interface i { type t = list<u8, 4294967296>; }",
        "number too large to fit in target type",
        1,
        46,
    ),
    ("package a:b; interface i { type t = result<_>; }", "expected ',', found '>'", 1, 45),
    ("package a:b; interface i { type t = map<u8>; }", "expected ',', found '>'", 1, 43),
    (
        "package a:b; interface i { type t = own<u8>; }",
        "expected an identifier or string, found keyword `u8`",
        1,
        41,
    ),
    (
        "package a:b; interface i { resource r { f: u8; } }",
        "expected keyword `func`, found keyword `u8`",
        1,
        44,
    ),
    (
        "package a:b; interface i { resource r { u8 } }",
        "expected `constructor` or identifier, found keyword `u8`",
        1,
        41,
    ),
    (
        "package a:b; world w { f: func(); }",
        "expected `import`, `export`, `include`, `use`, or type definition, found an identifier",
        1,
        24,
    ),
    ("package a:b; world w { include x with { a } }", "expected keyword `as`, found '}'", 1, 43),
    ("package a:b; world w { import x: ; }", "expected an identifier or string, found ';'", 1, 34),
    ("package a:b; @foo interface i {}", "unknown attribute `foo`", 1, 15),
    ("package a:b; @since interface i {}", "expected '(', found keyword `interface`", 1, 21),
    ("package a:b; @since(feature = x) interface i {}", "expected `version`, found `feature`", 1, 21),
    ("package a:b; @external-id(x) interface i {}", "expected a string literal, found an identifier", 1, 27),
    ('package a:b; @external-id("x) interface i {}', "unterminated string literal", 1, 27),
    (
        "package a:b; @unstable(feature = x) package c:d {}",
        "cannot place attributes on nested packages",
        1,
        37,
    ),
]


@pytest.mark.parametrize(("text", "message", "line", "column"), SYNTAX, ids=[case[0] for case in SYNTAX])
def test_syntax(text: str, message: str, line: int, column: int) -> None:
    assert problem(text) == (message, line, column)


INTERFACE = "package a:b;\ninterface i {\n"
WORLD = "package a:b;\ninterface i { type t = u8; f: func(); }\nworld w {\n"
NAMES = [
    (INTERFACE + "type t = u; }", "type `u` does not exist", 3, 10),
    (INTERFACE + "type t = float32; }", "type `float32` does not exist", 3, 10),
    (INTERFACE + "f: func(a: u); }", "name `u` does not exist", 3, 12),
    (INTERFACE + "f: func() -> f; }", "cannot use function `f` as a type", 3, 14),
    (INTERFACE + "f: func(); f: func(); }", "name `f` is defined more than once", 3, 12),
    (INTERFACE + "type f = u8; f: func(); }", "name `f` is defined more than once", 3, 14),
    (INTERFACE + "type t = u8; type t = u16; }", "name `t` is defined more than once", 3, 19),
    (INTERFACE + "type t = u; type u = t; }", "type `u` depends on itself", 3, 10),
    (INTERFACE + "record r { a: r } }", "type `r` depends on itself", 3, 15),
    (INTERFACE + "f: func(a: u8, a: u8); }", "param `a` is defined more than once", 3, 16),
    (INTERFACE + "variant v {} }", "empty variant", 3, 9),
    (INTERFACE + "enum e {} }", "empty enum", 3, 6),
    (INTERFACE + "type t = own<u>; type u = u8; }", "type `u` used in a handle must be a resource", 3, 14),
    (INTERFACE + "type t = borrow<u>; }", "type `u` does not exist", 3, 17),
    (
        INTERFACE + "type m = map<f32, u8>; }",
        "invalid map key type: map keys must be bool, u8, u16, u32, u64, s8, s16, s32, s64, char, or string",
        3,
        10,
    ),
    (INTERFACE + "resource r { f: func(); f: static func(); } }", "duplicate function name `f`", 3, 25),
    (INTERFACE + "resource r { constructor(); constructor(); } }", "duplicate constructors", 3, 29),
    (
        INTERFACE + "resource r { constructor() -> u8; } }",
        "if a constructor return type is declared it must be a `result`",
        3,
        31,
    ),
    (
        INTERFACE + "resource r { constructor() -> result<u8>; } }",
        "the `ok` type must be the resource being constructed",
        3,
        38,
    ),
    (INTERFACE + "resource r { self: func(self: u8); } }", "param `self` is defined more than once", 3, 25),
    (
        INTERFACE + "resource r; f: func() -> borrow<r>; }",
        "function `f` returns a type which contains a `borrow<T>` which is not supported",
        3,
        13,
    ),
    (
        INTERFACE + "resource r; record x { a: list<borrow<r>> } f: func() -> option<x>; }",
        "function `f` returns a type which contains a `borrow<T>` which is not supported",
        3,
        45,
    ),
    (INTERFACE + "use j.{t}; }", "interface or world `j` does not exist", 3, 5),
    (INTERFACE + "use k.{t}; } world k {}", "name `k` is defined as a world, not an interface", 3, 5),
    (INTERFACE + "use i.{t}; }", "interface or world `i` depends on itself", 2, 11),
    (INTERFACE + "use j.{f}; } interface j { f: func(); }", "cannot import function `f`", 3, 8),
    (INTERFACE + "use j.{t}; } interface j { }", "name `t` does not exist", 3, 8),
    (INTERFACE + "use j.{t, t}; } interface j { type t = u8; }", "name `t` is defined more than once", 3, 11),
    (
        INTERFACE + "use j.{t}; type t = u8; } interface j { type t = u8; }",
        "name `t` is defined more than once",
        3,
        17,
    ),
    (INTERFACE + "} interface i {}", "duplicate item named `i`", 3, 13),
    (INTERFACE + "} use j as i; interface j {}", "duplicate name `i` in this file", 3, 12),
    (INTERFACE + "} use j;", "interface or world `j` does not exist", 3, 7),
    (WORLD + "import x; }", "interface or world `x` does not exist", 4, 8),
    (WORLD + "import w; }", "name `w` is defined as a world, not an interface", 4, 8),
    (WORLD + "import i; import i; }", "interface cannot be imported more than once", 4, 18),
    (WORLD + "export i; export i; }", "interface cannot be exported more than once", 4, 18),
    (
        WORLD + "import f: func(); import f: interface {} }",
        "import `f` conflicts with prior func of same name",
        4,
        26,
    ),
    (
        WORLD + "import f: interface {} import f: func(); }",
        "import `f` conflicts with prior interface of same name",
        4,
        31,
    ),
    (WORLD + "use i.{t}; import t: func(); }", "import `t` conflicts with prior type of same name", 4, 19),
    (WORLD + "import l: i; import l: i; }", "import `l` conflicts with prior interface of same name", 4, 21),
    (WORLD + "include x; }", "interface or world `x` does not exist", 4, 9),
    (WORLD + "include i; }", "name `i` is defined as an interface, not a world", 4, 9),
    (WORLD + "include w; }", "interface or world `w` depends on itself", 3, 7),
    (
        WORLD + "include v with { x as y } } world v { import a: func(); }",
        "no import or export kebab-name `x`. Note that an ID does not support renaming",
        4,
        9,
    ),
    (
        WORLD + "include v; import a: func(); } world v { import a: func(); }",
        "import of `a` shadows previously imported items",
        4,
        9,
    ),
    (
        WORLD + "import a: func(); import A: func(); }",
        "import `A` conflicts with import `a` (kebab-case identifiers are case-insensitive)",
        4,
        26,
    ),
    ("package a:b; package c:d { package e:f {} }", "nested packages must be placed at the top-level", 1, 36),
    ("package a:b; package c:d { interface i { type t = u; } }", "type `u` does not exist", 1, 51),
    (
        "package a:b; package c:d {} package c:d {}",
        "package `c:d` is defined in two different locations:",
        1,
        37,
    ),
]


@pytest.mark.parametrize(("text", "message", "line", "column"), NAMES, ids=[case[0][13:] for case in NAMES])
def test_names(text: str, message: str, line: int, column: int) -> None:
    assert problem(text) == (message, line, column)


OTHER = "package c:d@1.0.0; interface i { type t = u8; resource r; } world v {}"
PACKAGES = [
    ("package a:b;\ninterface j { use c:d/i@1.0.0.{x}; }", "type `x` not defined in interface", 2, 32),
    (
        "package a:b;\ninterface j { use c:d/x@1.0.0.{t}; }",
        "interface 'x' not found in package 'c:d@1.0.0'",
        2,
        23,
    ),
    ("package a:b;\nworld w { include c:d/x@1.0.0; }", "world 'x' not found in package 'c:d@1.0.0'", 2, 23),
    ("package a:b;\nuse c:d/v@1.0.0;", "interface 'v' not found in package 'c:d@1.0.0'", 2, 9),
    (
        "package a:b;\ninterface j { use c:d/i@1.0.0.{t}; type h = own<t>; }",
        "type used in a handle must be a resource",
        2,
        49,
    ),
    ("package a:b;\ninterface j { use c:d/i.{t}; }", "package 'c:d' not found. known packages:", 2, 19),
    (
        "package a:b;\ninterface j { use c:d/i@1.0.1.{t}; }",
        "package 'c:d@1.0.1' not found. known packages:",
        2,
        19,
    ),
    ("package a:b;\nworld w { import x:y/z; }", "package 'x:y' not found. known packages:", 2, 18),
    ("package c:d@1.0.0;", "package `c:d@1.0.0` is defined in two different locations:", 1, 9),
]


@pytest.mark.parametrize(
    ("text", "message", "line", "column"), PACKAGES, ids=[case[0][13:] for case in PACKAGES]
)
def test_packages(text: str, message: str, line: int, column: int) -> None:
    assert problem(text, OTHER) == (message, line, column)


GATED = "package a:b@1.2.0;\ninterface i {\n"
GATES = [
    (
        GATED + "@since(version = 1.3.0) type t = u8; }",
        "feature gate cannot reference unreleased version 1.3.0 of package [a:b@1.2.0] (current version 1.2.0)",
        3,
        30,
    ),
    (
        "package a:b;\n@since(version = 1.0.0) interface i {}",
        "package [a:b] contains a feature gate with a version specifier, so it must have a version",
        2,
        35,
    ),
    (
        GATED + "@unstable(feature = x) type t = u8; type u = t; }",
        "found a reference to a type which is excluded due to its feature not being activated",
        3,
        42,
    ),
    (
        GATED + "@unstable(feature = x) type t = u8; f: func(a: t); }",
        "found a reference to a type which is excluded due to its feature not being activated",
        3,
        37,
    ),
    (
        GATED + "@unstable(feature = x) type t = u8; record r { a: t } }",
        "found a reference to a type which is excluded due to its feature not being activated",
        3,
        48,
    ),
    (
        "package a:b; @unstable(feature = x) interface i { type t = u8; }",
        "found a reference to a interface which is excluded due to its feature not being activated; this type is not gated by a feature but its interface is",
        1,
        56,
    ),
    (
        GATED + "} @unstable(feature = x) interface j {} world w { import j; }",
        "found a reference to a interface which is excluded due to its feature not being activated",
        3,
        58,
    ),
    (
        GATED + "@deprecated(version = 1.0.0) type t = u8; }",
        "must pair @deprecated with either @since or @unstable",
        3,
        2,
    ),
    (
        GATED + "@since(version = 1.0.0) @since(version = 1.0.0) type t = u8; }",
        "unsupported combination of attributes",
        3,
        26,
    ),
    (
        GATED + "@since(version = 1.0.0) @unstable(feature = x) type t = u8; }",
        "unsupported combination of attributes",
        3,
        26,
    ),
    (GATED + "} @since(version = 1.0.0) use c:d/i as j;", "attributes not allowed on top-level use", 3, 27),
]


@pytest.mark.parametrize(("text", "message", "line", "column"), GATES, ids=[case[0][18:] for case in GATES])
def test_gates(text: str, message: str, line: int, column: int) -> None:
    assert problem(text, "package c:d; interface i {}") == (message, line, column)


def test_an_interface_needed_both_ways() -> None:
    text = """\
        package a:b;
        interface a { type t = u8; }
        interface b { use a.{t}; }
        interface c { use a.{t}; use b.{t as u}; }
        world w { export a; export c; }
        """
    found = problems(text)[0]
    assert found.message == "interface `a:b/c` transitively depends on an interface in incompatible ways"
    assert (found.line, found.column) == (5, 7)
    assert found.notes == ("`a:b/a` is exported, and it is imported too, since `a:b/b` uses it",)
    assert found.hint is not None
    assert "export `a:b/b` as well" in found.hint


def test_packages_in_a_circle_show_every_edge() -> None:
    found = problems(
        "package a:a;\ninterface i { use a:b/i.{t}; type u = u8; }",
        "package a:b;\ninterface i { use a:c/i.{t}; }",
        "package a:c;\ninterface i { use a:a/i.{t}; }",
    )
    assert len(found) == 1
    assert found[0].message == "package `a:b` creates a dependency cycle"
    assert found[0].notes == (
        "the cycle is a:b -> a:c -> a:a -> a:b",
        "`a:b` needs `a:c` at deps/0.wit:2:19",
        "`a:c` needs `a:a` at deps/1.wit:2:19",
        "`a:a` needs `a:b` at root.wit:2:19",
    )


def test_a_package_that_needs_itself() -> None:
    found = problems("package a:b;\ninterface i { use a:b/j.{t}; }\ninterface j { type t = u8; }")
    assert [(one.message, one.line, one.column) for one in found] == [
        ("package `a:b` creates a dependency cycle", 2, 19)
    ]
    assert found[0].notes[0] == "the cycle is a:b -> a:b"


def test_types_in_a_circle_show_every_edge() -> None:
    found = problems("package a:b;\ninterface i {\n type a = b;\n type b = list<c>;\n record c { x: a }\n}")
    assert found[0].notes == (
        "the cycle is a -> b -> c -> a",
        "`a` needs `b` at root.wit:3:11",
        "`b` needs `c` at root.wit:4:16",
        "`c` needs `a` at root.wit:5:16",
    )


def test_a_missing_package_tells_who_asked_and_what_helps() -> None:
    found = problems("package a:b;\nworld w { import wasi:clocks/now@0.2.0; }")[0]
    assert found.message == "package 'wasi:clocks@0.2.0' not found. known packages:\n    a:b"
    assert found.notes == ("asked for as `wasi:clocks/now@0.2.0`; no version of `wasi:clocks` is here",)
    assert found.hint is not None
    assert "deps/wasi-clocks-0.2.0/" in found.hint


def test_another_version_is_told() -> None:
    found = problems("package a:b;\nworld w { import c:d/i@0.2.0; }", "package c:d@0.2.1; interface i {}")[0]
    assert found.notes == ("`c:d`: found 0.2.1, required 0.2.0",)
    assert found.hint is not None
    assert "`c:d/i@0.2.1`" in found.hint


def test_independent_mistakes_are_all_told_in_order() -> None:
    found = problems(
        "package a:b;\ninterface i { f: func(a: x); g: func(a: y); type t = z; }\nworld w { import nope; }",
        "package c:d;\ninterface i { f: func() }",
        "package e:f;\ninterface i { type a = a; }",
    )
    told = [(one.file, one.line, one.column) for one in found]
    assert told == [
        ("root.wit", 2, 54),
        ("root.wit", 2, 26),
        ("root.wit", 2, 41),
        ("root.wit", 3, 18),
        ("deps/0.wit", 2, 25),
        ("deps/1.wit", 2, 24),
    ]


def test_what_follows_from_a_mistake_is_not_told() -> None:
    found = problems(
        "package a:b; interface i { type t = nope; type u = t; f: func(a: u); } interface j { use i.{t}; g: func(a: t); }"
    )
    assert [one.message for one in found] == ["type `nope` does not exist"]


def test_columns_count_bytes_and_carets_characters() -> None:
    found = problems("package a:b; /* äöü 漢字 */ interface i { type t = nope; }")[0]
    assert found.column == len("package a:b; /* äöü 漢字 */ interface i { type t = ".encode()) + 1
    assert found.before == "package a:b; /* äöü 漢字 */ interface i { type t = "
    assert found.width == 4


def test_a_hint_knows_what_was_meant() -> None:
    found = problems("package a:b; interface i { type timestamp = u64; f: func(a: timestam); }")[0]
    assert found.hint == "did you mean `timestamp`?"


def test_only_so_many_problems_are_told() -> None:
    lines = "".join(f"fn{n}: func(a: nope{n});" for n in range(500))
    assert len(problems("package a:b; interface i {" + lines + "}")) == 50
