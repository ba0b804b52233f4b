"""Dependencies from a project's world: who provides each interface, joined per provider and package.

    for dependency in discover(project, resolve): ...
    survey(project, resolve)      # the same, with what was odd and where each value came from

Layers, later ones count more: the catalogue, the project's `[dev]` table, the user's toggles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.dependencies.catalogue import Catalogue
from engine.dependencies.choice import Choice, Identity, choose_provider
from engine.dependencies.interface import Interface
from engine.dependencies.overrides import layers, unmatched
from engine.dependencies.settings import NOTHING, catalogue_for
from engine.dependencies.siblings import sibling_kinds
from engine.dependencies.toggles import Toggles
from engine.dependencies.world import WorldView, view
from engine.model.dependency import Dependency, DependencyState, Direction
from engine.model.diagnostic import Diagnostic
from engine.project.config import CatalogueConfig
from engine.project.interface_spec import track

if TYPE_CHECKING:
    from engine.component.model import Resolve
    from engine.project.project import Project


class Survey(msgspec.Struct, frozen=True):
    """Dependencies and what there is to tell of them.

    `origins` says for each dependency, by its place in `dependencies`, which layer each value is from: keys `state`,
    `image`, `link_name`, and `config.KEY`. `offers` are interfaces of the project's own package that it exports: what
    other components may link to. `warnings` are overrides that had no effect, a world that is not the one named, ….
    """

    world: str
    dependencies: tuple[Dependency, ...]
    origins: tuple[dict[str, str], ...]
    offers: tuple[str, ...]
    warnings: tuple[Diagnostic, ...]


def discover(
    project: Project,
    resolve: Resolve,
    toggles: Toggles | None = None,
    settings: CatalogueConfig = NOTHING,
) -> tuple[Dependency, ...]:
    """The project's dependencies, in an order that depends on nothing but what they are.

    Raises :class:`~engine.dependencies.problems.DependencyError` when there is no world, or no telling which, and
    :class:`~engine.project.problems.ConfigError` for a catalogue that makes no sense.
    """
    return survey(project, resolve, toggles, settings).dependencies


def survey(
    project: Project,
    resolve: Resolve,
    toggles: Toggles | None = None,
    settings: CatalogueConfig = NOTHING,
) -> Survey:
    """As :func:`discover`, with everything there is to tell."""
    return survey_world(project, view(project, resolve), toggles or {}, catalogue_for(project, settings))


def survey_world(project: Project, world: WorldView, toggles: Toggles, catalogue: Catalogue) -> Survey:
    """The survey of a world that is known already: from WIT, or from a built component."""
    kinds = sibling_kinds(project)
    groups: dict[tuple[Direction, str, tuple[str, ...], Choice], list[Interface]] = {}
    offers = []
    for need in sorted(world.needs, key=lambda need: (need.direction, str(need.interface))):
        interface = need.interface
        part = catalogue.host_part(interface)
        carried = not need.callable or catalogue.is_carried(interface)
        links = layers(project.dev, need.direction, interface, only_explicit=carried or part is not None)
        touched = any(links.values())
        if carried and part is None and not touched:
            continue
        if need.own and need.direction == "export" and project.kind == "component" and not touched:
            offers.append(str(interface))
            continue
        version = track(interface.version) if interface.version else ()
        for link, overrides in links.items():
            choice = choose_provider(project, need, link, overrides, part, catalogue, kinds)
            groups.setdefault((need.direction, interface.package_key, version, choice), []).append(interface)
    found = sorted(
        (
            (choice, direction, tuple(sorted(map(str, group))))
            for (direction, _, _, choice), group in groups.items()
        ),
        key=lambda item: (item[0].state == "host", item[1], item[0].base, item[0].link_name, item[2]),
    )
    names = provider_names(found)
    links_taken: set[tuple[str, str, str]] = set()
    dependencies = []
    for (choice, direction, interfaces), name in zip(found, names, strict=True):
        dependencies.append(_dependency(choice, direction, interfaces, name, toggles, links_taken))
    warnings = [*_world_warning(project, world), *unmatched(project, world.needs, world.name)]
    return Survey(
        world=world.name,
        dependencies=tuple(item for item, _ in dependencies),
        origins=tuple(origins for _, origins in dependencies),
        offers=tuple(offers),
        warnings=tuple(warnings),
    )


def _dependency(
    choice: Choice,
    direction: Direction,
    interfaces: tuple[str, ...],
    name: str,
    toggles: Toggles,
    links_taken: set[tuple[str, str, str]],
) -> tuple[Dependency, dict[str, str]]:
    origins = dict(choice.origins)
    link_name = choice.link_name
    if choice.state != "host":
        # A link knows no versions: what two incompatible ones have in common needs links of two names.
        keys = {interface.partition("@")[0] for interface in interfaces}
        if any((direction, key, link_name) in links_taken for key in keys):
            version = interfaces[0].partition("@")[2]
            link_name = "v" + "-".join(track(version))
            origins["link_name"] = "version"
        links_taken.update((direction, key, link_name) for key in keys)
    origins.update({f"config.{key}": source for key, _, source in choice.config})
    state: DependencyState = choice.state
    source = choice.source
    if toggles.get(name, True) is False:
        state, source, origins["state"] = "off", "toggle", "toggle"
    dependency = Dependency(
        name=name,
        direction=direction,
        interfaces=interfaces,
        state=state,
        kind=choice.kind,
        provider=choice.provider,
        link_name=link_name,
        config={key: value for key, value, _ in choice.config},
        source=source,
    )
    return dependency, origins


def provider_names(found: list[tuple[Choice, Direction, tuple[str, ...]]]) -> list[str]:
    """A name for each: one provider has one name in all its places, two never share one.

    The provider that the catalogue would take has its name there (or `custom-ns-pkg`), and so has one that overrides
    put fully in its place. One that overrides put beside it has its interfaces in the name.
    """
    names: dict[tuple[str, Identity], str] = {}
    by_base: dict[str, list[Identity]] = {}
    for choice, _, _ in found:
        identities = by_base.setdefault(choice.base, [])
        if choice.identity not in identities:
            identities.append(choice.identity)
    for base, identities in by_base.items():
        mine = [item for item in found if item[0].base == base]
        usual = next((choice.identity for choice, _, _ in mine if not choice.replaced), identities[0])
        taken = {base}
        for identity in identities:
            name = base
            if identity != usual:
                parts = {
                    text.partition("@")[0].rpartition("/")[2]
                    for c, _, i in mine
                    if c.identity == identity
                    for text in i
                }
                name = stem = f"{base}-{'-'.join(sorted(parts))}"
                number = 2
                while name in taken:
                    name, number = f"{stem}-{number}", number + 1
                taken.add(name)
            names[base, identity] = name
    return [names[choice.base, choice.identity] for choice, _, _ in found]


def _world_warning(project: Project, world: WorldView) -> list[Diagnostic]:
    if world.note is None:
        return []
    return [Diagnostic("warning", world.note, str(project.config_file) if project.config_file else None)]
