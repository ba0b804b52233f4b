"""What a world asks for and offers, as plain interfaces: the only file of this room that knows the WIT model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.dependencies.interface import Interface, parse_interface
from engine.dependencies.problems import DependencyError
from engine.model.dependency import Direction

if TYPE_CHECKING:
    from engine.component.model import Package, Resolve, World
    from engine.project.project import Project


class Need(msgspec.Struct, frozen=True):
    """One interface of a world. `callable` is false for one that only holds types: nobody needs to provide it. `own`
    is true when it is of the world's own package."""

    direction: Direction
    interface: Interface
    callable: bool = True
    own: bool = False


class WorldView(msgspec.Struct, frozen=True):
    """A world's name and needs. `note` tells when it is not the one that was configured."""

    name: str
    needs: tuple[Need, ...]
    note: str | None = None


def view(project: Project, resolve: Resolve) -> WorldView:
    """The project's world. Raises :class:`DependencyError` when it cannot be told which one that is."""
    world, note = choose(project, resolve)
    package = world.package.name.unversioned if world.package else ""
    needs = []
    for direction, items in (
        ("import", world.imported_interfaces()),
        ("export", world.exported_interfaces()),
    ):
        for name, found in items:
            interface = parse_interface(name)
            if interface is not None:
                own = interface.package_key == package
                needs.append(Need(direction, interface, bool(found.functions), own))  # type: ignore[arg-type]
    return WorldView(world.full_name, tuple(needs), note)


def choose(project: Project, resolve: Resolve) -> tuple[World, str | None]:
    """The configured world, or the only one. A name that fits none is let pass when there is only one: cargo and the
    like never look at it, so projects carry stale ones."""
    main = resolve.main
    worlds = main.worlds if main else {}
    wanted = project.world
    if wanted is not None:
        found = worlds.get(wanted.removeprefix("%")) or next(
            (world for world in resolve.worlds if world.full_name == wanted), None
        )
        if found is None and ":" in wanted and "@" not in wanted:
            same = [world for world in resolve.worlds if world.full_name.partition("@")[0] == wanted]
            found = same[0] if len(same) == 1 else None
        if found is not None:
            return found, None
    if len(worlds) == 1:
        world = next(iter(worlds.values()))
        note = (
            f'there is no world "{wanted}" in {_package(main)}; "{world.name}" is the only one and is taken'
        )
        return world, note if wanted is not None else None
    place = str(project.config_file) if project.config_file else None
    names = tuple(sorted(worlds))
    if wanted is not None and worlds:
        raise DependencyError(
            f'there is no world "{wanted}" in {_package(main)}',
            file=place,
            notes=(f"worlds: {', '.join(names)}",),
        )
    if worlds:
        raise DependencyError(
            f"{_package(main)} has several worlds: {', '.join(names)}",
            file=place,
            hint=f'say which one in wasmcloud.toml: [{project.kind}] wit_world = "{names[0]}"',
        )
    raise DependencyError(
        f"{_package(main)} has no world",
        file=str(project.wit),
        hint="a world says what the project imports and exports",
    )


def _package(package: Package | None) -> str:
    return str(package.name) if package else "this WIT"
