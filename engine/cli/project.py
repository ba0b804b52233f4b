"""What the commands about one project have in common: find it, read its WIT, tell what is odd."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.component.model import Resolve
    from engine.dependencies.discover import Survey
    from engine.project.project import Project


def survey_project(path: Path) -> tuple[Project, Survey]:
    """The project that `path` means and its dependencies; says on stderr which project that is and what was inferred.

    Raises :class:`~engine.model.problem.Problem` for a project or WIT that cannot be read.
    """
    from engine.dependencies.settings import user_catalogue
    from engine.dependencies.toggles import load_toggles
    from engine.places.places import SETTINGS, config_folder
    from engine.project.find import find_project

    project = find_project(path)
    settings = user_catalogue(config_folder() / SETTINGS)
    from engine.dependencies.discover import survey

    found = survey(project, _load(project), load_toggles(project.root), settings)
    if project.dev.manifests:
        from engine.manifest.own import with_manifests

        found = with_manifests(project, found)
    tell(project, path, found)
    return project, found


def _load(project: Project) -> Resolve:
    """The WIT, resolved. Everything made lives until the command ends, so looking for garbage on the way is in vain."""
    import gc

    from engine.dependencies.wit import load_wit

    collecting = gc.isenabled()
    gc.disable()
    try:
        return load_wit(project, here=Path.cwd())
    finally:
        if collecting:
            gc.enable()


def tell(project: Project, path: Path, survey: Survey) -> None:
    """Narration, on stderr."""
    from engine.cli.problems import safe

    if path.resolve() != project.root:
        print(safe(f"project {project.name}: {os.path.relpath(project.root)}"), file=sys.stderr)
    for note in project.inferred:
        print(safe(f"note: {note}"), file=sys.stderr)
    for warning in (*project.warnings, *survey.warnings):
        print(safe(f"{warning.severity}: {warning.message}"), file=sys.stderr)
        place = ":".join(
            str(part) for part in (warning.file, warning.line, warning.column) if part is not None
        )
        if place:
            print(safe(f"  --> {place}"), file=sys.stderr)
