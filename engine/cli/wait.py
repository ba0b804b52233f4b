"""Wait until the running session serves its newest code; fails when that cannot be."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "session", metavar="ID", nargs="?", help="which (default: the one of the project here)"
    )


def run(arguments: argparse.Namespace) -> int:
    from engine.cli.running import ask

    for url in ask(arguments.session, "wait")["urls"]:
        print(url)
    return 0
