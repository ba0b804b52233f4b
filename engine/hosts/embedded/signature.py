"""The types of a component's imports and exports, read from wasmtime once per component.

Resource types are named by number: the numbers come from equality as wasmtime sees it, so aliases across interfaces
(`headers` and `fields`, `io-error` and `error`) get one number without any table of names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ctypes import addressof, c_bool, c_uint64, string_at
from dataclasses import dataclass, field
from typing import Any

from engine.hosts.embedded import native

# wasmtime_component_valtype_kind_t, by number.
PRIMITIVES = ("bool", "s8", "s16", "s32", "s64", "u8", "u16", "u32", "u64", "f32", "f64", "char", "string")
ITEM_INSTANCE, ITEM_MODULE, ITEM_FUNC, ITEM_RESOURCE = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Type:
    """A value type.

    `kind` is its WIT keyword. `names` are field, case or flag names; `parts` the types that belong to them (None
    for a case without payload), the element of a list, the payload of an option, or ok and err of a result.
    `resource` is the number of an `own` or `borrow`.
    """

    kind: str
    names: tuple[str, ...] = ()
    parts: tuple[Type | None, ...] = ()
    resource: int = -1


@dataclass(frozen=True, slots=True)
class Signature:
    parameters: tuple[tuple[str, Type], ...]
    result: Type | None


@dataclass
class Shape:
    """One interface of a component, or its root: functions, and resource numbers by name."""

    functions: dict[str, Signature] = field(default_factory=dict)
    resources: dict[str, int] = field(default_factory=dict)
    unsupported: list[str] = field(default_factory=list)


@dataclass
class Surface:
    """What a component imports and exports. Interfaces by full name; the root's own items under ``""``."""

    imports: dict[str, Shape]
    exports: dict[str, Shape]
    modules: list[str]
    resources: list[int]
    """Per resource number the pointer to wasmtime's type."""


class _Reader:
    def __init__(self, engine: int) -> None:
        self.engine = engine
        self.resources: list[int] = []
        self.modules: list[str] = []

    def intern(self, pointer: int) -> int:
        for number, known in enumerate(self.resources):
            if native.resource_type_equal(known, pointer):
                return number
        self.resources.append(native.resource_type_clone(pointer))
        return len(self.resources) - 1

    def shapes(self, pointer: int, count: Any, nth: Any) -> dict[str, Shape]:
        root = Shape()
        shapes = {"": root}
        for name, kind, item in self.items(pointer, count, nth):
            if kind == ITEM_INSTANCE:
                shape = shapes[name] = Shape()
                inner = self.items(item, native.instance_type_export_count, native.instance_type_export_nth)
                for inner_name, inner_kind, inner_item in inner:
                    self.add(shape, inner_name, inner_kind, inner_item)
            else:
                self.add(root, name, kind, item)
        return shapes

    def add(self, shape: Shape, name: str, kind: int, item: int) -> None:
        if kind == ITEM_FUNC:
            try:
                shape.functions[name] = self.signature(item)
            except KeyError:
                shape.unsupported.append(name)
        elif kind == ITEM_RESOURCE:
            shape.resources[name] = self.intern(item)
        elif kind == ITEM_MODULE:
            self.modules.append(name)

    def items(self, pointer: int, count: Any, nth: Any) -> Iterator[tuple[str, int, int]]:
        """Name, kind and pointer of each item; the pointer is good until the next one is asked for."""
        text, length, extern = c_uint64(), c_uint64(), c_uint64()
        out = (c_uint64 * 3)()
        for index in range(count(pointer, self.engine)):
            nth(pointer, self.engine, index, addressof(text), addressof(length), addressof(extern))
            name = string_at(text.value, length.value).decode()
            native.extern_type(extern.value, addressof(out))
            try:
                yield name, out[0] & 0xFF, out[1]
            finally:
                native.item_delete(addressof(out))
                native.extern_delete(extern.value)

    def signature(self, pointer: int) -> Signature:
        text, length, out = c_uint64(), c_uint64(), (c_uint64 * 2)()
        parameters = []
        for index in range(native.func_type_count(pointer)):
            native.func_type_nth(pointer, index, addressof(text), addressof(length), addressof(out))
            name = string_at(text.value, length.value).decode()
            parameters.append((name, self.type(out)))
        result = self.type(out) if native.func_type_result(pointer, addressof(out)) else None
        return Signature(tuple(parameters), result)

    def type(self, out: Any) -> Type:
        """The type that wasmtime wrote to `out` (kind, pointer), which is freed."""
        kind, pointer = out[0] & 0xFF, out[1]
        if kind < len(PRIMITIVES):
            return Type(PRIMITIVES[kind])
        try:
            name, read = _COMPOUND[kind]
            return read(self, name, pointer)
        finally:
            native.valtype_delete(addressof(out))

    def named(self, kind: str, pointer: int, count: Any, nth: Any) -> Type:
        text, length = c_uint64(), c_uint64()
        names = []
        for index in range(count(pointer)):
            nth(pointer, index, addressof(text), addressof(length))
            names.append(string_at(text.value, length.value).decode())
        return Type(kind, tuple(names))

    def record(self, kind: str, pointer: int) -> Type:
        text, length, out = c_uint64(), c_uint64(), (c_uint64 * 2)()
        names, parts = [], []
        for index in range(native.record_type_count(pointer)):
            native.record_type_nth(pointer, index, addressof(text), addressof(length), addressof(out))
            names.append(string_at(text.value, length.value).decode())
            parts.append(self.type(out))
        return Type(kind, tuple(names), tuple(parts))

    def tuple(self, kind: str, pointer: int) -> Type:
        out = (c_uint64 * 2)()
        parts = []
        for index in range(native.tuple_type_count(pointer)):
            native.tuple_type_nth(pointer, index, addressof(out))
            parts.append(self.type(out))
        return Type(kind, parts=tuple(parts))

    def variant(self, kind: str, pointer: int) -> Type:
        text, length, has, out = c_uint64(), c_uint64(), c_bool(), (c_uint64 * 2)()
        names, parts = [], []
        for index in range(native.variant_type_count(pointer)):
            native.variant_type_nth(
                pointer, index, addressof(text), addressof(length), addressof(has), addressof(out)
            )
            names.append(string_at(text.value, length.value).decode())
            parts.append(self.type(out) if has.value else None)
        return Type(kind, tuple(names), tuple(parts))

    def single(self, kind: str, pointer: int, read: Any) -> Type:
        out = (c_uint64 * 2)()
        read(pointer, addressof(out))
        return Type(kind, parts=(self.type(out),))

    def result(self, kind: str, pointer: int) -> Type:
        out = (c_uint64 * 2)()
        ok = self.type(out) if native.result_type_ok(pointer, addressof(out)) else None
        err = self.type(out) if native.result_type_err(pointer, addressof(out)) else None
        return Type(kind, parts=(ok, err))

    def handle(self, kind: str, pointer: int) -> Type:
        return Type(kind, resource=self.intern(pointer))


_Read = Callable[[_Reader, str, int], Type]
_COMPOUND: dict[int, tuple[str, _Read]] = {
    13: ("list", lambda r, k, p: r.single(k, p, native.list_type_element)),
    14: ("record", _Reader.record),
    15: ("tuple", _Reader.tuple),
    16: ("variant", _Reader.variant),
    17: ("enum", lambda r, k, p: r.named(k, p, native.enum_type_count, native.enum_type_nth)),
    18: ("option", lambda r, k, p: r.single(k, p, native.option_type_of)),
    19: ("result", _Reader.result),
    20: ("flags", lambda r, k, p: r.named(k, p, native.flags_type_count, native.flags_type_nth)),
    21: ("own", _Reader.handle),
    22: ("borrow", _Reader.handle),
}


def surface(engine: int, component: int) -> Surface:
    """Reads what `component` imports and exports."""
    pointer = native.component_type(component)
    try:
        reader = _Reader(engine)
        imports = reader.shapes(pointer, native.type_import_count, native.type_import_nth)
        exports = reader.shapes(pointer, native.type_export_count, native.type_export_nth)
        return Surface(imports, exports, reader.modules, reader.resources)
    finally:
        native.type_delete(pointer)


__all__ = ["Shape", "Signature", "Surface", "Type", "surface"]
