"""`include`: what another world has, copied into this one."""

from __future__ import annotations

from engine.component.model import (
    Function,
    Interface,
    InterfaceItem,
    Resolve,
    Stable,
    TypeDef,
    World,
)
from engine.wit.draft import Inclusion
from engine.wit.elaborate import LARGEST_WHOLE, check_size
from engine.wit.errors import WitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.component.model import Type, WorldItem, WorldKey


def include(resolve: Resolve, world: World, inclusion: Inclusion) -> None:
    """Copies what the included world has, elaborated, into `world`. Raises :class:`WitError`."""
    other = inclusion.world
    renames: dict[str, str] = {}
    for before, after in inclusion.names:
        renames.setdefault(before.name, after.name)
    concerned = {
        _renamable(key) for items in (other.imports, other.exports) for key in items if isinstance(key, str)
    }
    for old in renames:
        if old not in concerned:
            raise WitError(
                f"no import or export kebab-name `{old}`. Note that an ID does not support renaming",
                inclusion.span,
                hint=f"world `{other.name}` has {_listed(concerned)}",
            )
    copy = _Copy(resolve, other, world)
    external = world.package is not other.package
    for direction, source, target in (
        ("import", other.imports, world.imports),
        ("export", other.exports, world.exports),
    ):
        for key, item in list(source.items()):
            if isinstance(key, str):
                name = _renamed(key, renames)
                copied = copy.item(item)
                if isinstance(copied, Function | TypeDef):
                    copied.name = name
                if name in target:
                    raise WitError(
                        f"{direction} of `{name}` shadows previously {direction}ed items",
                        inclusion.span,
                        hint=f"give it another name: `include … with {{ {name} as other-name }}`",
                    )
                target[name] = copied
            else:
                assert isinstance(item, InterfaceItem)
                _merge(target, key, item, external, inclusion)
        check_size(world)
        if len(resolve.types) > LARGEST_WHOLE:
            raise WitError(f"world `{world.name}` copies too many types by `include`", inclusion.span)


def _listed(names_there: set[str]) -> str:
    names = [f"`{name}`" for name in sorted(names_there)[:8]]
    return ", ".join(names) if names else "no names of its own"


def _merge(
    target: dict[WorldKey, WorldItem],
    key: Interface,
    item: InterfaceItem,
    external: bool,
    inclusion: Inclusion,
) -> None:
    """An interface under its own name may come from several sides: it stays one, and their gates must agree."""
    into = target.get(key)
    if into is None:
        into = target[key] = InterfaceItem(
            item.interface, item.stability, item.span, item.docs, item.external_id
        )
    assert isinstance(into, InterfaceItem)
    if external and isinstance(item.stability, Stable):
        into.stability = None
    elif item.stability is not None and item.stability != into.stability:
        if into.stability is not None:
            raise WitError(f"mismatch in stability of `{key.full_name}` when included", inclusion.span)
        into.stability = item.stability


def _renamable(key: str) -> str:
    """The name by which `with` gets hold of a key: a resource's for its functions."""
    return key if not key.startswith("[") else key.partition("]")[2].partition(".")[0]


def _renamed(key: str, renames: dict[str, str]) -> str:
    name = _renamable(key)
    new = renames.get(name)
    if new is None:
        return key
    mark, bracket, rest = key.rpartition("]")
    return mark + bracket + new + rest.removeprefix(name)


class _Copy:
    """Copies of a world's own items for another world; a type that several of them share stays shared."""

    def __init__(self, resolve: Resolve, owner: World | Interface, into: World | Interface) -> None:
        self.resolve = resolve
        self.owner = owner
        self.into = into
        self.types: dict[TypeDef, TypeDef] = {}

    def item(self, item: WorldItem) -> WorldItem:
        if isinstance(item, TypeDef):
            return self.typedef(item)
        if isinstance(item, Function):
            return self.function(item)
        interface = item.interface
        if interface.name is None:
            interface = self.interface(interface)
        return InterfaceItem(interface, item.stability, item.span, item.docs, item.external_id)

    def type(self, type: Type) -> Type:
        return type if isinstance(type, str) else self.typedef(type)

    def typedef(self, root: TypeDef) -> TypeDef:
        """The copy of a type, made behind the copies of its parts; what others own stays. Without recursion, since
        chains of types may be long."""
        stack = [root]
        while stack:
            typedef = stack[-1]
            if typedef in self.types:
                stack.pop()
                continue
            owner = typedef.owner
            if owner is not None and owner is not self.owner:
                self.types[stack.pop()] = typedef
                continue
            missing = [
                part for part in typedef.kind.types() if not isinstance(part, str) and part not in self.types
            ]
            if missing:
                stack.extend(reversed(missing))
                continue
            copy = TypeDef(
                typedef.name,
                typedef.kind.mapped(lambda part: part if isinstance(part, str) else self.types[part]),
                None if owner is None else self.into,
                typedef.docs,
                typedef.stability,
                typedef.span,
                typedef.external_id,
            )
            self.types[stack.pop()] = self.resolve.add_type(copy)
        return self.types[root]

    def function(self, function: Function) -> Function:
        resource = None if function.resource is None else self.typedef(function.resource)
        params = tuple([param.__class__(param.name, self.type(param.type)) for param in function.params])
        result = None if function.result is None else self.type(function.result)
        return Function(
            function.name,
            function.kind,
            resource,
            params,
            result,
            function.is_async,
            function.docs,
            function.stability,
            function.span,
            function.external_id,
        )

    def interface(self, interface: Interface) -> Interface:
        new = Interface(None, self.into.package, interface.docs, interface.stability, interface.span)
        new.external_id = interface.external_id
        inner = _Copy(self.resolve, interface, new)
        new.types = {name: inner.typedef(typedef) for name, typedef in interface.types.items()}
        new.functions = {name: inner.function(function) for name, function in interface.functions.items()}
        return self.resolve.add_interface(new)
