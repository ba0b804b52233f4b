"""Resolve WIT: the worlds of a file or folder with all they import and export, the package graph, or JSON."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

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


class Options:
    """The same as what argparse gives."""

    def __init__(self) -> None:
        self.path: str | None = None
        self.world: str | None = None
        self.feature: list[str] = []
        self.all_features = self.graph = self.mermaid = self.json = False


def quick(words: list[str]) -> Options | None:
    """Reads options in their plain forms; `None` for everything else, help and mistakes included."""
    options = Options()
    rest = iter(words)
    for word in rest:
        if word in ("--json", "--graph", "--mermaid", "--all-features"):
            setattr(options, word[2:].replace("-", "_"), True)
        elif word in ("--world", "--feature"):
            value = next(rest, "-")
            if value.startswith("-"):
                return None
            if word == "--world":
                options.world = value
            else:
                options.feature.append(value)
        elif word.startswith("-") or options.path is not None:
            return None
        else:
            options.path = word
    return None if options.path is None else options


def run(arguments: argparse.Namespace | Options) -> int:
    from engine.wit.load import load

    assert arguments.path is not None
    resolve = load(arguments.path, features=arguments.feature, all_features=arguments.all_features)
    chosen = resolve.select_world(arguments.world) if arguments.world is not None else None
    if arguments.graph or arguments.mermaid:
        _print_graph(resolve, arguments)
    elif arguments.json:
        from engine.wit.to_json import to_json

        _print_json(to_json(resolve))
    else:
        worlds = [chosen] if chosen is not None else list(resolve.worlds)
        sys.stdout.write("\n".join(_text(world) for world in worlds))
    return 0


def _print_graph(resolve: Resolve, arguments: argparse.Namespace | Options) -> None:
    from engine.wit.graph import package_graph, to_json, to_mermaid, to_text

    graph = package_graph(resolve)
    if arguments.mermaid:
        sys.stdout.write(to_mermaid(graph))
    elif arguments.json:
        _print_json(to_json(graph))
    else:
        sys.stdout.write(to_text(graph))


def _print_json(value: dict[str, Any]) -> None:
    import json

    # Indented only for a reader: C encodes the compact form ten times as fast.
    indent = 2 if sys.stdout.isatty() else None
    sys.stdout.write(json.dumps(value, indent=indent, ensure_ascii=False) + "\n")


def _text(world: World) -> str:
    lines = [f"world {world.full_name}"]
    lines += [f"  import {name}" for name in world.imported_names()]
    lines += [f"  export {name}" for name in world.exported_names()]
    return "\n".join(lines) + "\n"
