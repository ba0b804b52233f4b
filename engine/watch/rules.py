"""Which files of a project count: what git ignores, what builds write and what editors leave do not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pathspec

# Folders that tools fill and nobody edits, whatever .gitignore says.
IGNORED_FOLDERS = frozenset(
    ".git .hg .svn .jj .wake .venv venv node_modules __pycache__ .mypy_cache .ruff_cache .pytest_cache .tox "
    ".idea .vscode target dist .cargo .cache .direnv".split()
)

# Editors' own: swap and backup files, atomic-save temporaries, locks.
EDITOR_FILE = re.compile(
    r"""  ^\.\#  | ^\#.*\#$ | ~$ | \.sw[a-p]$ | ^4913$ | ___jb_(tmp|old)___$ | \.kate-swp$ | ^\.goutputstream- | \.py[co]$
    """,
    re.VERBOSE,
)


class Rules:
    """Decides by path relative to the root. `outputs` are files and folders that builds write."""

    def __init__(self, root: Path, outputs: Iterable[Path] = (), ignored: Iterable[str] = ()) -> None:
        self.root = root
        self._outputs = frozenset(_relative(path, root) for path in outputs) - {"", "."}
        self._ignored = frozenset(name.strip("/") for name in ignored)
        self._spec = _gitignore(root)

    def folder(self, path: str) -> bool:
        """Whether to look inside the folder `path`."""
        name = path.rpartition("/")[2]
        if name in IGNORED_FOLDERS or path in self._outputs or path in self._ignored or name in self._ignored:
            return False
        return self._spec is None or not self._spec.match_file(path + "/")

    def file(self, path: str) -> bool:
        """Whether the file `path` counts, its folders taken for granted."""
        if EDITOR_FILE.search(path.rpartition("/")[2]) or path in self._outputs:
            return False
        return self._spec is None or not self._spec.match_file(path)

    def counts(self, path: str) -> bool:
        """Whether the file `path` counts, folder by folder."""
        parts = path.split("/")
        return all(self.folder("/".join(parts[:n])) for n in range(1, len(parts))) and self.file(path)


def _relative(path: Path, root: Path) -> str:
    full = path if path.is_absolute() else root / path
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else ""


def _gitignore(root: Path) -> pathspec.GitIgnoreSpec | None:
    try:
        lines = (root / ".gitignore").read_text(errors="replace").splitlines()
    except OSError:
        return None
    # wit/deps is often ignored because a tool fetches it, yet the world depends on it.
    return pathspec.GitIgnoreSpec.from_lines([*lines, "!wit", "!wit/**"])
