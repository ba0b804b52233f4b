"""`[dev.overrides]`: which of them mean an interface, and which mean nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.dependencies.catalogue import matches
from engine.dependencies.interface import Interface
from engine.model.dependency import Direction
from engine.model.diagnostic import Diagnostic
from engine.project.config import DevConfig, Override

if TYPE_CHECKING:
    from engine.dependencies.world import Need
    from engine.project.project import Project

DEFAULT_LINK = "default"

Layers = dict[str, tuple[Override, ...]]
"""Overrides by the name of the link that they make or change, in the order that they are laid on."""


def overrides_in(dev: DevConfig, direction: Direction) -> tuple[Override, ...]:
    return dev.imports if direction == "import" else dev.exports


def layers(dev: DevConfig, direction: Direction, interface: Interface, only_explicit: bool = False) -> Layers:
    """The overrides of `interface` by link; one link, `default` or as an override names it, where they name no more.

    Several link names make several links, each to its own provider. An override that names none is then laid under
    all of them, except that one with an image means the link `default`. With `only_explicit` a wildcard does not
    count: `wasi:http/*` does not mean the types that the host supplies.
    """
    found = [
        override
        for override in overrides_in(dev, direction)
        if matches(override.spec, interface) and (not only_explicit or explicit(override))
    ]
    names = list(dict.fromkeys(override.link_name for override in found if override.link_name is not None))
    if not names:
        return {DEFAULT_LINK: tuple(found)}
    shared = [override for override in found if override.link_name is None]
    result: Layers = {}
    if any(override.image_ref is not None for override in shared) and DEFAULT_LINK not in names:
        result[DEFAULT_LINK] = tuple(shared)
    for name in names:
        result[name] = tuple(
            override
            for override in found
            if override.link_name == name
            or (override.link_name is None and (override.image_ref is None or name == DEFAULT_LINK))
        )
    return result


def explicit(override: Override) -> bool:
    """Whether the override names its interfaces one by one."""
    return override.spec.interfaces is not None


def unmatched(project: Project, needs: Iterable[Need], world: str) -> list[Diagnostic]:
    """A warning for each override that means nothing in this world, and why."""
    needs = list(needs)
    found = []
    for direction in ("import", "export"):
        for override in overrides_in(project.dev, direction):
            directions = {need.direction for need in needs if matches(override.spec, need.interface)}
            if direction in directions:
                continue
            verb = "imports" if direction == "import" else "exports"
            text = f'`{override.key}` has no effect: {world} {verb} nothing that "{override.spec.text}" means'
            if directions:
                other = "exports" if direction == "import" else "imports"
                text += f"; it {other} it, so the override belongs in `dev.overrides.{other}`"
            else:
                text += _versions(override, needs)
            file = str(project.config_file) if project.config_file else None
            found.append(Diagnostic("warning", text, file, override.line, override.column))
    return found


def _versions(override: Override, needs: list[Need]) -> str:
    """Tells when only the version stands in the way."""
    import msgspec

    spec = override.spec
    if spec.version is None:
        return ""
    loose = msgspec.structs.replace(spec, version=None)
    versions = sorted({str(need.interface.version) for need in needs if matches(loose, need.interface)})
    return f"; it has {', '.join(versions)}, and the override asks for {spec.version}" if versions else ""
