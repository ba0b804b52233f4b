"""The model in the form of upstream's JSON: four arenas, references by index, maps in order."""

from __future__ import annotations

from engine.component.model import (
    Alias,
    Borrow,
    Enum,
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
    Package,
    Record,
    Resolve,
    Resource,
    Result,
    Stable,
    Stream,
    Tuple,
    TypeDef,
    Variant,
    World,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from engine.component.model import Case, Kind, Stability, Type, WorldItem, WorldKey

    Json: TypeAlias = dict[str, Any]


def to_json(resolve: Resolve) -> Json:
    """`{worlds, interfaces, types, packages}`, made of what `json.dumps` takes."""
    return {
        "worlds": [_world(world) for world in resolve.worlds],
        "interfaces": [_interface(interface) for interface in resolve.interfaces],
        "types": [_typedef(typedef) for typedef in resolve.types],
        "packages": [_package(package) for package in resolve.packages],
    }


def _more(into: Json, docs: str | None, stability: Stability, external_id: str | None = None) -> Json:
    if docs is not None:
        into["docs"] = {"contents": docs}
    if stability is not None:
        into["stability"] = _stability(stability)
    if external_id is not None:
        into["external_id"] = external_id
    return into


def _stability(stability: Stability) -> Json:
    if isinstance(stability, Stable):
        inner = {"since": stability.since}
        word = "stable"
    else:
        assert stability is not None
        inner = {"feature": stability.feature}
        word = "unstable"
    if stability.deprecated is not None:
        inner["deprecated"] = stability.deprecated
    return {word: inner}


def _world(world: World) -> Json:
    out: Json = {
        "name": world.name,
        "imports": _items(world.imports),
        "exports": _items(world.exports),
        "package": None if world.package is None else world.package.id,
    }
    return _more(out, world.docs, world.stability, world.external_id)


def _items(items: dict[WorldKey, WorldItem]) -> Json:
    return {
        key if isinstance(key, str) else f"interface-{key.id}": _item(item) for key, item in items.items()
    }


def _item(item: WorldItem) -> Json:
    if isinstance(item, InterfaceItem):
        inner: Json = {"id": item.interface.id}
        if item.stability is not None:
            inner["stability"] = _stability(item.stability)
        if item.docs is not None:
            inner["docs"] = {"contents": item.docs}
        if item.external_id is not None:
            inner["external_id"] = item.external_id
        return {"interface": inner}
    if isinstance(item, Function):
        return {"function": _function(item)}
    return {"type": item.id}


def _interface(interface: Interface) -> Json:
    out: Json = {
        "name": interface.name,
        "types": {name: typedef.id for name, typedef in interface.types.items()},
        "functions": {name: _function(function) for name, function in interface.functions.items()},
    }
    _more(out, interface.docs, interface.stability)
    out["package"] = None if interface.package is None else interface.package.id
    if interface.external_id is not None:
        out["external_id"] = interface.external_id
    return out


def _function(function: Function) -> Json:
    kind: str | dict[str, int] = f"async-{function.kind}" if function.is_async else function.kind
    if function.resource is not None:
        kind = {str(kind): function.resource.id}
    out: Json = {
        "name": function.name,
        "kind": kind,
        "params": [{"name": param.name, "type": _type(param.type)} for param in function.params],
    }
    if function.result is not None:
        out["result"] = _type(function.result)
    return _more(out, function.docs, function.stability, function.external_id)


def _typedef(typedef: TypeDef) -> Json:
    owner: dict[str, int] | None = None
    if isinstance(typedef.owner, Interface):
        owner = {"interface": typedef.owner.id}
    elif typedef.owner is not None:
        owner = {"world": typedef.owner.id}
    out: Json = {"name": typedef.name, "kind": _kind(typedef.kind), "owner": owner}
    return _more(out, typedef.docs, typedef.stability, typedef.external_id)


def _type(type: Type | None) -> str | int | None:
    return type.id if isinstance(type, TypeDef) else type


def _named(case: Case) -> Json:
    out: Json = {"name": case.name}
    if case.docs is not None:
        out["docs"] = {"contents": case.docs}
    return out


def _kind(kind: Kind) -> Any:
    match kind:
        case Resource():
            return "resource"
        case Alias(inner):
            return {"type": _type(inner)}
        case Own(inner):
            return {"handle": {"own": _type(inner)}}
        case Borrow(inner):
            return {"handle": {"borrow": _type(inner)}}
        case List(inner):
            return {"list": _type(inner)}
        case Option(inner):
            return {"option": _type(inner)}
        case Result(ok, err):
            return {"result": {"ok": _type(ok), "err": _type(err)}}
        case Tuple(items):
            return {"tuple": {"types": [_type(item) for item in items]}}
        case Record(fields):
            return {"record": {"fields": [_field(f.name, f.type, f.docs) for f in fields]}}
        case Variant(cases):
            return {"variant": {"cases": [_field(c.name, c.type, c.docs) for c in cases]}}
        case Enum(cases):
            return {"enum": {"cases": [_named(c) for c in cases]}}
        case Flags(flags):
            return {"flags": {"flags": [_named(f) for f in flags]}}
        case Map(key, value):
            return {"map": [_type(key), _type(value)]}
        case FixedList(inner, size):
            return {"fixed-length-list": [_type(inner), size]}
        case Future(payload):
            return {"future": _type(payload)}
        case Stream(payload):
            return {"stream": _type(payload)}
    raise AssertionError(f"a kind that has no form in JSON: {kind!r}")


def _field(name: str, type: Type | None, docs: str | None) -> Json:
    out: Json = {"name": name, "type": _type(type)}
    if docs is not None:
        out["docs"] = {"contents": docs}
    return out


def _package(package: Package) -> Json:
    out: Json = {"name": package.name.text}
    if package.docs is not None:
        out["docs"] = {"contents": package.docs}
    out["interfaces"] = {name: interface.id for name, interface in package.interfaces.items()}
    out["worlds"] = {name: world.id for name, world in package.worlds.items()}
    return out
