"""What WIT means: small texts and the model they give."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.component.model import Function, InterfaceItem, Stable, TypeDef, Unstable
from engine.wit.errors import WitError
from engine.wit.to_json import to_json
from tests.wit.texts import resolve


def kinds(text: str) -> dict[str, Any]:
    """Of interface `i` of a text: each named type's kind in JSON, compound parts spelled out."""
    model = to_json(resolve("package a:b; " + text))

    def spelled(value: Any) -> Any:
        if isinstance(value, int):
            typedef = model["types"][value]
            return typedef["name"] or spelled_kind(typedef["kind"])
        return value

    def spelled_kind(kind: Any) -> Any:
        if isinstance(kind, str):
            return kind
        ((word, inner),) = kind.items()
        if isinstance(inner, dict):
            inner = {
                key: [spelled_member(part) for part in part_or_parts]
                if isinstance(part_or_parts, list)
                else spelled(part_or_parts)
                for key, part_or_parts in inner.items()
            }
        elif isinstance(inner, list):
            inner = [spelled(inner[0]), inner[1] if word == "fixed-length-list" else spelled(inner[1])]
        else:
            inner = spelled(inner)
        return {word: inner}

    def spelled_member(member: Any) -> Any:
        if isinstance(member, dict) and "type" in member:
            return member["name"], spelled(member["type"])
        return member["name"] if isinstance(member, dict) else spelled(member)

    interface = next(one for one in model["interfaces"] if one["name"] == "i")
    return {name: spelled_kind(model["types"][index]["kind"]) for name, index in interface["types"].items()}


TYPES = [
    ("type t = u8;", {"type": "u8"}),
    ("type t = error-context;", {"type": "error-context"}),
    ("type t = list<string>;", {"list": "string"}),
    ("type t = list<u8, 16>;", {"fixed-length-list": ["u8", 16]}),
    ("type t = map<string, list<u8>>;", {"map": ["string", {"list": "u8"}]}),
    ("type t = option<char>;", {"option": "char"}),
    ("type t = result;", {"result": {"ok": None, "err": None}}),
    ("type t = result<u8>;", {"result": {"ok": "u8", "err": None}}),
    ("type t = result<_, u8>;", {"result": {"ok": None, "err": "u8"}}),
    ("type t = result<bool, f64>;", {"result": {"ok": "bool", "err": "f64"}}),
    ("type t = tuple<u8, s64,>;", {"tuple": {"types": ["u8", "s64"]}}),
    ("type t = future;", {"future": None}),
    ("type t = future<u8>;", {"future": "u8"}),
    ("type t = stream<tuple<u8>>;", {"stream": {"tuple": {"types": ["u8"]}}}),
    ("record t { a: u8, %type: f32 }", {"record": {"fields": [("a", "u8"), ("type", "f32")]}}),
    ("variant t { a, b(u8), }", {"variant": {"cases": [("a", None), ("b", "u8")]}}),
    ("enum t { a, b }", {"enum": {"cases": ["a", "b"]}}),
    ("flags t { a, b }", {"flags": {"flags": ["a", "b"]}}),
    ("flags t {}", {"flags": {"flags": []}}),
    ("resource t;", "resource"),
    ("resource r; type t = own<r>;", {"handle": {"own": "r"}}),
    ("resource r; type t = borrow<r>;", {"handle": {"borrow": "r"}}),
    ("resource r; type t = r;", {"type": "r"}),
    ("resource r; type t = list<r>;", {"list": {"handle": {"own": "r"}}}),
    ("resource r; type t = list<own<r>>;", {"list": {"handle": {"own": "r"}}}),
    ("type t = u; type u = u8;", {"type": "u"}),
]


@pytest.mark.parametrize(("text", "wanted"), TYPES, ids=[case[0] for case in TYPES])
def test_types(text: str, wanted: Any) -> None:
    assert kinds(f"interface i {{ {text} }}")["t"] == wanted


def functions(text: str) -> dict[str, Function]:
    return next(one for one in resolve("package a:b; " + text).interfaces if one.name == "i").functions


def test_functions_of_a_resource() -> None:
    found = functions(
        "interface i { resource r { constructor(a: u8); m: async func() -> u8; s: static func(); } f: async func(); }"
    )
    assert list(found) == ["[constructor]r", "[method]r.m", "[static]r.s", "f"]
    shapes = {
        f.plain_name: (f.kind, f.is_async, [param.name for param in f.params], f.resource is not None)
        for f in found.values()
    }
    assert shapes == {
        "constructor": ("constructor", False, ["a"], True),
        "m": ("method", True, ["self"], True),
        "s": ("static", False, [], True),
        "f": ("freestanding", True, [], False),
    }
    model = to_json(resolve("package a:b; interface i { resource r { constructor(); m: async func(); } }"))
    written = model["interfaces"][0]["functions"]
    assert written["[method]r.m"]["kind"] == {"async-method": 0}
    assert model["types"][written["[constructor]r"]["result"]]["kind"] == {"handle": {"own": 0}}


def test_a_constructor_may_fail() -> None:
    found = functions("interface i { resource r { constructor() -> result<r, string>; } }")
    result = found["[constructor]r"].result
    assert isinstance(result, TypeDef)
    assert result.kind.types()[1] == "string"


def test_the_same_compound_is_one_type() -> None:
    whole = resolve(
        "package a:b; interface i { f: func(a: list<u8>) -> list<u8>; g: func(a: list<u8>, b: option<list<u8>>); }"
    )
    assert len(whole.types) == 2


def test_types_come_in_the_order_of_need() -> None:
    whole = resolve("package a:b; interface i { type c = b; type b = a; type a = u8; type d = u8; }")
    assert [typedef.name for typedef in whole.types] == ["a", "b", "c", "d"]


def test_use_and_rename() -> None:
    whole = resolve(
        "package a:b; use c:d/types as t; use i as me; "
        "interface i { use t.{one, two as zwei}; f: func(a: one) -> zwei; } interface j { use me.{zwei}; }",
        "package c:d; interface types { type one = u8; type two = one; }",
    )
    one, other = (whole.interface(name) for name in ("a:b/i", "a:b/j"))
    assert one is not None
    assert other is not None
    assert list(one.types) == ["one", "zwei"]
    assert [dependency.full_name for dependency in one.dependencies()] == ["c:d/types"]
    assert [dependency.full_name for dependency in other.dependencies()] == ["a:b/i"]


def test_a_world_lists_all_it_needs_in_order() -> None:
    whole = resolve(
        """\
        package a:b;
        interface base { type t = u8; }
        interface mid { use base.{t}; }
        interface out { use mid.{t}; }
        world w {
          export run: func(a: mine);
          import log: func();
          record mine { a: got }
          use mid.{t as got};
          resource handle { m: func(); }
          import inline: interface { use base.{t}; f: func() -> t; }
          export out;
        }
        """
    )
    world = whole.select_world()
    # Interfaces, then types brought in, then own types, then functions, then those of resources.
    assert world.imported_names() == [
        "a:b/base",
        "inline",
        "a:b/mid",
        "got",
        "mine",
        "handle",
        "log",
        "[method]handle.m",
    ]
    assert world.exported_names() == ["run", "a:b/out"]


def test_exports_need_exports_or_imports() -> None:
    whole = resolve(
        "package a:b; interface a { type t = u8; } interface b { use a.{t}; } "
        "world both { export b; export a; } world one { export b; }"
    )
    both, one = whole.worlds
    assert (both.imported_names(), both.exported_names()) == ([], ["a:b/a", "a:b/b"])
    assert (one.imported_names(), one.exported_names()) == (["a:b/a"], ["a:b/b"])


def test_a_label_imports_an_interface_under_another_name() -> None:
    whole = resolve(
        "package a:b; interface store { get: func(); } "
        "world w { import store; import one: store; import two: c:d/i; export out: store; }",
        "package c:d; interface i {}",
    )
    world = whole.select_world()
    assert world.imported_names() == ["a:b/store", "one", "two"]
    item = world.imports["one"]
    assert isinstance(item, InterfaceItem)
    assert item.interface.full_name == "a:b/store"
    assert world.exported_names() == ["out"]


def test_include_copies_and_renames() -> None:
    whole = resolve(
        "package a:b; interface i { } "
        "world small { import i; import f: func(a: t); type t = u8; resource r { constructor(); m: func(); } export g: func(); } "
        "world large { include small with { f as h, r as s } import f: func(); }"
    )
    large = whole.select_world("large")
    assert set(large.imported_names()) == {"a:b/i", "t", "s", "f", "h", "[constructor]s", "[method]s.m"}
    assert large.exported_names() == ["g"]
    renamed = large.imports["[method]s.m"]
    assert isinstance(renamed, Function)
    assert renamed.name == "[method]s.m"
    own = large.imports["t"]
    assert isinstance(own, TypeDef)
    assert own.owner is large
    assert own is not whole.select_world("small").imports["t"]


def test_gates_decide_what_is_there() -> None:
    text = (
        "package a:b@1.2.3; interface i { "
        "@since(version = 1.0.0) f: func(); @unstable(feature = x) g: func(); "
        "@since(version = 1.0.0) @deprecated(version = 1.1.0) type t = u8; @unstable(feature = y) type u = u8; }"
    )
    plain = resolve(text).interfaces[0]
    assert (list(plain.functions), list(plain.types)) == (["f"], ["t"])
    assert plain.functions["f"].stability == Stable("1.0.0")
    assert plain.types["t"].stability == Stable("1.0.0", "1.1.0")
    some = resolve(text, features=("x",)).interfaces[0]
    assert (list(some.functions), list(some.types)) == (["f", "g"], ["t"])
    everything = resolve(text, all_features=True).interfaces[0]
    assert everything.types["u"].stability == Unstable("y")


def test_external_ids_are_kept() -> None:
    whole = resolve(
        'package a:b; interface s { } world w { @external-id("a \\"b\\"") import one: s; @external-id("f") import f: func(); }'
    )
    items = to_json(whole)["worlds"][0]["imports"]
    assert items["one"]["interface"]["external_id"] == 'a "b"'
    assert items["f"]["function"]["external_id"] == "f"


DOCS = [
    ("/// one\n/// two\n", "one\ntwo"),
    ("/// one\n///\n///   two\n", "one\n\n  two"),
    ("// plain\n", "plain"),
    ("/** block */\n", "block"),
    ("/**\n * stars\n */\n", "\n * stars"),
    ("///\n", ""),
    ("//// many\n", "many"),
    ("/// one\n\n/// two\n", "one\ntwo"),
    ("/// one\r\n/// two\r\n", "one\ntwo"),
    ("", None),
]


@pytest.mark.parametrize(("comment", "wanted"), DOCS)
def test_docs(comment: str, wanted: str | None) -> None:
    whole = resolve(f"package a:b;\n{comment}interface i {{}}")
    assert whole.interfaces[0].docs == wanted


def test_docs_of_everything() -> None:
    whole = resolve(
        "/// p\npackage a:b;\n/// i\ninterface i {\n/// r\nrecord r {\n/// a\na: u8 }\n/// f\nf: func(); }\n/// w\nworld w {}"
    )
    model = to_json(whole)
    assert model["packages"][0]["docs"] == {"contents": "p"}
    assert model["interfaces"][0]["docs"] == {"contents": "i"}
    assert model["types"][0]["kind"]["record"]["fields"][0]["docs"] == {"contents": "a"}
    assert model["interfaces"][0]["functions"]["f"]["docs"] == {"contents": "f"}
    assert model["worlds"][0]["docs"] == {"contents": "w"}


def test_packages_in_one_text_and_versions_side_by_side() -> None:
    whole = resolve(
        "package a:b; world w { import c:d/i@1.0.0; import c:d/i@2.0.0-rc.1; } "
        "package c:d@2.0.0-rc.1 { interface i {} } package c:d@1.0.0 { interface i {} }"
    )
    assert [package.name.text for package in whole.packages] == ["c:d@1.0.0", "c:d@2.0.0-rc.1", "a:b"]
    assert whole.select_world().imported_names() == ["c:d/i@1.0.0", "c:d/i@2.0.0-rc.1"]


def test_bytes_before_the_text_and_line_ends() -> None:
    assert resolve("\ufeffpackage a:b;\r\ninterface i {\r\n}\r\n").interfaces[0].name == "i"


def test_select_world() -> None:
    whole = resolve(
        "package a:b; world x {} world y {}",
        "package c:d@1.0.0; world z {}",
        "package e:f@1.0.0; world z {}",
        "package e:f@2.0.0; world z {}",
    )
    assert whole.select_world("x").name == "x"
    assert whole.select_world("c:d/z").full_name == "c:d/z@1.0.0"
    assert whole.select_world("e:f/z@2.0.0").full_name == "e:f/z@2.0.0"
    for name, reason in [
        (None, "There are multiple worlds in `a:b`; one must be explicitly chosen"),
        ("z", "World `z` not found in package `a:b`"),
        (
            "e:f/z",
            "package name `e:f` is available at both versions 1.0.0 and 2.0.0 but which is not specified",
        ),
        ("e:f/z@3.0.0", "unknown package `e:f@3.0.0`"),
        ("q:q/z", "unknown package `q:q`"),
        ("c:d/nope", "World `nope` not found in package `c:d@1.0.0`"),
        ("", "expected an identifier or string, found eof"),
        ("world", "expected an identifier or string, found keyword `world`"),
        ("x y", "trailing tokens in path specifier"),
    ]:
        with pytest.raises(WitError) as caught:
            whole.select_world(name)
        assert reason in caught.value.message
    with pytest.raises(WitError, match="contains no worlds"):
        resolve("package a:b;").select_world()


def test_json_is_json() -> None:
    whole = resolve("package a:b; /// \x7e ü \U0001f600\ninterface i { }")
    assert json.loads(json.dumps(to_json(whole))) == to_json(whole)
