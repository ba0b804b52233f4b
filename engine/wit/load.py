"""A file or folder of WIT to the resolved whole. Start here."""

# ruff: noqa: PTH  (this is on the way of every `wake wit` and `wake deps`; pathlib alone would cost them 8 ms)

from __future__ import annotations

import os
from os.path import isdir, join

from engine.component import model
from engine.component.model import PackageName, Source
from engine.wit.append import Append, Features
from engine.wit.draft import Draft, Foreign
from engine.wit.errors import WitError
from engine.wit.group import Group, group
from engine.wit.order import index, order
from engine.wit.parser import parse
from engine.wit.syntax import FileDecl
from engine.wit.worlds import Resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection


def load(
    path: str | os.PathLike[str], *, features: Collection[str] = (), all_features: bool = False
) -> Resolve:
    """Reads `path`, a WIT file or a folder of one package with its `deps/`, and resolves it.

    `features` are the `@unstable` ones to turn on. Raises :class:`WitError`, or an `ExceptionGroup` of several, the
    first being the one that upstream's tools would tell. Paths in errors begin with `path` as given.
    """
    top = os.fspath(path)
    problems: list[WitError] = []
    groups: list[Group] = []
    if isdir(top):
        groups.append(group(_folder(top)))
        groups.extend(_deps(join(top, "deps")))
    else:
        groups.append(group([_file(top)]))
    for made in groups:
        problems.extend(made.problems)
    _raise(problems)
    drafts = index(groups, problems)
    _raise(problems)
    ordered = order(drafts, problems)
    _raise(problems)
    resolve = Resolve()
    append(resolve, ordered, Features(features, all_features), problems)
    _raise(problems)
    assert groups[0].main is not None
    resolve.main = resolve.package_names[groups[0].main.name]
    return resolve


def append(
    resolve: model.Resolve, ordered: list[Draft], features: Features, problems: list[WitError]
) -> None:
    """Appends the drafts in order. What needs a package that is wrong is left out without a word."""
    everything = {draft.name for draft in ordered}
    broken: set[PackageName] = set()
    for draft in ordered:
        if not broken.isdisjoint(draft.foreign):
            broken.add(draft.name)
            continue
        one = Append(resolve, draft, features, lambda entry: _missing(entry, resolve, everything))
        one.run()
        if one.problems:
            broken.add(draft.name)
            problems.extend(one.problems)


def _missing(entry: Foreign, resolve: model.Resolve, everything: set[PackageName]) -> WitError:
    """The error for a package that is not there: who asked, which versions there are, what would help."""
    wanted = entry.package
    known = "".join(f"\n    {name}" for name in resolve.package_names)
    message = f"package '{wanted}' not found. known packages:{known}"
    others = sorted(name.text for name in everything if name.unversioned == wanted.unversioned)
    if others:
        found = ", ".join(name.partition("@")[2] or "no version" for name in others)
        required = wanted.version or "no version"
        return WitError(
            message,
            entry.package_span,
            notes=(f"`{wanted.unversioned}`: found {found}, required {required}",),
            hint="versions must be exactly the same: write `"
            + entry.package.unversioned
            + f"/{entry.name}"
            + (f"@{others[-1].partition('@')[2]}" if "@" in others[-1] else "")
            + "`, "
            "or put the required version into `deps/`",
        )
    folder = f"{wanted.namespace}-{wanted.name}" + (f"-{wanted.version}" if wanted.version else "")
    return WitError(
        message,
        entry.package_span,
        notes=(f"asked for as `{wanted.item(entry.name)}`; no version of `{wanted.unversioned}` is here",),
        hint=f"put the package's WIT into `deps/{folder}/`, name it in `deps.toml`, or fetch it with `wkg wit fetch`",
    )


def _raise(problems: list[WitError]) -> None:
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise ExceptionGroup(f"{len(problems)} problems in WIT", problems)


# -- files ---------------------------------------------------------------------------------------------------------


def _folder(path: str) -> list[FileDecl | WitError]:
    """The WIT files right in a folder, by name."""
    try:
        with os.scandir(path) as entries:
            names = [e.name for e in entries if e.name.endswith(".wit") and e.is_file()]
    except OSError as error:
        return [WitError(f"failed to read folder: {error.strerror}", file=path)]
    names.sort(key=os.fsencode)
    if not names:
        return [
            WitError(
                "no `package` header was found in any WIT file for this package",
                file=path,
                hint="there is no `.wit` file in this folder",
            )
        ]
    return [_file(join(path, name)) for name in names]


def _deps(path: str) -> list[Group]:
    """One group for each folder or WIT file in `deps/`, by name. What is deeper is not looked at."""
    try:
        with os.scandir(path) as entries:
            found = [(entry.name, entry.is_dir()) for entry in entries]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        made = Group()
        made.problems.append(WitError(f"failed to read folder: {error.strerror}", file=path))
        return [made]
    found.sort(key=lambda entry: os.fsencode(entry[0]))
    groups = []
    for name, is_folder in found:
        full = join(path, name)
        if is_folder:
            groups.append(group(_folder(full)))
        elif name.endswith(".wit"):
            groups.append(group([_file(full)]))
    return groups


def _file(path: str) -> FileDecl | WitError:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        return WitError(f"failed to read WIT file: {error.strerror}", file=path)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return WitError("input file is not valid utf-8", file=path)
    try:
        return parse(Source(path, text))
    except WitError as problem:
        return problem
