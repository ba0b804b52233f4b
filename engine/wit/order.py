"""Packages in the order in which they are appended: each after those it needs."""

from __future__ import annotations

from engine.wit.draft import Draft
from engine.wit.errors import MOST_PROBLEMS, WitError, location
from engine.wit.group import Group
from engine.wit.version import package_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.component.model import PackageName, Span


def index(groups: list[Group], problems: list[WitError]) -> dict[PackageName, Draft]:
    """All drafts by name. Two of one name are a problem, told with both places."""
    drafts: dict[PackageName, Draft] = {}
    for made in groups:
        for draft in (*made.nested, *([made.main] if made.main is not None else ())):
            before = drafts.get(draft.name)
            if before is not None and len(problems) >= MOST_PROBLEMS:
                return drafts
            if before is not None:
                problems.append(
                    WitError(
                        f"package `{draft.name}` is defined in two different locations:\n"
                        f"  * {location(draft.span)}\n  * {location(before.span)}",
                        draft.span,
                        hint="keep one of the two; different versions may stand side by side",
                    )
                )
                continue
            drafts[draft.name] = draft
    return drafts


def order(drafts: dict[PackageName, Draft], problems: list[WitError]) -> list[Draft]:
    """Depth first from each package in the order of names, with a stack of its own: chains may be thousands long.

    A circle is a problem, told once per circle with every step's place; the rest is still ordered.
    """
    done: dict[PackageName, Draft] = {}
    for root in sorted(drafts.values(), key=_key):
        if root.name not in done and len(problems) < MOST_PROBLEMS:
            _visit(root, drafts, done, problems)
    return list(done.values())


def _visit(
    root: Draft, drafts: dict[PackageName, Draft], done: dict[PackageName, Draft], problems: list[WitError]
) -> None:
    # Like upstream, the first package does not count as being visited: a circle shows where it is entered again.
    visiting: dict[PackageName, tuple[Draft, Span]] = {}
    stack: list[tuple[Draft, Iterator[tuple[PackageName, Span]]]] = [(root, _needs(root))]
    while stack:
        draft, needs = stack[-1]
        name, span = next(needs, (None, draft.span))
        if name is None:
            stack.pop()
            visiting.pop(draft.name, None)
            done.setdefault(draft.name, draft)
        elif name in visiting:
            problems.append(_cycle(name, span, draft, visiting))
            # What is on the stack cannot be ordered; it counts as done, so that the circle is told once.
            done.update((stuck.name, stuck) for stuck, _ in stack)
            return
        elif name in drafts and name not in done:
            visiting[name] = (draft, span)
            stack.append((drafts[name], _needs(drafts[name])))


def _key(draft: Draft) -> tuple[object, ...]:
    return package_key(draft.name.namespace, draft.name.name, draft.name.version)


def _needs(draft: Draft) -> Iterator[tuple[PackageName, Span]]:
    """The other packages a draft mentions, in order, each with where it does first."""
    for name, entries in draft.foreign.items():
        yield name, next(iter(entries.values())).package_span


def _cycle(
    name: PackageName, span: Span, draft: Draft, visiting: dict[PackageName, tuple[Draft, Span]]
) -> WitError:
    steps = [(draft, span, name)]
    while steps[-1][0].name != name:
        at = steps[-1][0].name
        if at not in visiting:
            break
        by, where = visiting[at]
        steps.append((by, where, at))
        if len(steps) > len(visiting) + 1:
            break
    steps.reverse()
    path = " -> ".join([steps[0][0].name.text, *(needed.text for _, _, needed in steps)])
    notes = [f"the cycle is {path}"]
    notes += [
        f"`{by.name}` needs `{needed}` at {location(where)}" for by, where, needed in steps[:MOST_PROBLEMS]
    ]
    return WitError(
        f"package `{name}` creates a dependency cycle",
        span,
        notes=tuple(notes),
        hint="move what both sides need into a package of its own",
    )
