"""`deps.toml`: dependencies by name, in either of two forms.

* wit-deps' own: the root table maps a name to a URL, a path, or a table with `url` or `path`. wit-deps puts copies
  into `deps/NAME`; where such a copy is there it is what counts, as for every other tool, and otherwise a path is
  read where it lies.
* `[dependencies]`: `name = { path = "…", version = "…" }`, each path relative to its own file, followed recursively.
  `version`, if given, is the exact one that the package there must declare.
"""

# ruff: noqa: PTH112, PTH113, PTH118, PTH119, PTH120

from __future__ import annotations

import os
import re
from os.path import dirname, isdir, isfile, join, normpath, realpath

from engine.wit.errors import WitError
from engine.wit.tree import Tree, Unit, deps_units, folder_unit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_FIELDS = frozenset(("path", "url", "sha256", "sha512", "prefix", "subdir"))
_OUR_FIELDS = frozenset(("path", "version"))
# How deep packages of one workspace may lie below the folder that was given.
_DEEPEST = 5


class Entry:
    """One dependency. `path` is absolute or relative to the working directory; `form` is `root` or `dependencies`."""

    __slots__ = ("form", "line", "name", "path", "url", "version")

    def __init__(
        self,
        name: str,
        form: str,
        path: str | None,
        url: str | None,
        version: str | None,
        line: tuple[int, int],
    ) -> None:
        self.name = name
        self.form = form
        self.path = path
        self.url = url
        self.version = version
        self.line = line


def read_manifest(path: str) -> list[Entry]:
    """The entries of a `deps.toml`. Raises :class:`WitError` with file, line and what was expected."""
    import tomllib

    try:
        with open(path, "rb") as file:
            text = file.read().decode()
        table = tomllib.loads(text)
    except OSError as error:
        raise WitError(f"failed to read `deps.toml`: {error.strerror}", file=path) from None
    except UnicodeDecodeError:
        raise WitError("`deps.toml` is not valid utf-8", file=path) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _toml_error(path, text, str(error)) from None
    own = table.get("dependencies")
    if isinstance(own, dict) and all(isinstance(value, dict) for value in own.values()):
        return [_ours(path, text, name, value) for name, value in own.items()]
    return [_theirs(path, text, name, value) for name, value in table.items()]


def _toml_error(path: str, text: str, message: str) -> WitError:
    problem = WitError(f"`deps.toml` is not TOML: {message}", file=path)
    place = re.search(r"at line (\d+), column (\d+)", message)
    if place is not None:
        problem.line, problem.column = int(place[1]), int(place[2])
    else:
        problem.line, problem.column = text.rstrip().count("\n") + 1, 1
    return problem


def _ours(path: str, text: str, name: str, value: dict[str, Any]) -> Entry:
    line = _line_of(text, name)
    unknown = sorted(value.keys() - _OUR_FIELDS)
    if unknown:
        raise _wrong(
            path, line, f"`{name}` has `{unknown[0]}`, which means nothing here", "use `path` and `version`"
        )
    where, version = value.get("path"), value.get("version")
    if not isinstance(where, str) or not (version is None or isinstance(version, str)):
        raise _wrong(
            path, line, f"`{name}` has no `path` that is a text", f'write {name} = {{ path = "../{name}" }}'
        )
    return Entry(name, "dependencies", normpath(join(dirname(path), where)), None, version, line)


def _theirs(path: str, text: str, name: str, value: object) -> Entry:
    line = _line_of(text, name)
    if isinstance(value, str):
        value = {"url": value} if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", value) else {"path": value}
    if not isinstance(value, dict):
        raise _wrong(
            path, line, f"`{name}` is neither a text nor a table", "give a URL, a path, or a table with one"
        )
    unknown = sorted(value.keys() - _FIELDS)
    if unknown:
        raise _wrong(
            path,
            line,
            f"`{name}` has an unknown field `{unknown[0]}`",
            "fields are " + ", ".join(sorted(_FIELDS)),
        )
    where, url = value.get("path"), value.get("url")
    if isinstance(where, str):
        if value.keys() - {"path"}:
            raise _wrong(
                path, line, f"`{name}` has a path, and fields that only a URL can have", "leave those out"
            )
        return Entry(name, "root", normpath(join(dirname(path), where)), None, None, line)
    if not isinstance(url, str):
        raise _wrong(path, line, f"`{name}` has neither `url` nor `path`", "give one of the two")
    return Entry(name, "root", None, url, None, line)


def _wrong(path: str, line: tuple[int, int], message: str, hint: str) -> WitError:
    problem = WitError(message, file=path, hint=hint)
    problem.line, problem.column = line
    return problem


def _line_of(text: str, name: str) -> tuple[int, int]:
    """Where a name is defined, as near as a look at the lines can tell."""
    quoted = re.escape(name)
    pattern = re.compile(
        rf"""^[ \t]*\[?(?:dependencies[ \t]*\.[ \t]*)?["']?({quoted})["']?[ \t]*[=\].]""", re.MULTILINE
    )
    found = pattern.search(text)
    if found is None:
        return 1, 1
    begin = text.rfind("\n", 0, found.start(1)) + 1
    return text.count("\n", 0, found.start(1)) + 1, found.start(1) - begin + 1


def add_dependencies(tree: Tree, manifest: str) -> None:
    """Adds to `tree` what `manifest` names and `deps/` does not have."""
    seen = {realpath(unit.path) for unit in tree.units}
    present = {os.path.basename(unit.path) for unit in tree.units[1:]}
    queue = [manifest]
    while queue:
        at = queue.pop(0)
        try:
            entries = read_manifest(at)
        except WitError as problem:
            tree.units[0].problems.append(problem)
            continue
        for entry in entries:
            if entry.form == "root":
                _add_root(tree, entry, present, seen)
            else:
                queue.extend(_add_ours(tree, at, entry, present, seen))


def _add_root(tree: Tree, entry: Entry, present: set[str], seen: set[str]) -> None:
    if entry.name in present:
        return
    if entry.path is None:
        tree.absent[entry.name] = entry.url or ""
        return
    present.add(entry.name)
    if realpath(entry.path) in seen:
        return
    seen.add(realpath(entry.path))
    tree.units.append(folder_unit(entry.path))
    tree.units.extend(_others(entry.path, present, seen))


def _add_ours(tree: Tree, manifest: str, entry: Entry, present: set[str], seen: set[str]) -> Iterator[str]:
    assert entry.path is not None
    real = realpath(entry.path)
    if real in seen:
        for unit in tree.units:
            if realpath(unit.path) == real:
                _want(unit, manifest, entry)
        return
    seen.add(real)
    if not isdir(entry.path):
        problem = WitError(
            f"the folder of dependency `{entry.name}` does not exist: {entry.path}",
            file=manifest,
            hint="paths are relative to the `deps.toml` that has them",
        )
        problem.line, problem.column = entry.line
        tree.units[0].problems.append(problem)
        return
    unit = folder_unit(entry.path)
    _want(unit, manifest, entry)
    tree.units.append(unit)
    tree.units.extend(_others(entry.path, present, seen))
    inner = join(entry.path, "deps.toml")
    if isfile(inner):
        yield inner


def _want(unit: Unit, manifest: str, entry: Entry) -> None:
    if entry.version is not None and unit.wanted is None:
        unit.wanted = entry.version
        unit.asked = (manifest, *entry.line)


def _others(path: str, present: set[str], seen: set[str]) -> Iterator[Unit]:
    """What a dependency has in its own `deps/`, by names not met so far."""
    for unit in deps_units(join(path, "deps"), present):
        real = realpath(unit.path)
        if real not in seen:
            seen.add(real)
            present.add(os.path.basename(unit.path))
            yield unit


def top_package(path: str) -> str | None:
    """Of the package folders below `path` that `deps.toml` files connect, the one that none of them depends on."""
    folders = sorted(_manifest_folders(path, 0))
    wanted: set[str] = set()
    for folder in folders:
        try:
            entries = read_manifest(join(folder, "deps.toml"))
        except WitError:
            continue
        wanted.update(realpath(entry.path) for entry in entries if entry.path is not None)
    tops = [folder for folder in folders if realpath(folder) not in wanted]
    return tops[0] if len(tops) == 1 else None


def _manifest_folders(path: str, depth: int) -> Iterator[str]:
    try:
        with os.scandir(path) as entries:
            found = list(entries)
    except OSError:
        return
    if any(entry.name == "deps.toml" for entry in found) and any(
        entry.name.endswith(".wit") for entry in found
    ):
        yield path
    if depth < _DEEPEST:
        for entry in found:
            if (
                entry.is_dir(follow_symlinks=False)
                and not entry.name.startswith(".")
                and entry.name != "deps"
            ):
                yield from _manifest_folders(entry.path, depth + 1)
