"""Reload the running session: look at all files anew, build what changed, deploy."""

from __future__ import annotations

import argparse
import sys


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "session", metavar="ID", nargs="?", help="which (default: the one of the project here)"
    )
    parser.add_argument("--rebuild", action="store_true", help="build even when nothing changed")


def run(arguments: argparse.Namespace) -> int:
    from engine.cli.running import ask

    answer = ask(arguments.session, "reload", {"rebuild": arguments.rebuild})
    if not answer["ok"]:
        print(f"error: reload {answer['number']} failed: {answer.get('error')}", file=sys.stderr)
        return 1
    print(f"reload {answer['number']} is in service", file=sys.stderr)
    return 0
