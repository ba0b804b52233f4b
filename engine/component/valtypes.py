"""Types of values and functions, as the binary spells them (`Binary.md`, "Type Definitions")."""

from __future__ import annotations

from engine.component.cursor import Cursor
from engine.component.extern import PRIMITIVE_CODES
from engine.component.model import (
    Alias,
    Borrow,
    Case,
    Enum,
    Field,
    FixedList,
    Flags,
    Future,
    List,
    Map,
    Option,
    Own,
    Record,
    Resource,
    Result,
    Stream,
    Tuple,
    TypeDef,
    Variant,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from engine.component.model import Kind, Type

    Entry = TypeVar("Entry")


class FuncType:
    """A function's type: parameters by name, result, whether it is async."""

    __slots__ = ("is_async", "params", "result")

    def __init__(self, params: tuple[Field, ...], result: Type | None, is_async: bool) -> None:
        self.params = params
        self.result = result
        self.is_async = is_async


class TypeReader:
    """Reads types that refer to those read before, by index into `types`."""

    types: Sequence[object]

    def type_of(self, code: int, cursor: Cursor) -> TypeDef | FuncType:
        """The type that begins with `code`, which is read already."""
        if code in (0x40, 0x43):
            return self.func_type(cursor, code == 0x43)
        if code in (0x3E, 0x3F):
            cursor.byte()
            if code == 0x3E:
                cursor.u32()
            if cursor.byte():
                cursor.u32()
            return TypeDef(None, Resource())
        primitive = PRIMITIVE_CODES.get(code)
        if primitive is not None:
            return TypeDef(None, Alias(primitive))
        read = _DEFINED.get(code)
        if read is None:
            raise cursor.fail(f"a type of unknown kind {code:#x}")
        return TypeDef(None, read(self, cursor))

    def func_type(self, cursor: Cursor, is_async: bool) -> FuncType:
        params = tuple(self.labelled(cursor))
        code = cursor.byte()
        if code == 0x00:
            return FuncType(params, self.valtype(cursor), is_async)
        # Named results are of the time before they were given up; more than one cannot be said in WIT any more.
        results = self.labelled(cursor)
        if results:
            raise cursor.fail("a function has named results")
        return FuncType(params, None, is_async)

    def labelled(self, cursor: Cursor) -> list[Field]:
        out = []
        for _ in range(cursor.count()):
            name = cursor.name()
            out.append(Field(name, self.valtype(cursor)))
        return out

    def valtype(self, cursor: Cursor) -> Type:
        index = cursor.s33()
        if index < 0:
            primitive = PRIMITIVE_CODES.get(index & 0x7F) if index >= -64 else None
            if primitive is None:
                raise cursor.fail("a primitive type that is not known")
            return primitive
        typedef = self.value_type_at(index, cursor)
        kind = typedef.kind
        if typedef.name is None and isinstance(kind, Alias):
            return kind.type
        return typedef

    def value_type_at(self, index: int, cursor: Cursor) -> TypeDef:
        found = self.at(self.types, index, cursor)
        if not isinstance(found, TypeDef):
            raise cursor.fail(f"type {index} is not a type of values")
        return found

    def at(self, space: Sequence[Entry], index: int, cursor: Cursor) -> Entry:
        if index >= len(space):
            raise cursor.fail(f"there is no definition {index}")
        return space[index]

    def maybe(self, cursor: Cursor) -> Type | None:
        return self.valtype(cursor) if cursor.byte() else None

    def variant(self, cursor: Cursor) -> Kind:
        cases = []
        for _ in range(cursor.count()):
            name = cursor.name()
            type = self.maybe(cursor)
            if cursor.byte():
                cursor.u32()
            cases.append(Case(name, type))
        return Variant(tuple(cases))

    def labels(self, cursor: Cursor) -> tuple[Case, ...]:
        return tuple([Case(cursor.name()) for _ in range(cursor.count())])

    def tuple_type(self, cursor: Cursor) -> Kind:
        return Tuple(tuple([self.valtype(cursor) for _ in range(cursor.count())]))

    def result(self, cursor: Cursor) -> Kind:
        ok = self.maybe(cursor)
        return Result(ok, self.maybe(cursor))

    def map_type(self, cursor: Cursor) -> Kind:
        key = self.valtype(cursor)
        return Map(key, self.valtype(cursor))

    def fixed(self, cursor: Cursor) -> Kind:
        item = self.valtype(cursor)
        return FixedList(item, cursor.u32())


_DEFINED: dict[int, Callable[[TypeReader, Cursor], Kind]] = {
    0x72: lambda types, cursor: Record(tuple(types.labelled(cursor))),
    0x71: TypeReader.variant,
    0x70: lambda types, cursor: List(types.valtype(cursor)),
    0x6F: TypeReader.tuple_type,
    0x6E: lambda types, cursor: Flags(types.labels(cursor)),
    0x6D: lambda types, cursor: Enum(types.labels(cursor)),
    0x6B: lambda types, cursor: Option(types.valtype(cursor)),
    0x6A: TypeReader.result,
    0x69: lambda types, cursor: Own(types.value_type_at(cursor.u32(), cursor)),
    0x68: lambda types, cursor: Borrow(types.value_type_at(cursor.u32(), cursor)),
    0x67: TypeReader.fixed,
    0x66: lambda types, cursor: Stream(types.maybe(cursor)),
    0x65: lambda types, cursor: Future(types.maybe(cursor)),
    0x63: TypeReader.map_type,
}
