"""What is different between two applications, in what they mean: order and spelling do not count.

An application is taken apart into facts, each with a key that says what it is about; two applications differ where
their facts do. `differences` gives facts before and after, `apply` puts them on an application, and `diff` tells them
to a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeVar

import msgspec

from engine.manifest.document import VERSION
from engine.manifest.links import Link, link_of, link_properties
from engine.manifest.model import (
    Application,
    Component,
    ConfigRef,
    Metadata,
    Policy,
    Properties,
    SecretRef,
    SharedApplication,
    Spec,
    Trait,
)
from engine.model.state import Change

T = TypeVar("T")
Key = tuple[str | int, ...]
Facts = dict[Key, Any]


class Difference(msgspec.Struct, frozen=True):
    """One fact: `before` is None for a new one, `after` for one that is gone."""

    key: Key
    before: Any
    after: Any


def diff(old: Application | None, new: Application) -> tuple[Change, ...]:
    """The differences as sentences, sorted by subject; without an old one everything is new. The version alone is no
    difference: it follows from others."""
    changes = [change for item in differences(old, new) if (change := _change(item)) is not None]
    order = ("application", "component", "provider", "scaler", "link", "config", "policy")
    return tuple(sorted(changes, key=lambda item: (order.index(item.subject), item.name, item.detail)))


def differences(old: Application | None, new: Application) -> tuple[Difference, ...]:
    before: Facts = facts(old) if old is not None else {}
    after = facts(new)
    keys = sorted(before.keys() | after.keys(), key=lambda key: tuple(map(str, key)))
    return tuple(
        Difference(key, before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)
    )


def apply(app: Application, changes: Iterable[Difference]) -> Application:
    """`app` with `changes` made; its components and traits in a settled order."""
    found = facts(app)
    for change in changes:
        if change.after is None:
            found.pop(change.key, None)
        else:
            found[change.key] = change.after
    return _rebuilt(found)


def settled(app: Application) -> Application:
    """`app` with everything whose order means nothing in a settled order: equal means the same."""
    return _rebuilt(facts(app))


# -- taking apart --------------------------------------------------------------------------------------------------


def facts(app: Application) -> Facts:
    """Keys: (`application`,), (`annotation`, k), (`label`, k), (`policy`, name), (`component`, name, n),
    (`config`, scope…, name, n) with the order of names under (`configs`, scope…), (`secret`, …) likewise,
    (`scaler`, component, n, trait), (`link`, …), (`trait`, …). `n` counts those that would have the same key."""
    found: Facts = {
        ("application",): {"name": app.metadata.name, "apiVersion": app.api_version, "kind": app.kind}
    }
    found.update({("annotation", key): value for key, value in app.metadata.annotations.items()})
    found.update({("label", key): value for key, value in app.metadata.labels.items()})
    for policy in _ordered(app.spec.policies):
        found[_free(found, ("policy", policy.name))] = {"type": policy.type, "properties": policy.properties}
    for component in _ordered(app.spec.components):
        key = _free(found, ("component", component.name))
        scope: Key = key[1:]
        found[key] = {
            "type": "component" if component.type == "actor" else component.type,
            "image": component.properties.image,
            "application": msgspec.to_builtins(component.properties.application),
            "id": component.properties.id,
        }
        _configs(found, scope, component.properties.config)
        _secrets(found, scope, component.properties.secrets)
        for trait in _ordered(component.traits):
            _trait(found, scope, trait)
    return found


def _ordered(items: tuple[T, ...]) -> list[T]:
    """In an order that only depends on what they are, so that those of one key get the same numbers everywhere."""
    return sorted(items, key=lambda item: msgspec.json.encode(item, order="sorted"))


def _free(found: Facts, key: Key) -> Key:
    """`key` with the first number that makes it new."""
    number = 0
    while (*key, number) in found:
        number += 1
    return (*key, number)


def _configs(found: Facts, scope: Key, configs: tuple[ConfigRef, ...]) -> None:
    keys = []
    for config in configs:
        key = _free(found, ("config", *scope, config.name))
        found[key] = {"properties": config.properties}
        keys.append(list(key[-2:]))
    if keys:
        found["configs", *scope] = keys


def _secrets(found: Facts, scope: Key, secrets: tuple[SecretRef, ...]) -> None:
    for secret in secrets:
        found[_free(found, ("secret", *scope, secret.name))] = msgspec.to_builtins(secret.properties)


def _trait(found: Facts, scope: Key, trait: Trait) -> None:
    if trait.type == "link":
        link = link_of(trait.properties)
        if isinstance(link, Link):
            name = link.name or "default"
            key = _free(found, ("link", *scope, link.target, f"{link.namespace}:{link.package}", name))
            found[key] = {"interfaces": sorted(set(link.interfaces))}
            for side, configs, secrets in (
                ("source", link.source_config, link.source_secrets),
                ("target", link.target_config, link.target_secrets),
            ):
                _configs(found, (*key, side), configs)
                _secrets(found, (*key, side), secrets)
            return
    if trait.type in ("spreadscaler", "daemonscaler"):
        properties = dict(trait.properties)
        if "replicas" in properties and "instances" not in properties:
            properties["instances"] = properties.pop("replicas")
        found[_free(found, ("scaler", *scope, trait.type))] = properties
        return
    found[_free(found, ("trait", *scope, trait.type))] = trait.properties


# -- putting together ----------------------------------------------------------------------------------------------


def _rebuilt(found: Facts) -> Application:
    about = found.get(("application",), {"name": "", "apiVersion": "", "kind": ""})
    keys = sorted(found, key=lambda key: tuple(map(str, key)))
    components = tuple(_component(found, keys, key[1:]) for key in keys if key[0] == "component")
    policies = tuple(
        Policy(str(key[1]), found[key]["type"], found[key]["properties"])
        for key in keys
        if key[0] == "policy"
    )
    return Application(
        metadata=Metadata(
            about["name"],
            {str(key[1]): found[key] for key in keys if key[0] == "annotation"},
            {str(key[1]): found[key] for key in keys if key[0] == "label"},
        ),
        spec=Spec(components, policies),
        api_version=about["apiVersion"],
        kind=about["kind"],
    )


def _component(found: Facts, keys: list[Key], scope: Key) -> Component:
    data = found["component", *scope]
    traits = []
    for key in keys:
        if key[1 : 1 + len(scope)] != scope:
            continue
        if key[0] in ("scaler", "trait"):
            traits.append(Trait(str(key[3]), found[key]))
        elif key[0] == "link":
            traits.append(Trait("link", link_properties(_link(found, keys, key))))
    properties = Properties(
        image=data["image"],
        application=msgspec.convert(data["application"], SharedApplication | None),
        id=data["id"],
        config=_configs_of(found, scope),
        secrets=_secrets_of(found, keys, scope),
    )
    return Component(str(scope[0]), data["type"], properties, tuple(traits))


def _link(found: Facts, keys: list[Key], key: Key) -> Link:
    namespace, _, package = str(key[4]).partition(":")
    return Link(
        namespace=namespace,
        package=package,
        interfaces=tuple(found[key]["interfaces"]),
        target=str(key[3]),
        name=None if key[5] == "default" else str(key[5]),
        source_config=_configs_of(found, (*key, "source")),
        source_secrets=_secrets_of(found, keys, (*key, "source")),
        target_config=_configs_of(found, (*key, "target")),
        target_secrets=_secrets_of(found, keys, (*key, "target")),
    )


def _configs_of(found: Facts, scope: Key) -> tuple[ConfigRef, ...]:
    configs = []
    for name, number in found.get(("configs", *scope), ()):
        data = found.get(("config", *scope, name, number))
        if data is not None:
            configs.append(ConfigRef(name, data["properties"]))
    return tuple(configs)


def _secrets_of(found: Facts, keys: list[Key], scope: Key) -> tuple[SecretRef, ...]:
    return tuple(
        msgspec.convert({"name": key[-2], "properties": found[key]}, SecretRef)
        for key in keys
        if key[0] == "secret" and key[1:-2] == scope
    )


# -- telling -------------------------------------------------------------------------------------------------------


def _change(item: Difference) -> Change | None:
    kind = item.key[0]
    action: Literal["added", "removed", "changed"] = (
        "added" if item.before is None else "removed" if item.after is None else "changed"
    )
    if kind == "application":
        return Change(action, "application", item.after["name"] if item.after else "", _fields(item))
    if kind in ("annotation", "label"):
        if item.key == ("annotation", VERSION):
            return None
        return Change(action, "application", f"{kind} {item.key[1]}", _values(item.before, item.after))
    if kind == "component":
        data = item.after or item.before
        subject = "provider" if data["type"] == "capability" else "component"
        return Change(
            action, subject, str(item.key[1]), _fields(item) if action == "changed" else data["image"] or ""
        )
    if kind == "configs":
        # Adding and removing is told of each; what is left to tell is another order, which counts.
        if item.before is None or item.after is None or sorted(item.before) != sorted(item.after):
            return None
        names = ", ".join(str(name) for name, _ in item.after)
        return Change("changed", "config", _scope(item.key[1:]), f"later ones count more; now {names}")
    if kind in ("config", "secret"):
        name = f"{'secret ' if kind == 'secret' else ''}{item.key[-2]} of {_scope(item.key[1:-2])}"
        return Change(action, "config", name, _properties(item, kind))
    if kind == "link":
        name = _scope(item.key)
        if action != "changed":
            return Change(action, "link", name, ", ".join((item.after or item.before)["interfaces"]))
        return Change(action, "link", name, _sets(item.before["interfaces"], item.after["interfaces"]))
    if kind == "policy":
        return Change(action, "policy", str(item.key[1]), _fields(item))
    if kind == "scaler":
        return Change(action, "scaler", f"{item.key[3]} of {item.key[1]}", _fields(item))
    return Change(action, "component", f"trait {item.key[3]} of {item.key[1]}", _fields(item))


def _scope(scope: Key) -> str:
    """Of what a config is, or which link: `source → target ns:pkg (name)`."""
    if scope[0] != "link" or len(scope) < 6:
        return str(scope[0])
    name = f" ({scope[5]})" if scope[5] != "default" else ""
    side = f", {scope[7]}" if len(scope) > 7 else ""
    return f"{scope[1]} → {scope[3]} {scope[4]}{name}{side}"


def _properties(item: Difference, kind: str) -> str:
    if kind == "secret":
        return _fields(item)
    before = (item.before or {}).get("properties") or {}
    after = (item.after or {}).get("properties") or {}
    return _pairs(before, after)


def _fields(item: Difference) -> str:
    before = item.before if isinstance(item.before, dict) else {}
    after = item.after if isinstance(item.after, dict) else {}
    return _pairs(before, after)


def _pairs(before: dict[str, Any], after: dict[str, Any]) -> str:
    if not after:
        before, after = {}, before
    changed = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
    return "; ".join(f"{key}: {_values(before.get(key), after.get(key))}" for key in changed)


def _values(before: Any, after: Any) -> str:
    if before is None:
        return _text(after)
    if after is None:
        return f"{_text(before)} → none"
    return f"{_text(before)} → {_text(after)}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value, order="sorted").decode()


def _sets(before: list[str], after: list[str]) -> str:
    added = [f"+{name}" for name in after if name not in before]
    return ", ".join(added + [f"-{name}" for name in before if name not in after])
