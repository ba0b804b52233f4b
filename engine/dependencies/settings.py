"""The catalogue that a project sees: the shipped one, the user's settings over it, the project's own over both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.dependencies.catalogue import Catalogue, layered, shipped
from engine.project.config import CatalogueConfig

if TYPE_CHECKING:
    from engine.project.project import Project

NOTHING = CatalogueConfig()


def catalogue_for(project: Project, settings: CatalogueConfig = NOTHING) -> Catalogue:
    """Raises :class:`~engine.project.problems.ConfigError` for a layer that makes no sense."""
    own = project.config.catalogue
    if settings == NOTHING and own == NOTHING:
        return shipped()
    return layered(("settings", settings), ("wasmcloud.toml", own))


def user_catalogue(file: Path) -> CatalogueConfig:
    """The `[catalogue]` table of the user's settings file; nothing when there is no file.

    Raises :class:`~engine.project.problems.ConfigError`.
    """
    if not file.is_file():
        return NOTHING
    from engine.project.read import read_catalogue
    from engine.project.toml_file import TomlFile, read_text

    toml = TomlFile(file, read_text(file))
    section = toml.top().table("catalogue")
    config = read_catalogue(section)
    toml.check()
    return config
