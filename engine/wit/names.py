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
    Unknown,
    World,
)
from engine.wit.draft import Draft, Foreign, Inclusion
from engine.wit.errors import MOST_PROBLEMS, Enough, Skip, WitError, meant
from engine.wit.gates import external_id, stability
from engine.wit.mentions import Mention, collect_names, mentions
from engine.wit.syntax import (
    Attribute,
    Extern,
    FuncDecl,
    Id,
    Include,
    InterfaceDecl,
    Path,
    TopUse,
    TypeDecl,
    Use,
    WorldDecl,
)
from engine.wit.toposort import toposort
from engine.wit.types import Types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.component.model import WorldItem, WorldKey
    from engine.wit.syntax import Declaration, InterfaceMember, WorldMember
    from engine.wit.types import Scope


class Names:
    """Looks up the names of one package; see :meth:`all`."""

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
        self.types = Types(draft)

    # -- problems --

    def report(self, problem: WitError) -> None:
        """Keeps a problem, unless one at the same place is kept already: that one is its cause."""
        where = (problem.file, problem.line, problem.column)
        if where not in self.reported:
            self.reported.add(where)
            self.problems.append(problem)
            if len(self.problems) >= MOST_PROBLEMS:
                raise Enough

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

    def foreign(self, mention: Mention) -> None:
        """Keeps a placeholder for what is mentioned of another package."""
        path = mention.path
        if path.package is None or path.package_span is None:
            return
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
        found.gates.append(stability(mention.attributes))

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
        for mention in mentions(declarations):
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

    def foreign_types(self, mention: Mention) -> None:
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


_UNKNOWN = Unknown()


def _no_item(path: Path) -> WitError:
    return WitError(f"interface or world `{path.name}` does not exist", path)


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
