"""How wasmtime lays out a value in memory: 32 bytes, its kind at 0, its payload at 8 (component/val.h of the C API)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

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

one = struct.Struct("<Q")
_two = struct.Struct("<QQ")
_three = struct.Struct("<QQQ")
unpack1, unpack2, unpack3 = one.unpack, _two.unpack, _three.unpack
pack1, pack2 = one.pack, _two.pack


def head(kind: int) -> bytes:
    """The first eight bytes of a value."""
    return bytes((kind, 0, 0, 0, 0, 0, 0, 0))


class Misfit(TypeError):
    """A Python value that does not fit the WIT type it is given for."""
