"""The sections of a binary and of all that is nested in it, without looking into them."""

from __future__ import annotations

from engine.component.cursor import Cursor
from engine.component.errors import ComponentError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.component.cursor import Binary

MAGIC = b"\0asm"
MODULE = b"\x01\0\0\0"
COMPONENT = b"\x0d\0\x01\0"

CUSTOM, CORE_MODULE, CORE_TYPE, COMPONENT_SECTION, INSTANCE = 0, 1, 3, 4, 5
ALIAS, TYPE, CANON, IMPORT, EXPORT = 6, 7, 8, 10, 11

# More than any tool nests, and less than what a stack can hold.
DEEPEST = 100
# A file of nothing but empty sections must not become a list larger than the file by orders of magnitude.
MOST_SECTIONS = 200_000


class Section:
    """A section: `id` as in the specification, and where its contents begin and end. `name` is a custom section's."""

    __slots__ = ("depth", "end", "id", "name", "start")

    def __init__(self, id: int, start: int, end: int, depth: int, name: str | None = None) -> None:
        self.id = id
        self.start = start
        self.end = end
        self.depth = depth
        self.name = name

    @property
    def size(self) -> int:
        return self.end - self.start


def layer(data: Binary) -> str:
    """`component`, `module`, or a :class:`ComponentError` where the bytes are neither."""
    head = bytes(data[:8])
    if head == MAGIC + COMPONENT:
        return "component"
    if head == MAGIC + MODULE:
        return "module"
    if head[:4] == MAGIC:
        raise ComponentError(f"this version of WebAssembly is not known: {head[4:].hex(' ')}", 4)
    raise ComponentError("this is not WebAssembly: it does not begin with `\\0asm`", 0)


def sections(data: Binary, start: int = 0, end: int | None = None, *, nested: bool = True) -> list[Section]:
    """All sections in order; those of nested components (not modules) follow the section that holds them."""
    found: list[Section] = []
    stack = [Cursor(data, start + 8, end)]
    while stack:
        cursor = stack[-1]
        if cursor.at >= cursor.end:
            stack.pop()
            continue
        id = cursor.byte()
        size = cursor.u32()
        if size > cursor.end - cursor.at:
            raise cursor.fail("a section is longer than what holds it")
        section = Section(id, cursor.at, cursor.at + size, len(stack) - 1)
        found.append(section)
        if len(found) > MOST_SECTIONS:
            raise cursor.fail(f"more than {MOST_SECTIONS} sections")
        cursor.at += size
        if id == CUSTOM:
            section.name = Cursor(data, section.start, section.end).name()
        elif id == COMPONENT_SECTION and nested:
            if bytes(data[section.start : section.start + 8]) != MAGIC + COMPONENT:
                raise ComponentError("a nested component has no header of one", section.start)
            if len(stack) >= DEEPEST:
                raise ComponentError("components are nested too deep", section.start)
            stack.append(Cursor(data, section.start + 8, section.end))
    return found
