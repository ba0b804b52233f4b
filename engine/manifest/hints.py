"""What a person can do with a running application: addresses, subscriptions, buckets, folders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.manifest.model import Application, Component

DEFAULT_ADDRESS = "0.0.0.0:8000"


def hints(app: Application) -> tuple[str, ...]:
    """A sentence for each thing to use or look at, in the order of the manifest. Texts come from the project's files:
    show them as text."""
    found = []
    for component in app.spec.components:
        for trait in component.traits:
            if trait.type == "link":
                found += _hint(app, component, trait.properties)
    return tuple(dict.fromkeys(found))


def _hint(app: Application, source: Component, link: dict[str, Any]) -> list[str]:
    interfaces = link.get("interfaces")
    names = (
        {name for name in interfaces if isinstance(name, str)}
        if isinstance(interfaces, list | tuple)
        else set()
    )
    package = f"{link.get('namespace')}:{link.get('package')}"
    target = _name(link.get("target"))
    if package in ("wasi:http", "wrpc:http") and "incoming-handler" in names:
        address = _value(link, "source", "address") or _own(source, "default_address") or DEFAULT_ADDRESS
        return [f"HTTP: {urls(address)}"]
    if package == "wasmcloud:messaging" and names & {"handler", "incoming-handler"}:
        subjects = _value(link, "source", "subscriptions") or _own(source, "subscriptions")
        return [f"Messages: listening on {', '.join(_parts(subjects))}"] if subjects else []
    if package in ("wasi:keyvalue", "wrpc:keyvalue") and names & {"store", "atomics", "batch"}:
        bucket = _value(link, "target", "bucket")
        url = _value(link, "target", "url")
        if bucket:
            return [f"Key-value: bucket {bucket} in {target}"]
        return [f"Key-value: {url}"] if url else [f"Key-value: {target}"]
    if package in ("wasi:blobstore", "wrpc:blobstore"):
        root = _value(link, "target", "root")
        return [f"Blobs: containers are folders under {root}"] if root else [f"Blobs: {target}"]
    return []


def urls(address: str) -> str:
    """The URL that a listener at `address` answers; an address of every interface is reached at this machine's."""
    if address.startswith(("http://", "https://")):
        return address
    host, _, port = address.rpartition(":")
    if host in ("0.0.0.0", "", "[::]", "::"):
        host = "127.0.0.1"
    return f"http://{host}:{port}"


def _parts(text: str) -> Iterator[str]:
    return (part.strip() for part in text.split(",") if part.strip())


def _name(target: Any) -> str:
    if isinstance(target, dict):
        target = target.get("name")
    return target if isinstance(target, str) else "another component"


def _value(link: dict[str, Any], side: str, key: str) -> str | None:
    """A value of the link's configuration on `side`; of several configs the last that has it, as they are folded."""
    part = link.get(side)
    configs = part.get("config") if isinstance(part, dict) else link.get(f"{side}_config")
    found = None
    for config in configs if isinstance(configs, list | tuple) else ():
        properties = config.get("properties") if isinstance(config, dict) else None
        value = properties.get(key) if isinstance(properties, dict) else None
        found = value if isinstance(value, str) and value else found
    return found


def _own(component: Component, key: str) -> str | None:
    found = None
    for config in component.properties.config:
        found = (config.properties or {}).get(key) or found
    return found
