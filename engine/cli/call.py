"""Call an exported function of the running component, with arguments and result in WAVE."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("export", metavar="EXPORT", help="`ns:pkg/iface#function`, or a function's name")
    parser.add_argument("arguments", metavar="ARG", nargs="*", help='WAVE values: 1, "text", [1, 2], {a: 1}')
    parser.add_argument(
        "--session", metavar="ID", help="which session (default: the one of the project here)"
    )


def run(arguments: argparse.Namespace) -> int:
    from engine.cli.problems import safe
    from engine.cli.running import ask

    answer = ask(arguments.session, "call", {"export": arguments.export, "arguments": arguments.arguments})
    if answer["result"]:
        print(safe(answer["result"]))
    return 0
