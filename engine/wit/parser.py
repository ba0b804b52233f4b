"""Tokens to the syntax of a file, by recursive descent; depth is limited, so hostile nesting is an error, not a crash.

The grammar is the component model's `WIT.md`; where its text leaves room, upstream's parser decides.
"""

from __future__ import annotations

from engine.component.model import PRIMITIVES, PackageName, Source, Span
from engine.wit.docs import docs_text
from engine.wit.errors import WitError
from engine.wit.lexer import lex
from engine.wit.reader import Reader
from engine.wit.syntax import (
    Attribute,
    Extern,
    FileDecl,
    Func,
    FuncDecl,
    Id,
    Include,
    InterfaceDecl,
    Member,
    PackageDecl,
    PackageHeader,
    Path,
    TopUse,
    TypeDecl,
    TypeNode,
    Use,
    WorldDecl,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from engine.wit.syntax import Declaration, InterfaceMember, WorldMember

    Item = TypeVar("Item")

_TYPE_KEYWORDS = frozenset(("type", "resource", "record", "flags", "variant", "enum"))


def parse(source: Source) -> FileDecl:
    """Raises :class:`WitError` at the first thing that is not WIT."""
    return _Parser(lex(source)).file()


def parse_path(text: str) -> Path:
    """`iface` or `ns:pkg/iface@version`, as on a command line."""
    parser = _Parser(lex(Source("", text)))
    path = parser.path()
    if parser.kinds[parser.at] != "eof":
        raise WitError("trailing tokens in path specifier")
    return path


class _Parser(Reader):
    __slots__ = ()

    # -- declarations --

    def file(self) -> FileDecl:
        header = None
        if self.kinds[self.at] == "package":
            back = self.at
            found = self.header()
            if self.eat(";"):
                header = found
            else:
                self.at = back
        declarations = []
        while self.kinds[self.at] != "eof":
            declarations.append(self.declaration())
        return FileDecl(self.source, header, tuple(declarations))

    def header(self) -> PackageHeader:
        comments = self.tokens.comments.get(self.at)
        docs = None if comments is None else docs_text(self.text, comments)
        self.expect("package")
        namespace = self.id()
        self.expect(":")
        name = self.id()
        version = self.opt_version()
        span = Span(self.source, namespace.start, self.ends[self.at - 1])
        docs_span = None
        if comments is not None:
            begin, end = comments[0][0], comments[-1][1]
            docs_span = Span(self.source, begin, begin + len(self.text[begin:end].rstrip()))
        return PackageHeader(span, PackageName(namespace.name, name.name, version), docs, docs_span)

    def declaration(self) -> Declaration:
        docs = self.docs()
        attributes = self.attributes()
        kind = self.kinds[self.at]
        if kind == "interface":
            self.at += 1
            id = self.id()
            return InterfaceDecl(docs, attributes, id, self.interface_members())
        if kind == "world":
            self.at += 1
            id = self.id()
            return WorldDecl(docs, attributes, id, self.world_members())
        if kind == "use":
            span = self.span(self.at)
            self.at += 1
            path = self.path()
            alias = self.id() if self.eat("as") else None
            self.expect(";")
            return TopUse(span, attributes, path, alias)
        if kind == "package":
            if attributes:
                raise WitError("cannot place attributes on nested packages", self.span(self.at))
            return self.package()
        raise self.unexpected("`world`, `interface` or `use`")

    def package(self) -> PackageDecl:
        self.nest("package")
        header = self.header()
        self.expect("{")
        declarations = []
        while not self.eat("}"):
            declarations.append(self.declaration())
        self.depth -= 1
        return PackageDecl(header, tuple(declarations))

    # -- interfaces --

    def interface_members(self) -> tuple[InterfaceMember, ...]:
        self.expect("{")
        members: list[InterfaceMember] = []
        kinds = self.kinds
        while kinds[self.at] != "}":
            docs = self.docs()
            attributes = self.attributes()
            kind = kinds[self.at]
            if kind == "id" or kind == "explicit-id":
                id = self.id()
                self.expect(":")
                func = self.func()
                self.expect(";")
                members.append(FuncDecl(docs, attributes, id, "freestanding", func))
            elif kind in _TYPE_KEYWORDS:
                members.append(self.type_decl(docs, attributes))
            elif kind == "use":
                members.append(self.use(attributes))
            else:
                raise self.unexpected("`type`, `resource` or `func`")
        self.at += 1
        return tuple(members)

    def use(self, attributes: tuple[Attribute, ...]) -> Use:
        self.expect("use")
        path = self.path()
        self.expect(".")
        self.expect("{")
        names = self.listed("}", self.use_name)
        self.expect(";")
        return Use(attributes, path, names)

    def use_name(self) -> tuple[Id, Id | None]:
        name = self.id()
        return name, self.id() if self.eat("as") else None

    def path(self) -> Path:
        id = self.id()
        if not self.eat(":"):
            return Path(id, None, None)
        name = self.id()
        self.expect("/")
        item = self.id()
        version = self.opt_version()
        span = Span(self.source, id.start, name.end)
        return Path(item, PackageName(id.name, name.name, version), span)

    def func(self) -> Func:
        is_async = self.eat("async")
        span = self.span(self.expect("func"))
        self.expect("(")
        params = self.listed(")", self.param)
        result = self.type() if self.eat("->") else None
        return Func(span, is_async, params, result)

    def param(self) -> tuple[Id, TypeNode]:
        id = self.id()
        self.expect(":")
        return id, self.type()

    # -- types --

    def type_decl(self, docs: str | None, attributes: tuple[Attribute, ...]) -> TypeDecl:
        kind = self.kinds[self.at]
        self.at += 1
        id = self.id()
        if kind == "type":
            self.expect("=")
            type = self.type()
            self.expect(";")
            return TypeDecl(docs, attributes, id, type)
        node = TypeNode(self.source, id.start, id.end, kind)
        if kind == "resource":
            functions: list[FuncDecl] = []
            if self.eat("{"):
                while not self.eat("}"):
                    functions.append(self.resource_function())
            else:
                self.expect(";")
            return TypeDecl(docs, attributes, id, node, tuple(functions))
        self.expect("{")
        node.members = self.listed("}", _MEMBERS[kind].__get__(self))
        return TypeDecl(docs, attributes, id, node)

    def record_field(self) -> Member:
        docs = self.docs()
        id = self.id()
        self.expect(":")
        return Member(docs, id, self.type())

    def variant_case(self) -> Member:
        docs = self.docs()
        id = self.id()
        type = None
        if self.eat("("):
            type = self.type()
            self.expect(")")
        return Member(docs, id, type)

    def plain_case(self) -> Member:
        docs = self.docs()
        return Member(docs, self.id(), None)

    def resource_function(self) -> FuncDecl:
        docs = self.docs()
        attributes = self.attributes()
        kind = self.kinds[self.at]
        if kind == "constructor":
            span = self.span(self.at)
            self.at += 1
            self.expect("(")
            params = self.listed(")", self.param)
            result = self.type() if self.eat("->") else None
            self.expect(";")
            id = Id(self.source, span.start, span.end, "constructor")
            return FuncDecl(docs, attributes, id, "constructor", Func(span, False, params, result))
        if kind not in ("id", "explicit-id"):
            raise self.unexpected("`constructor` or identifier")
        id = self.id()
        self.expect(":")
        role = "static" if self.eat("static") else "method"
        func = self.func()
        self.expect(";")
        return FuncDecl(docs, attributes, id, role, func)

    def type(self) -> TypeNode:
        at = self.at
        kind = self.kinds[at]
        start, end = self.starts[at], self.ends[at]
        if kind in PRIMITIVES:
            self.at = at + 1
            return TypeNode(self.source, start, end, kind)
        if kind == "id" or kind == "explicit-id":
            return TypeNode(self.source, start, end, "name", (), self.id())
        read = _TYPES.get(kind)
        if read is None:
            raise self.unexpected("a type")
        self.nest("type")
        self.at = at + 1
        node = TypeNode(self.source, start, end, kind)
        read(self, node)
        self.depth -= 1
        return node

    def one(self, node: TypeNode) -> None:
        self.expect("<")
        node.types = (self.type(),)
        self.expect(">")

    def list_type(self, node: TypeNode) -> None:
        self.expect("<")
        node.types = (self.type(),)
        if self.eat(","):
            if self.kinds[self.at] != "integer":
                raise self.unexpected("fixed-length")
            digits = self.text[self.starts[self.at] : self.ends[self.at]]
            if len(digits) > 10 or int(digits) >= 2**32:
                raise WitError(
                    "number too large to fit in target type",
                    self.span(self.at),
                    hint="a list's length is at most 4294967295",
                )
            self.at += 1
            node.size = int(digits)
        self.expect(">")

    def map_type(self, node: TypeNode) -> None:
        self.expect("<")
        key = self.type()
        self.expect(",")
        node.types = (key, self.type())
        self.expect(">")

    def tuple_type(self, node: TypeNode) -> None:
        self.expect("<")
        node.types = self.listed(">", self.type)

    def maybe(self, node: TypeNode) -> None:
        if self.kinds[self.at] == "<":
            self.one(node)

    def result_type(self, node: TypeNode) -> None:
        ok: TypeNode | None = None
        err: TypeNode | None = None
        if self.eat("<"):
            if self.eat("_"):
                self.expect(",")
                err = self.type()
            else:
                ok = self.type()
                if self.eat(","):
                    err = self.type()
            self.expect(">")
        node.types = (ok, err)

    def handle(self, node: TypeNode) -> None:
        self.expect("<")
        id = self.id()
        self.expect(">")
        node.id = id
        node.start, node.end = id.start, id.end

    # -- worlds --

    def world_members(self) -> tuple[WorldMember, ...]:
        self.expect("{")
        members: list[WorldMember] = []
        while self.kinds[self.at] != "}":
            docs = self.docs()
            attributes = self.attributes()
            kind = self.kinds[self.at]
            if kind == "import" or kind == "export":
                self.at += 1
                members.append(self.extern(docs, attributes, kind))
            elif kind == "use":
                members.append(self.use(attributes))
            elif kind == "include":
                members.append(self.include(attributes))
            elif kind in _TYPE_KEYWORDS:
                members.append(self.type_decl(docs, attributes))
            else:
                raise self.unexpected("`import`, `export`, `include`, `use`, or type definition")
        self.at += 1
        return tuple(members)

    def include(self, attributes: tuple[Attribute, ...]) -> Include:
        self.at += 1
        path = self.path()
        if not self.eat("with"):
            self.expect(";")
            return Include(attributes, path, ())
        self.expect("{")
        return Include(attributes, path, self.listed("}", self.include_name))

    def include_name(self) -> tuple[Id, Id]:
        name = self.id()
        self.expect("as")
        return name, self.id()

    def extern(self, docs: str | None, attributes: tuple[Attribute, ...], direction: str) -> Extern:
        back = self.at
        id = self.id()
        if self.eat(":"):
            kind = self.kinds[self.at]
            if kind in ("func", "async"):
                func = self.func()
                self.expect(";")
                return Extern(docs, attributes, direction, id, func=func)
            if kind == "interface":
                self.at += 1
                return Extern(docs, attributes, direction, id, members=self.interface_members())
            if not (kind in ("id", "explicit-id") and self.kinds[self.at + 1] == "/"):
                path = self.path()
                self.expect(";")
                return Extern(docs, attributes, direction, id, path)
        self.at = back
        path = self.path()
        self.expect(";")
        return Extern(docs, attributes, direction, None, path)


_MEMBERS = {
    "record": _Parser.record_field,
    "variant": _Parser.variant_case,
    "enum": _Parser.plain_case,
    "flags": _Parser.plain_case,
}
_TYPES = {
    "list": _Parser.list_type,
    "option": _Parser.one,
    "map": _Parser.map_type,
    "tuple": _Parser.tuple_type,
    "future": _Parser.maybe,
    "stream": _Parser.maybe,
    "result": _Parser.result_type,
    "own": _Parser.handle,
    "borrow": _Parser.handle,
}
