"""What has been read stays known as long as the bytes are the same.

Two levels, both keyed by contents: a whole tree with its features gives the resolved model again, and a file of a
changed tree gives its syntax again. So an unchanged tree costs its reading and comparing, and after one edit one file
is parsed.
"""

from __future__ import annotations

from engine.component.model import Source
from engine.wit.errors import WitError
from engine.wit.parser import parse
from engine.wit.syntax import FileDecl
from engine.wit.worlds import Resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Key = TypeVar("Key")
    Value = TypeVar("Value")


class Cache:
    """Keeps the last `trees` models and the syntax of the last `files` files."""

    def __init__(self, trees: int = 16, files: int = 4096) -> None:
        self.most_trees = trees
        self.most_files = files
        self.trees: dict[object, Resolve] = {}
        self.files: dict[tuple[str, bytes], FileDecl | WitError] = {}
        self.parsed = 0
        """How many files have been parsed through this cache."""

    def tree(self, key: object) -> Resolve | None:
        return _again(self.trees, key)

    def keep_tree(self, key: object, resolve: Resolve) -> None:
        _keep(self.trees, key, resolve, self.most_trees)

    def file(self, path: str, data: bytes) -> FileDecl | WitError:
        """The syntax of a file, or why it has none."""
        key = (path, data)
        found = _again(self.files, key)
        if found is None:
            self.parsed += 1
            found = _parse(path, data)
            _keep(self.files, key, found, self.most_files)
        return found


def _again(kept: dict[Key, Value], key: Key) -> Value | None:
    found = kept.pop(key, None)
    if found is not None:
        # Last used goes last; the first is the one to drop.
        kept[key] = found
    return found


def _keep(kept: dict[Key, Value], key: Key, value: Value, most: int) -> None:
    kept[key] = value
    while len(kept) > most:
        del kept[next(iter(kept))]


def _parse(path: str, data: bytes) -> FileDecl | WitError:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return WitError(f"input file is not valid utf-8 (byte {error.start})", file=path)
    try:
        return parse(Source(path, text))
    except WitError as problem:
        return problem


SHARED = Cache()
"""Used where no other is given: one process, one memory."""
