"""Which files make up what is to be loaded: the folder itself, its `deps/`, and what a `deps.toml` adds.

Reads bytes and looks into none, so that a cache can compare them before anything is parsed.
"""

# ruff: noqa: PTH112, PTH113, PTH118, PTH120
# The paths of errors begin as the user gave them, which pathlib would rewrite; and it costs 8 ms to import.

from __future__ import annotations

import os
from os.path import isdir, isfile, join
from stat import S_ISREG

from engine.wit.errors import WitError

# The largest WIT there is has a megabyte; a binary may be a whole component.
LARGEST_FILE = 64 * 1024 * 1024

NO_HEADER = "no `package` header was found in any WIT file for this package"


class Unit:
    """The files of one package (and of those nested in it): text, or one binary. `wanted` is the exact version that a
    `deps.toml` asks of it, and `asked` the error to raise where it declares another."""

    __slots__ = ("asked", "files", "is_binary", "path", "problems", "wanted")

    def __init__(self, path: str, files: tuple[tuple[str, bytes], ...], *, is_binary: bool = False) -> None:
        self.path = path
        self.files = files
        self.is_binary = is_binary
        self.problems: list[WitError] = []
        self.wanted: str | None = None
        self.asked: tuple[str, int, int] | None = None


class Tree:
    """All units, the one asked for first."""

    __slots__ = ("absent", "folder", "units")

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.units: list[Unit] = []
        self.absent: dict[str, str] = {}
        """What `deps.toml` names but is not on this machine: name to where it says it comes from."""

    def key(self) -> tuple[object, ...]:
        """What makes two trees the same: names and contents."""
        return tuple([(unit.path, unit.wanted, unit.is_binary, unit.files) for unit in self.units])


def read_tree(path: str) -> Tree:
    """Reads everything that loading `path` needs. What cannot be read is a problem of its unit."""
    if not isdir(path):
        tree = Tree(os.path.dirname(path) or ".")
        tree.units.append(_single(path))
        return tree
    folder = package_folder(path)
    tree = Tree(folder)
    tree.units.append(_folder(folder))
    tree.units.extend(deps_units(join(folder, "deps")))
    manifest = join(folder, "deps.toml")
    if isfile(manifest):
        from engine.wit.deps_toml import add_dependencies

        add_dependencies(tree, manifest)
    return tree


def package_folder(path: str) -> str:
    """`path`, or where its WIT is: `path/wit`, or the one package below that no other one there depends on."""
    if _has_wit(path):
        return path
    inner = join(path, "wit")
    if _has_wit(inner):
        return inner
    from engine.wit.deps_toml import top_package

    return top_package(path) or path


def lock_folder(path: str) -> str | None:
    """The folder of `path` that has a `deps.lock`, if it has one."""
    if not isdir(path):
        return None
    folder = package_folder(path)
    return folder if isfile(join(folder, "deps.lock")) else None


def _has_wit(path: str) -> bool:
    try:
        with os.scandir(path) as entries:
            return any(entry.name.endswith(".wit") and entry.is_file() for entry in entries)
    except OSError:
        return False


def _folder(path: str) -> Unit:
    """The WIT files right in a folder, by name."""
    try:
        with os.scandir(path) as entries:
            names = [entry.name for entry in entries if entry.name.endswith(".wit") and entry.is_file()]
    except OSError as error:
        return _broken(path, f"failed to read folder: {error.strerror}")
    if not names:
        return _broken(path, NO_HEADER, "there is no `.wit` file in this folder")
    names.sort(key=os.fsencode)
    unit = Unit(path, ())
    files = []
    for name in names:
        full = join(path, name)
        try:
            files.append((full, _bytes(full)))
        except OSError as error:
            unit.problems.append(_unreadable(full, error))
    unit.files = tuple(files)
    return unit


def deps_units(path: str, skip: set[str] | None = None) -> list[Unit]:
    """One unit for each folder, WIT file or binary right in a `deps/`, by name; `skip` names are left out. What is
    deeper is not looked at, as in every other tool."""
    try:
        with os.scandir(path) as entries:
            found = [(entry.name, entry.is_dir()) for entry in entries]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        return [_broken(path, f"failed to read folder: {error.strerror}")]
    found.sort(key=lambda entry: os.fsencode(entry[0]))
    units = []
    for name, is_folder in found:
        if skip is not None and name in skip:
            continue
        if is_folder:
            units.append(_folder(join(path, name)))
        elif name.endswith((".wit", ".wasm", ".wat")):
            units.append(_single(join(path, name)))
    return units


def folder_unit(path: str) -> Unit:
    """The unit of one folder."""
    return _folder(path)


def _single(path: str) -> Unit:
    try:
        data = _bytes(path)
    except OSError as error:
        unit = Unit(path, ())
        unit.problems.append(_unreadable(path, error))
        return unit
    # By contents, not by name: no WIT begins with a parenthesis.
    return Unit(
        path, ((path, data),), is_binary=data.startswith(b"\0asm") or data[:256].lstrip().startswith(b"(")
    )


def _bytes(path: str) -> bytes:
    with open(path, "rb", buffering=0, opener=_opener) as file:
        if not S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "it is not a file")
        data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise OSError(0, f"it has more than {LARGEST_FILE} bytes")
    return data


def _opener(path: str, flags: int) -> int:
    # A pipe without a writer would block an open that waits.
    return os.open(path, flags | os.O_NONBLOCK)


def _broken(path: str, message: str, hint: str | None = None) -> Unit:
    unit = Unit(path, ())
    unit.problems.append(WitError(message, file=path, hint=hint))
    return unit


def _unreadable(path: str, error: OSError) -> WitError:
    hint = "give a WIT file, or a folder of them" if isinstance(error, FileNotFoundError) else None
    return WitError(f"failed to read `{path}`: {error.strerror}", file=path, hint=hint)
