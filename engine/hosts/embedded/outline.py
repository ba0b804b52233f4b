"""Takes the core modules out of a component, so that those it shares with others are compiled once.

componentize-py's components hold libpython, libc and their like, byte for byte the same in every build; only a small
part is the app's. Each core module section is replaced by an import of a module of the same type, named after its
content: index spaces stay as they were, and the modules are given back by the linker. Formats: component-model
Binary.md and the core specification, 5.4 and 5.5.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

CORE_MODULE, CORE_TYPE, IMPORT = 1, 3, 10
CODE = 10
# Below this a module costs less to compile than to look for.
SHARED = 256 * 1024


class CannotOutline(Exception):
    """The component is laid out in a way that this does not handle; it is compiled whole."""


@dataclass(frozen=True)
class Outlined:
    """The component without its modules, and the modules by the names it imports them under."""

    component: bytes
    modules: dict[str, bytes]


def _leb(data: bytes, at: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return result, at


def _encode(number: int) -> bytes:
    out = bytearray()
    while True:
        byte = number & 0x7F
        number >>= 7
        out.append(byte | (0x80 if number else 0))
        if not number:
            return bytes(out)


def _sections(data: bytes, at: int = 8) -> Iterator[tuple[int, int, int, int]]:
    """Id, start, payload's start and end of each section."""
    while at < len(data):
        start = at
        number = data[at]
        size, payload = _leb(data, at + 1)
        at = payload + size
        if at > len(data):
            raise IndexError(at)
        yield number, start, payload, at


def shares(data: bytes) -> bool:
    """Whether outlining is worth while: several large modules, of which some are likely others' too."""
    try:
        sizes = [end - payload for number, _, payload, end in _sections(data) if number == CORE_MODULE]
    except IndexError:
        return False
    return sum(size >= SHARED for size in sizes) >= 2


def code_size(module: bytes) -> int:
    """Bytes of machine code's source: what compiling a module costs goes with it, not with its data."""
    return sum(end - payload for number, _, payload, end in _sections(module) if number == CODE)


def outline(data: bytes) -> Outlined:
    """Raises :class:`CannotOutline`."""
    out = [data[:8]]
    modules: dict[str, bytes] = {}
    types = 0
    try:
        for number, start, payload, end in _sections(data):
            if number == CORE_TYPE:
                raise CannotOutline("it has core types of its own")
            if number != CORE_MODULE:
                out.append(data[start:end])
                continue
            module = data[payload:end]
            name = _name(module)
            modules[name] = module
            body = b"\x01" + _module_type(module)
            out.append(bytes((CORE_TYPE,)) + _encode(len(body)) + body)
            text = name.encode()
            body = b"\x01\x00" + _encode(len(text)) + text + b"\x00\x11" + _encode(types)
            out.append(bytes((IMPORT,)) + _encode(len(body)) + body)
            types += 1
    except IndexError:
        raise CannotOutline("it ends within a section") from None
    return Outlined(b"".join(out), modules)


def _name(module: bytes) -> str:
    """A name that a component may import, made of the module's hash: words of a kebab name begin with a letter."""
    digest = hashlib.blake2b(module, digest_size=16).hexdigest()
    return "m-" + "-".join(f"x{digest[at : at + 8]}" for at in range(0, 32, 8))


class _Types:
    """What a module's type says of it: types, imports, exports, and what the index spaces hold."""

    def __init__(self, module: bytes) -> None:
        self.module = module
        self.types: list[bytes] = []
        self.imports: list[bytes] = []
        self.exports: list[bytes] = []
        self.functions: list[int] = []
        self.tables: list[bytes] = []
        self.memories: list[bytes] = []
        self.globals: list[bytes] = []

    def read(self) -> None:
        readers = {
            1: self.type,
            2: self.import_,
            3: self.function,
            4: self.table,
            5: self.memory,
            6: self.global_,
            7: self.export,
        }
        for number, _, payload, _ in _sections(self.module):
            if number in readers:
                count, at = _leb(self.module, payload)
                for _ in range(count):
                    at = readers[number](at)

    def value_type(self, at: int) -> int:
        return _leb(self.module, at + 1)[1] if self.module[at] in (0x63, 0x64) else at + 1

    def limits(self, at: int) -> int:
        flags = self.module[at]
        at = _leb(self.module, at + 1)[1]
        return _leb(self.module, at)[1] if flags & 1 else at

    def text(self, at: int) -> int:
        size, at = _leb(self.module, at)
        return at + size

    def type(self, at: int) -> int:
        start = at
        if self.module[at] != 0x60:
            raise CannotOutline("it has types that are not functions")
        at += 1
        for _ in range(2):
            count, at = _leb(self.module, at)
            for _ in range(count):
                at = self.value_type(at)
        self.types.append(self.module[start:at])
        return at

    def import_(self, at: int) -> int:
        start = at
        at = self.text(self.text(at))
        kind, description = self.module[at], at
        at += 1
        if kind == 0:
            index, at = _leb(self.module, at)
            self.functions.append(index)
        elif kind == 1:
            at = self.limits(self.value_type(at))
            self.tables.append(self.module[description + 1 : at])
        elif kind == 2:
            at = self.limits(at)
            self.memories.append(self.module[description + 1 : at])
        elif kind == 3:
            at = self.value_type(at) + 1
            self.globals.append(self.module[description + 1 : at])
        else:
            raise CannotOutline("it imports what is neither function, table, memory nor global")
        self.imports.append(self.module[start:at])
        return at

    def function(self, at: int) -> int:
        index, at = _leb(self.module, at)
        self.functions.append(index)
        return at

    def table(self, at: int) -> int:
        end = self.limits(self.value_type(at))
        self.tables.append(self.module[at:end])
        return end

    def memory(self, at: int) -> int:
        end = self.limits(at)
        self.memories.append(self.module[at:end])
        return end

    def global_(self, at: int) -> int:
        end = self.value_type(at) + 1
        self.globals.append(self.module[at:end])
        return self.constant(end)

    def constant(self, at: int) -> int:
        """The end of a constant expression."""
        while True:
            operation = self.module[at]
            at += 1
            if operation == 0x0B:
                return at
            if operation in (0x41, 0x42, 0x23, 0xD2, 0xD0):
                at = _leb(self.module, at)[1]
            elif operation == 0x43:
                at += 4
            elif operation == 0x44:
                at += 8
            elif operation not in (0x6A, 0x6B, 0x6C, 0x7C, 0x7D, 0x7E):
                raise CannotOutline(f"a constant expression has the instruction {operation:#x}")

    def export(self, at: int) -> int:
        end = self.text(at)
        kind = self.module[end]
        index, after = _leb(self.module, end + 1)
        if kind > 3:
            raise CannotOutline("it exports what is neither function, table, memory nor global")
        described = (
            _encode(self.functions[index])
            if kind == 0
            else (self.tables, self.memories, self.globals)[kind - 1][index]
        )
        self.exports.append(self.module[at:end] + bytes((kind,)) + described)
        return after


def _module_type(module: bytes) -> bytes:
    """The module's type as a core:moduletype."""
    types = _Types(module)
    types.read()
    declarations = [b"\x01" + one for one in types.types]
    declarations += [b"\x00" + one for one in types.imports]
    declarations += [b"\x03" + one for one in types.exports]
    return b"\x50" + _encode(len(declarations)) + b"".join(declarations)
