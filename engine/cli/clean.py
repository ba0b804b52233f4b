"""Remove what wake keeps and can make again: caches, what it generated for a project, sessions that ended."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", nargs="?", default=".", help="the project (default: here)")
    parser.add_argument("--cache", action="store_true", help="also the cache that all projects share")
    parser.add_argument(
        "--data", action="store_true", help="also the session's data: key-value and blob stores, logs"
    )


def run(arguments: argparse.Namespace) -> int:
    from engine.cli.running import rows
    from engine.places.places import find, project_folder
    from engine.project.find import find_project
    from engine.session.sessions_file import SessionsFile

    places = find()
    running = [row for row in rows(places) if row.state == "running"]
    if arguments.cache:
        if running:
            print(
                f"error: {running[0].project} ({running[0].id}) runs from the cache; stop it first",
                file=sys.stderr,
            )
            return 1
        _remove(places.cache)
        if not arguments.data and not Path(arguments.path).joinpath("wasmcloud.toml").exists():
            return 0
    project = find_project(Path(arguments.path))
    if any(row.id == project.session for row in running):
        print(
            f"error: the session of {project.name} runs; `wake stop {project.session}` first", file=sys.stderr
        )
        return 1
    _remove(project_folder(project.root))
    _remove_own_ignore(project_folder(project.root).parent)
    _remove(places.session(project.session) / "generations")
    if arguments.data:
        _remove(places.session(project.session))
        SessionsFile(places.sessions_file).remove(project.session)
    return 0


def _remove(path: Path) -> None:
    if path.is_symlink():
        # What a link leads to is not ours.
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
    else:
        return
    print(f"removed {path}", file=sys.stderr)


def _remove_own_ignore(folder: Path) -> None:
    """Removes `.wake` itself, where nothing of the user's is in it."""
    if (
        folder.is_dir()
        and not folder.is_symlink()
        and {path.name for path in folder.iterdir()} <= {".gitignore"}
    ):
        _remove(folder)
