"""Deployments for tests of host functions, and calls as a guest's would be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.hosts.embedded.context import Context, Deployment, Link
from engine.hosts.embedded.registry import find
from engine.hosts.embedded.values import Err, Ok
from engine.model.deliverable import Mount

INTERFACES = (
    "wasi:keyvalue/store",
    "wasi:keyvalue/atomics",
    "wasi:keyvalue/batch",
    "wasi:blobstore/blobstore",
    "wasi:blobstore/container",
    "wasi:blobstore/types",
    "wasmcloud:messaging/consumer",
)


@dataclass
class Guest:
    """A stand-in for a guest: calls host functions by their WIT names, as the linker finds them."""

    deployment: Deployment
    lines: list[tuple[str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context = Context(self.deployment)

    def call(self, name: str, *arguments: Any) -> Any:
        """`name` is `ns:pkg/iface#function`."""
        interface, _, function = name.partition("#")
        found = find(interface, function)
        assert found is not None, f"no host function {name}"
        return found(self.context, *arguments)

    def ok(self, name: str, *arguments: Any) -> Any:
        answer = self.call(name, *arguments)
        assert isinstance(answer, Ok), f"{name}: {answer}"
        return answer.value

    def err(self, name: str, *arguments: Any) -> Any:
        answer = self.call(name, *arguments)
        assert isinstance(answer, Err), f"{name}: {answer}"
        return answer.value


def guest(
    folder: Path,
    *,
    config: Mapping[str, str] | None = None,
    link: Mapping[str, str] | None = None,
    provider: str = "",
    links: Mapping[str, Link] | None = None,
    mounts: tuple[Mount, ...] = (),
    settings: Mapping[str, Any] | None = None,
) -> Guest:
    """A guest of a component `app` with every provider interface linked, with `link` as their configuration."""
    lines: list[tuple[str, str, str]] = []
    linked = {name: Link("linked", provider=provider, config=dict(link or {})) for name in INTERFACES}
    deployment = Deployment(
        "app",
        folder,
        lambda *line: lines.append(line),
        links=linked if links is None else links,
        config=config,
        mounts=mounts,
        settings=settings,
    )
    return Guest(deployment, lines)
