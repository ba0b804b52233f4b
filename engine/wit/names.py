"""The names of one package: from the syntax of its files to a draft.

Follows the order in which upstream's wit-parser allocates interfaces, worlds and types, since its model is compared
by index. Mistakes that do not depend on each other are all collected; the first is the one upstream would tell.
"""

from __future__ import annotations

from engine.component.model import (
    Alias,
    Borrow,
    Case,
    Enum,
    Field,
    FixedList,
    Flags,
    Function,
    Future,
    Interface,
    InterfaceItem,
    List,
    Map,
    Option,
    Own,
    PackageName,
    Record,
    Resource,
    Result,
    Source,
    Span,
    Stable,
    Stream,
    Tuple,
    TypeDef,
    Unknown,
    Unstable,
    Variant,
    World,
)
from engine.wit.draft import Draft, Foreign, Inclusion
from engine.wit.errors import Skip, WitError
from engine.wit.syntax import (
    Attribute,
    Extern,
    FuncDecl,
    Id,
    Include,
    InterfaceDecl,
    PackageDecl,
    PackageHeader,
    Path,
    TopUse,
    TypeDecl,
    TypeNode,
    Use,
    WorldDecl,
)
from engine.wit.toposort import toposort

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from engine.component.model import Kind, Stability, Type, WorldItem, WorldKey
    from engine.wit.syntax import Declaration, InterfaceMember, WorldMember

    Scope: TypeAlias = "dict[str, TypeDef | str | None]"

_MAP_KEYS = frozenset(["bool", "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "char", "string"])
_HEADERLESS = "no `package` header was found in any WIT file for this package"


class PackageText:
    """The declarations of one package, file by file, without nested packages."""

    __slots__ = ("docs", "docs_span", "files", "name", "problems", "span")

    def __init__(self) -> None:
        self.name: PackageName | None = None
        self.span: Span | None = None
        self.docs: str | None = None
        self.files: list[tuple[Source, tuple[Declaration, ...]]] = []
        self.problems: list[WitError] = []

    def add(
        self, source: Source, header: PackageHeader | None, declarations: tuple[Declaration, ...]
    ) -> None:
        """Adds a file. All headers must agree, and one of them at most has docs."""
        for declaration in declarations:
            if isinstance(declaration, PackageDecl):
                self.problems.append(
                    WitError("nested packages must be placed at the top-level", declaration.header)
                )
        if header is not None:
            if self.name is not None and header.name != self.name:
                self.problems.append(
                    WitError(
                        f"package identifier `{header.name}` does not match previous package name of "
                        f"`{self.name}`",
                        header,
                        hint="all files of a folder make one package; other packages go to `deps/`",
                    )
                )
            self.name = header.name
            self.span = header
            if header.docs is not None:
                if self.docs is not None:
                    self.problems.append(
                        WitError("found doc comments on multiple 'package' items", header.docs_span)
                    )
                self.docs = header.docs
        self.files.append((source, declarations))

    def draft(self) -> Draft | None:
        """The package with its own names looked up; `None`, with the reasons in `problems`, where that fails."""
        if self.name is None or self.span is None:
            if not self.problems:
                source = self.files[0][0] if self.files else Source("", "")
                self.problems.append(
                    WitError(
                        _HEADERLESS,
                        Span(source, 0, 0),
                        hint="begin one of its files with `package namespace:name;`",
                    )
                )
            return None
        draft = Draft(self.name, self.span)
        draft.docs = self.docs
        draft.files = tuple([source.path for source, _ in self.files])
        if not self.problems:
            names = _Names(draft, self.files, self.problems)
            try:
                names.all()
            except Skip:
                pass
        return None if self.problems else draft


class _Names:
    def __init__(
        self,
        draft: Draft,
        files: list[tuple[Source, tuple[Declaration, ...]]],
        problems: list[WitError],
    ) -> None:
        self.draft = draft
        self.files = [declarations for _, declarations in files]
        self.problems = problems
        self.reported: set[tuple[str | None, int | None, int | None]] = set()
        self.file_items: list[dict[str, Interface | World]] = []
        self.items: dict[str, Interface | World] = {}
        self.here: dict[str, Interface | World] = {}
        self.names_of: dict[Interface, Scope] = {}
        self.scope: Scope = {}
        self.compounds: dict[tuple[object, ...], TypeDef] = {}

    # -- problems --

    def report(self, problem: WitError) -> None:
        """Keeps a problem, unless one at the same place is kept already: that one is its cause."""
        where = (problem.file, problem.line, problem.column)
        if where not in self.reported:
            self.reported.add(where)
            self.problems.append(problem)

    def attempt(self, work: Callable[..., None], *arguments: object) -> None:
        """Does `work`; what is wrong there does not stop the rest."""
        try:
            work(*arguments)
        except WitError as problem:
            self.report(problem)
        except Skip:
            pass

    # -- the package --

    def all(self) -> None:
        for declarations in self.files:
            for mention in _mentions(declarations):
                self.attempt(self.foreign, mention)
        order, owners = self.declared()
        for index, declarations in enumerate(self.files):
            self.here = self.file_items[index]
            for mention in _mentions(declarations):
                if mention.names is not None:
                    self.attempt(self.foreign_types, mention)
        worlds: list[tuple[World, WorldDecl, int]] = []
        for name in order:
            index, declaration = owners[name]
            item = self.items[name]
            if isinstance(declaration, WorldDecl):
                assert isinstance(item, World)
                worlds.append((item, declaration, index))
            else:
                assert isinstance(item, Interface)
                self.here = self.file_items[index]
                self.interface(item, declaration.members, declaration.docs, declaration.attributes)
        for world, world_declaration, index in worlds:
            self.here = self.file_items[index]
            self.world(world, world_declaration)

    def foreign(self, mention: _Mention) -> None:
        """Keeps a placeholder for what is mentioned of another package."""
        path = mention.path
        if path.package is None or path.package_span is None:
            return
        gate = stability(mention.attributes)
        of_package = self.draft.foreign.setdefault(path.package, {})
        found = of_package.get(path.name)
        if found is None:
            item: Interface | World
            if mention.wants == "world":
                item = world = World(path.name, span=path)
                self.draft.worlds.append(world)
            else:
                item = interface = Interface(None, span=path)
                self.draft.interfaces.append(interface)
                self.names_of[interface] = {}
            found = of_package[path.name] = Foreign(path.package, path.package_span, path.name, item)
        found.gates.append(gate)

    def declared(self) -> tuple[list[str], dict[str, tuple[int, InterfaceDecl | WorldDecl]]]:
        """The package's interfaces and worlds in order of need, made but empty, and which file declares each."""
        owners: dict[str, tuple[int, InterfaceDecl | WorldDecl]] = {}
        for index, declarations in enumerate(self.files):
            for declaration in declarations:
                if isinstance(declaration, InterfaceDecl | WorldDecl):
                    id = declaration.id
                    if id.name in owners:
                        # In one file the name is also twice in the file; upstream tells of the package first.
                        self.report(WitError(f"duplicate item named `{id.name}`", id))
                    else:
                        owners[id.name] = (index, declaration)
        needs: dict[str, list[Id]] = {name: [] for name in owners}
        for declarations in self.files:
            self.needed(declarations, owners, needs)
        order = toposort("interface or world", needs, self.problems)
        for name in order:
            _, declaration = owners[name]
            if isinstance(declaration, WorldDecl):
                self.items[name] = world = World(name, span=declaration.id)
                self.draft.worlds.append(world)
            else:
                self.items[name] = interface = Interface(name, span=declaration.id)
                self.draft.interfaces.append(interface)
        for declarations in self.files:
            self.file_items.append(self.file_scope(declarations))
        return order, owners

    def needed(
        self,
        declarations: tuple[Declaration, ...],
        owners: dict[str, tuple[int, InterfaceDecl | WorldDecl]],
        needs: dict[str, list[Id]],
    ) -> None:
        """Adds to `needs` what the declarations of one file need of their own package."""
        local: dict[str, Id | None] = {}
        for declaration in declarations:
            source: Id | None
            if isinstance(declaration, TopUse):
                name = declaration.alias or declaration.path
                path = declaration.path
                source = (
                    None if path.package is not None else Id(path.source, path.start, path.end, path.name)
                )
            elif isinstance(declaration, InterfaceDecl | WorldDecl):
                name = source = declaration.id
            else:
                continue
            if name.name in local:
                self.report(WitError(f"duplicate name `{name.name}` in this file", name))
                continue
            local[name.name] = source
        for mention in _mentions(declarations):
            path = mention.path
            if mention.owner is None or path.package is not None or mention.owner not in needs:
                continue
            if path.name in local:
                target = local[path.name]
                if target is not None:
                    needs[mention.owner].append(target)
            elif path.name in owners:
                needs[mention.owner].append(Id(path.source, path.start, path.end, path.name))
            else:
                self.report(_no_item(path))

    def file_scope(self, declarations: tuple[Declaration, ...]) -> dict[str, Interface | World]:
        """What the names at the top of one file stand for."""
        scope: dict[str, Interface | World] = {}
        for declaration in declarations:
            if isinstance(declaration, TopUse):
                if declaration.attributes:
                    self.report(WitError("attributes not allowed on top-level use", declaration))
                path = declaration.path
                name = (declaration.alias or path).name
                if path.package is None:
                    item = self.items.get(path.name)
                    if item is None:
                        self.report(_no_item(path))
                        continue
                else:
                    item = self.draft.foreign[path.package][path.name].item
                scope[name] = item
            elif isinstance(declaration, InterfaceDecl | WorldDecl):
                scope[declaration.id.name] = self.items[declaration.id.name]
        return scope

    def foreign_types(self, mention: _Mention) -> None:
        """Placeholders for the types that a `use` takes from another package."""
        assert mention.names is not None
        gate = stability(mention.attributes)
        interface = self.interface_at(mention.path)
        if interface.name is not None:
            return
        scope = self.names_of[interface]
        for id, _ in mention.names:
            if id.name in scope:
                continue
            typedef = TypeDef(id.name, _UNKNOWN, interface, None, gate, id)
            self.draft.foreign_types.append((typedef, id))
            scope[id.name] = typedef

    # -- paths --

    def item_at(self, path: Path) -> Interface | World:
        if path.package is not None:
            return self.draft.foreign[path.package][path.name].item
        item = self.here.get(path.name) or self.items.get(path.name)
        if item is None:
            raise _no_item(path)
        return item

    def interface_at(self, path: Path) -> Interface:
        item = self.item_at(path)
        if not isinstance(item, Interface):
            raise WitError(f"name `{path.name}` is defined as a world, not an interface", path)
        return item

    def world_at(self, path: Path) -> World:
        item = self.item_at(path)
        if not isinstance(item, World):
            raise WitError(f"name `{path.name}` is defined as an interface, not a world", path)
        return item

    # -- worlds --

    def world(self, world: World, declaration: WorldDecl) -> None:
        world.docs = declaration.docs
        self.gate(world, declaration.attributes)
        self.scope = {}
        self.types(world, declaration.members)
        for member in declaration.members:
            if isinstance(member, Include):
                self.attempt(self.include, world, member)
        for name, item in self.scope.items():
            if isinstance(item, TypeDef):
                world.imports[name] = item
        imported: set[Interface] = set()
        exported: set[Interface] = set()
        for member in declaration.members:
            if isinstance(member, Extern):
                seen = imported if member.direction == "import" else exported
                self.attempt(self.extern, world, member, seen)
            elif isinstance(member, TypeDecl) and member.functions:
                for function in member.functions:
                    self.attempt(self.world_method, world, member.id, function)
        self.scope = {}

    def world_method(self, world: World, resource: Id, declaration: FuncDecl) -> None:
        function = self.function(declaration, resource)
        world.imports[function.name] = function

    def include(self, world: World, member: Include) -> None:
        gate = stability(member.attributes)
        target = self.world_at(member.path)
        inclusion = Inclusion(target, gate, member.names, member.path)
        self.draft.includes.setdefault(world, []).append(inclusion)

    def extern(self, world: World, member: Extern, seen: set[Interface]) -> None:
        key, item = self.world_item(member)
        if isinstance(item, InterfaceItem) and not (member.id is not None and member.path is not None):
            if item.interface in seen:
                raise WitError(f"interface cannot be {member.direction}ed more than once", member.span)
            seen.add(item.interface)
        items = world.imports if member.direction == "import" else world.exports
        before = items.get(key)
        if before is not None:
            what = (
                "type"
                if isinstance(before, TypeDef)
                else "func"
                if isinstance(before, Function)
                else "interface"
            )
            raise WitError(
                f"{member.direction} `{key}` conflicts with prior {what} of same name",
                member.span,
                hint="names in a world's imports must be different, and so must those in its exports",
            )
        items[key] = item

    def world_item(self, member: Extern) -> tuple[WorldKey, WorldItem]:
        external_id = _external_id(member.attributes)
        if member.func is not None:
            assert member.id is not None
            declaration = FuncDecl(member.docs, member.attributes, member.id, "freestanding", member.func)
            return member.id.name, self.function(declaration, None)
        if member.members is not None:
            assert member.id is not None
            interface = Interface(None, span=member.id)
            self.draft.interfaces.append(interface)
            outer = self.scope
            try:
                self.interface(interface, member.members, member.docs, member.attributes)
            finally:
                self.scope = outer
            item = InterfaceItem(interface, interface.stability, member.id, None, external_id)
            return member.id.name, item
        assert member.path is not None
        gate = stability(member.attributes)
        interface = self.interface_at(member.path)
        item = InterfaceItem(interface, gate, member.path, member.docs, external_id)
        return interface if member.id is None else member.id.name, item

    # -- interfaces --

    def interface(
        self,
        interface: Interface,
        members: tuple[InterfaceMember, ...],
        docs: str | None,
        attributes: tuple[Attribute, ...],
    ) -> None:
        interface.docs = docs
        self.gate(interface, attributes)
        scope = self.scope = {}
        # Known from the start, so that what uses a broken interface finds a scope.
        self.names_of[interface] = scope
        self.types(interface, members)
        for name, item in scope.items():
            if isinstance(item, TypeDef):
                interface.types[name] = item
        functions: list[Function] = []
        for member in members:
            if isinstance(member, FuncDecl):
                self.attempt(self.interface_function, member, functions)
            elif isinstance(member, TypeDecl) and member.functions:
                for declaration in member.functions:
                    self.attempt(self.resource_function, declaration, member.id, functions)
        for function in functions:
            interface.functions[function.name] = function

    def gate(self, item: Interface | World, attributes: tuple[Attribute, ...]) -> None:
        if attributes:
            try:
                item.stability = stability(attributes)
            except WitError as problem:
                self.report(problem)
            item.external_id = _external_id(attributes)

    def interface_function(self, declaration: FuncDecl, functions: list[Function]) -> None:
        self.define(declaration.id, "function")
        functions.append(self.function(declaration, None))

    def resource_function(self, declaration: FuncDecl, resource: Id, functions: list[Function]) -> None:
        functions.append(self.function(declaration, resource))

    def define(self, id: Id, item: TypeDef | str | None) -> None:
        if id.name in self.scope:
            raise WitError(f"name `{id.name}` is defined more than once", id)
        self.scope[id.name] = item

    # -- types --

    def types(
        self, owner: Interface | World, members: tuple[InterfaceMember, ...] | tuple[WorldMember, ...]
    ) -> None:
        """Fills the scope with the types that the members bring in or define."""
        declarations: dict[str, TypeDecl | None] = {}
        needs: dict[str, list[Id]] = {}
        for member in members:
            if isinstance(member, Use):
                self.attempt(self.use, owner, member)
        for member in members:
            if isinstance(member, TypeDecl):
                name = member.id.name
                if name in declarations:
                    self.report(WitError(f"name `{name}` is defined more than once", member.id))
                    continue
                declarations[name] = member
                needs[name] = []
                _collect(member.type, needs[name])
            elif isinstance(member, Use):
                for id, alias in member.names:
                    name = (alias or id).name
                    if declarations.get(name) is not None:
                        self.report(WitError(f"name `{name}` is defined more than once", alias or id))
                        continue
                    needs[name] = []
                    declarations[name] = None
        found: list[WitError] = []
        try:
            order = toposort("type", needs, found)
        except Skip:
            order = []
            for name in needs:
                self.scope.setdefault(name, None)
        for problem in found:
            self.report(problem)
        for name in order:
            declaration = declarations[name]
            if declaration is not None:
                self.type(owner, declaration)

    def type(self, owner: Interface | World, declaration: TypeDecl) -> None:
        name = declaration.id.name
        try:
            gate = stability(declaration.attributes)
            kind = self.kind(declaration.type, gate)
            if declaration.functions:
                _distinct(declaration.functions)
            if name in self.scope:
                raise WitError(f"name `{name}` is defined more than once", declaration.id)
        except (WitError, Skip) as problem:
            if isinstance(problem, WitError):
                self.report(problem)
            self.scope.setdefault(name, None)
            return
        external_id = _external_id(declaration.attributes)
        typedef = TypeDef(name, kind, owner, declaration.docs, gate, declaration.id, external_id)
        self.draft.types.append(typedef)
        self.scope[name] = typedef

    def use(self, owner: Interface | World, use: Use) -> None:
        try:
            interface = self.interface_at(use.path)
            gate = stability(use.attributes)
        except WitError:
            for id, alias in use.names:
                self.scope.setdefault((alias or id).name, None)
            raise
        scope = self.names_of.get(interface, {})
        for id, alias in use.names:
            name = alias or id
            found = scope.get(id.name)
            if isinstance(found, TypeDef):
                if name.name in self.scope:
                    self.report(WitError(f"name `{name.name}` is defined more than once", name))
                    continue
                typedef = TypeDef(name.name, Alias(found), owner, None, gate, id)
                self.draft.types.append(typedef)
                self.scope[name.name] = typedef
                continue
            if found is not None:
                self.report(
                    WitError(
                        f"cannot import {found} `{id.name}`", id, hint="only types can be brought in by `use`"
                    )
                )
            elif id.name not in scope:
                self.report(WitError(f"name `{id.name}` does not exist", id, hint=_meant(id.name, scope)))
            self.scope.setdefault(name.name, None)

    def named(self, id: Id) -> TypeDef:
        found = self.scope.get(id.name)
        if isinstance(found, TypeDef):
            return found
        if found is not None:
            raise WitError(f"cannot use {found} `{id.name}` as a type", id)
        if id.name in self.scope:
            raise Skip
        raise WitError(f"name `{id.name}` does not exist", id, hint=_meant(id.name, self.scope))

    def resource(self, id: Id) -> TypeDef:
        """The type `id`, which a handle is made of: a resource, an alias of one, or not known yet."""
        found = typedef = self.named(id)
        while not isinstance(typedef.kind, Resource):
            kind = typedef.kind
            if isinstance(kind, Alias) and isinstance(kind.type, TypeDef):
                typedef = kind.type
            elif isinstance(kind, Unknown):
                self.draft.must_be_resources.append((typedef, id))
                break
            else:
                raise WitError(f"type `{id.name}` used in a handle must be a resource", id)
        return found

    def kind(self, node: TypeNode, gate: Stability) -> Kind:
        """What a type, as written, is made of; its parts are turned into types of their own."""
        what = node.kind
        if what == "name":
            assert node.id is not None
            return Alias(self.named(node.id))
        make = _KINDS.get(what)
        return Alias(what) if make is None else make(self, node, gate)

    def list_kind(self, node: TypeNode, gate: Stability) -> Kind:
        item = self.part(node.types[0], gate)
        return List(item) if node.size is None else FixedList(item, node.size)

    def map_kind(self, node: TypeNode, gate: Stability) -> Kind:
        key, value = (self.part(part, gate) for part in node.types)
        if not isinstance(key, str) or key not in _MAP_KEYS:
            raise WitError(
                "invalid map key type: map keys must be bool, u8, u16, u32, u64, s8, s16, s32, s64, char, or string",
                node,
            )
        return Map(key, value)

    def record_kind(self, node: TypeNode, gate: Stability) -> Kind:
        fields = []
        for member in node.members:
            assert member.type is not None
            fields.append(Field(member.id.name, self.part(member.type, gate), member.docs, member.id))
        return Record(tuple(fields))

    def variant_kind(self, node: TypeNode, gate: Stability) -> Kind:
        if not node.members:
            raise WitError("empty variant", node)
        return Variant(
            tuple(
                [
                    Case(
                        member.id.name,
                        None if member.type is None else self.part(member.type, gate),
                        member.docs,
                    )
                    for member in node.members
                ]
            )
        )

    def enum_kind(self, node: TypeNode, gate: Stability) -> Kind:
        if not node.members:
            raise WitError("empty enum", node)
        return Enum(tuple([Case(member.id.name, None, member.docs) for member in node.members]))

    def flags_kind(self, node: TypeNode, gate: Stability) -> Kind:
        return Flags(tuple([Case(member.id.name, None, member.docs) for member in node.members]))

    def part(self, node: TypeNode | None, gate: Stability) -> Type:
        """A type inside another, or of a parameter or result: the same compound is the same object all over."""
        assert node is not None
        what = node.kind
        if what == "name":
            assert node.id is not None
            return self.named(node.id)
        make = _KINDS.get(what)
        return what if make is None else self.compound(make(self, node, gate), gate, node)

    def maybe(self, node: TypeNode | None, gate: Stability) -> Type | None:
        return None if node is None else self.part(node, gate)

    def compound(self, kind: Kind, gate: Stability, span: Span) -> Type:
        if isinstance(kind, Own):
            # `own<r>` in place is the same as `r`; appending makes one handle type of both.
            return kind.type
        parts: tuple[object, ...]
        if isinstance(kind, Result):
            parts = (kind.ok, kind.err)
        elif isinstance(kind, FixedList):
            parts = (kind.type, kind.size)
        else:
            parts = kind.types()
        key = (kind.__class__, *parts)
        found = self.compounds.get(key)
        if found is None:
            if gate is None:
                gate = next(
                    (p.stability for p in kind.types() if isinstance(p, TypeDef) and p.stability is not None),
                    None,
                )
            found = self.compounds[key] = TypeDef(None, kind, None, None, gate, span)
            self.draft.types.append(found)
        return found

    # -- functions --

    def function(self, declaration: FuncDecl, resource: Id | None) -> Function:
        func = declaration.func
        plain = declaration.id.name
        gate = stability(declaration.attributes)
        kind = declaration.kind
        owner: TypeDef | None = None
        params: list[Field] = []
        name = plain
        if resource is not None:
            found = self.scope.get(resource.name)
            if not isinstance(found, TypeDef):
                raise Skip
            owner = found
            name = (
                f"[constructor]{resource.name}"
                if kind == "constructor"
                else f"[{kind}]{resource.name}.{plain}"
            )
            if kind == "method":
                params.append(Field("self", self.compound(Borrow(owner), None, func)))
        names = {param.name for param in params}
        for id, node in func.params:
            if id.name in names:
                raise WitError(f"param `{id.name}` is defined more than once", id)
            names.add(id.name)
            params.append(Field(id.name, self.part(node, None)))
        result: Type | None
        if kind == "constructor":
            assert owner is not None
            result = owner if func.result is None else self.constructed(owner, func.result)
        else:
            result = self.maybe(func.result, None)
        return Function(
            name,
            kind,
            owner,
            tuple(params),
            result,
            func.is_async,
            declaration.docs,
            gate,
            declaration.id,
            _external_id(declaration.attributes),
        )

    def constructed(self, resource: TypeDef, node: TypeNode) -> Type:
        """The result of a constructor that says one: `result<resource, …>`."""
        type = self.part(node, None)
        kind = type.kind if isinstance(type, TypeDef) else None
        if not isinstance(kind, Result):
            raise WitError("if a constructor return type is declared it must be a `result`", node)
        if kind.ok is not resource:
            span = node.types[0] if node.kind == "result" and node.types[0] is not None else node
            raise WitError("the `ok` type must be the resource being constructed", span)
        return type


_UNKNOWN = Unknown()
_RESOURCE = Resource()

_KINDS: dict[str, Callable[[_Names, TypeNode, Stability], Kind]] = {
    "list": _Names.list_kind,
    "map": _Names.map_kind,
    "record": _Names.record_kind,
    "variant": _Names.variant_kind,
    "enum": _Names.enum_kind,
    "flags": _Names.flags_kind,
    "resource": lambda names, node, gate: _RESOURCE,
    "option": lambda names, node, gate: Option(names.part(node.types[0], gate)),
    "tuple": lambda names, node, gate: Tuple(tuple([names.part(part, gate) for part in node.types])),
    "result": lambda names, node, gate: Result(
        names.maybe(node.types[0], gate) if node.types else None,
        names.maybe(node.types[1], gate) if node.types else None,
    ),
    "future": lambda names, node, gate: Future(names.part(node.types[0], gate) if node.types else None),
    "stream": lambda names, node, gate: Stream(names.part(node.types[0], gate) if node.types else None),
    "own": lambda names, node, gate: Own(names.resource(_handled(node))),
    "borrow": lambda names, node, gate: Borrow(names.resource(_handled(node))),
}


def _handled(node: TypeNode) -> Id:
    assert node.id is not None
    return node.id


class _Mention:
    """A path in a file. `owner` is the interface or world that cannot be resolved before it; `wants` what it names."""

    __slots__ = ("attributes", "names", "owner", "path", "wants")

    def __init__(
        self,
        owner: str | None,
        attributes: tuple[Attribute, ...],
        path: Path,
        names: tuple[tuple[Id, Id | None], ...] | None,
        wants: str,
    ) -> None:
        self.owner = owner
        self.attributes = attributes
        self.path = path
        self.names = names
        self.wants = wants


def _mentions(declarations: tuple[Declaration, ...]) -> Iterator[_Mention]:
    """Every path, in the order in which upstream looks at them: a world's imports before its exports."""
    for declaration in declarations:
        if isinstance(declaration, InterfaceDecl):
            for member in declaration.members:
                if isinstance(member, Use):
                    yield _Mention(
                        declaration.id.name, member.attributes, member.path, member.names, "interface"
                    )
        elif isinstance(declaration, WorldDecl):
            yield from _world_mentions(declaration)
        elif isinstance(declaration, TopUse):
            yield _Mention(None, (), declaration.path, None, "interface")


def _world_mentions(declaration: WorldDecl) -> Iterator[_Mention]:
    externs: tuple[list[Extern], list[Extern]] = [], []
    for member in declaration.members:
        if isinstance(member, Use):
            yield _Mention(None, member.attributes, member.path, member.names, "interface")
        elif isinstance(member, Include):
            yield _Mention(declaration.id.name, member.attributes, member.path, None, "world")
        elif isinstance(member, Extern):
            externs[member.direction == "export"].append(member)
    for extern in (*externs[0], *externs[1]):
        if extern.path is not None:
            yield _Mention(None, extern.attributes, extern.path, None, "interface")
        for inner in extern.members or ():
            if isinstance(inner, Use):
                yield _Mention(None, inner.attributes, inner.path, inner.names, "interface")


def _collect(node: TypeNode, into: list[Id]) -> None:
    """The names that a type needs, in order."""
    if node.id is not None:
        into.append(node.id)
    for part in node.types:
        if part is not None:
            _collect(part, into)
    for member in node.members:
        if member.type is not None:
            _collect(member.type, into)


def _distinct(functions: tuple[FuncDecl, ...]) -> None:
    names: set[str] = set()
    constructed = False
    for function in functions:
        if function.kind == "constructor":
            if constructed:
                raise WitError("duplicate constructors", function.id)
            constructed = True
        elif function.id.name in names:
            raise WitError(f"duplicate function name `{function.id.name}`", function.id)
        else:
            names.add(function.id.name)


def _no_item(path: Path) -> WitError:
    return WitError(f"interface or world `{path.name}` does not exist", path)


def _meant(name: str, scope: Scope) -> str | None:
    from difflib import get_close_matches

    close = get_close_matches(name, scope, n=1)
    return f"did you mean `{close[0]}`?" if close else None


def stability(attributes: tuple[Attribute, ...]) -> Stability:
    """What the gates on an item say together. Raises for combinations that mean nothing."""
    if not attributes:
        return None
    gates = [attribute for attribute in attributes if attribute.name != "external-id"]
    if not gates:
        return None
    by_name = {gate.name: gate.value for gate in gates}
    if len(by_name) < len(gates) or len(gates) > 2 or {"since", "unstable"} <= by_name.keys():
        raise WitError(
            "unsupported combination of attributes",
            gates[1],
            hint="an item has `@since` or `@unstable`, once, and perhaps `@deprecated`",
        )
    deprecated = by_name.get("deprecated")
    if "since" in by_name:
        return Stable(by_name["since"], deprecated)
    if "unstable" in by_name:
        return Unstable(by_name["unstable"], deprecated)
    raise WitError("must pair @deprecated with either @since or @unstable", gates[0])


def _external_id(attributes: tuple[Attribute, ...]) -> str | None:
    for attribute in attributes:
        if attribute.name == "external-id":
            return attribute.value
    return None
