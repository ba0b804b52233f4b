"""Binaries read without compiling them: small ones from text, one of a real toolchain, and broken ones."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from engine.component.errors import ComponentError
from engine.component.model import Alias, Function, Interface, InterfaceItem, Own, Record, Resource, TypeDef
from engine.component.read import ComponentInfo, assemble, read, read_bytes
from engine.component.sections import sections
from engine.wit.to_json import to_json


def component(text: str) -> ComponentInfo:
    return read(text.encode())


def interface(info: ComponentInfo, name: str, *, exported: bool = False) -> Interface:
    assert info.world is not None
    pairs = info.world.exported_interfaces() if exported else info.world.imported_interfaces()
    return dict(pairs)[name]


IMPORTING = """\
(component
  (import "a:b/types@1.0.0" (instance $types
    (export "r" (type $r (sub resource)))
    (type $rec (record (field "x" u8) (field "y" (list string))))
    (export "rec" (type $rec2 (eq $rec)))
    (export "[constructor]r" (func (param "v" $rec2) (result (own $r))))
    (export "[method]r.get" (func (param "self" (borrow $r)) (result $rec2)))
    (export "[static]r.none" (func))
  ))
  (alias export $types "r" (type $r))
  (import "a:b/user@1.0.0" (instance
    (alias outer 1 $r (type $outer))
    (export "r" (type $mine (eq $outer)))
    (export "take" (func async (param "r" (own $mine)) (result (result u8 (error string)))))
  ))
  (import "log" (func (param "text" string)))
  (import "plain" (instance (export "f" (func))))
  (import "one" (implements "a:b/store") (external-id "x:y") (instance (export "get" (func))))
)
"""


def test_imports_with_their_types() -> None:
    info = component(IMPORTING)
    assert info.kind == "component"
    assert info.world is not None
    assert info.world.imported_names() == ["a:b/types@1.0.0", "a:b/user@1.0.0", "log", "plain", "one"]
    types = interface(info, "a:b/types@1.0.0")
    assert list(types.types) == ["r", "rec"]
    assert isinstance(types.types["r"].kind, Resource)
    record = types.types["rec"].kind
    assert isinstance(record, Record)
    assert [field.name for field in record.fields] == ["x", "y"]
    method = types.functions["[method]r.get"]
    assert (method.kind, method.plain_name, method.resource) == ("method", "get", types.types["r"])
    assert method.result is types.types["rec"]
    assert types.functions["[constructor]r"].plain_name == "constructor"
    assert types.functions["[static]r.none"].kind == "static"


def test_a_type_of_another_interface_is_an_alias() -> None:
    info = component(IMPORTING)
    user = interface(info, "a:b/user@1.0.0")
    brought = user.types["r"].kind
    assert isinstance(brought, Alias)
    assert brought.type is interface(info, "a:b/types@1.0.0").types["r"]
    assert [one.full_name for one in user.dependencies()] == ["a:b/types@1.0.0"]
    take = user.functions["take"]
    assert take.is_async
    assert isinstance(take.params[0].type, TypeDef)
    assert isinstance(take.params[0].type.kind, Own)


def test_names_of_every_form() -> None:
    info = component(IMPORTING)
    assert isinstance(info.imports["log"], Function)
    plain = info.imports["plain"]
    assert isinstance(plain, InterfaceItem)
    assert plain.interface.name is None
    one = info.imports["one"]
    assert isinstance(one, InterfaceItem)
    assert one.interface.full_name == "a:b/store"
    assert one.external_id == "x:y"


def test_exports_through_a_nested_component() -> None:
    """As toolchains do it: a component in between gives an instance its named types."""
    info = component(
        """\
        (component
          (core module $m (func (export "f") (param i32) (result i32) local.get 0))
          (core instance $i (instantiate $m))
          (type $rec (record (field "x" u32)))
          (type $ft (func (param "r" $rec) (result u32)))
          (func $f (type $ft) (canon lift (core func $i "f")))
          (component $shim
            (import "import-type-rec" (type $rec (eq 0)))
            (import "import-func-f" (func $f (param "r" $rec) (result u32)))
            (export $named "rec" (type $rec))
            (export "f" (func $f) (func (param "r" $named) (result u32)))
          )
          (instance $out (instantiate $shim (with "import-func-f" (func $f)) (with "import-type-rec" (type $rec))))
          (export "a:b/api@0.1.0" (instance $out))
          (export "run" (func $f))
        )
        """.replace(
            '(import "import-type-rec" (type $rec (eq 0)))',
            '(type (record (field "x" u32))) (import "import-type-rec" (type $rec (eq 0)))',
        )
    )
    assert info.world is not None
    assert info.world.exported_names() == ["a:b/api@0.1.0", "run"]
    api = interface(info, "a:b/api@0.1.0", exported=True)
    assert list(api.types) == ["rec"]
    assert api.functions["f"].params[0].type is api.types["rec"]
    (span,) = info.core_modules
    assert span[1] > span[0]


def test_wasmtime_says_the_same() -> None:
    """Names, parameters and results of every function, against wasmtime's own reading of the compiled component."""
    from wasmtime import Engine
    from wasmtime.component import Component

    text = IMPORTING.replace("(func async ", "(func ").replace(
        '(implements "a:b/store") (external-id "x:y") ', ""
    )
    engine = Engine()
    theirs = Component(engine, assemble(text.encode())).type.imports(engine)
    info = read(text.encode())
    assert info.world is not None
    assert info.world.imported_names() == list(theirs)
    compared = 0
    for name, found in info.world.imported_interfaces():
        exports = theirs[name].ty.exports(engine)
        for function_name, function in found.functions.items():
            other = exports[function_name].ty
            assert [param.name for param in function.params] == [label for label, _ in other.params]
            assert (function.result is None) == (other.result is None)
            compared += 1
    assert compared == 6


def test_core_modules_can_be_cut_out() -> None:
    data = assemble(b"(component (core module (func)) (component (core module (memory 1))) (core module))")
    info = read_bytes(data)
    assert len(info.core_modules) == 3
    assert all(data[start : start + 8] == b"\0asm\x01\0\0\0" for start, _ in info.core_modules)
    assert read_bytes(data[slice(*info.core_modules[1])]).kind == "module"


def test_a_package_in_binary_form() -> None:
    info = component(
        """\
        (component
          (type (component
            (import "a:dep/i@1.0.0" (instance $i (export "t" (type (sub resource)))))
            (alias export $i "t" (type $t))
            (export "a:b/api" (instance
              (alias outer 1 $t (type $o)) (export "t" (type $mine (eq $o)))
              (export "f" (func (param "x" (borrow $mine))))))))
          (export "api" (type 0))
          (type (component (export "a:b/w" (component
            (import "a:dep/i@1.0.0" (instance (export "t" (type (sub resource)))))
            (export "run" (func))))))
          (export "w" (type 2))
        )
        """
    )
    assert info.kind == "package"
    assert info.world is None
    assert [package.name.text for package in info.resolve.packages] == ["a:dep@1.0.0", "a:b"]
    main = info.resolve.main
    assert main is not None
    assert (list(main.interfaces), list(main.worlds)) == (["api"], ["w"])
    assert [name.text for name in main.needs] == ["a:dep@1.0.0"]
    world = main.worlds["w"]
    assert (world.imported_names(), world.exported_names()) == (["a:dep/i@1.0.0"], ["run"])
    to_json(info.resolve)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "this is not WebAssembly"),
        (b"MZ\x90\0", "this is not WebAssembly"),
        (b"\0asm\x02\0\0\0", "this version of WebAssembly is not known"),
        (b"\0asm\x0d\0\x01\0\x07\xff\xff\xff\xff\x0f", "a section is longer than what holds it"),
        (b"\0asm\x0d\0\x01\0\x07\x05\xff\xff\xff\xff\x0f", "a list is longer than what holds it"),
        (b"\0asm\x0d\0\x01\0\x07\x02\x01\x10", "a type of unknown kind 0x10"),
        (b"\0asm\x0d\0\x01\0\x0a\x06\x01\x00\x01x\x01\x05", "there is no definition 5"),
        (b"\0asm\x0d\0\x01\0\x04\x08\0asm\x01\0\0\0", "a nested component has no header of one"),
        (b"(component (import", "cannot be assembled"),
    ],
)
def test_what_makes_no_sense(data: bytes, message: str) -> None:
    with pytest.raises(ComponentError) as caught:
        read(data)
    assert message in caught.value.message


def test_a_file_is_named_in_its_error(tmp_path: Path) -> None:
    path = tmp_path / "x.wasm"
    for data in (b"", b"nothing"):
        path.write_bytes(data)
        with pytest.raises(ComponentError) as caught:
            read(path)
        assert caught.value.file == str(path)
    with pytest.raises(ComponentError, match="failed to read the file"):
        read(tmp_path / "none.wasm")


def leb(number: int) -> bytes:
    out = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def index(number: int) -> bytes:
    """A type's number as a value type: signed, so that it does not read as a primitive."""
    out = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        out.append(low | (0x80 if number or low & 0x40 else 0))
        if not number and not low & 0x40:
            return bytes(out)


HEADER = b"\0asm\x0d\0\x01\0"


def section(id: int, body: bytes) -> bytes:
    return bytes([id]) + leb(len(body)) + body


def test_hostile_nesting_and_growth() -> None:
    nested = HEADER
    for _ in range(300):
        nested = HEADER + section(4, nested)
    with pytest.raises(ComponentError, match="nested too deep"):
        read(nested)
    types = b"\x40\x00\x01\x00"
    for _ in range(300):
        types = b"\x42\x01\x01" + types
    with pytest.raises(ComponentError, match="nested too deep"):
        read(HEADER + section(7, b"\x01" + types))
    # Each component instantiates the one before it twice: without a budget, 2^40 of them.
    body = HEADER
    inner = HEADER
    for _ in range(40):
        inner = HEADER + section(4, inner) + section(5, b"\x02" + b"\x00\x00\x00" * 2)
    body += section(4, inner) + section(5, b"\x01\x00\x00\x00")
    with pytest.raises(ComponentError, match="too much work"):
        read(body)


def test_long_chains_of_types() -> None:
    count = 20_000
    defined = b"\x70\x7d" + b"".join(b"\x70" + index(n) for n in range(count - 1))
    types = section(7, leb(count + 1) + defined + b"\x40\x01\x01a" + index(count - 1) + b"\x01\x00")
    info = read(HEADER + types + section(10, b"\x01\x00\x01f\x01" + leb(count)))
    assert len(info.resolve.types) == count


def test_mutated_binaries() -> None:
    """A model or a :class:`ComponentError`, whatever bytes are changed."""
    sound = [
        assemble(IMPORTING.encode()),
        assemble(b'(component (core module) (type (record (field "a" u8))))'),
    ]
    rng = random.Random(11)
    read_well = 0
    for _ in range(4000):
        data = bytearray(rng.choice(sound))
        for _ in range(rng.choice((1, 1, 2, 4))):
            at = rng.randrange(8, len(data))
            how = rng.randrange(4)
            if how == 0:
                data[at] = rng.randrange(256)
            elif how == 1:
                data[at] = (data[at] + rng.choice((-1, 1))) % 256
            elif how == 2:
                del data[at : at + rng.choice((1, 2, 8))]
            else:
                data[at:at] = data[at : at + rng.choice((1, 4, 40))]
            if len(data) < 10:
                break
        try:
            to_json(read_bytes(bytes(data)).resolve)
            read_well += 1
        except ComponentError as error:
            assert error.message
    assert read_well > 200


def test_sections_are_all_there_is() -> None:
    data = assemble(IMPORTING.encode())
    found = sections(data)
    assert found[-1].end == len(data)
    assert all(one.start <= one.end for one in found)
