"""A WADM application (`core.oam.dev/v1beta1`), as typed structs. Field names are the document's own."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class ConfigRef(msgspec.Struct, frozen=True, omit_defaults=True):
    """A named config; with `properties` the manifest defines it, without it must exist in the lattice."""

    name: str
    properties: dict[str, str] | None = None


class SecretSource(msgspec.Struct, frozen=True, omit_defaults=True):
    policy: str
    key: str
    field: str | None = None
    version: str | None = None


class SecretRef(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    properties: SecretSource


class SharedApplication(msgspec.Struct, frozen=True):
    """A component that another, shared application runs."""

    name: str
    component: str


class Properties(msgspec.Struct, frozen=True, omit_defaults=True):
    """Exactly one of `image` and `application`."""

    image: str | None = None
    application: SharedApplication | None = None
    id: str | None = None
    config: tuple[ConfigRef, ...] = ()
    secrets: tuple[SecretRef, ...] = ()


class Trait(msgspec.Struct, frozen=True):
    """`spreadscaler`, `daemonscaler`, `link`, or somebody's own; `properties` as written."""

    type: str
    properties: dict[str, Any]


class Component(msgspec.Struct, frozen=True, omit_defaults=True):
    """A component or, with type `capability`, a provider."""

    name: str
    type: Literal["component", "capability", "actor"]
    properties: Properties
    traits: tuple[Trait, ...] = ()


class Policy(msgspec.Struct, frozen=True):
    name: str
    type: str
    properties: dict[str, str]


class Metadata(msgspec.Struct, frozen=True):
    name: str
    annotations: dict[str, str] = {}
    labels: dict[str, str] = {}


class Spec(msgspec.Struct, frozen=True, omit_defaults=True):
    components: tuple[Component, ...]
    policies: tuple[Policy, ...] = ()


class Application(msgspec.Struct, frozen=True, rename={"api_version": "apiVersion"}):
    metadata: Metadata
    spec: Spec
    api_version: str = "core.oam.dev/v1beta1"
    kind: str = "Application"
