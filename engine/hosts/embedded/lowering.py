"""To a guest: lowerers `(address, value, instance)` for all types but handles, which `abi.py` has."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import addressof, memmove, string_at
from typing import TYPE_CHECKING, Any

from engine.hosts.embedded.layout import (
    CHAR,
    ENUM,
    FLAGS,
    LIST,
    OPTION,
    RECORD,
    RESULT,
    STRING,
    TUPLE,
    VARIANT,
    Lowerer,
    Misfit,
    head,
    pack1,
    pack2,
    unpack1,
)
from engine.hosts.embedded.native import (
    ENTRY,
    VALUE,
    byte_vec_new,
    flags_new,
    list_new,
    record_new,
    tuple_new,
    val_new,
)
from engine.hosts.embedded.values import Err, Ok, Some

if TYPE_CHECKING:
    from engine.hosts.embedded.instance import Instance


def _lower_char(names: Any, parts: Any) -> Lowerer:
    kind = head(CHAR)

    def lower(at: int, value: str, _: Instance) -> None:
        memmove(at, kind + ord(value).to_bytes(4, "little"), 12)

    return lower


def _lower_string(names: Any, parts: Any) -> Lowerer:
    kind = head(STRING)

    def lower(at: int, value: str, _: Instance) -> None:
        text = value.encode()
        memmove(at, kind, 8)
        byte_vec_new(at + 8, len(text), text)

    return lower


def _lower_enum(names: tuple[str, ...], parts: Any) -> Lowerer:
    kind = head(ENUM)
    known = {name: name.encode() for name in names}

    def lower(at: int, value: str, _: Instance) -> None:
        text = known.get(value)
        if text is None:
            raise Misfit(f"{value!r} is none of {', '.join(names)}")
        memmove(at, kind, 8)
        byte_vec_new(at + 8, len(text), text)

    return lower


# Values of kind u8 (2) to be filled with bytes: strided slices of a bytearray are the fastest way Python has to
# spread bytes over 32-byte cells (2 ns each; a memoryview over the target takes 14).
_PIECE = 2048
_cells = bytearray((b"\2" + bytes(VALUE - 1)) * _PIECE)


def lower_bytes(at: int, value: Any, _: Instance) -> None:
    size = len(value)
    memmove(at, _list_bytes, 8)
    list_new(at + 8, size)
    if not size:
        return
    place = unpack1(string_at(at + 16, 8))[0]
    for start in range(0, size, _PIECE):
        part = value[start : start + _PIECE]
        cells = _cells[: len(part) * VALUE]
        cells[8::VALUE] = part
        memmove(place, (ctypes.c_char * len(cells)).from_buffer(cells), len(cells))
        place += len(cells)


_list_bytes = head(LIST)


def lower_list(element: Lowerer) -> Lowerer:
    def lower(at: int, value: Any, instance: Instance) -> None:
        memmove(at, _list_bytes, 8)
        list_new(at + 8, len(value))
        if value:
            place = unpack1(string_at(at + 16, 8))[0]
            for item in value:
                element(place, item, instance)
                place += VALUE

    return lower


def _lower_tuple(names: Any, parts: list[Lowerer]) -> Lowerer:
    kind, size = head(TUPLE), len(parts)

    def lower(at: int, value: Any, instance: Instance) -> None:
        if len(value) != size:
            raise Misfit(f"a tuple of {len(value)} where {size} are expected")
        memmove(at, kind, 8)
        tuple_new(at + 8, size)
        place = unpack1(string_at(at + 16, 8))[0]
        for part, item in zip(parts, value, strict=True):
            part(place, item, instance)
            place += VALUE

    return lower


def _lower_record(names: tuple[str, ...], parts: list[Lowerer]) -> Lowerer:
    kind, size = head(RECORD), len(parts)
    fields = [(name, name.encode(), part) for name, part in zip(names, parts, strict=True)]

    def lower(at: int, value: Any, instance: Instance) -> None:
        memmove(at, kind, 8)
        record_new(at + 8, size)
        place = unpack1(string_at(at + 16, 8))[0] if size else 0
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
    kind = head(VARIANT)
    cases = {name: (name.encode(), part) for name, part in zip(names, parts, strict=True)}

    def lower(at: int, value: tuple[str, Any], instance: Instance) -> None:
        name, payload = value
        if name not in cases:
            raise Misfit(f"{name!r} is none of {', '.join(names)}")
        text, part = cases[name]
        box = 0 if part is None else _box(part, payload, instance)
        memmove(at, kind, 8)
        byte_vec_new(at + 8, len(text), text)
        memmove(at + 24, pack1(box), 8)

    return lower


_ABSENT = object()


def _lower_option(names: Any, parts: list[Lowerer], absent: object = None) -> Lowerer:
    kind = head(OPTION)
    (part,) = parts
    none = kind + bytes(8)

    def lower(at: int, value: Any, instance: Instance) -> None:
        if value is absent:
            memmove(at, none, 16)
        else:
            memmove(at, kind + pack1(_box(part, value, instance)), 16)

    return lower


def lower_nested_option(part: Lowerer | None) -> Lowerer:
    assert part is not None
    plain = _lower_option((), [part], _ABSENT)

    def lower(at: int, value: Some | None, instance: Instance) -> None:
        plain(at, value.value if isinstance(value, Some) else _ABSENT, instance)

    return lower


def _lower_result(names: Any, parts: list[Lowerer | None]) -> Lowerer:
    kind = head(RESULT)
    ok, err = parts

    def lower(at: int, value: Any, instance: Instance) -> None:
        good = type(value) is Ok
        if not good and type(value) is not Err:
            raise Misfit(f"{value!r} is neither Ok nor Err")
        part = ok if good else err
        box = 0 if part is None else _box(part, value.value, instance)
        memmove(at, kind + pack2(good, box), 24)

    return lower


def _lower_flags(names: tuple[str, ...], parts: Any) -> Lowerer:
    kind = head(FLAGS)
    known = {name: name.encode() for name in names}

    def lower(at: int, value: Any, _: Instance) -> None:
        texts = [known[name] for name in value]
        memmove(at, kind, 8)
        flags_new(at + 8, len(texts))
        place = unpack1(string_at(at + 16, 8))[0] if texts else 0
        for text in texts:
            byte_vec_new(place, len(text), text)
            place += 16

    return lower


LOWER: dict[str, Callable[[Any, Any], Lowerer]] = {
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
