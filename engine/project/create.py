"""Making a project from a template."""

from __future__ import annotations

import re
from pathlib import Path

from engine.model.problem import Problem
from engine.wit.lexer import KEYWORDS

TEMPLATES = Path(__file__).parent / "templates"


class TemplateError(Problem):
    """A template that is not there, or a folder that cannot take it."""


def templates() -> list[str]:
    """The names that :func:`create` takes."""
    return sorted(path.name for path in TEMPLATES.iterdir() if path.is_dir() and path.name != "__pycache__")


def create(template: str, folder: Path) -> list[Path]:
    """Writes the template into `folder`, which must be new or empty; the files written, in order.

    The project is named after the folder. Raises :class:`TemplateError`; nothing is written then.
    """
    source = TEMPLATES / template
    if template not in templates():
        raise TemplateError(f"there is no template '{template}'", hint=f"templates: {', '.join(templates())}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise TemplateError(f"{folder} is there already and not empty", hint="give a new folder")
    name = project_name(folder.resolve().name)
    written = []
    try:
        for path in sorted(source.rglob("*")):
            if path.is_dir() or "__pycache__" in path.parts:
                continue
            relative = path.relative_to(source)
            # A file named .gitignore would act on this repository as well.
            target = folder / (relative.with_name(".gitignore") if relative.name == "gitignore" else relative)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(path.read_text().replace("__NAME__", name))
            written.append(target)
    except OSError as error:
        raise TemplateError(f"{folder} cannot be written: {error.strerror}") from error
    return written


def project_name(text: str) -> str:
    """A name that is good in WIT as well: kebab-case, each word beginning with a letter."""
    words = [word for word in re.split(r"[^a-z0-9]+", text.lower()) if word]
    words = [word if word[0].isalpha() else f"n{word}" for word in words]
    name = "-".join(words) or "component"
    return f"{name}-component" if name in KEYWORDS else name
