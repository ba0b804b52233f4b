"""A file or folder of WIT to the resolved whole. Start here."""

from __future__ import annotations

import gc
import os

from engine.component import model
from engine.component.model import Package, PackageName
from engine.wit.append import Append, Features
from engine.wit.cache import SHARED, Cache
from engine.wit.draft import Draft, Foreign
from engine.wit.errors import MOST_PROBLEMS, WitError
from engine.wit.group import Group, group
from engine.wit.order import index, order
from engine.wit.tree import Tree, Unit, read_tree
from engine.wit.worlds import Resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def load(
    path: str | os.PathLike[str],
    *,
    features: Collection[str] = (),
    all_features: bool = False,
    cache: Cache = SHARED,
) -> Resolve:
    """Reads `path`, a WIT file, a WIT package in binary form, or a folder of one package with its `deps/` or
    `deps.toml`, and resolves it. The result is shared through `cache`: do not change it.

    `features` are the `@unstable` ones to turn on. Raises :class:`WitError`, or an `ExceptionGroup` of several, the
    first being the one that upstream's tools would tell. Paths in errors begin with `path` as given.
    """
    tree = read_tree(os.fspath(path))
    key = (tree.key(), frozenset(features), all_features)
    whole = all(not unit.problems for unit in tree.units)
    found = cache.tree(key) if whole else None
    if found is None:
        # All that is made here stays, so looking through it for garbage time and again is a third of the work.
        collecting = gc.isenabled()
        gc.disable()
        try:
            found = resolve_tree(tree, Features(features, all_features), cache)
        finally:
            if collecting:
                gc.enable()
        cache.keep_tree(key, found)
    return found


def load_several(
    paths: Sequence[str | os.PathLike[str]],
    *,
    features: Collection[str] = (),
    all_features: bool = False,
    cache: Cache = SHARED,
) -> Resolve:
    """As :func:`load`, for several inputs, each complete in itself: packages that several of them have are united,
    and must agree. With more than one there is no main package, so a world must be named in full."""
    from engine.wit.merge import merge

    whole = Resolve()
    mains = []
    for path in paths:
        # Resolved anew, since uniting moves what it takes; the syntax of files is still shared.
        one = resolve_tree(read_tree(os.fspath(path)), Features(features, all_features), cache)
        merge(whole, one, os.fspath(path))
        mains.append(one.main)
    whole.main = mains[0] if len(mains) == 1 else None
    return whole


def resolve_tree(tree: Tree, features: Features, cache: Cache) -> Resolve:
    """As :func:`load`, for files already read."""
    problems: list[WitError] = []
    resolve = Resolve()
    main: Package | None = None
    groups: list[Group] = []
    for unit in tree.units:
        if unit.is_binary:
            package = _binary(unit, resolve, problems, top=unit is tree.units[0])
            main = package if unit is tree.units[0] else main
            continue
        made = group([cache.file(file, data) for file, data in unit.files]) if unit.files else Group()
        groups.append(made)
        problems.extend(unit.problems)
        problems.extend(made.problems)
        _check_version(unit, made, problems)
    _raise(problems)
    drafts = index(groups, problems)
    problems.extend(_twice(draft) for name, draft in drafts.items() if name in resolve.package_names)
    _raise(problems)
    ordered = order(drafts, problems)
    _raise(problems)
    append(resolve, ordered, features, tree, problems)
    _raise(problems)
    if main is None and groups and groups[0].main is not None:
        main = resolve.package_names[groups[0].main.name]
    resolve.main = main
    return resolve


def _twice(draft: Draft) -> WitError:
    return WitError(
        f"attempting to re-add package `{draft.name}` when it's already present in this `Resolve`",
        draft.span,
        hint="the package is in `deps/` in binary form too: keep one of the two",
    )


def append(
    resolve: model.Resolve, ordered: list[Draft], features: Features, tree: Tree, problems: list[WitError]
) -> None:
    """Appends the drafts in order. What needs a package that is wrong is left out without a word."""
    everything = {draft.name for draft in ordered} | resolve.package_names.keys()
    broken: set[PackageName] = set()

    def missing(entry: Foreign) -> WitError:
        from engine.wit.missing import missing_package

        return missing_package(entry, resolve.package_names, everything, tree)

    for draft in ordered:
        if len(problems) >= MOST_PROBLEMS:
            return
        if broken.isdisjoint(draft.foreign):
            one = Append(resolve, draft, features, missing)
            one.run()
            if not one.problems:
                continue
            problems.extend(one.problems)
        broken.add(draft.name)


def _binary(unit: Unit, resolve: Resolve, problems: list[WitError], *, top: bool) -> Package | None:
    """Adds a package in binary form; the main one of it. Only the file that was asked for may be a component."""
    from engine.component.errors import ComponentError
    from engine.component.read import read_bytes
    from engine.wit.merge import merge

    path, data = unit.files[0]
    try:
        info = read_bytes(data)
        if info.kind == "module" or (info.kind == "component" and not top):
            what = "core module" if info.kind == "module" else "component"
            raise WitError(
                f"found an actual {what} instead of an encoded WIT package in wasm",
                file=path,
                hint="make one with `wasm-tools component wit --wasm`",
            )
        merge(resolve, info.resolve, path)
    except ComponentError as error:
        problems.append(WitError(error.message, file=path, hint=error.hint))
        return None
    except WitError as problem:
        problems.append(problem)
        return None
    main = info.resolve.main
    return None if main is None else resolve.package_names[main.name]


def _check_version(unit: Unit, made: Group, problems: list[WitError]) -> None:
    if unit.wanted is None or unit.asked is None or made.main is None:
        return
    found = made.main.name.version
    if found != unit.wanted:
        file, line, column = unit.asked
        problem = WitError(
            f"package `{made.main.name.unversioned}`: found {found or 'no version'}, required {unit.wanted}",
            file=file,
            notes=(f"it is declared in {unit.files[0][0]}",),
            hint="versions must be exactly the same: change `version` here, or the package's own",
        )
        problem.line, problem.column = line, column
        problems.append(problem)


def _raise(problems: list[WitError]) -> None:
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise ExceptionGroup(f"{len(problems)} problems in WIT", problems)
