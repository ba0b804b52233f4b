"""What one WIT file says, before any name is looked up. Never changed once parsed: files are cached as this."""

from __future__ import annotations

from engine.component.model import PackageName, Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    InterfaceMember: TypeAlias = "Use | TypeDecl | FuncDecl"
    WorldMember: TypeAlias = "Use | TypeDecl | Include | Extern"
    Declaration: TypeAlias = "InterfaceDecl | WorldDecl | TopUse | PackageDecl"


class Id(Span):
    """An identifier, without its percent sign."""

    __slots__ = ("name",)

    def __init__(self, source: Source, start: int, end: int, name: str) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.name = name


class Attribute(Span):
    """`@name(value)`; the span is the name's. `value` is a version, a feature or a string."""

    __slots__ = ("name", "value")

    def __init__(self, id: Id, value: str) -> None:
        super().__init__(id.source, id.start, id.end)
        self.name = id.name
        self.value = value


class Path(Span):
    """What a use, include, import or export names. The span is that of the interface's or world's own name;
    `package_span` covers `ns:pkg`."""

    __slots__ = ("name", "package", "package_span")

    def __init__(self, id: Id, package: PackageName | None, package_span: Span | None) -> None:
        super().__init__(id.source, id.start, id.end)
        self.name = id.name
        self.package = package
        self.package_span = package_span


class TypeNode(Span):
    """A type as written. `kind` is a primitive's name, `name`, or the keyword (`list`, `record`, …)."""

    __slots__ = ("id", "kind", "members", "size", "types")

    def __init__(
        self,
        source: Source,
        start: int,
        end: int,
        kind: str,
        types: tuple[TypeNode | None, ...] = (),
        id: Id | None = None,
        members: tuple[Member, ...] = (),
        size: int | None = None,
    ) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.kind = kind
        self.types = types
        self.id = id
        self.members = members
        self.size = size


class Member:
    """A field, case or flag."""

    __slots__ = ("docs", "id", "type")

    def __init__(self, docs: str | None, id: Id, type: TypeNode | None) -> None:
        self.docs = docs
        self.id = id
        self.type = type


class Func(Span):
    """Parameters and result; the span is that of the keyword."""

    __slots__ = ("is_async", "params", "result")

    def __init__(
        self, span: Span, is_async: bool, params: tuple[tuple[Id, TypeNode], ...], result: TypeNode | None
    ) -> None:
        super().__init__(span.source, span.start, span.end)
        self.is_async = is_async
        self.params = params
        self.result = result


class FuncDecl:
    """A named function; `kind` is `freestanding`, or what it is in its resource."""

    __slots__ = ("attributes", "docs", "func", "id", "kind")

    def __init__(
        self, docs: str | None, attributes: tuple[Attribute, ...], id: Id, kind: str, func: Func
    ) -> None:
        self.docs = docs
        self.attributes = attributes
        self.id = id
        self.kind = kind
        self.func = func


class TypeDecl:
    """A named type. A resource has its functions too."""

    __slots__ = ("attributes", "docs", "functions", "id", "type")

    def __init__(
        self,
        docs: str | None,
        attributes: tuple[Attribute, ...],
        id: Id,
        type: TypeNode,
        functions: tuple[FuncDecl, ...] = (),
    ) -> None:
        self.docs = docs
        self.attributes = attributes
        self.id = id
        self.type = type
        self.functions = functions


class Use:
    """`use path.{name as other, …};`"""

    __slots__ = ("attributes", "names", "path")

    def __init__(
        self, attributes: tuple[Attribute, ...], path: Path, names: tuple[tuple[Id, Id | None], ...]
    ) -> None:
        self.attributes = attributes
        self.path = path
        self.names = names


class TopUse(Span):
    """`use path as name;` outside of interfaces and worlds."""

    __slots__ = ("alias", "attributes", "path")

    def __init__(self, span: Span, attributes: tuple[Attribute, ...], path: Path, alias: Id | None) -> None:
        super().__init__(span.source, span.start, span.end)
        self.attributes = attributes
        self.path = path
        self.alias = alias


class Include:
    """`include path with { name as other }`"""

    __slots__ = ("attributes", "names", "path")

    def __init__(
        self, attributes: tuple[Attribute, ...], path: Path, names: tuple[tuple[Id, Id], ...]
    ) -> None:
        self.attributes = attributes
        self.path = path
        self.names = names


class Extern:
    """An import or export: a path, a label for a path, an interface written in place, or a function."""

    __slots__ = ("attributes", "direction", "docs", "func", "id", "members", "path")

    def __init__(
        self,
        docs: str | None,
        attributes: tuple[Attribute, ...],
        direction: str,
        id: Id | None,
        path: Path | None = None,
        members: tuple[InterfaceMember, ...] | None = None,
        func: Func | None = None,
    ) -> None:
        self.docs = docs
        self.attributes = attributes
        self.direction = direction
        self.id = id
        self.path = path
        self.members = members
        self.func = func

    @property
    def span(self) -> Span:
        span = self.id if self.id is not None else self.path
        assert span is not None
        return span


class InterfaceDecl:
    __slots__ = ("attributes", "docs", "id", "members")

    def __init__(
        self,
        docs: str | None,
        attributes: tuple[Attribute, ...],
        id: Id,
        members: tuple[InterfaceMember, ...],
    ) -> None:
        self.docs = docs
        self.attributes = attributes
        self.id = id
        self.members = members


class WorldDecl:
    __slots__ = ("attributes", "docs", "id", "members")

    def __init__(
        self,
        docs: str | None,
        attributes: tuple[Attribute, ...],
        id: Id,
        members: tuple[WorldMember, ...],
    ) -> None:
        self.docs = docs
        self.attributes = attributes
        self.id = id
        self.members = members


class PackageHeader(Span):
    """`package ns:name@version`; `docs_span` is where its comments are."""

    __slots__ = ("docs", "docs_span", "name")

    def __init__(self, span: Span, name: PackageName, docs: str | None, docs_span: Span | None) -> None:
        super().__init__(span.source, span.start, span.end)
        self.name = name
        self.docs = docs
        self.docs_span = docs_span


class PackageDecl:
    """`package ns:name { … }`"""

    __slots__ = ("declarations", "header")

    def __init__(self, header: PackageHeader, declarations: tuple[Declaration, ...]) -> None:
        self.header = header
        self.declarations = declarations


class FileDecl:
    """A whole file."""

    __slots__ = ("declarations", "header", "source")

    def __init__(
        self, source: Source, header: PackageHeader | None, declarations: tuple[Declaration, ...]
    ) -> None:
        self.source = source
        self.header = header
        self.declarations = declarations
