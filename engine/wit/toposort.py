"""The order of declarations: each after what it needs, otherwise as written."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from engine.wit.errors import MOST_PROBLEMS, Skip, WitError, location
from engine.wit.syntax import Id

_RENAMED = {"float32": "f32", "float64": "f64"}


def toposort(what: str, needs: dict[str, list[Id]], problems: list[WitError]) -> list[str]:
    """The names of `needs` in order; `needs` maps each to what it needs, with the place where it says so.

    Names that are missing or in a circle go to `problems`, all of them, and are then treated as if not needed, so
    that the rest can still be checked.
    """
    number = {name: index for index, name in enumerate(needs)}
    names = list(needs)
    remaining = [0] * len(names)
    needed_by: list[list[int]] = [[] for _ in names]
    for index, edges in enumerate(needs.values()):
        for edge in edges:
            other = number.get(edge.name)
            if other is None:
                if len(problems) < MOST_PROBLEMS:
                    problems.append(_missing(what, edge))
                continue
            remaining[index] += 1
            needed_by[other].append(index)
    ready = [index for index, count in enumerate(remaining) if not count]
    heapify(ready)
    order = []
    while ready:
        index = heappop(ready)
        order.append(names[index])
        for other in needed_by[index]:
            remaining[other] -= 1
            if not remaining[other]:
                heappush(ready, other)
    if len(order) < len(names):
        problems.append(_cycle(what, needs, number, remaining))
        raise Skip
    return order


def _missing(what: str, edge: Id) -> WitError:
    message = f"{what} `{edge.name}` does not exist"
    new = _RENAMED.get(edge.name) if what == "type" else None
    if new is None:
        return WitError(message, edge)
    return WitError(message, edge, hint=f"the `{edge.name}` type has been renamed to `{new}`: write `{new}`")


def _cycle(what: str, needs: dict[str, list[Id]], number: dict[str, int], remaining: list[int]) -> WitError:
    """The error for what is left in a circle: upstream's place, and the whole circle with each step's place."""
    stuck = {
        name: [e for e in edges if e.name in number and remaining[number[e.name]]]
        for name, edges in needs.items()
        if remaining[number[name]]
    }
    start = next(iter(stuck))
    first = stuck[start][0]
    steps: list[tuple[str, Id]] = []
    seen: dict[str, int] = {}
    name = start
    while name not in seen:
        seen[name] = len(steps)
        edge = stuck[name][0]
        steps.append((name, edge))
        name = edge.name
    circle = steps[seen[name] :]
    path = " -> ".join([*(step[0] for step in circle), circle[0][0]])
    notes = [f"the cycle is {path}"]
    notes += [f"`{name}` needs `{edge.name}` at {location(edge)}" for name, edge in circle[:MOST_PROBLEMS]]
    return WitError(
        f"{what} `{first.name}` depends on itself",
        first,
        notes=tuple(notes),
        hint="move what both sides need into one that needs neither",
    )
