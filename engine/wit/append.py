"""A draft into the whole: placeholders replaced, gates applied, handles made explicit, worlds elaborated."""

from __future__ import annotations

from engine.component.model import (
    Alias,
    Borrow,
    Field,
    Function,
    Interface,
    InterfaceItem,
    Own,
    Package,
    PackageName,
    Record,
    Resolve,
    Resource,
    TypeDef,
    Unstable,
    World,
)
from engine.wit.draft import Draft, Foreign
from engine.wit.elaborate import LARGEST_WHOLE, elaborate
from engine.wit.errors import MOST_PROBLEMS, Skip, WitError, meant
from engine.wit.include import include
from engine.wit.version import version_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import TypeVar

    from engine.component.model import Span, Stability, Type, WorldItem, WorldKey

    Item = TypeVar("Item")

_EXCLUDED = "found a reference to a {} which is excluded due to its feature not being activated"
_OWNER_EXCLUDED = "; this type is not gated by a feature but its interface is"


class Features:
    """Which `@unstable` features are on."""

    __slots__ = ("all", "names")

    def __init__(self, names: Collection[str] = (), all: bool = False) -> None:
        self.names = frozenset(names)
        self.all = all

    def __contains__(self, feature: object) -> bool:
        return self.all or feature in self.names


class Append:
    """Appends one draft to `resolve`. `problems` has what was wrong; then the package is not to be relied on."""

    def __init__(
        self,
        resolve: Resolve,
        draft: Draft,
        features: Features,
        missing: Callable[[Foreign], WitError],
    ) -> None:
        self.resolve = resolve
        self.draft = draft
        self.features = features
        self.missing = missing
        self.problems: list[WitError] = []
        self.reported: set[tuple[str | None, int | None, int | None]] = set()
        self.types: dict[TypeDef, TypeDef | None] = {}
        self.interfaces: dict[Interface, Interface | None] = {}
        self.worlds: dict[World, World | None] = {}
        self.handles: dict[TypeDef, TypeDef] = {}
        self.package = Package(draft.name, draft.docs, draft.span)
        self.package.files = draft.files
        self.package.needs = tuple(draft.foreign)

    def run(self) -> Package:
        self.resolve.add_package(self.package)
        self.foreign_items()
        if self.problems:
            return self.package
        self.foreign_types()
        for typedef in self.draft.types:
            self.attempt(self.add_type, typedef)
        foreign = {entry.item for names in self.draft.foreign.values() for entry in names.values()}
        interfaces = [interface for interface in self.draft.interfaces if interface not in foreign]
        for interface in interfaces:
            self.attempt(self.add_interface, interface)
        for typedef in self.draft.types:
            self.attempt(self.check_owner, typedef)
        worlds = [world for world in self.draft.worlds if world not in foreign]
        for world in worlds:
            self.attempt(self.add_world, world)
        if not self.problems:
            for typedef in self.draft.types:
                self.attempt(self.check_world_owner, typedef)
            for world in worlds:
                if self.worlds[world] is not None and self.resolve.size <= LARGEST_WHOLE:
                    self.attempt(self.complete_world, world)
        self.index(interfaces, worlds)
        return self.package

    def attempt(self, work: Callable[[Item], None], item: Item) -> None:
        """Does `work` on one item; what is wrong with it does not stop the others."""
        if len(self.problems) >= MOST_PROBLEMS:
            return
        try:
            work(item)
        except WitError as problem:
            where = (problem.file, problem.line, problem.column)
            if where not in self.reported:
                self.reported.add(where)
                self.problems.append(problem)
        except Skip:
            pass

    # -- other packages --

    def foreign_items(self) -> None:
        entries = [entry for names in self.draft.foreign.values() for entry in names.values()]
        absent: set[PackageName] = set()
        for kind in (Interface, World):
            for entry in entries:
                if isinstance(entry.item, kind) and entry.package not in absent:
                    if entry.package not in self.resolve.package_names:
                        absent.add(entry.package)
                        if len(self.problems) < MOST_PROBLEMS:
                            self.problems.append(self.missing(entry))
                        continue
                    self.attempt(self.foreign_item, entry)

    def foreign_item(self, entry: Foreign) -> None:
        package = self.resolve.package_names[entry.package]
        span = entry.item.span
        assert span is not None
        included = False
        for gate in entry.gates:
            if self.included(gate, span):
                included = True
                break
        if isinstance(entry.item, Interface):
            interface = package.interfaces.get(entry.name) if included else None
            if included and interface is None:
                raise _no_item(package, "interface", entry.name, span)
            self.interfaces[entry.item] = interface
        else:
            world = package.worlds.get(entry.name) if included else None
            if included and world is None:
                raise _no_item(package, "world", entry.name, span)
            self.worlds[entry.item] = world

    def foreign_types(self) -> None:
        for typedef, span in self.draft.foreign_types:
            self.attempt(lambda pair: self.foreign_type(*pair), (typedef, span))
        for typedef, span in self.draft.must_be_resources:
            self.attempt(lambda pair: self.check_resource(*pair), (typedef, span))

    def foreign_type(self, typedef: TypeDef, span: Span) -> None:
        if not self.included(typedef.stability, span):
            self.types[typedef] = None
            return
        assert isinstance(typedef.owner, Interface)
        assert typedef.name is not None
        interface = self.interfaces[typedef.owner]
        if interface is None:
            raise WitError(_EXCLUDED.format("interface"), span)
        found = interface.types.get(typedef.name)
        if found is None:
            raise WitError(
                f"type `{typedef.name}` not defined in interface",
                span,
                notes=(f"the interface is `{interface.full_name}`",),
                hint=meant(typedef.name, interface.types),
            )
        self.types[typedef] = found

    def check_resource(self, typedef: TypeDef, span: Span) -> None:
        found = self.types.get(typedef)
        if found is not None and not isinstance(_behind(found).kind, Resource):
            raise WitError("type used in a handle must be a resource", span)

    # -- gates --

    def included(self, gate: Stability, span: Span | None) -> bool:
        """Whether something with this gate is part of the package. Raises for gates the package cannot have."""
        if gate is None:
            return True
        if isinstance(gate, Unstable):
            return gate.feature in self.features
        name = self.draft.name
        if name.version is None:
            raise WitError(
                f"package [{name}] contains a feature gate with a version specifier, so it must have a version",
                span,
                hint=f"declare it as `package {name}@{gate.since};`",
            )
        since, current = version_key(gate.since), version_key(name.version)
        assert since is not None
        assert current is not None
        if since > current:
            raise WitError(
                f"feature gate cannot reference unreleased version {gate.since} of package [{name}] "
                f"(current version {name.version})",
                span,
            )
        return True

    # -- types --

    def mapped(self, typedef: TypeDef, span: Span | None) -> TypeDef:
        """What stands for `typedef` in the whole."""
        try:
            found = self.types[typedef]
        except KeyError:
            # Its own problem is reported where it is declared.
            raise Skip from None
        if found is None:
            raise WitError(
                _EXCLUDED.format("type"),
                span,
                hint=f"gate this with the same feature as `{typedef.name}`, or turn the feature on"
                if typedef.name
                else None,
            )
        return found

    def part(self, type: Type, span: Span | None) -> Type:
        """As :meth:`mapped`, for a type in use: a resource there means a handle that owns it."""
        if isinstance(type, str):
            return type
        found = self.mapped(type, span)
        if not isinstance(_behind(found).kind, Resource):
            return found
        handle = self.handles.get(found)
        if handle is None:
            handle = self.handles[found] = self.resolve.add_type(TypeDef(None, Own(found)))
        return handle

    def add_type(self, typedef: TypeDef) -> None:
        span = typedef.span
        if not self.included(typedef.stability, span):
            self.types[typedef] = None
            return
        kind = typedef.kind
        if isinstance(kind, Alias | Own | Borrow):
            # `type a = r` keeps `a` a resource's other name; no handle is made of it.
            if isinstance(kind.type, TypeDef):
                typedef.kind = kind.__class__(self.mapped(kind.type, span))
        elif isinstance(kind, Record):
            # A field's own place tells more than that of the record.
            typedef.kind = Record(
                tuple([Field(f.name, self.part(f.type, f.span), f.docs, f.span) for f in kind.fields])
            )
        else:
            typedef.kind = kind.mapped(lambda part: self.part(part, span))
        self.types[typedef] = self.resolve.add_type(typedef)

    def check_owner(self, typedef: TypeDef) -> None:
        owner = typedef.owner
        if (
            isinstance(owner, Interface)
            and self.types.get(typedef) is not None
            and self.interfaces.get(owner, owner) is None
        ):
            raise WitError(_EXCLUDED.format("interface") + _OWNER_EXCLUDED, typedef.span)

    def check_world_owner(self, typedef: TypeDef) -> None:
        owner = typedef.owner
        if (
            isinstance(owner, World)
            and self.types.get(typedef) is not None
            and self.worlds.get(owner) is None
        ):
            raise WitError(_EXCLUDED.format("world") + _OWNER_EXCLUDED, typedef.span)

    # -- interfaces and functions --

    def add_interface(self, interface: Interface) -> None:
        if not self.included(interface.stability, interface.span):
            self.interfaces[interface] = None
            return
        interface.package = self.package
        types = self.types
        interface.types = {name: typedef for name, typedef in interface.types.items() if types.get(typedef)}
        functions = {}
        for name, function in interface.functions.items():
            if self.included(function.stability, function.span):
                self.update(function)
                functions[name] = function
        interface.functions = functions
        self.interfaces[interface] = self.resolve.add_interface(interface)

    def update(self, function: Function) -> None:
        span = function.span
        if function.resource is not None:
            function.resource = self.mapped(function.resource, span)
        function.params = tuple(
            [Field(param.name, self.part(param.type, span), param.docs) for param in function.params]
        )
        if function.result is not None:
            result = function.result = self.part(function.result, span)
            if isinstance(result, TypeDef) and result.has_borrow:
                raise WitError(
                    f"function `{function.name}` returns a type which contains a `borrow<T>` which is not supported",
                    span,
                    hint="a borrow ends with the call; return the resource itself, which means `own<…>`",
                )

    # -- worlds --

    def add_world(self, world: World) -> None:
        if not self.included(world.stability, world.span):
            self.worlds[world] = None
            return
        world.imports = self.world_items(world.imports)
        world.exports = self.world_items(world.exports)
        self.worlds[world] = self.resolve.add_world(world)

    def world_items(self, items: dict[WorldKey, WorldItem]) -> dict[WorldKey, WorldItem]:
        updated: dict[WorldKey, WorldItem] = {}
        for key, item in items.items():
            span = item.span
            if isinstance(item, TypeDef):
                item = self.mapped(item, span) if self.included(item.stability, span) else item
            if not self.included(item.stability, span):
                continue
            if isinstance(item, Function):
                self.update(item)
            elif isinstance(item, InterfaceItem):
                interface = self.interfaces.get(item.interface, item.interface)
                if interface is None:
                    raise WitError(_EXCLUDED.format("interface"), span)
                item.interface = interface
                if not isinstance(key, str):
                    key = interface
            updated[key] = item
        return updated

    def complete_world(self, world: World) -> None:
        """Carries out includes and makes the world explicit."""
        world.package = self.package
        for inclusion in self.draft.includes.get(world, ()):
            if not self.included(inclusion.stability, inclusion.span):
                continue
            included = self.worlds.get(inclusion.world)
            if included is None:
                raise WitError(_EXCLUDED.format("world"), inclusion.span)
            inclusion.world = included
            include(self.resolve, world, inclusion)
        for what, items in (("import", world.imports), ("export", world.exports)):
            _distinct(what, items, world)
        elaborate(world)
        self.resolve.size += len(world.imports) + len(world.exports)
        if self.resolve.size > LARGEST_WHOLE:
            raise WitError(
                f"the worlds up to `{world.name}` have more than {LARGEST_WHOLE} items together", world.span
            )

    def index(self, interfaces: list[Interface], worlds: list[World]) -> None:
        for interface in interfaces:
            if interface.name is not None and self.interfaces.get(interface) is not None:
                self.package.interfaces[interface.name] = interface
        for world in worlds:
            if self.worlds.get(world) is not None:
                world.package = self.package
                self.package.worlds[world.name] = world


def _behind(typedef: TypeDef) -> TypeDef:
    """The type that a chain of aliases stands for."""
    while isinstance(typedef.kind, Alias) and isinstance(typedef.kind.type, TypeDef):
        typedef = typedef.kind.type
    return typedef


def _no_item(package: Package, what: str, name: str, span: Span) -> WitError:
    here = package.interfaces if what == "interface" else package.worlds
    other = package.worlds if what == "interface" else package.interfaces
    notes: tuple[str, ...] = ()
    if name in other:
        notes = (f"`{name}` is {'a world' if what == 'interface' else 'an interface'} there",)
    listed = ", ".join(sorted(here)[:12]) or "none"
    return WitError(
        f"{what} '{name}' not found in package '{package.name}'",
        span,
        notes=(*notes, f"{what}s of `{package.name}`: {listed}"),
        hint=meant(name, here),
    )


def _distinct(what: str, items: dict[WorldKey, WorldItem], world: World) -> None:
    """Names differ in more than case (component model, `WIT.md`, "Identifiers")."""
    seen: dict[str, str] = {}
    for key, item in items.items():
        if isinstance(key, str):
            before = seen.setdefault(key.lower(), key)
            if before != key:
                raise WitError(
                    f"{what} `{key}` conflicts with {what} `{before}` (kebab-case identifiers are case-insensitive)",
                    item.span or world.span,
                )
