"""Values across the boundary: converters compiled once per type, straight over wasmtime's value memory.

A *lifter* `(address, instance) -> value` reads what a guest gave, a *lowerer* `(address, value, instance)` writes
what a guest gets; the Python side of each type is told in `values.py`. wasmtime's public Python layer does the same
ten times slower, and its global state is not safe under threads.

A value is 32 bytes: its kind at 0, its payload at 8 (component/val.h of wasmtime's C API).
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from ctypes import addressof, c_uint64, memmove, string_at
from typing import TYPE_CHECKING, Any

from engine.hosts.embedded.native import (
    ENTRY,
    VALUE,
    any_clone,
    any_delete,
    any_drop,
    any_to_host,
    byte_vec_new,
    check,
    error_delete,
    flags_new,
    host_delete,
    host_new,
    host_rep,
    host_to_any,
    list_new,
    record_new,
    tuple_new,
    val_new,
)
from engine.hosts.embedded.signature import Type
from engine.hosts.embedded.values import Err, Ok, Resource, Some

if TYPE_CHECKING:
    from engine.hosts.embedded.instance import Instance

Lifter = Callable[[int, "Instance"], Any]
Lowerer = Callable[[int, Any, "Instance"], None]

# Kind number and struct code of each number type, as a value carries them.
NUMBERS = {
    "bool": (0, "?"),
    "s8": (1, "b"),
    "u8": (2, "B"),
    "s16": (3, "h"),
    "u16": (4, "H"),
    "s32": (5, "i"),
    "u32": (6, "I"),
    "s64": (7, "q"),
    "u64": (8, "Q"),
    "f32": (9, "f"),
    "f64": (10, "d"),
}
CHAR, STRING, LIST, RECORD, TUPLE, VARIANT, ENUM, OPTION, RESULT, FLAGS, RESOURCE = range(11, 22)

_one = struct.Struct("<Q")
_two = struct.Struct("<QQ")
_three = struct.Struct("<QQQ")
_unpack1, _unpack2, _unpack3 = _one.unpack, _two.unpack, _three.unpack
_pack1, _pack2 = _one.pack, _two.pack


def _head(kind: int) -> bytes:
    return bytes((kind, 0, 0, 0, 0, 0, 0, 0))


class Misfit(TypeError):
    """A Python value that does not fit the WIT type it is given for."""


class GuestResource(Resource):
    """A resource that a guest defines, as the host holds it. Dropping it runs the guest's destructor."""

    wit = ""

    def __init__(self, pointer: int, instance: Instance) -> None:
        self.pointer = pointer
        self.instance = instance

    def drop(self) -> None:
        pointer, self.pointer = self.pointer, 0
        if not pointer:
            return
        if self.instance.alive:
            error = any_drop(self.instance.context, pointer)
            if error:
                self.instance.poison()
                error_delete(error)
        any_delete(pointer)

    def take(self) -> int:
        """The pointer, for a call that takes ownership."""
        pointer, self.pointer = self.pointer, 0
        return pointer


class Abi:
    """The converters of one component. `host_types[n]` tells whether resource number n is the host's."""

    def __init__(self, host_types: list[bool]) -> None:
        self.host_types = host_types
        self._lifters: dict[Type, Lifter] = {}
        self._lowerers: dict[Type, Lowerer] = {}

    def lifter(self, type_: Type) -> Lifter:
        found = self._lifters.get(type_)
        if found is None:
            found = self._lifters[type_] = self._lifter(type_)
        return found

    def lowerer(self, type_: Type) -> Lowerer:
        found = self._lowerers.get(type_)
        if found is None:
            found = self._lowerers[type_] = self._lowerer(type_)
        return found

    # -- guest to host

    def _lifter(self, type_: Type) -> Lifter:
        kind = type_.kind
        if kind in NUMBERS:
            unpack = struct.Struct("<" + NUMBERS[kind][1]).unpack
            size = struct.calcsize(NUMBERS[kind][1])
            return lambda at, _: unpack(string_at(at + 8, size))[0]
        if kind in ("own", "borrow"):
            return self._lift_handle(type_)
        if kind == "list":
            element = type_.parts[0]
            assert element is not None
            return _lift_bytes if element.kind == "u8" else _lift_list(self.lifter(element))
        parts = [None if part is None else self.lifter(part) for part in type_.parts]
        if _nested(type_):
            return _lift_nested_option(parts[0])
        return _LIFT[kind](type_.names, parts)

    def _lift_handle(self, type_: Type) -> Lifter:
        if not self.host_types[type_.resource]:
            return _lift_guest_resource
        own = type_.kind == "own"

        def lift(at: int, instance: Instance) -> Any:
            out = c_uint64()
            check(any_to_host(instance.context, _unpack1(string_at(at + 8, 8))[0], addressof(out)))
            host = out.value
            number = host_rep(host)
            host_delete(host)
            return instance.table.pop(number) if own else instance.table[number]

        return lift

    # -- host to guest

    def _lowerer(self, type_: Type) -> Lowerer:
        kind = type_.kind
        if kind in NUMBERS:
            number, code = NUMBERS[kind]
            packer = struct.Struct("<B7x" + code)
            pack, size = packer.pack, packer.size

            def lower_number(at: int, value: Any, _: Instance) -> None:
                try:
                    memmove(at, pack(number, value), size)
                except struct.error as problem:
                    raise Misfit(f"{value!r} is not a {kind}: {problem}") from None

            return lower_number
        if kind in ("own", "borrow"):
            return self._lower_handle(type_)
        if kind == "list":
            element = type_.parts[0]
            assert element is not None
            return _lower_bytes if element.kind == "u8" else _lower_list(self.lowerer(element))
        parts = [None if part is None else self.lowerer(part) for part in type_.parts]
        if _nested(type_):
            return _lower_nested_option(parts[0])
        return _LOWER[kind](type_.names, parts)

    def _lower_handle(self, type_: Type) -> Lowerer:
        if not self.host_types[type_.resource]:
            return _lower_owned_guest if type_.kind == "own" else _lower_borrowed_guest
        number = type_.resource
        owned = type_.kind == "own"

        def lower(at: int, value: Any, instance: Instance) -> None:
            if not isinstance(value, Resource):
                raise Misfit(f"{value!r} is not a resource")
            place = instance.put(value)
            if not owned:
                instance.lent.append(place)
            host = host_new(owned, place, number)
            out = c_uint64()
            error = host_to_any(instance.context, host, addressof(out))
            host_delete(host)
            check(error)
            memmove(at, _handle + _pack1(out.value), 16)

        return lower


_handle = _head(RESOURCE)


def _nested(type_: Type) -> bool:
    """An option of an option: Python's None cannot tell the two absences apart, so `Some` stands around."""
    payload = type_.parts[0] if type_.kind == "option" else None
    return payload is not None and payload.kind == "option"


# -- lifting


def _lift_char(names: Any, parts: Any) -> Lifter:
    return lambda at, _: chr(int.from_bytes(string_at(at + 8, 4), "little"))


def _lift_text(names: Any, parts: Any) -> Lifter:
    def lift(at: int, _: Instance) -> str:
        size, start = _unpack2(string_at(at + 8, 16))
        return string_at(start, size).decode() if size else ""

    return lift


def _lift_bytes(at: int, _: Instance) -> bytes:
    size, start = _unpack2(string_at(at + 8, 16))
    return string_at(start, size * VALUE)[8::VALUE] if size else b""


def _lift_list(element: Lifter) -> Lifter:
    def lift(at: int, instance: Instance) -> list[Any]:
        size, start = _unpack2(string_at(at + 8, 16))
        return [element(place, instance) for place in range(start, start + size * VALUE, VALUE)]

    return lift


def _lift_tuple(names: Any, parts: list[Lifter]) -> Lifter:
    places = [(index * VALUE, part) for index, part in enumerate(parts)]

    def lift(at: int, instance: Instance) -> tuple[Any, ...]:
        start = _unpack2(string_at(at + 8, 16))[1]
        return tuple([part(start + offset, instance) for offset, part in places])

    return lift


def _lift_record(names: tuple[str, ...], parts: list[Lifter]) -> Lifter:
    places = [
        (name, index * ENTRY + 16, part) for index, (name, part) in enumerate(zip(names, parts, strict=True))
    ]

    def lift(at: int, instance: Instance) -> dict[str, Any]:
        start = _unpack2(string_at(at + 8, 16))[1]
        return {name: part(start + offset, instance) for name, offset, part in places}

    return lift


def _lift_variant(names: tuple[str, ...], parts: list[Lifter | None]) -> Lifter:
    cases = {name.encode(): (name, part) for name, part in zip(names, parts, strict=True)}

    def lift(at: int, instance: Instance) -> tuple[str, Any]:
        size, start, payload = _unpack3(string_at(at + 8, 24))
        name, part = cases[string_at(start, size)]
        return name, (part(payload, instance) if part is not None else None)

    return lift


def _lift_option(names: Any, parts: list[Lifter]) -> Lifter:
    (part,) = parts

    def lift(at: int, instance: Instance) -> Any:
        payload = _unpack1(string_at(at + 8, 8))[0]
        return part(payload, instance) if payload else None

    return lift


def _lift_nested_option(part: Lifter | None) -> Lifter:
    assert part is not None

    def lift(at: int, instance: Instance) -> Any:
        payload = _unpack1(string_at(at + 8, 8))[0]
        return Some(part(payload, instance)) if payload else None

    return lift


def _lift_result(names: Any, parts: list[Lifter | None]) -> Lifter:
    ok, err = parts

    def lift(at: int, instance: Instance) -> Any:
        good, payload = _unpack2(string_at(at + 8, 16))
        if good & 1:
            return Ok(ok(payload, instance) if ok is not None else None)
        return Err(err(payload, instance) if err is not None else None)

    return lift


def _lift_flags(names: Any, parts: Any) -> Lifter:
    def lift(at: int, _: Instance) -> frozenset[str]:
        size, start = _unpack2(string_at(at + 8, 16))
        found = []
        for place in range(start, start + 16 * size, 16):
            length, text = _unpack2(string_at(place, 16))
            found.append(string_at(text, length).decode())
        return frozenset(found)

    return lift


def _lift_guest_resource(at: int, instance: Instance) -> GuestResource:
    return GuestResource(any_clone(_unpack1(string_at(at + 8, 8))[0]), instance)


_LIFT: dict[str, Callable[[Any, Any], Lifter]] = {
    "char": _lift_char,
    "string": _lift_text,
    "enum": _lift_text,
    "tuple": _lift_tuple,
    "record": _lift_record,
    "variant": _lift_variant,
    "option": _lift_option,
    "result": _lift_result,
    "flags": _lift_flags,
}


# -- lowering


def _lower_char(names: Any, parts: Any) -> Lowerer:
    head = _head(CHAR)

    def lower(at: int, value: str, _: Instance) -> None:
        memmove(at, head + ord(value).to_bytes(4, "little"), 12)

    return lower


def _lower_string(names: Any, parts: Any) -> Lowerer:
    head = _head(STRING)

    def lower(at: int, value: str, _: Instance) -> None:
        text = value.encode()
        memmove(at, head, 8)
        byte_vec_new(at + 8, len(text), text)

    return lower


def _lower_enum(names: tuple[str, ...], parts: Any) -> Lowerer:
    head = _head(ENUM)
    known = {name: name.encode() for name in names}

    def lower(at: int, value: str, _: Instance) -> None:
        text = known.get(value)
        if text is None:
            raise Misfit(f"{value!r} is none of {', '.join(names)}")
        memmove(at, head, 8)
        byte_vec_new(at + 8, len(text), text)

    return lower


# Values of kind u8 (2) to be filled with bytes: strided slices of a bytearray are the fastest way Python has to
# spread bytes over 32-byte cells (2 ns each; a memoryview over the target takes 14).
_PIECE = 2048
_cells = bytearray((b"\2" + bytes(VALUE - 1)) * _PIECE)


def _lower_bytes(at: int, value: Any, _: Instance) -> None:
    size = len(value)
    memmove(at, _list_head, 8)
    list_new(at + 8, size)
    if not size:
        return
    place = _unpack1(string_at(at + 16, 8))[0]
    for start in range(0, size, _PIECE):
        part = value[start : start + _PIECE]
        cells = _cells[: len(part) * VALUE]
        cells[8::VALUE] = part
        memmove(place, (ctypes.c_char * len(cells)).from_buffer(cells), len(cells))
        place += len(cells)


_list_head = _head(LIST)


def _lower_list(element: Lowerer) -> Lowerer:
    def lower(at: int, value: Any, instance: Instance) -> None:
        memmove(at, _list_head, 8)
        list_new(at + 8, len(value))
        if value:
            place = _unpack1(string_at(at + 16, 8))[0]
            for item in value:
                element(place, item, instance)
                place += VALUE

    return lower


def _lower_tuple(names: Any, parts: list[Lowerer]) -> Lowerer:
    head, size = _head(TUPLE), len(parts)

    def lower(at: int, value: Any, instance: Instance) -> None:
        if len(value) != size:
            raise Misfit(f"a tuple of {len(value)} where {size} are expected")
        memmove(at, head, 8)
        tuple_new(at + 8, size)
        place = _unpack1(string_at(at + 16, 8))[0]
        for part, item in zip(parts, value, strict=True):
            part(place, item, instance)
            place += VALUE

    return lower


def _lower_record(names: tuple[str, ...], parts: list[Lowerer]) -> Lowerer:
    head, size = _head(RECORD), len(parts)
    fields = [(name, name.encode(), part) for name, part in zip(names, parts, strict=True)]

    def lower(at: int, value: Any, instance: Instance) -> None:
        memmove(at, head, 8)
        record_new(at + 8, size)
        place = _unpack1(string_at(at + 16, 8))[0] if size else 0
        for name, text, part in fields:
            byte_vec_new(place, len(text), text)
            try:
                part(place + 16, value[name], instance)
            except KeyError:
                raise Misfit(f"the record lacks its field {name}") from None
            place += ENTRY

    return lower


def _box(part: Lowerer, value: Any, instance: Instance) -> int:
    """Lowers to a value of its own in wasmtime's memory and gives its address."""
    space = ctypes.create_string_buffer(VALUE)
    part(addressof(space), value, instance)
    address: int = val_new(addressof(space))
    return address


def _lower_variant(names: tuple[str, ...], parts: list[Lowerer | None]) -> Lowerer:
    head = _head(VARIANT)
    cases = {name: (name.encode(), part) for name, part in zip(names, parts, strict=True)}

    def lower(at: int, value: tuple[str, Any], instance: Instance) -> None:
        name, payload = value
        if name not in cases:
            raise Misfit(f"{name!r} is none of {', '.join(names)}")
        text, part = cases[name]
        box = 0 if part is None else _box(part, payload, instance)
        memmove(at, head, 8)
        byte_vec_new(at + 8, len(text), text)
        memmove(at + 24, _pack1(box), 8)

    return lower


_ABSENT = object()


def _lower_option(names: Any, parts: list[Lowerer], absent: object = None) -> Lowerer:
    head = _head(OPTION)
    (part,) = parts
    none = head + bytes(8)

    def lower(at: int, value: Any, instance: Instance) -> None:
        if value is absent:
            memmove(at, none, 16)
        else:
            memmove(at, head + _pack1(_box(part, value, instance)), 16)

    return lower


def _lower_nested_option(part: Lowerer | None) -> Lowerer:
    assert part is not None
    plain = _lower_option((), [part], _ABSENT)

    def lower(at: int, value: Some | None, instance: Instance) -> None:
        plain(at, value.value if isinstance(value, Some) else _ABSENT, instance)

    return lower


def _lower_result(names: Any, parts: list[Lowerer | None]) -> Lowerer:
    head = _head(RESULT)
    ok, err = parts

    def lower(at: int, value: Any, instance: Instance) -> None:
        good = type(value) is Ok
        if not good and type(value) is not Err:
            raise Misfit(f"{value!r} is neither Ok nor Err")
        part = ok if good else err
        box = 0 if part is None else _box(part, value.value, instance)
        memmove(at, head + _pack2(good, box), 24)

    return lower


def _lower_flags(names: tuple[str, ...], parts: Any) -> Lowerer:
    head = _head(FLAGS)
    known = {name: name.encode() for name in names}

    def lower(at: int, value: Any, _: Instance) -> None:
        texts = [known[name] for name in value]
        memmove(at, head, 8)
        flags_new(at + 8, len(texts))
        place = _unpack1(string_at(at + 16, 8))[0] if texts else 0
        for text in texts:
            byte_vec_new(place, len(text), text)
            place += 16

    return lower


def _lower_owned_guest(at: int, value: GuestResource, _: Instance) -> None:
    memmove(at, _handle + _pack1(value.take()), 16)


def _lower_borrowed_guest(at: int, value: GuestResource, _: Instance) -> None:
    memmove(at, _handle + _pack1(any_clone(value.pointer)), 16)


_LOWER: dict[str, Callable[[Any, Any], Lowerer]] = {
    "char": _lower_char,
    "string": _lower_string,
    "enum": _lower_enum,
    "tuple": _lower_tuple,
    "record": _lower_record,
    "variant": _lower_variant,
    "option": _lower_option,
    "result": _lower_result,
    "flags": _lower_flags,
}
