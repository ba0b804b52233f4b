"""Why a reload failed, as a person is told: problems out of groups, places in the project's own files, one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from engine.model.diagnostic import Diagnostic
from engine.model.problem import Problem

MOUNT = "/app/"
"""Where a dev shell sees the project's sources."""


def unmounted(diagnostics: Iterable[Diagnostic], folder: Path | None) -> Iterable[Diagnostic]:
    """The guest's paths (`/app/x.py`) as those of `folder`, from which they were mounted."""
    for item in diagnostics:
        if item.file and folder is not None and item.file.startswith(MOUNT):
            yield msgspec.structs.replace(item, file=str(folder / item.file.removeprefix(MOUNT)))
        else:
            yield item


def relative(diagnostics: Iterable[Diagnostic], root: Path) -> tuple[Diagnostic, ...]:
    """Files below `root` by their path from there."""
    found = []
    for item in diagnostics:
        if item.file and Path(item.file).is_absolute() and Path(item.file).is_relative_to(root):
            item = msgspec.structs.replace(item, file=Path(item.file).relative_to(root).as_posix())
        found.append(item)
    return tuple(found)


def first_error(diagnostics: Sequence[Diagnostic]) -> str | None:
    """The first error in one line, its place before it; of what a tool printed the last line."""
    for item in diagnostics:
        if item.severity == "error":
            place = ":".join(str(part) for part in (item.file, item.line, item.column) if part is not None)
            message, *more = item.message.splitlines() or ["it failed"]
            if message.endswith(":") and more:
                message = f"{message} {more[-1].strip()}"
            return f"{place}: {message}" if place else message
    return None


def problems(error: Problem | ExceptionGroup[Exception]) -> list[Problem]:
    """The problems of a group, in order. Anything else in it is a fault of ours and is raised."""
    if isinstance(error, Problem):
        return [error]
    found: list[Problem] = []
    for item in error.exceptions:
        if not isinstance(item, (Problem, ExceptionGroup)):
            raise error
        found.extend(problems(item))
    return found
