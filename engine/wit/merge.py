"""Two wholes into one: packages of one name and version are united."""

from __future__ import annotations

from engine.component.model import (
    Field,
    Function,
    Interface,
    InterfaceItem,
    Package,
    Resolve,
    TypeDef,
    World,
)
from engine.wit.errors import WitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.component.model import Type, WorldItem, WorldKey


def merge(into: Resolve, other: Resolve, file: str) -> None:
    """Moves all of `other` into `into`. What both have must agree: interfaces in their types and functions, worlds in
    their imports and exports. Raises :class:`WitError` about `file`, where `other` is from."""
    one = _Merge(into, other, file)
    one.match()
    one.move()


class _Merge:
    def __init__(self, into: Resolve, other: Resolve, file: str) -> None:
        self.into = into
        self.other = other
        self.file = file
        self.types: dict[TypeDef, TypeDef] = {}
        self.interfaces: dict[Interface, Interface] = {}
        self.worlds: dict[World, World] = {}

    def wrong(self, package: Package, what: str) -> WitError:
        return WitError(
            f"failed to merge package `{package.name}` into existing copy: {what}", file=self.file
        )

    def match(self) -> None:
        for package in self.other.packages:
            same = self.into.package_names.get(package.name)
            if same is None:
                continue
            for name, interface in package.interfaces.items():
                if name in same.interfaces:
                    self.match_interface(package, interface, same.interfaces[name])
            for name, world in package.worlds.items():
                if name in same.worlds:
                    self.match_world(package, world, same.worlds[name])

    def match_interface(self, package: Package, one: Interface, same: Interface) -> None:
        self.interfaces[one] = same
        for name, typedef in one.types.items():
            if name not in same.types:
                raise self.wrong(package, f"in interface `{one.name}`, expected type `{name}` to be present")
            self.types[typedef] = same.types[name]
        for name, function in one.functions.items():
            other = same.functions.get(name)
            if other is None:
                raise self.wrong(
                    package, f"in interface `{one.name}`, expected function `{name}` to be present"
                )
            if _shape(function) != _shape(other):
                raise self.wrong(package, f"in interface `{one.name}`, mismatch in function `{name}`")

    def match_world(self, package: Package, one: World, same: World) -> None:
        self.worlds[one] = same
        for what in ("imports", "exports"):
            if _names(getattr(one, what)) != _names(getattr(same, what)):
                raise self.wrong(package, f"world `{one.name}` has different {what}")

    # -- moving --

    def move(self) -> None:
        for typedef in self.other.types:
            if typedef not in self.types:
                typedef.kind = typedef.kind.mapped(self.type)
                self.types[typedef] = self.into.add_type(typedef)
        for interface in self.other.interfaces:
            if interface not in self.interfaces:
                interface.types = {name: self.types[typedef] for name, typedef in interface.types.items()}
                for function in interface.functions.values():
                    self.function(function)
                self.interfaces[interface] = self.into.add_interface(interface)
        for world in self.other.worlds:
            if world not in self.worlds:
                world.imports = self.items(world.imports)
                world.exports = self.items(world.exports)
                self.worlds[world] = self.into.add_world(world)
        for package in self.other.packages:
            same = self.into.package_names.get(package.name)
            if same is None:
                self.into.add_package(package)
                package.interfaces = {n: self.interfaces[i] for n, i in package.interfaces.items()}
                package.worlds = {name: self.worlds[world] for name, world in package.worlds.items()}
                continue
            for name, interface in package.interfaces.items():
                if name not in same.interfaces:
                    same.interfaces[name] = self.interfaces[interface]
                    interface.package = same
            for name, world in package.worlds.items():
                if name not in same.worlds:
                    same.worlds[name] = self.worlds[world]
                    world.package = same

    def type(self, type: Type) -> Type:
        return type if isinstance(type, str) else self.types.get(type, type)

    def function(self, function: Function) -> None:
        if function.resource is not None:
            function.resource = self.types.get(function.resource, function.resource)
        function.params = tuple([Field(p.name, self.type(p.type), p.docs) for p in function.params])
        if function.result is not None:
            function.result = self.type(function.result)

    def items(self, items: dict[WorldKey, WorldItem]) -> dict[WorldKey, WorldItem]:
        out: dict[WorldKey, WorldItem] = {}
        for key, item in items.items():
            if not isinstance(key, str):
                key = self.interfaces.get(key, key)
            if isinstance(item, InterfaceItem):
                item.interface = self.interfaces.get(item.interface, item.interface)
            elif isinstance(item, Function):
                self.function(item)
            else:
                item = self.types.get(item, item)
            out[key] = item
        return out


def _shape(function: Function) -> tuple[object, ...]:
    """What two functions must agree in: kind, and parameters by name with their types as far as they have names."""
    params = tuple([(param.name, _word(param.type)) for param in function.params])
    return (
        function.kind,
        function.is_async,
        params,
        None if function.result is None else _word(function.result),
    )


def _word(type: Type) -> str:
    return type if isinstance(type, str) else type.kind.__class__.__name__


def _names(items: dict[WorldKey, WorldItem]) -> set[str]:
    return {key if isinstance(key, str) else key.full_name or "" for key in items}
