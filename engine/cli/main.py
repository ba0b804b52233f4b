"""`wake COMMAND …`: finds the command, imports it alone, runs it, turns errors into exit codes.

A command's module has `add_arguments(parser)` and `run(arguments) -> int`. Exit codes: 0 done, 1 the work failed,
2 wrong usage. Data goes to stdout, everything told to a person to stderr.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

COMMANDS = {
    "build": "build the project's component once",
    "call": "call an exported function of the running component",
    "clean": "remove what wake keeps for a project: caches, generated files, stopped sessions",
    "deps": "list what the project imports and exports, and who provides it",
    "dev": "build, serve, watch: the development session without a dashboard",
    "doctor": "tell which toolchains and hosts are here, and how to get the others",
    "logs": "print or follow a session's logs",
    "manifest": "print, check or compare WADM manifests",
    "new": "make a project from a template",
    "reload": "reload the running session",
    "sessions": "list sessions",
    "stop": "stop a running session",
    "toggle": "turn a dependency of the running session off or on",
    "wait": "wait until the session is ready",
    "wit": "resolve WIT: worlds, package graph, JSON",
}


def main(arguments: list[str] | None = None) -> int:
    """Runs one command line and gives its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    if words and words[0] in ("--version", "-V"):
        from importlib.metadata import version

        print(f"wake {version('wake-tui')}")
        return 0
    if not words or words[0] in ("--help", "-h", "help"):
        print(usage())
        return 0 if words else 2
    name = words[0]
    if name not in COMMANDS:
        print(f"wake: there is no command '{name}'{_meant(name)}\n\n{usage()}", file=sys.stderr)
        return 2
    return _run(name, words[1:])


def usage() -> str:
    rows = "\n".join(f"  {name:<10} {summary}" for name, summary in COMMANDS.items())
    return f"usage: wake COMMAND [options]\n\n{rows}\n\n`wake COMMAND --help` tells a command's options."


def _meant(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, COMMANDS, n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def import_msgspec() -> None:
    """Imports msgspec without `typing_extensions`, which costs more than all the rest of it. msgspec takes from there
    only what `typing` has too since Python 3.11, and tries `typing` next."""
    absent = "typing_extensions" not in sys.modules
    if absent:
        sys.modules["typing_extensions"] = None  # type: ignore[assignment]  # an import of it fails as if it were not here
    try:
        import msgspec  # noqa: F401
    finally:
        if absent:
            del sys.modules["typing_extensions"]


def _formatter(prog: str) -> argparse.HelpFormatter:
    """argparse asks `shutil` for the terminal's width as often as an argument is added, help or not; `shutil` brings
    every compression with it."""
    import argparse
    import os

    width = os.environ.get("COLUMNS", "")
    if not width.isdigit() and sys.stdout.isatty():
        width = str(os.get_terminal_size(sys.stdout.fileno()).columns)
    return argparse.HelpFormatter(prog, width=max(20, int(width or 100) - 2))


def _run(name: str, words: list[str]) -> int:
    import importlib

    if name != "wit":  # which has no need of it
        import_msgspec()
    from engine.model.problem import Problem

    command = importlib.import_module(f"engine.cli.{name}")
    # A command that is run in loops may read its plain options itself: argparse costs as much as starting Python.
    quick = getattr(command, "quick", None)
    arguments = None if quick is None else quick(words)
    if arguments is None:
        import argparse

        parser = argparse.ArgumentParser(
            prog=f"wake {name}", description=command.__doc__, allow_abbrev=False, formatter_class=_formatter
        )
        command.add_arguments(parser)
        try:
            arguments = parser.parse_args(words)
        except SystemExit as end:
            return int(end.code or 0)
    try:
        code: int = command.run(arguments)
        sys.stdout.flush()
        return code
    except Problem as problem:
        from engine.cli.problems import explain

        print(explain(problem), file=sys.stderr)
        return 1
    except ExceptionGroup as group:
        from engine.cli.problems import explain_all

        print(explain_all(group), file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader of our output left (`wake logs | head`): nothing is wrong, and nobody is there to be told.
        sys.stderr.close()
        return 0
    except OSError as error:
        # A full disk, a folder without rights: where it is, and what the system says of it.
        print(
            f"error: {f'{error.filename}: ' if error.filename else ''}{error.strerror or error}",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        return 130
