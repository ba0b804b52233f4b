"""A WADM application read as what this host is to run: components with their links, HTTP routes, subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.hosts.embedded.context import labelled


@dataclass
class PlannedLink:
    """One interface of a component and what stands behind it: a provider's image, or another component."""

    provider: str
    name: str
    config: dict[str, str]
    component: str | None = None


@dataclass
class PlannedComponent:
    name: str
    image: str
    config: dict[str, str] = field(default_factory=dict)
    links: dict[str, PlannedLink] = field(default_factory=dict)

    def add(self, interface: str, link: PlannedLink) -> None:
        """Keeps a link under its interface and name; where there is no default one, the first is it."""
        self.links[labelled(interface, link.name)] = link
        if link.name == "default" or interface not in self.links:
            self.links[interface] = link


@dataclass(frozen=True)
class Route:
    """Requests to `address` (and, where given, this path prefix or host) go to `component`."""

    address: str
    component: str
    path: str = ""
    host: str = ""


@dataclass
class Plan:
    name: str
    components: dict[str, PlannedComponent] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)
    providers: list[str] = field(default_factory=list)


DEFAULT_ADDRESS = "127.0.0.1:8000"


def read(manifest: Mapping[str, Any]) -> Plan:
    """Interprets a decoded manifest; it was validated before it came here, so what is odd is passed over."""
    plan = Plan(manifest.get("metadata", {}).get("name", ""))
    items = manifest.get("spec", {}).get("components", ())
    images: dict[str, str] = {}
    # What a provider is configured with holds for every link to it that does not say otherwise.
    defaults: dict[str, dict[str, str]] = {}
    for item in items:
        properties = item.get("properties", {})
        name = item["name"]
        images[name] = properties.get("image", "")
        if item.get("type") == "capability":
            defaults[name] = _config(properties.get("config"))
            plan.providers.append(images[name])
        else:
            plan.components[name] = PlannedComponent(name, images[name], _config(properties.get("config")))
    for item in items:
        for trait in item.get("traits") or ():
            if trait.get("type") == "link":
                _link(plan, item["name"], defaults, images, trait.get("properties", {}))
    return plan


def _link(
    plan: Plan,
    source: str,
    defaults: dict[str, dict[str, str]],
    images: dict[str, str],
    properties: Mapping[str, Any],
) -> None:
    target = properties.get("target", "")
    if isinstance(target, str):
        target_name, target_config = target, _config(properties.get("target_config"))
    else:
        target_name, target_config = target.get("name", ""), _config(target.get("config"))
    near = properties.get("source") or {}
    source_config = _config(near.get("config") or properties.get("source_config"))
    package = f"{properties.get('namespace')}:{properties.get('package')}"
    name = properties.get("name") or "default"
    for interface in properties.get("interfaces", ()):
        full = f"{package}/{interface}"
        if source in defaults:
            component = plan.components.get(target_name)
            if component is None:
                continue
            config = {**defaults[source], **target_config, **source_config}
            component.add(full, PlannedLink(images[source], name, config))
            if full == "wasi:http/incoming-handler":
                plan.routes.append(_route(target_name, source_config))
        elif source in plan.components:
            served_by = target_name if target_name in plan.components else None
            config = {**defaults.get(target_name, {}), **source_config, **target_config}
            plan.components[source].add(
                full, PlannedLink(images.get(target_name, ""), name, config, served_by)
            )


def _route(component: str, config: Mapping[str, str]) -> Route:
    address = config.get("address") or config.get("default_address") or DEFAULT_ADDRESS
    mode = config.get("routing_mode", "address")
    return Route(
        address,
        component,
        config.get("path", "") if mode == "path" else "",
        config.get("host", "") if mode == "host" else "",
    )


def _config(entries: Any) -> dict[str, str]:
    merged: dict[str, str] = {}
    for entry in entries or ():
        merged.update({key: str(value) for key, value in (entry.get("properties") or {}).items()})
    return merged


def choose(routes: list[Route], address: str, path: str, host: str) -> Route | None:
    """The route of a request: by host name, else by the longest path prefix, else the address alone."""
    here = [route for route in routes if route.address == address]
    name = host.partition(":")[0].lower()
    for route in here:
        if route.host and route.host.partition(":")[0].lower() == name:
            return route
    by_path = [
        route
        for route in here
        if route.path and (path == route.path or path.startswith(route.path.rstrip("/") + "/"))
    ]
    if by_path:
        return max(by_path, key=lambda route: len(route.path))
    return next((route for route in here if not route.host and not route.path), None)
