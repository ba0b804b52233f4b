"""List the sessions there are and were."""

from __future__ import annotations

import argparse
import sys


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    from engine.cli.problems import safe
    from engine.cli.running import rows
    from engine.places.places import find

    found = rows(find())
    if arguments.json:
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(found)).decode())
        return 0
    if not found:
        print("no sessions; `wake dev` in a project starts one", file=sys.stderr)
    for row in found:
        print(
            safe(f"{row.id}  {row.state:<8} {row.project:<24} {' '.join(row.urls):<24} {row.path}".rstrip())
        )
    return 0
