"""Projects beside this one, known through WIT packages that are taken from their folders (wkg overrides)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.project.find import CONFIG
from engine.project.toml_file import SIZE_LIMIT

if TYPE_CHECKING:
    from engine.project.project import Project

Kind = Literal["provider", "component"]


def sibling_kinds(project: Project) -> dict[str, Kind]:
    """By package, `ns:pkg`: whether the project that its WIT lies in is a provider or a component."""
    found: dict[str, Kind] = {}
    for package, override in project.config.overrides.items():
        if override.path is None:
            continue
        folder = (project.root / override.path).resolve()
        for candidate in (folder, folder.parent):
            kind = _kind(candidate / CONFIG)
            if kind is not None and candidate != project.root:
                found[package.partition("@")[0]] = kind
                break
    return found


def _kind(file: Path) -> Kind | None:
    """Nothing of a sibling but its type matters here, and a broken one is no error of this project."""
    try:
        with file.open("rb") as stream:
            value = tomllib.loads(stream.read(SIZE_LIMIT).decode("utf-8")).get("type")
    except (OSError, ValueError, RecursionError):
        return None
    kind = value.strip().lower() if isinstance(value, str) else ""
    if kind == "provider":
        return "provider"
    return "component" if kind in ("component", "actor") else None
