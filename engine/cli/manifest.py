"""Prints the WADM application that the project would deploy; checks and compares WADM files. Nothing is built."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.manifest.model import Application


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", default=".", help="the project, or a folder inside it")
    parser.add_argument(
        "--artifact", metavar="FILE|URL", help="the component's image (default: what a build writes)"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--diff", metavar="FILE", help="print what is different from FILE; exit 1 when something is"
    )
    what.add_argument("--check", metavar="FILE", help="validate any WADM file; exit 1 on errors")
    parser.add_argument("--json", action="store_true", help="JSON instead of YAML or text")


def run(arguments: argparse.Namespace) -> int:
    if arguments.check:
        return check(Path(arguments.check), arguments.json)
    from engine.cli.project import survey_project
    from engine.manifest.generate import generate

    project, survey = survey_project(Path(arguments.path))
    artifact = arguments.artifact
    if artifact is not None and "://" not in artifact and Path(artifact).exists():
        artifact = f"file://{Path(artifact).resolve()}"
    app = generate(project, survey.dependencies, artifact)
    if arguments.diff:
        return compare(Path(arguments.diff), app, arguments.json)
    from engine.manifest.document import to_json, to_yaml

    sys.stdout.write(to_json(app) if arguments.json else to_yaml(app))
    return 0


def check(file: Path, as_json: bool) -> int:
    """Tells everything that wadm would say of `file`."""
    from engine.manifest.validate import validate_text

    found = validate_text(read(file), str(file))
    errors = sum(item.severity == "error" for item in found)
    if as_json:
        import msgspec

        document = {"ok": errors == 0, "diagnostics": found}
        print(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
        return 1 if errors else 0
    from engine.cli.problems import safe

    for item in found:
        place = ":".join(str(part) for part in (item.file, item.line, item.column) if part is not None)
        print(safe(f"{place}: {item.severity}: {item.message}"))
    warnings = sum(item.severity == "warning" for item in found)
    print(safe(f"{file}: {errors} errors, {warnings} warnings"), file=sys.stderr)
    return 1 if errors else 0


def compare(file: Path, app: Application, as_json: bool) -> int:
    """Tells what `app` has that `file` has not, and the other way."""
    from engine.manifest.decode import read_application
    from engine.manifest.diff import diff

    changes = diff(read_application(read(file), str(file)), app)
    if as_json:
        import msgspec

        print(
            msgspec.json.format(
                msgspec.json.encode({"same": not changes, "changes": changes}), indent=2
            ).decode()
        )
        return 1 if changes else 0
    from engine.cli.problems import safe

    signs = {"added": "+", "removed": "-", "changed": "~"}
    for change in changes:
        detail = f": {change.detail}" if change.detail else ""
        print(safe(f"{signs[change.action]} {change.subject} {change.name}{detail}"))
    return 1 if changes else 0


def read(file: Path) -> str:
    """The text of a WADM file. Raises ManifestError when it cannot be read."""
    from engine.manifest.file import read_manifest_text

    return read_manifest_text(file)
