"""Resolve WIT: the worlds of a file or folder with all they import and export, the package graph, or JSON."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from engine.component.model import Resolve, World


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", help="a WIT file, or a folder with deps/ or deps.toml")
    parser.add_argument("--world", metavar="W", help="only this world: a name, or ns:pkg/name[@version]")
    parser.add_argument(
        "--feature", metavar="F", action="append", default=[], help="turn an @unstable feature on"
    )
    parser.add_argument("--all-features", action="store_true", help="turn all @unstable features on")
    parser.add_argument("--graph", action="store_true", help="packages by level; level 0 needs none")
    parser.add_argument("--mermaid", action="store_true", help="with --graph: as a mermaid diagram")
    parser.add_argument("--json", action="store_true", help="the resolved model (or graph) as JSON")


def run(arguments: argparse.Namespace) -> int:
    from engine.wit.load import load

    resolve = load(arguments.path, features=arguments.feature, all_features=arguments.all_features)
    chosen = resolve.select_world(arguments.world) if arguments.world is not None else None
    if arguments.json:
        _print_json(resolve)
    else:
        worlds = [chosen] if chosen is not None else list(resolve.worlds)
        sys.stdout.write("\n".join(_text(world) for world in worlds))
    return 0


def _print_json(resolve: Resolve) -> None:
    import json

    from engine.wit.to_json import to_json

    # Indented only for a reader: C encodes the compact form ten times as fast.
    indent = 2 if sys.stdout.isatty() else None
    json.dump(to_json(resolve), sys.stdout, indent=indent, ensure_ascii=False)
    sys.stdout.write("\n")


def _text(world: World) -> str:
    lines = [f"world {world.full_name}"]
    lines += [f"  import {name}" for name in world.imported_names()]
    lines += [f"  export {name}" for name in world.exported_names()]
    return "\n".join(lines) + "\n"
