"""WIT packages in their binary form: a component of nothing but types, one for each interface and world."""

from __future__ import annotations

from engine.component.build import Builder, is_full, split_name
from engine.component.cursor import Cursor
from engine.component.errors import ComponentError
from engine.component.model import PackageName, Resolve, World
from engine.component.scope import Closure, Instance, Scope


def is_package(scope: Scope) -> bool:
    """Whether a component is a WIT package: no imports, and only component types exported."""
    exports = scope.exports.exports.values()
    return (
        bool(exports)
        and not scope.imports.exports
        and all(isinstance(item, Closure) and item.kind == "component-type" for item in exports)
    )


def decode_package(scope: Scope, resolve: Resolve) -> None:
    """Fills `resolve` with the package and with as much of others as it mentions. Raises :class:`ComponentError`."""
    builder = Builder(resolve)
    for name, closure in scope.exports.exports.items():
        assert isinstance(closure, Closure)
        inner = scope.made(closure, Cursor(scope.data, closure.start, closure.end))
        needs: list[PackageName] = []
        for dependency, instance in inner.imports.exports.items():
            if isinstance(instance, Instance) and is_full(dependency):
                builder.interface(dependency, instance)
                needs.append(split_name(dependency)[0])
        if len(inner.exports.exports) != 1:
            raise ComponentError(
                f"`{name}` of this WIT package is neither an interface nor a world", closure.start
            )
        full_name, item = next(iter(inner.exports.exports.items()))
        if not is_full(full_name):
            raise ComponentError(
                f"`{full_name}` is not the full name of an interface or world", closure.start
            )
        if isinstance(item, Instance):
            interface = builder.interface(full_name, item)
            resolve.main = interface.package
        elif isinstance(item, Closure):
            world = inner.made(item, Cursor(scope.data, item.start, item.end))
            mentioned = (*world.imports.exports, *world.exports.exports)
            needs += [split_name(name)[0] for name in mentioned if is_full(name)]
            _world(builder, full_name, world)
        else:
            raise ComponentError(f"`{full_name}` is neither an interface nor a world", closure.start)
        main = resolve.main
        if main is not None:
            main.needs = tuple(dict.fromkeys([*main.needs, *(name for name in needs if name != main.name)]))


def _world(builder: Builder, full_name: str, scope: Scope) -> None:
    package_name, name = split_name(full_name)
    package = builder.package(package_name)
    world = World(name, package)
    world.imports = builder.items(world, scope.imports, package, shared=True)
    world.exports = builder.items(world, scope.exports, package, shared=True)
    package.worlds[name] = builder.resolve.add_world(world)
    builder.resolve.main = package
