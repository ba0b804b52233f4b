"""Make a project from a template."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.project.create import create, templates


def add_arguments(parser: argparse.ArgumentParser) -> None:
    names = templates()
    parser.add_argument("template", metavar="TEMPLATE", choices=names, help=f"one of: {', '.join(names)}")
    parser.add_argument("folder", metavar="DIR", type=Path, help="the new project's folder")


def run(arguments: argparse.Namespace) -> int:
    written = create(arguments.template, arguments.folder)
    print(
        f"made {arguments.folder} ({len(written)} files); now: wake-tui {arguments.folder}", file=sys.stderr
    )
    return 0
