"""Reading bytes one after another, never past an end (core specification, "Binary Format": values)."""

from __future__ import annotations

from engine.component.errors import ComponentError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import mmap
    from typing import TypeAlias

    Binary: TypeAlias = bytes | bytearray | mmap.mmap


class Cursor:
    """A position in `data`, which goes up to `end`."""

    __slots__ = ("at", "data", "end")

    def __init__(self, data: Binary, at: int = 0, end: int | None = None) -> None:
        self.data = data
        self.at = at
        self.end = len(data) if end is None else end

    def fail(self, message: str) -> ComponentError:
        return ComponentError(message, self.at)

    def byte(self) -> int:
        if self.at >= self.end:
            raise self.fail("unexpected end of the binary")
        value = self.data[self.at]
        self.at += 1
        return value

    def u32(self) -> int:
        """An unsigned LEB128 number of 32 bits."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 28:
                raise self.fail("a number is too long")
        if value >= 2**32:
            raise self.fail("a number is too large")
        return value

    def s33(self) -> int:
        """A signed LEB128 number of 33 bits: an index, or a primitive type below zero."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
            if shift > 28:
                raise self.fail("a number is too long")
        return value - (1 << shift) if byte & 0x40 else value

    def count(self) -> int:
        """The length of a list. Each item takes a byte at least, so a larger one than bytes are left is a lie."""
        value = self.u32()
        if value > self.end - self.at:
            raise self.fail("a list is longer than what holds it")
        return value

    def name(self) -> str:
        length = self.u32()
        stop = self.at + length
        if stop > self.end:
            raise self.fail("a name is longer than what holds it")
        raw = bytes(self.data[self.at : stop])
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            raise self.fail("a name is not UTF-8") from None
        self.at = stop
        return text
