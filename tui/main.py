"""`wake-tui [PATH]`, `wake-tui demo [DIR]`: reads the command line and opens the dashboard."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

DEMO_FOLDER = "wake-demo"


def main(arguments: list[str] | None = None) -> int:
    """Runs one command line and gives its exit code: 0 left, 1 the work failed, 2 wrong usage."""
    try:
        options = parser().parse_args(arguments)
        wrong = _wrong(options)
    except SystemExit as end:
        return int(end.code or 0)
    if wrong:
        print(f"wake-tui: {wrong}", file=sys.stderr)
        return 2
    # Textual draws on stderr, and what is said at the end goes to stdout.
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        print(
            "wake-tui: this is no terminal, so there is nothing to draw a dashboard on; "
            "`wake dev` runs the same session without one",
            file=sys.stderr,
        )
        return 2
    project = Path(options.path)
    if options.path == "demo":
        project = Path(options.folder or DEMO_FOLDER).absolute()
        code = make_demo(project)
        if code:
            return code
    elif not project.exists():
        print(
            f"wake-tui: there is no {project}; `wake new python-http {project}` makes a project",
            file=sys.stderr,
        )
        return 1
    return run(options, project)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="wake-tui",
        description="The dashboard on a project's development session: attaches to the one that runs, or starts it.",
        usage="wake-tui [PATH] [options]\n       wake-tui demo [DIR] [options]",
        allow_abbrev=False,
    )
    made.add_argument(
        "path", nargs="?", default=".", metavar="PATH", help="the project, or a folder inside it"
    )
    made.add_argument(
        "folder", nargs="?", metavar="DIR", help=f"where `demo` makes its project (./{DEMO_FOLDER})"
    )
    made.add_argument("--host", default="embedded", help="where components run: embedded")
    made.add_argument("--address", help="the address to serve on (127.0.0.1)")
    made.add_argument("--port", type=int, help="the port to serve on (the first free one from 8000 up)")
    made.add_argument(
        "--leave-host-running", action="store_true", help="leave the session running, without asking"
    )
    made.add_argument("--theme", help="wake-dark, wake-light, wake-cvd, wake-mono, ansi, …")
    made.add_argument("--version", "-V", action=_Version, nargs=0, help="the version")
    return made


def run(options: argparse.Namespace, project: Path) -> int:
    """The dashboard, until it is left."""
    from engine.places.places import find
    from engine.settings.settings import load
    from tui.app import Dashboard

    places = find()
    settings, problems = load(places.settings_file)
    app = Dashboard(
        project,
        session_options(options),
        settings=settings,
        warnings=problems,
        settings_file=str(places.settings_file),
        theme=options.theme,
        on_leave="leave" if options.leave_host_running else None,
        welcome=f"the demo project is in {project}: edit app.py there" if options.path == "demo" else "",
        places=places,
    )
    app.run(mouse=settings.mouse)
    link, state = app.seen.link, app.seen.state
    if link.state == "failed" and link.problem is not None:
        from engine.logs.safe import plain_lines

        print(f"wake-tui: {plain_lines(str(link.problem))}", file=sys.stderr)
        return 1
    if link.state in ("connected", "lost") and state is not None:
        where = f" at {state.urls[0]}" if state.urls else ""
        print(
            f"{state.project} goes on{where} · `wake-tui` comes back to it, `wake stop {state.session}` ends it"
        )
    elif link.state == "stopped" and state is not None:
        print(f"{state.project} has stopped")
    return app.return_code or 0


def session_options(options: argparse.Namespace) -> list[str]:
    """What `wake dev` is told."""
    words = ["--host", options.host]
    if options.address is not None:
        words += ["--address", options.address]
    if options.port is not None:
        words += ["--port", str(options.port)]
    if options.leave_host_running:
        words.append("--leave-host-running")
    return words


def make_demo(folder: Path) -> int:
    """Makes the demo project, unless it is there, and says where."""
    if (folder / "wasmcloud.toml").exists():
        print(f"the demo project is in {folder}")
        return 0
    made = subprocess.run(
        [sys.executable, "-m", "engine.cli", "new", "python-http", str(folder)], check=False
    )
    if made.returncode == 0:
        print(f"the demo project is in {folder}: edit app.py there")
    return made.returncode


class _Version(argparse.Action):
    """Looked up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *given: object) -> None:
        from importlib.metadata import version

        print(f"wake-tui {version('wake-tui')}")
        parser.exit()


def _wrong(options: argparse.Namespace) -> str | None:
    """Why this command line cannot be meant."""
    if options.folder is not None and options.path != "demo":
        return f"one project at a time: {options.path} or {options.folder}?"
    if options.host == "lattice":
        return "the host 'lattice' does not exist yet; 'embedded' runs components without wasmCloud"
    if options.host != "embedded":
        return f"there is no host '{options.host}'; 'embedded' is the one there is"
    if options.port is not None and not 0 <= options.port <= 65535:
        return f"{options.port} is not a port"
    return None


if __name__ == "__main__":
    raise SystemExit(main())
