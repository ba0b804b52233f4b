"""Resolve WIT: the worlds of a file or folder with all they import and export, the package graph, or JSON."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

    from engine.component.model import Resolve, World


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", metavar="PATH", nargs="?", default=".", help="a WIT file, or a folder with deps/ or deps.toml"
    )
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
        self.path = "."
        self.world: str | None = None
        self.feature: list[str] = []
        self.all_features = self.graph = self.mermaid = self.json = False


def quick(words: list[str]) -> Options | None:
    """Reads options in their plain forms; `None` for everything else, help and mistakes included."""
    options = Options()
    given = False
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
        elif word.startswith("-") or given:
            return None
        else:
            options.path = word
            given = True
    return options


def run(arguments: argparse.Namespace | Options) -> int:
    import gc

    from engine.wit.load import load

    # Nothing of this short process is garbage before it ends.
    gc.disable()
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
    sys.stdout.flush()
    _check_lock(arguments.path)
    return 0


def _check_lock(path: str) -> None:
    """Says so where vendored dependencies are not what `deps.lock` has. It is no error: nobody else looks at that."""
    from engine.wit.tree import lock_folder

    folder = lock_folder(path)
    if folder is None:
        return
    from engine.cli.problems import explain
    from engine.wit.errors import WitError
    from engine.wit.lock import verify_deps_lock

    try:
        problems = verify_deps_lock(folder)
    except WitError as unreadable:
        problems = [unreadable]
    for problem in problems:
        print(explain(problem, "warning"), file=sys.stderr)


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
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    sys.stdout.write(json.dumps(value, indent=indent, ensure_ascii=plain) + "\n")


def _text(world: World) -> str:
    lines = [f"world {world.full_name}"]
    lines += [f"  import {name}" for name in world.imported_names()]
    lines += [f"  export {name}" for name in world.exported_names()]
    return "\n".join(lines) + "\n"
