"""Build, serve and watch a project: the development session without a dashboard.

If the project's session runs already, this attaches to it as a printer; Ctrl-C then leaves it running.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.places.places import Places
    from engine.project.project import Project
    from engine.session.options import Options

# Flags of the original command that name parts this host does not have.
LATTICE_ONLY = ("--host-id",)
START_SECONDS = 15.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    environ = os.environ
    parser.add_argument(
        "path", metavar="PATH", nargs="?", help="the project's folder, or any inside (default: here)"
    )
    parser.add_argument("--host", default="embedded", help="where it runs: embedded (the default)")
    parser.add_argument(
        "--address", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)"
    )
    parser.add_argument(
        "--port", type=int, help="the port to listen on (default: the first free one from 8000 up)"
    )
    parser.add_argument("--once", action="store_true", help="build, deploy, wait until ready, stop")
    parser.add_argument("--detach", action="store_true", help="start in the background")
    parser.add_argument("--json", action="store_true", help="print events as JSON lines")
    parser.add_argument("--logs", action="store_true", help="print requests and log lines as well")
    parser.add_argument("--work-dir", default=environ.get("WASH_DEV_CODE_DIR"), help="the same as PATH")
    parser.add_argument(
        "--leave-host-running",
        action="store_true",
        default=_flag(environ.get("WASH_DEV_LEAVE_HOST_RUNNING")),
        help="keep serving when the session stops",
    )
    parser.add_argument(
        "--manifest-output-dir",
        default=environ.get("WASH_DEV_MANIFEST_OUTPUT_DIR"),
        help="a folder that gets <application>.yaml at every generation",
    )
    parser.add_argument(
        "--ignore-dir", action="append", default=[], help="a folder not to watch; may be repeated"
    )
    for flag in LATTICE_ONLY:
        parser.add_argument(flag, help=argparse.SUPPRESS)
    parser.add_argument("--engine", action="store_true", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    wrong = _wrong(arguments)
    if wrong is not None:
        print(f"wake dev: {wrong}", file=sys.stderr)
        return 2
    from engine.cli.problems import safe
    from engine.places.places import find
    from engine.project.find import find_project

    places = find()
    project = find_project(Path(arguments.path or arguments.work_dir or "."))
    for note in project.inferred:
        print(safe(note), file=sys.stderr)
    options = _options(arguments)
    if arguments.engine:
        from engine.cli.engine_process import run_engine

        return run_engine(places, project, options, arguments, os.environ)
    if not is_running(places, project):
        if arguments.detach:
            from engine.cli.detach import detach

            return detach(places, project, options, arguments)
        from engine.cli.engine_process import run_engine
        from engine.session.lock import AlreadyRunning

        try:
            return run_engine(places, project, options, arguments, os.environ)
        except AlreadyRunning:
            # Another was started at the same instant, and is the session.
            if not comes_up(places, project):
                raise
    from engine.cli.attach import attach

    return attach(places.socket(project.session), project, arguments)


def is_running(places: Places, project: Project) -> bool:
    """Whether the project's session can be attached to."""
    from engine.session.sessions_file import SessionsFile

    rows = SessionsFile(places.sessions_file).rows()
    return any(row.id == project.session and row.state == "running" for row in rows)


def comes_up(places: Places, project: Project) -> bool:
    """Waits until the engine that holds the session's lock can be attached to; false when it let go of it."""
    import time

    from engine.session.lock import SessionLock

    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and SessionLock(places.lock(project.session)).held():
        if is_running(places, project):
            return True
        time.sleep(0.005)
    return False


def _options(arguments: argparse.Namespace) -> Options:
    from engine.session.options import Options

    folder = arguments.manifest_output_dir
    return Options(
        address=arguments.address,
        port=arguments.port,
        leave_host_running=arguments.leave_host_running,
        manifest_folder=str(Path(folder).resolve()) if folder else None,
        ignored=tuple(arguments.ignore_dir),
    )


def _wrong(arguments: argparse.Namespace) -> str | None:
    """What is wrong with the usage, as a sentence."""
    if arguments.host == "lattice":
        return "the lattice host does not exist yet; use --host embedded"
    if arguments.host != "embedded":
        return f"there is no host '{arguments.host}'; use --host embedded"
    for flag in LATTICE_ONLY:
        if getattr(arguments, flag.strip("-").replace("-", "_")) is not None:
            return f"{flag} means nothing on the embedded host: its one host belongs to the session"
    if arguments.port is not None and not 0 < arguments.port < 65536:
        return f"--port takes a number from 1 to 65535, not {arguments.port}"
    if arguments.once and arguments.detach:
        return "--once and --detach exclude each other"
    folder = arguments.manifest_output_dir
    if folder is not None and not Path(folder).is_dir():
        return f"--manifest-output-dir must be a folder; {folder} is none"
    return None


def _flag(value: str | None) -> bool:
    return (value or "").lower() in ("1", "true", "yes", "on")
