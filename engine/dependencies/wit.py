"""A project's WIT: its folder, with the packages that wkg overrides (`[overrides]` of `wasmcloud.toml` or `wkg.toml`)
take from other folders, as `wash build` would fetch them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from engine.dependencies.problems import DependencyError
from engine.wit.load import load

if TYPE_CHECKING:
    from engine.component.model import Resolve
    from engine.project.project import Project
    from engine.wit.tree import Tree, Unit

_PACKAGE = re.compile(rb"^[ \t]*package[ \t]+%?([\w-]+)[ \t]*:[ \t]*%?([\w-]+)", re.MULTILINE)


def load_wit(project: Project, *, here: Path | None = None) -> Resolve:
    """The project's WIT, resolved. Paths in errors are absolute; with `here`, relative to that folder where they lie
    below it.

    Raises :class:`DependencyError` when there is no WIT, and what :func:`engine.wit.load.load` raises.
    """
    if project.wit is None:
        raise DependencyError(
            f"{project.name} has no WIT",
            file=str(project.source_root / "wit"),
            hint="the folder wit/ holds the world, which says what the project imports and exports",
        )
    folders = {
        package.partition("@")[0]: project.root / override.path
        for package, override in sorted(project.config.overrides.items())
        if override.path is not None
    }
    shown = _shown(project.wit, here)
    if not any(folder.is_dir() for folder in folders.values()):
        return load(shown)
    return _load_with(shown, folders, here)


def _load_with(path: str, folders: dict[str, Path], here: Path | None) -> Resolve:
    from engine.wit.append import Features
    from engine.wit.cache import SHARED
    from engine.wit.load import resolve_tree
    from engine.wit.tree import read_tree

    tree = read_tree(path)
    _add(tree, folders, here)
    key = (tree.key(), frozenset[str](), False)
    found = SHARED.tree(key) if not any(unit.problems for unit in tree.units) else None
    if found is None:
        found = resolve_tree(tree, Features((), False), SHARED)
        SHARED.keep_tree(key, found)
    return found


def _add(tree: Tree, folders: dict[str, Path], here: Path | None) -> None:
    """Adds the packages that `deps/` has not, each with what is in its own `deps/`."""
    from engine.wit.tree import deps_units, folder_unit

    present = {name for unit in tree.units for name in _declared(unit)}
    for package, folder in folders.items():
        if package in present or not folder.is_dir():
            continue
        for unit in (folder_unit(_shown(folder, here)), *deps_units(_shown(folder / "deps", here))):
            names = _declared(unit)
            if present.isdisjoint(names):
                tree.units.append(unit)
                present |= names


def _declared(unit: Unit) -> set[str]:
    return {
        f"{found[1].decode()}:{found[2].decode()}"
        for _, data in unit.files
        for found in _PACKAGE.finditer(data)
    }


def _shown(path: Path, here: Path | None) -> str:
    return str(path.relative_to(here)) if here is not None and path.is_relative_to(here) else str(path)
