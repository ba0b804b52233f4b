"""The names of one package: from the syntax of its files to a draft.

Follows the order in which upstream's wit-parser allocates interfaces, worlds and types, since its model is compared
by index. Mistakes that do not depend on each other are all collected; the first is the one upstream would tell.
"""

from __future__ import annotations

from engine.component.model import (
    Alias,
    Function,
    Interface,
    InterfaceItem,
    Source,
    TypeDef,
    World,
)
from engine.wit.draft import Draft, Inclusion
from engine.wit.errors import Skip, WitError, meant
from engine.wit.gates import external_id, stability
from engine.wit.mentions import collect_names, mentions
from engine.wit.syntax import (
    Attribute,
    Extern,
    FuncDecl,
    Id,
    Include,
    TypeDecl,
    Use,
    WorldDecl,
)
from engine.wit.toplevel import TopLevel
from engine.wit.toposort import toposort
from engine.wit.types import Types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.component.model import WorldItem, WorldKey
    from engine.wit.syntax import Declaration, InterfaceMember, WorldMember


class Names(TopLevel):
    """Looks up the names of one package; see :meth:`all`."""

    def __init__(
        self,
        draft: Draft,
        files: list[tuple[Source, tuple[Declaration, ...]]],
        problems: list[WitError],
    ) -> None:
        super().__init__(draft, files, problems)
        self.types = Types(draft)

    def all(self) -> None:
        for declarations in self.files:
            for mention in mentions(declarations):
                self.attempt(self.foreign, mention)
        order, owners = self.declared()
        for index, declarations in enumerate(self.files):
            self.here = self.file_items[index]
            for mention in mentions(declarations):
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

    # -- worlds --

    def world(self, world: World, declaration: WorldDecl) -> None:
        world.docs = declaration.docs
        self.gate(world, declaration.attributes)
        self.types.scope = {}
        self.fill_scope(world, declaration.members)
        for member in declaration.members:
            if isinstance(member, Include):
                self.attempt(self.include, world, member)
        for name, item in self.types.scope.items():
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
        self.types.scope = {}

    def world_method(self, world: World, resource: Id, declaration: FuncDecl) -> None:
        function = self.types.function(declaration, resource)
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
        label = external_id(member.attributes)
        if member.func is not None:
            assert member.id is not None
            declaration = FuncDecl(member.docs, member.attributes, member.id, "freestanding", member.func)
            return member.id.name, self.types.function(declaration, None)
        if member.members is not None:
            assert member.id is not None
            interface = Interface(None, span=member.id)
            self.draft.interfaces.append(interface)
            outer = self.types.scope
            try:
                self.interface(interface, member.members, member.docs, member.attributes)
            finally:
                self.types.scope = outer
            item = InterfaceItem(interface, interface.stability, member.id, None, label)
            return member.id.name, item
        assert member.path is not None
        gate = stability(member.attributes)
        interface = self.interface_at(member.path)
        item = InterfaceItem(interface, gate, member.path, member.docs, label)
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
        scope = self.types.scope = {}
        # Known from the start, so that what uses a broken interface finds a scope.
        self.names_of[interface] = scope
        self.fill_scope(interface, members)
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
            item.external_id = external_id(attributes)

    def interface_function(self, declaration: FuncDecl, functions: list[Function]) -> None:
        self.define(declaration.id, "function")
        functions.append(self.types.function(declaration, None))

    def resource_function(self, declaration: FuncDecl, resource: Id, functions: list[Function]) -> None:
        functions.append(self.types.function(declaration, resource))

    def define(self, id: Id, item: TypeDef | str | None) -> None:
        if id.name in self.types.scope:
            raise WitError(f"name `{id.name}` is defined more than once", id)
        self.types.scope[id.name] = item

    # -- types --

    def fill_scope(
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
                collect_names(member.type, needs[name])
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
                self.types.scope.setdefault(name, None)
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
            kind = self.types.kind(declaration.type, gate)
            if declaration.functions:
                _distinct(declaration.functions)
            if name in self.types.scope:
                raise WitError(f"name `{name}` is defined more than once", declaration.id)
        except (WitError, Skip) as problem:
            if isinstance(problem, WitError):
                self.report(problem)
            self.types.scope.setdefault(name, None)
            return
        label = external_id(declaration.attributes)
        typedef = TypeDef(name, kind, owner, declaration.docs, gate, declaration.id, label)
        self.draft.types.append(typedef)
        self.types.scope[name] = typedef

    def use(self, owner: Interface | World, use: Use) -> None:
        try:
            interface = self.interface_at(use.path)
            gate = stability(use.attributes)
        except WitError:
            for id, alias in use.names:
                self.types.scope.setdefault((alias or id).name, None)
            raise
        scope = self.names_of.get(interface, {})
        for id, alias in use.names:
            name = alias or id
            found = scope.get(id.name)
            if isinstance(found, TypeDef):
                if name.name in self.types.scope:
                    self.report(WitError(f"name `{name.name}` is defined more than once", name))
                    continue
                typedef = TypeDef(name.name, Alias(found), owner, None, gate, id)
                self.draft.types.append(typedef)
                self.types.scope[name.name] = typedef
                continue
            if found is not None:
                self.report(
                    WitError(
                        f"cannot import {found} `{id.name}`", id, hint="only types can be brought in by `use`"
                    )
                )
            elif id.name not in scope:
                self.report(WitError(f"name `{id.name}` does not exist", id, hint=meant(id.name, scope)))
            self.types.scope.setdefault(name.name, None)


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
