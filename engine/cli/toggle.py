"""Turn a dependency of the running session off or on, and deploy that."""

from __future__ import annotations

import argparse
import sys


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the dependency, as `wake deps` names it")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--off", action="store_true", help="turn it off (default: the other of what it is)")
    which.add_argument("--on", action="store_true", help="turn it on")
    parser.add_argument(
        "--session", metavar="ID", help="which session (default: the one of the project here)"
    )
    parser.add_argument("--no-apply", action="store_true", help="only make it pending")


def run(arguments: argparse.Namespace) -> int:
    from engine.cli.problems import safe
    from engine.cli.running import ask

    off = True if arguments.off else False if arguments.on else None
    params = {"name": arguments.name} if off is None else {"name": arguments.name, "off": off}
    answer = ask(arguments.session, "toggle", params)
    said = f"{answer['name']} is {'off' if answer['off'] else 'on'}"
    if arguments.no_apply:
        print(f"{said} in the pending manifest", file=sys.stderr)
        return 0
    applied = ask(arguments.session, "apply")
    if not applied["ok"]:
        print(safe(f"error: {said}, but it could not be deployed: {applied.get('error')}"), file=sys.stderr)
        return 1
    print(said, file=sys.stderr)
    return 0
