"""Worlds made explicit: every interface that is needed, in order; `include`s carried out."""

from __future__ import annotations

from engine.component.model import (
    Alias,
    Function,
    Interface,
    InterfaceItem,
    Resolve,
    Stable,
    TypeDef,
    World,
)
from engine.wit.draft import Inclusion
from engine.wit.errors import WitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.component.model import Kind, Stability, Type, WorldItem, WorldKey

# More than any real world by far; `include` can otherwise double a world with each line.
LARGEST_WORLD = 50_000


def elaborate(world: World) -> None:
    """Orders the world's imports and exports and adds what they need. Raises :class:`WitError`."""
    imports: dict[WorldKey, WorldItem] = {}
    for key, item in sorted(world.imports.items(), key=_rank):
        if isinstance(item, InterfaceItem):
            _import(imports, key, item.interface, item.stability, item)
        else:
            if isinstance(item, TypeDef):
                dependency = _used(item)
                if dependency is not None:
                    _import(imports, dependency, dependency, item.stability, None)
            imports[key] = item
    exports: dict[WorldKey, WorldItem] = {}
    exported: dict[WorldKey, InterfaceItem] = {}
    for key, item in world.exports.items():
        if isinstance(item, InterfaceItem):
            exported[key] = item
        else:
            exports[key] = item
    _exports(world, exported, imports, exports)
    world.imports = dict(sorted(imports.items(), key=_rank))
    world.exports = exports
    check_size(world)


def check_size(world: World) -> None:
    if len(world.imports) + len(world.exports) > LARGEST_WORLD:
        raise WitError(
            f"world `{world.name}` has more than {LARGEST_WORLD} imports and exports",
            world.span,
            hint="does an `include` multiply what it includes?",
        )


def _rank(entry: tuple[WorldKey, WorldItem]) -> int:
    """Interfaces, types brought in, types defined, functions, functions of resources: so upstream prints a world."""
    item = entry[1]
    if isinstance(item, InterfaceItem):
        return 0
    if isinstance(item, TypeDef):
        kind = item.kind
        brought = (
            isinstance(kind, Alias) and isinstance(kind.type, TypeDef) and kind.type.owner is not item.owner
        )
        return 1 if brought else 2
    return 3 if item.resource is None else 4


def _used(typedef: TypeDef) -> Interface | None:
    kind = typedef.kind
    if isinstance(kind, Alias) and isinstance(kind.type, TypeDef) and isinstance(kind.type.owner, Interface):
        return kind.type.owner if kind.type.owner is not typedef.owner else None
    return None


def _import(
    imports: dict[WorldKey, WorldItem],
    key: WorldKey,
    interface: Interface,
    stability: Stability,
    item: InterfaceItem | None,
) -> None:
    """Adds `interface` behind all that it needs; a stack of its own, since chains may be thousands long."""
    if key in imports:
        return
    stack: list[tuple[WorldKey, Interface, Iterator[Interface]]]
    stack = [(key, interface, iter(interface.dependencies()))]
    while stack:
        top_key, top, needed = stack[-1]
        for dependency in needed:
            if dependency not in imports:
                stack.append((dependency, dependency, iter(dependency.dependencies())))
                break
        else:
            stack.pop()
            docs, external_id, span = (
                (item.docs, item.external_id, item.span)
                if item is not None and not stack
                else (None, None, None)
            )
            imports[top_key] = InterfaceItem(top, stability, span, docs, external_id)


def _exports(
    world: World,
    exported: dict[WorldKey, InterfaceItem],
    imports: dict[WorldKey, WorldItem],
    exports: dict[WorldKey, WorldItem],
) -> None:
    """Adds the exported interfaces behind what they need: each needed interface is an export if it is exported, else
    an import together with all that it needs. One that would have to be both makes the world invalid, since an
    exporter would see two copies of its types (component model issue 208)."""
    required: dict[Interface, Interface] = {}
    for key, item in exported.items():
        if key in exports:
            continue
        stack: list[tuple[WorldKey, Interface, bool, Iterator[Interface]]]
        stack = [(key, item.interface, True, iter(item.interface.dependencies()))]
        while stack:
            top_key, top, as_export, needed = stack[-1]
            for dependency in needed:
                exporting = as_export and dependency in exported
                if dependency in exports:
                    if exporting:
                        continue
                    raise _both_ways(world, key, item, dependency, top)
                if not exporting and dependency in required:
                    continue
                if not exporting:
                    required.setdefault(dependency, top)
                stack.append((dependency, dependency, exporting, iter(dependency.dependencies())))
                break
            else:
                stack.pop()
                whole = item if not stack else exported.get(top_key)
                docs, external_id, span = (
                    (whole.docs, whole.external_id, whole.span)
                    if whole is not None and as_export
                    else (None, None, None)
                )
                entry = InterfaceItem(top, item.stability, span, docs, external_id)
                if not as_export:
                    imports[top_key] = entry
                elif top in required and top_key is top:
                    raise _both_ways(world, key, item, top, required[top])
                else:
                    exports[top_key] = entry


def _both_ways(
    world: World, key: WorldKey, item: InterfaceItem, both: Interface, user: Interface
) -> WitError:
    name = key if isinstance(key, str) else key.full_name
    through = user.full_name or "an interface written in the world"
    notes = [f"`{both.full_name}` is exported, and it is imported too, since `{through}` uses it"]
    hint = None
    if user is not item.interface:
        hint = f"export `{through}` as well, so that everything uses the exported `{both.full_name}`"
    return WitError(
        f"interface `{name}` transitively depends on an interface in incompatible ways",
        world.span,
        notes=tuple(notes),
        hint=hint,
    )


# -- include -------------------------------------------------------------------------------------------------------


def include(resolve: Resolve, world: World, inclusion: Inclusion) -> None:
    """Copies what the included world has, elaborated, into `world`. Raises :class:`WitError`."""
    other = inclusion.world
    for old, _ in inclusion.names:
        keys = [key for items in (other.imports, other.exports) for key in items if isinstance(key, str)]
        if not any(_renamed(key, old.name, "") is not None for key in keys):
            raise WitError(
                f"no import or export kebab-name `{old.name}`. Note that an ID does not support renaming",
                inclusion.span,
                hint=f"world `{other.name}` has {_listed(keys)}",
            )
    copy = _Copy(resolve, other, world)
    external = world.package is not other.package
    for direction, source, target in (
        ("import", other.imports, world.imports),
        ("export", other.exports, world.exports),
    ):
        for key, item in list(source.items()):
            if isinstance(key, str):
                name = key
                for old, new in inclusion.names:
                    changed = _renamed(key, old.name, new.name)
                    if changed is not None:
                        name = changed
                        break
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
        if len(resolve.types) > LARGEST_WORLD * 20:
            raise WitError(f"world `{world.name}` copies too many types by `include`", inclusion.span)


def _listed(keys: list[str]) -> str:
    names = [f"`{key}`" for key in dict.fromkeys(keys) if not key.startswith("[")][:8]
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


def _renamed(key: str, old: str, new: str) -> str | None:
    """`key` after `old as new`, or `None` where that does not concern it; a resource's functions follow it."""
    if key == old:
        return new
    mark, bracket, rest = key.partition("]")
    if not bracket:
        return None
    resource, dot, function = rest.partition(".")
    if dot and resource == old:
        return f"{mark}]{new}.{function}"
    return f"{mark}]{new}" if rest == old else None


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

    def typedef(self, typedef: TypeDef) -> TypeDef:
        found = self.types.get(typedef)
        if found is None:
            owner = typedef.owner
            if owner is not None and owner is not self.owner:
                return typedef
            copy = TypeDef(
                typedef.name,
                self.kind(typedef.kind),
                None if owner is None else self.into,
                typedef.docs,
                typedef.stability,
                typedef.span,
                typedef.external_id,
            )
            found = self.types[typedef] = self.resolve.add_type(copy)
        return found

    def kind(self, kind: Kind) -> Kind:
        return kind.mapped(self.type)

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
