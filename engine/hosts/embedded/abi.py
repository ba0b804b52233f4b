"""Values across the boundary: converters compiled once per type, straight over wasmtime's value memory.

A *lifter* `(address, instance) -> value` reads what a guest gave, a *lowerer* `(address, value, instance)` writes
what a guest gets; the Python side of each type is told in `values.py`. wasmtime's public Python layer does the same
ten times slower, and its global state is not safe under threads.

A value is 32 bytes: its kind at 0, its payload at 8 (component/val.h of wasmtime's C API).
"""

from __future__ import annotations

import struct
from ctypes import addressof, c_uint64, memmove, string_at
from typing import TYPE_CHECKING, Any

from engine.hosts.embedded.layout import (
    NUMBERS,
    RESOURCE,
    Lifter,
    Lowerer,
    Misfit,
    head,
    pack1,
    unpack1,
)
from engine.hosts.embedded.lifting import LIFT, lift_bytes, lift_list, lift_nested_option
from engine.hosts.embedded.lowering import LOWER, lower_bytes, lower_list, lower_nested_option
from engine.hosts.embedded.native import (
    any_clone,
    any_delete,
    any_drop,
    any_to_host,
    check,
    error_delete,
    host_delete,
    host_new,
    host_rep,
    host_to_any,
)
from engine.hosts.embedded.signature import Type
from engine.hosts.embedded.values import Resource

if TYPE_CHECKING:
    from engine.hosts.embedded.instance import Instance


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
            return lift_bytes if element.kind == "u8" else lift_list(self.lifter(element))
        parts = [None if part is None else self.lifter(part) for part in type_.parts]
        if _nested(type_):
            return lift_nested_option(parts[0])
        return LIFT[kind](type_.names, parts)

    def _lift_handle(self, type_: Type) -> Lifter:
        if not self.host_types[type_.resource]:
            return _lift_guest_resource
        own = type_.kind == "own"

        def lift(at: int, instance: Instance) -> Any:
            out = c_uint64()
            check(any_to_host(instance.context, unpack1(string_at(at + 8, 8))[0], addressof(out)))
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
            return lower_bytes if element.kind == "u8" else lower_list(self.lowerer(element))
        parts = [None if part is None else self.lowerer(part) for part in type_.parts]
        if _nested(type_):
            return lower_nested_option(parts[0])
        return LOWER[kind](type_.names, parts)

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
            memmove(at, _handle + pack1(out.value), 16)

        return lower


_handle = head(RESOURCE)


def _nested(type_: Type) -> bool:
    """An option of an option: Python's None cannot tell the two absences apart, so `Some` stands around."""
    payload = type_.parts[0] if type_.kind == "option" else None
    return payload is not None and payload.kind == "option"


def _lift_guest_resource(at: int, instance: Instance) -> GuestResource:
    return GuestResource(any_clone(unpack1(string_at(at + 8, 8))[0]), instance)


def _lower_owned_guest(at: int, value: GuestResource, _: Instance) -> None:
    memmove(at, _handle + pack1(value.take()), 16)


def _lower_borrowed_guest(at: int, value: GuestResource, _: Instance) -> None:
    memmove(at, _handle + pack1(any_clone(value.pointer)), 16)
