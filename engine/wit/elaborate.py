"""Worlds made explicit: every interface that is needed, in order."""

from __future__ import annotations

from engine.component.model import (
    Alias,
    Interface,
    InterfaceItem,
    TypeDef,
    World,
)
from engine.wit.errors import WitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.component.model import Stability, WorldItem, WorldKey

# More than any real world by far; `include` can otherwise double a world with each line.
LARGEST_WORLD = 50_000
# All worlds together, and all types: a file of a thousand worlds that all import everything is a mistake, or an attack.
LARGEST_WHOLE = 1_000_000


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
