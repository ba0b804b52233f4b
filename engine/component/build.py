"""From what a binary's scopes hold to the model: types into their arena, instances into interfaces."""

from __future__ import annotations

from engine.component.errors import ComponentError
from engine.component.extern import Name
from engine.component.model import (
    Alias,
    Field,
    Function,
    Interface,
    InterfaceItem,
    Package,
    PackageName,
    Resolve,
    TypeDef,
    World,
)
from engine.component.scope import Instance
from engine.component.valtypes import FuncType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.component.model import Type, WorldItem, WorldKey

_KINDS = ("method", "static", "constructor")


class Builder:
    """Fills `resolve`. One type of a binary is one type of the model, however often it is met."""

    def __init__(self, resolve: Resolve) -> None:
        self.resolve = resolve
        self.types: dict[TypeDef, TypeDef] = {}

    # -- types --

    def type(self, type: Type) -> Type:
        return type if isinstance(type, str) else self.typedef(type)

    def typedef(self, root: TypeDef) -> TypeDef:
        """`root` in the arena, behind all it is made of; without recursion, since chains may be long."""
        known = self.types
        stack = [root]
        while stack:
            typedef = stack[-1]
            if typedef in known:
                stack.pop()
                continue
            missing = [p for p in typedef.kind.types() if isinstance(p, TypeDef) and p not in known]
            if missing:
                stack.extend(reversed(missing))
                continue
            stack.pop()
            typedef.kind = typedef.kind.mapped(lambda part: part if isinstance(part, str) else known[part])
            known[typedef] = self.resolve.add_type(typedef)
        return known[root]

    # -- functions and interfaces --

    def function(self, name: str, func: FuncType, types: dict[str, TypeDef]) -> Function:
        kind, resource = "freestanding", None
        if name.startswith("["):
            kind, _, rest = name[1:].partition("]")
            if kind not in _KINDS:
                raise ComponentError(f"a function of unknown kind: {name!r}")
            resource = types.get(rest.partition(".")[0])
            if resource is None:
                raise ComponentError(f"{name!r} belongs to a resource that is not there")
        params = tuple([Field(param.name, self.type(param.type)) for param in func.params])
        result = None if func.result is None else self.type(func.result)
        return Function(name, kind, resource, params, result, func.is_async)

    def fill(self, interface: Interface, instance: Instance) -> None:
        """Adds what `instance` exports to `interface`; types it has already are taken for the same."""
        for name, item in instance.exports.items():
            if isinstance(item, TypeDef):
                self.named(interface, interface.types, name, item)
        for name, item in instance.exports.items():
            if isinstance(item, FuncType) and name not in interface.functions:
                interface.functions[name] = self.function(name, item, interface.types)

    def named(self, owner: Interface | World, types: dict[str, TypeDef], name: str, item: TypeDef) -> None:
        if name in types:
            self.types.setdefault(item, types[name])
            return
        if item in self.types or item.name != name:
            # Somebody else's type, exported again: this is another name for it.
            item = TypeDef(name, Alias(item) if item.name is not None else item.kind)
        item.owner = owner
        types[name] = self.typedef(item)

    # -- packages and worlds --

    def package(self, name: PackageName) -> Package:
        return self.resolve.package_names.get(name) or self.resolve.add_package(Package(name))

    def interface(self, full_name: str, instance: Instance) -> Interface:
        """The interface of this full name, made or completed; the same for every mention."""
        package_name, name = split_name(full_name)
        package = self.package(package_name)
        interface = package.interfaces.get(name)
        if interface is None:
            interface = package.interfaces[name] = self.resolve.add_interface(Interface(name, package))
        self.fill(interface, instance)
        return interface

    def own_interface(self, full_name: str | None, package: Package, instance: Instance) -> Interface:
        """An interface of its own: one written in the world, or a second one of the same name."""
        name = None
        if full_name is not None:
            package_name, name = split_name(full_name)
            package = self.package(package_name)
        interface = self.resolve.add_interface(Interface(name, package))
        if name is not None:
            package.interfaces.setdefault(name, interface)
        self.fill(interface, instance)
        return interface

    def items(
        self, world: World, instance: Instance, package: Package, *, shared: bool
    ) -> dict[WorldKey, WorldItem]:
        """A world's imports or exports. `shared`: interfaces of one name are one, as in WIT packages."""
        items: dict[WorldKey, WorldItem] = {}
        types: dict[str, TypeDef] = {
            k: v for k, v in world.imports.items() if isinstance(v, TypeDef) and isinstance(k, str)
        }
        for text, item in instance.exports.items():
            name = instance.names[text]
            if isinstance(item, Instance):
                key, interface = self.world_interface(name, item, package, shared)
                items[key] = InterfaceItem(interface, external_id=name.external_id)
            elif isinstance(item, FuncType):
                items[text] = self.function(text, item, types)
            elif isinstance(item, TypeDef):
                self.named(world, types, text, item)
                items[text] = types[text]
        return items

    def world_interface(
        self, name: Name, item: Instance, package: Package, shared: bool
    ) -> tuple[WorldKey, Interface]:
        if is_full(name.text):
            interface = (
                self.interface(name.text, item) if shared else self.own_interface(name.text, package, item)
            )
            return interface, interface
        if name.implements is not None and is_full(name.implements):
            if shared:
                return name.text, self.interface(name.implements, item)
            return name.text, self.own_interface(name.implements, package, item)
        return name.text, self.own_interface(None, package, item)


def is_full(name: str) -> bool:
    """Whether a name is `ns:pkg/iface`, perhaps with a version."""
    head, slash, tail = name.partition("/")
    return bool(slash and ":" in head and tail) and "=" not in head


def split_name(full_name: str) -> tuple[PackageName, str]:
    """`ns:pkg/iface@v` as the package's name and the rest."""
    name, _, version = full_name.partition("@")
    package, _, item = name.partition("/")
    namespace, _, rest = package.partition(":")
    return PackageName(namespace, rest, version or None), item
