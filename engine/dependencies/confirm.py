"""After a build: what the artifact really imports and exports, against what the WIT said.

A compiler drops imports that the code never calls, and libraries bring imports that the project's own WIT does not
name. The artifact is right; the differences are worth telling.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from engine.dependencies.discover import Survey, survey_world
from engine.dependencies.interface import Interface, parse_interface
from engine.dependencies.settings import NOTHING, catalogue_for
from engine.dependencies.toggles import Toggles
from engine.dependencies.world import Need, WorldView, view
from engine.model.dependency import Direction
from engine.project.config import CatalogueConfig
from engine.project.interface_spec import track

if TYPE_CHECKING:
    from engine.component.model import Resolve
    from engine.project.project import Project


class Confirmed(msgspec.Struct, frozen=True):
    """The survey of the artifact. `unused` are interfaces of the world that the artifact has not, `added` those that
    it has beyond the world; both with their direction."""

    survey: Survey
    unused: tuple[tuple[Direction, str], ...]
    added: tuple[tuple[Direction, str], ...]


def confirm(
    project: Project,
    resolve: Resolve,
    imports: Iterable[str],
    exports: Iterable[str],
    toggles: Toggles | None = None,
    settings: CatalogueConfig = NOTHING,
) -> Confirmed:
    """`imports` and `exports` are the artifact's names, `ns:pkg/iface@version`; others are passed over. Interfaces
    that only hold types, or that every host supplies, are not compared: compilers and runtimes keep, drop and add
    them as they like."""
    world = view(project, resolve)
    built = built_world(world, imports, exports, resolve)
    catalogue = catalogue_for(project, settings)

    def compared(view: WorldView) -> dict[tuple[object, ...], Need]:
        return {
            _key(need): need
            for need in view.needs
            if need.callable
            and catalogue.host_part(need.interface) is None
            and not catalogue.is_carried(need.interface)
        }

    said, has = compared(world), compared(built)
    return Confirmed(
        survey=survey_world(project, built, toggles or {}, catalogue),
        unused=_told(said[key] for key in said.keys() - has.keys()),
        added=_told(has[key] for key in has.keys() - said.keys()),
    )


def built_world(
    world: WorldView, imports: Iterable[str], exports: Iterable[str], resolve: Resolve | None = None
) -> WorldView:
    """The artifact's interfaces as a world of the same name. Which of them only hold types, the WIT tells; one that
    the WIT does not know counts as callable."""
    package = world.name.partition("/")[0]
    known = {need.interface.key: need.callable for need in world.needs}
    if resolve is not None:
        for interface in resolve.interfaces:
            if interface.full_name is not None:
                known.setdefault(interface.full_name.partition("@")[0], bool(interface.functions))
    needs = []
    both: tuple[tuple[Direction, Iterable[str]], ...] = (("import", imports), ("export", exports))
    for direction, names in both:
        for found in sorted({item for name in names if (item := parse_interface(name)) is not None}, key=str):
            needs.append(Need(direction, found, known.get(found.key, True), found.package_key == package))
    return WorldView(world.name, tuple(needs), world.note)


def _key(need: Need) -> tuple[Direction, str, tuple[str, ...]]:
    """Builds join compatible versions into the newest, so versions count by what they are compatible with."""
    interface: Interface = need.interface
    return need.direction, interface.key, track(interface.version) if interface.version else ()


def _told(needs: Iterable[Need]) -> tuple[tuple[Direction, str], ...]:
    return tuple(sorted((need.direction, str(need.interface)) for need in needs))
