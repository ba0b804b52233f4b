"""Packages for tests, from texts in memory."""

from __future__ import annotations

import textwrap

from engine.wit.append import Features
from engine.wit.cache import Cache
from engine.wit.errors import WitError
from engine.wit.load import resolve_tree
from engine.wit.tree import Tree, Unit
from engine.wit.worlds import Resolve


def resolve(main: str, *deps: str, features: tuple[str, ...] = (), all_features: bool = False) -> Resolve:
    """`main` is `root.wit`; each of `deps` a file `deps/N.wit`."""
    tree = Tree(".")
    tree.units = [_unit("root.wit", main), *(_unit(f"deps/{n}.wit", dep) for n, dep in enumerate(deps))]
    return resolve_tree(tree, Features(features, all_features), Cache())


def _unit(path: str, text: str) -> Unit:
    return Unit(path, ((path, textwrap.dedent(text).encode()),))


def problems(main: str, *deps: str, features: tuple[str, ...] = ()) -> list[WitError]:
    """What is wrong with these texts: never empty."""
    try:
        resolve(main, *deps, features=features)
    except WitError as problem:
        return [problem]
    except ExceptionGroup as group:
        assert all(isinstance(problem, WitError) for problem in group.exceptions)
        return [problem for problem in group.exceptions if isinstance(problem, WitError)]
    raise AssertionError("these texts are accepted")


def first(raised: BaseException) -> WitError:
    """The first problem of what :func:`engine.wit.load.load` raised."""
    one = raised.exceptions[0] if isinstance(raised, BaseExceptionGroup) else raised
    assert isinstance(one, WitError)
    return one


def problem(main: str, *deps: str, features: tuple[str, ...] = ()) -> tuple[str, int | None, int | None]:
    """The first line of the one problem, and where it is."""
    found = problems(main, *deps, features=features)
    assert len(found) == 1, [one.message for one in found]
    return found[0].message.split("\n")[0], found[0].line, found[0].column
