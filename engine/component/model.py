"""What WIT talks about: packages, interfaces, worlds, functions and types, fully resolved.

Text (`engine.wit`) and component binaries (`engine.component`) are both read into this model, so that everything
behind them (discovery, dev shells, coverage tables) is written once. Objects refer to each other directly; `id` is
an object's index in its arena (`Resolve.types` and so on), in the order upstream's wit-parser allocates them.

A value's type is a `str` for a primitive (`"u8"`, `"string"`, `"error-context"` …) or a `TypeDef`. What a `TypeDef`
is, its `kind` says: one of the small classes of `kinds.py`, made for `match`.
"""

from __future__ import annotations

from engine.component.kinds import (
    PRIMITIVES,
    Alias,
    Borrow,
    Case,
    Enum,
    Field,
    FixedList,
    Flags,
    Future,
    Kind,
    List,
    Map,
    Option,
    Own,
    Record,
    Resource,
    Result,
    Stream,
    Tuple,
    Unknown,
    Variant,
)

# The kinds of types are part of the model: whoever works with it needs this one import.
__all__ = [
    "PRIMITIVES",
    "Alias",
    "Borrow",
    "Case",
    "Enum",
    "Field",
    "FixedList",
    "Flags",
    "Function",
    "Future",
    "Interface",
    "InterfaceItem",
    "Kind",
    "List",
    "Map",
    "Option",
    "Own",
    "Package",
    "PackageName",
    "Record",
    "Resolve",
    "Resource",
    "Result",
    "Source",
    "Span",
    "Stable",
    "Stream",
    "Tuple",
    "TypeDef",
    "Unknown",
    "Unstable",
    "Variant",
    "World",
    "interface_used",
    "key_name",
]

TYPE_CHECKING = False  # importing typing for its constant alone would cost every command 4 ms
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    Type: TypeAlias = "str | TypeDef"
    Owner: TypeAlias = "Interface | World | None"
    WorldKey: TypeAlias = "str | Interface"
    WorldItem: TypeAlias = "InterfaceItem | Function | TypeDef"
    Stability: TypeAlias = "Stable | Unstable | None"


class Source:
    """One text file: the path to print, and what it holds."""

    __slots__ = ("path", "text")

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text


class Span:
    """Where a text says something: characters `start` to `end` (exclusive) of `source`."""

    __slots__ = ("end", "source", "start")

    def __init__(self, source: Source, start: int, end: int) -> None:
        self.source = source
        self.start = start
        self.end = end


class PackageName:
    """`namespace:name@version`; a value: equal by content, usable as a key."""

    __slots__ = ("name", "namespace", "text", "version")

    def __init__(self, namespace: str, name: str, version: str | None) -> None:
        self.namespace = namespace
        self.name = name
        self.version = version
        self.text = f"{namespace}:{name}" if version is None else f"{namespace}:{name}@{version}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PackageName) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"PackageName({self.text})"

    @property
    def unversioned(self) -> str:
        return f"{self.namespace}:{self.name}"

    def item(self, name: str) -> str:
        """The full name of an interface or world of this package: `ns:pkg/iface@v`."""
        base = f"{self.namespace}:{self.name}/{name}"
        return base if self.version is None else f"{base}@{self.version}"


class Stable:
    """`@since(version = …)`, perhaps deprecated later."""

    __slots__ = ("deprecated", "since")

    def __init__(self, since: str, deprecated: str | None = None) -> None:
        self.since = since
        self.deprecated = deprecated

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stable) and (self.since, self.deprecated) == (other.since, other.deprecated)

    def __hash__(self) -> int:
        return hash((self.since, self.deprecated))


class Unstable:
    """`@unstable(feature = …)`: there only with the feature turned on."""

    __slots__ = ("deprecated", "feature")

    def __init__(self, feature: str, deprecated: str | None = None) -> None:
        self.feature = feature
        self.deprecated = deprecated

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unstable) and (self.feature, self.deprecated) == (
            other.feature,
            other.deprecated,
        )

    def __hash__(self) -> int:
        return hash((self.feature, self.deprecated))


class TypeDef:
    """A type with a name, or a compound type without one (`owner` and `name` are `None`). `has_borrow`, known once it is
    in an arena, tells whether a value of it holds a `borrow`."""

    __slots__ = ("docs", "external_id", "has_borrow", "id", "kind", "name", "owner", "span", "stability")

    def __init__(
        self,
        name: str | None,
        kind: Kind,
        owner: Owner = None,
        docs: str | None = None,
        stability: Stability = None,
        span: Span | None = None,
        external_id: str | None = None,
    ) -> None:
        self.id = -1
        self.has_borrow = False
        self.name = name
        self.kind = kind
        self.owner = owner
        self.docs = docs
        self.stability = stability
        self.span = span
        self.external_id = external_id


class Function:
    """A function. `kind` is `freestanding`, `method`, `static` or `constructor`; `resource` is whose, of the last
    three. `name` is the canonical one: `[method]r.f`, `[static]r.f`, `[constructor]r`, or the plain name. A method's
    first parameter is `self`."""

    __slots__ = (
        "docs",
        "external_id",
        "is_async",
        "kind",
        "name",
        "params",
        "resource",
        "result",
        "span",
        "stability",
    )

    def __init__(
        self,
        name: str,
        kind: str,
        resource: TypeDef | None,
        params: tuple[Field, ...],
        result: Type | None,
        is_async: bool = False,
        docs: str | None = None,
        stability: Stability = None,
        span: Span | None = None,
        external_id: str | None = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.resource = resource
        self.params = params
        self.result = result
        self.is_async = is_async
        self.docs = docs
        self.stability = stability
        self.span = span
        self.external_id = external_id

    @property
    def plain_name(self) -> str:
        """The name as written in WIT: `f` of `[method]r.f`, `constructor` of `[constructor]r`."""
        if self.kind == "constructor":
            return "constructor"
        return self.name.partition(".")[2] if self.resource is not None else self.name


class Interface:
    """An interface; `name` is `None` when it is written inside a world."""

    __slots__ = (
        "_dependencies",
        "docs",
        "external_id",
        "functions",
        "id",
        "name",
        "package",
        "span",
        "stability",
        "types",
    )

    def __init__(
        self,
        name: str | None,
        package: Package | None = None,
        docs: str | None = None,
        stability: Stability = None,
        span: Span | None = None,
    ) -> None:
        self.id = -1
        self.name = name
        self.types: dict[str, TypeDef] = {}
        self.functions: dict[str, Function] = {}
        self.package = package
        self.docs = docs
        self.stability = stability
        self.span = span
        self.external_id: str | None = None
        self._dependencies: tuple[Interface, ...] | None = None

    @property
    def full_name(self) -> str | None:
        """`ns:pkg/iface@v`, or `None` for an interface without a name or package."""
        if self.name is None or self.package is None:
            return None
        return self.package.name.item(self.name)

    def dependencies(self) -> tuple[Interface, ...]:
        """The interfaces this one brings types in from, each once, in the order of the types."""
        found = self._dependencies
        if found is None:
            named = (interface_used(typedef) for typedef in self.types.values())
            found = self._dependencies = tuple(dict.fromkeys(i for i in named if i is not None))
        return found


def interface_used(typedef: TypeDef) -> Interface | None:
    """The other interface that `typedef` is brought in from by `use`, if it is."""
    kind = typedef.kind
    if isinstance(kind, Alias) and isinstance(kind.type, TypeDef):
        owner = kind.type.owner
        if owner is not typedef.owner and isinstance(owner, Interface):
            return owner
    return None


class InterfaceItem:
    """An interface as something a world imports or exports."""

    __slots__ = ("docs", "external_id", "interface", "span", "stability")

    def __init__(
        self,
        interface: Interface,
        stability: Stability = None,
        span: Span | None = None,
        docs: str | None = None,
        external_id: str | None = None,
    ) -> None:
        self.interface = interface
        self.stability = stability
        self.span = span
        self.docs = docs
        self.external_id = external_id


class World:
    """A world. Its imports and exports are keyed by the interface itself where that has a name of its own, else by
    the name they have in the world; in upstream's order, transitive interfaces included."""

    __slots__ = (
        "docs",
        "exports",
        "external_id",
        "id",
        "imports",
        "name",
        "package",
        "span",
        "stability",
    )

    def __init__(
        self,
        name: str,
        package: Package | None = None,
        docs: str | None = None,
        stability: Stability = None,
        span: Span | None = None,
    ) -> None:
        self.id = -1
        self.name = name
        self.imports: dict[WorldKey, WorldItem] = {}
        self.exports: dict[WorldKey, WorldItem] = {}
        self.package = package
        self.docs = docs
        self.stability = stability
        self.span = span
        self.external_id: str | None = None

    @property
    def full_name(self) -> str:
        return self.name if self.package is None else self.package.name.item(self.name)

    def imported_names(self) -> list[str]:
        """`ns:pkg/iface@v` or plain name of every import, in order."""
        return [key_name(key) for key in self.imports]

    def exported_names(self) -> list[str]:
        """As :meth:`imported_names`, of the exports."""
        return [key_name(key) for key in self.exports]

    def imported_interfaces(self) -> Iterator[tuple[str, Interface]]:
        """The imports that are interfaces, by name."""
        return _interfaces(self.imports)

    def exported_interfaces(self) -> Iterator[tuple[str, Interface]]:
        return _interfaces(self.exports)


def key_name(key: WorldKey) -> str:
    """A world's key as text."""
    return key if isinstance(key, str) else key.full_name or ""


def _interfaces(items: dict[WorldKey, WorldItem]) -> Iterator[tuple[str, Interface]]:
    for key, item in items.items():
        if isinstance(item, InterfaceItem):
            yield key_name(key), item.interface


class Package:
    """A package: its interfaces and worlds by name. `files` are the texts it was read from, `needs` the packages that
    it mentions."""

    __slots__ = ("docs", "files", "id", "interfaces", "name", "needs", "span", "worlds")

    def __init__(self, name: PackageName, docs: str | None = None, span: Span | None = None) -> None:
        self.id = -1
        self.name = name
        self.docs = docs
        self.interfaces: dict[str, Interface] = {}
        self.worlds: dict[str, World] = {}
        self.span = span
        self.files: tuple[str, ...] = ()
        self.needs: tuple[PackageName, ...] = ()


class Resolve:
    """Everything that one run has read, resolved: four arenas, and which package was asked for (`main`)."""

    __slots__ = ("interfaces", "main", "package_names", "packages", "size", "types", "worlds")

    def __init__(self) -> None:
        self.worlds: list[World] = []
        self.interfaces: list[Interface] = []
        self.types: list[TypeDef] = []
        self.packages: list[Package] = []
        self.package_names: dict[PackageName, Package] = {}
        self.main: Package | None = None
        self.size = 0
        """How many imports and exports all worlds have together."""

    def add_type(self, typedef: TypeDef) -> TypeDef:
        """Adds a type whose parts are in the arena already."""
        typedef.id = len(self.types)
        self.types.append(typedef)
        kind = typedef.kind
        if isinstance(kind, Borrow):
            typedef.has_borrow = True
        elif not isinstance(kind, Own):
            for part in kind.types():
                if not isinstance(part, str) and part.has_borrow:
                    typedef.has_borrow = True
                    break
        return typedef

    def add_interface(self, interface: Interface) -> Interface:
        interface.id = len(self.interfaces)
        self.interfaces.append(interface)
        return interface

    def add_world(self, world: World) -> World:
        world.id = len(self.worlds)
        self.worlds.append(world)
        return world

    def add_package(self, package: Package) -> Package:
        package.id = len(self.packages)
        self.packages.append(package)
        self.package_names[package.name] = package
        return package

    def interface(self, full_name: str) -> Interface | None:
        """The interface `ns:pkg/iface@v`, if it is here."""
        name, _, version = full_name.partition("@")
        package, _, item = name.partition("/")
        found = self.package_names.get(PackageName(*_split(package), version or None))
        return None if found is None else found.interfaces.get(item)


def _split(package: str) -> tuple[str, str]:
    namespace, _, name = package.partition(":")
    return namespace, name
