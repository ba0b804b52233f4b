"""A link trait's properties, typed; and what wadm makes of properties that are not quite a link's."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from engine.manifest.model import ConfigRef, SecretRef


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """The older keys `source_config`, `target_config` and a `target` that is a string read as the newer form."""

    namespace: str
    package: str
    interfaces: tuple[str, ...]
    target: str = ""
    name: str | None = None
    source_config: tuple[ConfigRef, ...] = ()
    source_secrets: tuple[SecretRef, ...] = ()
    target_config: tuple[ConfigRef, ...] = ()
    target_secrets: tuple[SecretRef, ...] = ()


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    properties: dict[str, str] | None = None


class _Side(msgspec.Struct, frozen=True):
    config: tuple[_Strict, ...] = ()
    secrets: tuple[SecretRef, ...] = ()


class _Target(msgspec.Struct, frozen=True):
    name: str
    config: tuple[_Strict, ...] = ()
    secrets: tuple[SecretRef, ...] = ()


class _Spread(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    requirements: dict[str, str]
    weight: Annotated[int, msgspec.Meta(ge=0)] | None = None


def link_of(properties: dict[str, Any]) -> Link | str:
    """The link, or why it is none."""
    for key in ("namespace", "package", "interfaces"):
        if key not in properties:
            return f"{key} is required"
    try:
        return _link(properties)
    except msgspec.ValidationError as error:
        return str(error)


def _link(properties: dict[str, Any]) -> Link:
    written = properties.get("target")
    target = _Target("")
    if isinstance(written, str):
        target = _Target(written, _configs(properties, "target_config"))
    elif "target" in properties:
        target = msgspec.convert(written, _Target)
    source = _Side()
    if "source_config" in properties:
        source = _Side(_configs(properties, "source_config"))
    if properties.get("source") is not None:
        source = msgspec.convert(properties["source"], _Side)
    name = msgspec.convert(properties.get("name"), str | None)
    return Link(
        namespace=msgspec.convert(properties["namespace"], str),
        package=msgspec.convert(properties["package"], str),
        interfaces=msgspec.convert(properties["interfaces"], tuple[str, ...]),
        target=target.name,
        name=name,
        source_config=_refs(source.config),
        source_secrets=source.secrets,
        target_config=_refs(target.config),
        target_secrets=target.secrets,
    )


def _configs(properties: dict[str, Any], key: str) -> tuple[_Strict, ...]:
    if properties.get(key) is None:
        return ()
    return msgspec.convert(properties[key], tuple[_Strict, ...])


def _refs(configs: tuple[_Strict, ...]) -> tuple[ConfigRef, ...]:
    return tuple(ConfigRef(config.name, config.properties) for config in configs)


def link_properties(link: Link) -> dict[str, Any]:
    """The link in the newer form, as a trait's properties."""
    found: dict[str, Any] = {
        "namespace": link.namespace,
        "package": link.package,
        "interfaces": list(link.interfaces),
    }
    if link.name is not None:
        found["name"] = link.name
    target: dict[str, Any] = {"name": link.target}
    target.update(_built(link.target_config, link.target_secrets))
    found["target"] = target
    source = _built(link.source_config, link.source_secrets)
    if source:
        found["source"] = source
    return found


def _built(config: tuple[ConfigRef, ...], secrets: tuple[SecretRef, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if config:
        found["config"] = msgspec.to_builtins(list(config))
    if secrets:
        found["secrets"] = msgspec.to_builtins(list(secrets))
    return found


def scaler_error(properties: dict[str, Any]) -> str | None:
    """Why `properties` are no scaler's; None when they are."""
    unknown = sorted(properties.keys() - {"instances", "replicas", "spread"})
    if unknown:
        return f"unknown field `{unknown[0]}`, expected `instances` or `spread`"
    if "instances" in properties and "replicas" in properties:
        return "duplicate field `instances`"
    count = properties.get("instances", properties.get("replicas"))
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count < 2**64:
        return (
            "instances must be a whole number, zero or more"
            if count is not None
            else "missing field `instances`"
        )
    try:
        msgspec.convert(properties.get("spread", []), tuple[_Spread, ...])
    except msgspec.ValidationError as error:
        return str(error)
    return None
