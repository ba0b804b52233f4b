"""What a type is made of: one small class for each way, with its parts in order."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.component.model import Span, Type

PRIMITIVES = frozenset(
    [
        "bool",
        "u8",
        "u16",
        "u32",
        "u64",
        "s8",
        "s16",
        "s32",
        "s64",
        "f32",
        "f64",
        "char",
        "string",
        "error-context",
    ],
)


class Kind:
    """What a type is made of. `types()` gives its parts in order, `mapped(f)` a copy with each part through `f`."""

    __slots__ = ()

    def types(self) -> tuple[Type, ...]:
        return ()

    def mapped(self, change: Callable[[Type], Type]) -> Kind:
        return self


class Resource(Kind):
    __slots__ = ()


class Unknown(Kind):
    """A type of another package that is not read yet; never seen in a finished `Resolve`."""

    __slots__ = ()


class _One(Kind):
    """A kind around exactly one type."""

    __slots__ = ("type",)
    __match_args__ = ("type",)

    def __init__(self, type: Type) -> None:
        self.type = type

    def types(self) -> tuple[Type, ...]:
        return (self.type,)

    def mapped(self, change: Callable[[Type], Type]) -> Kind:
        return type(self)(change(self.type))


class Alias(_One):
    """`type a = b`, and every name brought in by `use`."""

    __slots__ = ()


class List(_One):
    __slots__ = ()


class Option(_One):
    __slots__ = ()


class Own(_One):
    """`own<r>`; its type is the resource, or an alias of it."""

    __slots__ = ()


class Borrow(_One):
    """`borrow<r>`; its type is the resource, or an alias of it."""

    __slots__ = ()


class FixedList(Kind):
    """`list<t, size>`."""

    __slots__ = ("size", "type")
    __match_args__ = ("type", "size")

    def __init__(self, type: Type, size: int) -> None:
        self.type = type
        self.size = size

    def types(self) -> tuple[Type, ...]:
        return (self.type,)

    def mapped(self, change: Callable[[Type], Type]) -> Kind:
        return FixedList(change(self.type), self.size)


class Map(Kind):
    __slots__ = ("key", "value")
    __match_args__ = ("key", "value")

    def __init__(self, key: Type, value: Type) -> None:
        self.key = key
        self.value = value

    def types(self) -> tuple[Type, ...]:
        return (self.key, self.value)

    def mapped(self, change: Callable[[Type], Type]) -> Kind:
        return Map(change(self.key), change(self.value))


class _Maybe(Kind):
    """A kind around one type or none."""

    __slots__ = ("type",)
    __match_args__ = ("type",)

    def __init__(self, type: Type | None) -> None:
        self.type = type

    def types(self) -> tuple[Type, ...]:
        return () if self.type is None else (self.type,)

    def mapped(self, change: Callable[[Type], Type]) -> Kind:
        return self if self.type is None else type(self)(change(self.type))


class Future(_Maybe):
    __slots__ = ()


class Stream(_Maybe):
    __slots__ = ()


class Result(Kind):
    __slots__ = ("err", "ok")
    __match_args__ = ("ok", "err")

    def __init__(self, ok: Type | None, err: Type | None) -> None:
        self.ok = ok
        self.err = err

    def types(self) -> tuple[Type, ...]:
        return tuple(part for part in (self.ok, self.err) if part is not None)

    def mapped(self, change: Callable[[Type], Type]) -> Kind:
        ok = None if self.ok is None else change(self.ok)
        return Result(ok, None if self.err is None else change(self.err))


class Tuple(Kind):
    __slots__ = ("items",)
    __match_args__ = ("items",)

    def __init__(self, items: tuple[Type, ...]) -> None:
        self.items = items

    def types(self) -> tuple[Type, ...]:
        return self.items

    def mapped(self, change: Callable[[Type], Type]) -> Kind:
        return Tuple(tuple([change(item) for item in self.items]))


class Field:
    """A field of a record, or a parameter of a function."""

    __slots__ = ("docs", "name", "span", "type")
    __match_args__ = ("name", "type")

    def __init__(self, name: str, type: Type, docs: str | None = None, span: Span | None = None) -> None:
        self.name = name
        self.type = type
        self.docs = docs
        self.span = span


class Record(Kind):
    __slots__ = ("fields",)
    __match_args__ = ("fields",)

    def __init__(self, fields: tuple[Field, ...]) -> None:
        self.fields = fields

    def types(self) -> tuple[Type, ...]:
        return tuple([field.type for field in self.fields])

    def mapped(self, change: Callable[[Type], Type]) -> Kind:
        return Record(tuple([Field(f.name, change(f.type), f.docs, f.span) for f in self.fields]))


class Case:
    """A case of a variant or an enum, or a flag; only a variant's can carry a type."""

    __slots__ = ("docs", "name", "type")
    __match_args__ = ("name", "type")

    def __init__(self, name: str, type: Type | None = None, docs: str | None = None) -> None:
        self.name = name
        self.type = type
        self.docs = docs


class Variant(Kind):
    __slots__ = ("cases",)
    __match_args__ = ("cases",)

    def __init__(self, cases: tuple[Case, ...]) -> None:
        self.cases = cases

    def types(self) -> tuple[Type, ...]:
        return tuple([case.type for case in self.cases if case.type is not None])

    def mapped(self, change: Callable[[Type], Type]) -> Kind:
        return Variant(
            tuple(
                [
                    case if case.type is None else Case(case.name, change(case.type), case.docs)
                    for case in self.cases
                ]
            )
        )


class Enum(Kind):
    __slots__ = ("cases",)
    __match_args__ = ("cases",)

    def __init__(self, cases: tuple[Case, ...]) -> None:
        self.cases = cases


class Flags(Kind):
    __slots__ = ("flags",)
    __match_args__ = ("flags",)

    def __init__(self, flags: tuple[Case, ...]) -> None:
        self.flags = flags
