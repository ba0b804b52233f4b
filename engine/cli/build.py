"""Build the project's component once, the way a release is built."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.build.builder import Built
    from engine.project.project import Project


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", nargs="?", default=".", help="the project (default: here)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    import time

    import anyio
    import msgspec

    from engine.cli.problems import safe
    from engine.model.problem import Problem
    from engine.project.find import find_project

    project = find_project(Path(arguments.path))
    started = time.perf_counter()
    try:
        built = anyio.run(_build, project, arguments.json)
    except (Problem, ExceptionGroup) as failed:
        if not arguments.json:
            raise
        from engine.build.builder import Built
        from engine.session.reasons import problems

        built = Built(None, tuple(item.diagnostic() for item in problems(failed)))
    ok = built.deliverable is not None
    if arguments.json:
        document = {
            "ok": ok,
            "artifact": built.artifact,
            "ms": round((time.perf_counter() - started) * 1000, 1),
            "diagnostics": built.diagnostics,
        }
        print(msgspec.json.format(msgspec.json.encode(document)).decode())
        return 0 if ok else 1
    for item in built.diagnostics:
        place = ":".join(str(part) for part in (item.file, item.line, item.column) if part is not None)
        text = f"{place + ': ' if place else ''}{item.severity}: {item.message}"
        print("\n".join(safe(line) for line in text.split("\n")), file=sys.stderr)
    if ok:
        print(built.artifact)
    return 0 if ok else 1


async def _build(project: Project, quiet: bool) -> Built:
    from tempfile import TemporaryDirectory

    from engine.build.builder import Builder
    from engine.cli.problems import safe
    from engine.places.places import find

    places = find()

    def log(_: str, line: str) -> None:
        if not quiet:
            print(safe(line), file=sys.stderr, flush=True)

    # A folder of its own: the project's session may be building in its own just now.
    with TemporaryDirectory(prefix="wake-build-") as folder:
        builder = Builder(Path(folder), places.cache, os.environ, log, lambda _: None)
        return await builder.release(project)
