"""Starting a session in the background: an engine of its own process session, its output in a file."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import UTC, datetime

from engine.places.places import Places
from engine.project.project import Project
from engine.session.options import Options
from engine.session.publisher import rfc3339
from engine.session.sessions_file import SessionsFile
from engine.supervise.process import spawn

WAIT_SECONDS = 15.0


def detach(places: Places, project: Project, options: Options, arguments: argparse.Namespace) -> int:
    """Returns once the engine can be spoken to; 1 with its own words when it cannot be."""
    output = places.session(project.session) / "engine.out"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(b"")
    child = spawn(
        [sys.executable, "-m", "engine.cli", "dev", "--engine", *_words(options), "--", str(project.root)],
        name="engine",
        output=output,
        cwd=project.root,
    )
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        rows = SessionsFile(places.sessions_file).rows()
        if any(row.id == project.session and row.pid == child.pid for row in rows):
            _say(project, places, arguments)
            return 0
        if not child.alive():
            from engine.cli.dev import comes_up

            if comes_up(places, project):
                # Another was started at the same instant, and is the session.
                _say(project, places, arguments, attached=True)
                return 0
            text = output.read_text(errors="replace").strip().removeprefix("error: ")
            print(f"error: {text or 'the engine ended at once'}", file=sys.stderr)
            return 1
        time.sleep(0.005)
    child.kill()
    print(f"error: the engine did not come up in {WAIT_SECONDS:.0f} s; see {output}", file=sys.stderr)
    return 1


def _say(project: Project, places: Places, arguments: argparse.Namespace, attached: bool = False) -> None:
    event = {
        "event": "session_started",
        "time": rfc3339(datetime.now(UTC)),
        "session": project.session,
        "project": project.name,
        "socket": str(places.socket(project.session)),
        **({"attached": True} if attached else {}),
    }
    if arguments.json:
        print(json.dumps(event, separators=(",", ":")), flush=True)
    else:
        print(f"session {project.session} of {project.name} runs in the background", file=sys.stderr)


def _words(options: Options) -> list[str]:
    words = ["--address", options.address]
    if options.port is not None:
        words += ["--port", str(options.port)]
    if options.leave_host_running:
        words.append("--leave-host-running")
    if options.manifest_folder is not None:
        words += ["--manifest-output-dir", options.manifest_folder]
    for folder in options.ignored:
        words += ["--ignore-dir", folder]
    return words
