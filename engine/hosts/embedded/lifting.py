"""From a guest: lifters `(address, instance) -> value` for all types but handles, which `abi.py` has."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import string_at
from typing import TYPE_CHECKING, Any

from engine.hosts.embedded.layout import (
    Lifter,
    unpack1,
    unpack2,
    unpack3,
)
from engine.hosts.embedded.native import (
    ENTRY,
    VALUE,
)
from engine.hosts.embedded.values import Err, Ok, Some

if TYPE_CHECKING:
    from engine.hosts.embedded.instance import Instance


def _lift_char(names: Any, parts: Any) -> Lifter:
    return lambda at, _: chr(int.from_bytes(string_at(at + 8, 4), "little"))


def _lift_text(names: Any, parts: Any) -> Lifter:
    def lift(at: int, _: Instance) -> str:
        size, start = unpack2(string_at(at + 8, 16))
        return string_at(start, size).decode() if size else ""

    return lift


def lift_bytes(at: int, _: Instance) -> bytes:
    size, start = unpack2(string_at(at + 8, 16))
    return string_at(start, size * VALUE)[8::VALUE] if size else b""


def lift_list(element: Lifter) -> Lifter:
    def lift(at: int, instance: Instance) -> list[Any]:
        size, start = unpack2(string_at(at + 8, 16))
        return [element(place, instance) for place in range(start, start + size * VALUE, VALUE)]

    return lift


def _lift_tuple(names: Any, parts: list[Lifter]) -> Lifter:
    places = [(index * VALUE, part) for index, part in enumerate(parts)]

    def lift(at: int, instance: Instance) -> tuple[Any, ...]:
        start = unpack2(string_at(at + 8, 16))[1]
        return tuple([part(start + offset, instance) for offset, part in places])

    return lift


def _lift_record(names: tuple[str, ...], parts: list[Lifter]) -> Lifter:
    places = [
        (name, index * ENTRY + 16, part) for index, (name, part) in enumerate(zip(names, parts, strict=True))
    ]

    def lift(at: int, instance: Instance) -> dict[str, Any]:
        start = unpack2(string_at(at + 8, 16))[1]
        return {name: part(start + offset, instance) for name, offset, part in places}

    return lift


def _lift_variant(names: tuple[str, ...], parts: list[Lifter | None]) -> Lifter:
    cases = {name.encode(): (name, part) for name, part in zip(names, parts, strict=True)}

    def lift(at: int, instance: Instance) -> tuple[str, Any]:
        size, start, payload = unpack3(string_at(at + 8, 24))
        name, part = cases[string_at(start, size)]
        return name, (part(payload, instance) if part is not None else None)

    return lift


def _lift_option(names: Any, parts: list[Lifter]) -> Lifter:
    (part,) = parts

    def lift(at: int, instance: Instance) -> Any:
        payload = unpack1(string_at(at + 8, 8))[0]
        return part(payload, instance) if payload else None

    return lift


def lift_nested_option(part: Lifter | None) -> Lifter:
    assert part is not None

    def lift(at: int, instance: Instance) -> Any:
        payload = unpack1(string_at(at + 8, 8))[0]
        return Some(part(payload, instance)) if payload else None

    return lift


def _lift_result(names: Any, parts: list[Lifter | None]) -> Lifter:
    ok, err = parts

    def lift(at: int, instance: Instance) -> Any:
        good, payload = unpack2(string_at(at + 8, 16))
        if good & 1:
            return Ok(ok(payload, instance) if ok is not None else None)
        return Err(err(payload, instance) if err is not None else None)

    return lift


def _lift_flags(names: Any, parts: Any) -> Lifter:
    def lift(at: int, _: Instance) -> frozenset[str]:
        size, start = unpack2(string_at(at + 8, 16))
        found = []
        for place in range(start, start + 16 * size, 16):
            length, text = unpack2(string_at(place, 16))
            found.append(string_at(text, length).decode())
        return frozenset(found)

    return lift


LIFT: dict[str, Callable[[Any, Any], Lifter]] = {
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
