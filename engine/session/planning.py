"""From a project as read to what a host is asked to run: dependencies, manifest, and what is off."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from engine.build.artifacts import keep
from engine.component.model import Resolve
from engine.component.read import read
from engine.dependencies.confirm import Confirmed, confirm
from engine.dependencies.discover import survey
from engine.dependencies.settings import NOTHING
from engine.manifest.diff import diff
from engine.manifest.document import as_manifest, to_document
from engine.manifest.generate import INCOMING, generate
from engine.manifest.hints import hints
from engine.manifest.model import Application
from engine.manifest.own import with_manifests
from engine.model.deliverable import Deliverable
from engine.model.dependency import Dependency
from engine.model.diagnostic import Diagnostic
from engine.model.state import Change, Manifest
from engine.project.config import CatalogueConfig
from engine.project.project import Project

if TYPE_CHECKING:
    from engine.dependencies.toggles import Toggles


class Plan(msgspec.Struct, frozen=True):
    """What would run: `off` maps an interface (no version) to the dependency that was toggled off."""

    application: Application
    manifest: Manifest
    dependencies: tuple[Dependency, ...]
    off: dict[str, str]
    hints: tuple[str, ...]
    warnings: tuple[Diagnostic, ...]
    component: str

    @property
    def version(self) -> str:
        return self.manifest.version

    @property
    def document(self) -> dict[str, Any]:
        return to_document(self.application)

    def changes_from(self, deployed: Plan | None) -> tuple[Change, ...]:
        """What deploying this would change."""
        return tuple(diff(deployed.application if deployed else None, self.application))

    def others(self, cache: Path) -> dict[str, Deliverable]:
        """The components beside the project's own whose image is a file, by name."""
        found = {}
        for item in self.application.spec.components:
            image = item.properties.image or ""
            if item.type == "component" and item.name != self.component and image.startswith("file://"):
                path, digest = keep(Path(image.removeprefix("file://")), cache)
                found[item.name] = Deliverable(str(path), digest)
        return found


class Artifact(msgspec.Struct, frozen=True):
    """What a built component really imports and exports: interface names with versions."""

    imports: tuple[str, ...]
    exports: tuple[str, ...]


def inspect(component: Path) -> Artifact:
    """Reads a binary's imports and exports. Raises :class:`~engine.component.errors.ComponentError`."""
    world = read(component).world
    return Artifact(
        imports=tuple(name for name, _ in world.imported_interfaces()) if world else (),
        exports=tuple(name for name, _ in world.exported_interfaces()) if world else (),
    )


def plan(
    project: Project,
    resolve: Resolve,
    toggles: Toggles,
    artifact: Artifact | None,
    address: str,
    asked: bool,
    catalogue: CatalogueConfig = NOTHING,
) -> Plan:
    """Plans the project as its files, its artifact and the toggles say. Raises
    :class:`~engine.model.problem.Problem`.

    HTTP is served at `address`; unless it was `asked` for, an address that the project configures comes first.
    `catalogue` is the user's own (:func:`engine.dependencies.settings.user_catalogue`).
    """
    differences: tuple[Diagnostic, ...] = ()
    if artifact is None:
        found = survey(project, resolve, toggles, catalogue)
    else:
        confirmed = confirm(project, resolve, artifact.imports, artifact.exports, toggles, catalogue)
        found, differences = confirmed.survey, tuple(_differences(confirmed))
    found = with_manifests(project, found)
    configured = not asked and any(
        _serves_http(item) and origins.get("config.address", "catalogue") != "catalogue"
        for item, origins in zip(found.dependencies, found.origins, strict=True)
    )
    application = generate(project, found.dependencies, address=None if configured else address)
    off = {
        interface.partition("@")[0]: item.name
        for item in found.dependencies
        if item.state == "off"
        for interface in item.interfaces
    }
    return Plan(
        application=application,
        manifest=as_manifest(application),
        dependencies=found.dependencies if configured else _served_at(found.dependencies, address),
        off=off,
        hints=tuple(hints(application)),
        warnings=(*found.warnings, *differences),
        component=project.component_id,
    )


def _serves_http(item: Dependency) -> bool:
    return item.direction == "export" and any(name.startswith(INCOMING) for name in item.interfaces)


def _served_at(dependencies: tuple[Dependency, ...], address: str) -> tuple[Dependency, ...]:
    """The dependencies with the address where this session really serves."""
    return tuple(
        msgspec.structs.replace(item, config={**item.config, "address": address})
        if _serves_http(item)
        else item
        for item in dependencies
    )


def _differences(confirmed: Confirmed) -> Iterable[Diagnostic]:
    for direction, name in confirmed.unused:
        yield Diagnostic("info", f"the artifact does not {direction} {name}, which the world names")
    for direction, name in confirmed.added:
        yield Diagnostic("info", f"the artifact {direction}s {name}, which the world does not name")
