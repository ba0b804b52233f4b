"""Packages by level: level 0 needs no other package, each further level only those before it."""

from __future__ import annotations

from engine.component.model import Package, PackageName, Resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Graph:
    """`levels` are lists of packages in order of name; `needs` has what each needs directly, in order of mention."""

    __slots__ = ("levels", "needs")

    def __init__(
        self, levels: list[list[Package]], needs: dict[PackageName, tuple[PackageName, ...]]
    ) -> None:
        self.levels = levels
        self.needs = needs


def package_graph(resolve: Resolve) -> Graph:
    """The graph of all packages of `resolve`, which come in an order that needs nothing later."""
    level: dict[PackageName, int] = {}
    needs: dict[PackageName, tuple[PackageName, ...]] = {}
    levels: list[list[Package]] = []
    for package in resolve.packages:
        own = tuple(name for name in package.needs if name in resolve.package_names)
        needs[package.name] = own
        at = max((level.get(name, 0) + 1 for name in own), default=0)
        level[package.name] = at
        while len(levels) <= at:
            levels.append([])
        levels[at].append(package)
    for row in levels:
        row.sort(key=lambda package: package.name.text)
    return Graph(levels, needs)


def to_text(graph: Graph) -> str:
    lines = []
    for number, row in enumerate(graph.levels):
        lines.append(f"level {number}")
        for package in row:
            needs = graph.needs[package.name]
            tail = " -> " + ", ".join(name.text for name in needs) if needs else ""
            lines.append(f"  {package.name}{tail}")
    return "\n".join(lines) + "\n"


def to_json(graph: Graph) -> dict[str, Any]:
    """`{levels: [[name, …], …], packages: {name: {level, needs: […], files: […]}}}`."""
    return {
        "levels": [[package.name.text for package in row] for row in graph.levels],
        "packages": {
            package.name.text: {
                "level": number,
                "needs": [name.text for name in graph.needs[package.name]],
                "files": list(package.files),
            }
            for number, row in enumerate(graph.levels)
            for package in row
        },
    }


def to_mermaid(graph: Graph) -> str:
    """A mermaid flowchart: an arrow from each package to what it needs, a group for each level."""
    ids = {package.name: f"p{index}" for index, package in enumerate(p for row in graph.levels for p in row)}
    lines = ["flowchart TD"]
    for number, row in enumerate(graph.levels):
        lines.append(f'  subgraph level{number}["level {number}"]')
        lines += [f'    {ids[package.name]}["{package.name}"]' for package in row]
        lines.append("  end")
    for name, needs in graph.needs.items():
        lines += [f"  {ids[name]} --> {ids[need]}" for need in needs]
    return "\n".join(lines) + "\n"
