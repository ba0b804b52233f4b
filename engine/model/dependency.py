"""A dependency: one provider or component, and the interfaces of one package that join it to the project."""

from __future__ import annotations

from typing import Literal

import msgspec

Direction = Literal["import", "export"]
DependencyState = Literal["resolved", "unresolved", "host", "off"]
Source = Literal["wit", "override", "toggle"]


class Provider(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who supplies a dependency: an image (`ghcr.io/…`, `file://…`) and, where the embedded host has the
    interfaces itself, the name of that built-in."""

    image: str | None = None
    builtin: str | None = None


class Dependency(msgspec.Struct, frozen=True):
    """One row of `wake deps`.

    `interfaces` are `ns:pkg/iface@version`, sorted. `direction` is the project's own view of them. `config` holds
    link configuration by key, as it would stand in the manifest. `source` says which layer decided its state.
    """

    name: str
    direction: Direction
    interfaces: tuple[str, ...]
    state: DependencyState
    kind: Literal["provider", "component"] = "provider"
    provider: Provider | None = None
    link_name: str = "default"
    config: dict[str, str] = {}
    source: Source = "wit"
