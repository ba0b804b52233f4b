"""The whole, as text gives it: the model with a main package, of which a world can be chosen."""

from __future__ import annotations

from engine.component import model
from engine.component.model import Package, World
from engine.wit.errors import WitError
from engine.wit.parser import parse_path


class Resolve(model.Resolve):
    """What :func:`engine.wit.load.load` gives."""

    __slots__ = ()

    def select_world(self, name: str | None = None) -> World:
        """The world meant by `name`; see the function."""
        return select_world(self, name)


def select_world(resolve: model.Resolve, name: str | None = None) -> World:
    """The world `name`: a plain name means one of the main package, `ns:pkg/world[@version]` any; without a name, the
    main package's only one. Raises :class:`WitError` with upstream's reasons."""
    main = resolve.main
    if name is None:
        if main is None:
            raise _no_main(resolve)
        return _only(main)
    path = parse_path(name)
    if path.package is None:
        if main is None:
            raise _no_main(resolve)
        return _in(main, path.name)
    wanted = path.package
    if wanted.version is not None:
        package = resolve.package_names.get(wanted)
        if package is None:
            raise WitError(f"unknown package `{wanted}`", hint=_known(resolve))
        return _in(package, path.name)
    packages = [p for p in resolve.packages if p.name.unversioned == wanted.unversioned]
    if not packages:
        raise WitError(f"unknown package `{wanted}`", hint=_known(resolve))
    if len(packages) > 1:
        first, second = packages[0].name.version, packages[1].name.version
        raise WitError(
            f"package name `{wanted}` is available at both versions {first} and {second} but which is not specified",
            hint=f"write `{packages[-1].name.item(path.name)}`",
        )
    return _in(packages[0], path.name)


def _no_main(resolve: model.Resolve) -> WitError:
    listed = "".join(f"\n  {world.full_name}" for world in resolve.worlds)
    return WitError(f"There are multiple main packages; a world must be explicitly chosen:{listed}")


def _only(main: Package) -> World:
    if not main.worlds:
        raise WitError(f"The main package `{main.name}` contains no worlds")
    if len(main.worlds) > 1:
        listed = "".join(f"\n  {main.name.item(world)}" for world in main.worlds)
        raise WitError(
            f"There are multiple worlds in `{main.name}`; one must be explicitly chosen:{listed}",
            hint=f"choose one with `--world {next(iter(main.worlds))}`",
        )
    return next(iter(main.worlds.values()))


def _in(package: Package, name: str) -> World:
    world = package.worlds.get(name)
    if world is None:
        there = ", ".join(f"`{other}`" for other in package.worlds) or "none"
        raise WitError(f"World `{name}` not found in package `{package.name}`", hint=f"its worlds: {there}")
    return world


def _known(resolve: model.Resolve) -> str:
    return "known packages: " + ", ".join(package.name.text for package in resolve.packages)
