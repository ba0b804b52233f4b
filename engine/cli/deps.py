"""Lists what the project imports and exports, and who provides it. Nothing is built."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.dependencies.discover import Survey
    from engine.model.dependency import Dependency


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", default=".", help="the project, or a folder inside it")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--origins", action="store_true", help="tell which layer each value is from")


def run(arguments: argparse.Namespace) -> int:
    from engine.cli.project import survey_project

    project, survey = survey_project(Path(arguments.path))
    if arguments.json:
        import msgspec

        document = {
            "project": project.name,
            "world": survey.world,
            "items": [item(dependency) for dependency in survey.dependencies],
        }
        print(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
        return 0
    from engine.cli.problems import safe

    for line in table(survey, arguments.origins):
        print(safe(line))
    if survey.offers:
        print(safe(f"offers {', '.join(survey.offers)}"), file=sys.stderr)
    return 0


def item(dependency: Dependency) -> dict[str, Any]:
    """One item of the JSON document."""
    provider = dependency.provider
    supplied: dict[str, str] | None = None
    if provider is not None:
        supplied = {}
        if provider.image is not None:
            supplied["image"] = provider.image
        if provider.builtin is not None:
            supplied["builtin"] = provider.builtin
    return {
        "name": dependency.name,
        "direction": dependency.direction,
        "interfaces": list(dependency.interfaces),
        "state": dependency.state,
        "kind": dependency.kind,
        "provider": supplied,
        "link_name": dependency.link_name,
        "config": dependency.config,
        "source": dependency.source,
    }


def table(survey: Survey, origins: bool) -> list[str]:
    """One line a dependency, its interfaces below it."""
    lines = []
    for dependency, origin in zip(survey.dependencies, survey.origins, strict=True):
        arrow = "→" if dependency.direction == "import" else "←"
        provider = dependency.provider
        who = (provider.image or provider.builtin) if provider else None
        state = dependency.state if dependency.state != "host" else "the host's own"
        parts = [f"{arrow} {dependency.name:<20}", f"{state:<14}"]
        if who and dependency.state != "host":
            parts.append(who)
        if dependency.link_name != "default":
            parts.append(f"link {dependency.link_name}")
        lines.append(" ".join(parts).rstrip())
        lines += [f"    {interface}" for interface in dependency.interfaces]
        lines += [f"    {key} = {value}" for key, value in dependency.config.items()]
        if origins:
            lines += [f"    {key}: from {source}" for key, source in sorted(origin.items())]
    return lines
