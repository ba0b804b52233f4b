"""Python components, built by componentize-py: reading its command line, and making one where there is none."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import NoReturn

import msgspec

from engine.model.problem import Problem

TOOL = "componentize-py"


class ToolMissing(Problem):
    """componentize-py is not installed."""


class PythonApp(msgspec.Struct, frozen=True):
    """What componentize-py is told. Paths are absolute; `folder` is the one that holds the module `app`."""

    app: str
    folder: Path
    wit: tuple[Path, ...]
    worlds: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    all_features: bool = False
    search: tuple[Path, ...] = ()
    output: Path | None = None
    naming: tuple[str, ...] = ()
    """Options that change the names of generated modules, as words of its command line."""


class _Unknown(Exception):
    pass


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _Unknown(message)


def recognise(command: Sequence[str], root: Path) -> PythonApp | None:
    """The app that a build command hands to componentize-py; None when it does something else, or more.

    Programs that only start it (`uv run`, `poetry run`, a path to it) are seen through.
    """
    at = next((n for n, word in enumerate(command) if Path(word).name == TOOL), None)
    if at is None or any(word in ("&&", ";", "||", "|") for word in command):
        return None
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("-d", "--wit-path", action="append", default=[])
    parser.add_argument("-w", "--world", action="append", default=[])
    parser.add_argument("-q", "--quiet", action="store_true")
    parser.add_argument("--features", action="append", default=[])
    parser.add_argument("--all-features", action="store_true")
    parser.add_argument("--import-interface-name", action="append", default=[])
    parser.add_argument("--export-interface-name", action="append", default=[])
    parser.add_argument("--world-module")
    parser.add_argument("--full-names", action="store_true")
    parser.add_argument("command", choices=["componentize"])
    parser.add_argument("app")
    parser.add_argument("-p", "--python-path", action="append", default=[])
    parser.add_argument("-o", "--output", default="index.wasm")
    try:
        told = parser.parse_args(list(command[at + 1 :]))
    except _Unknown:
        return None
    if told.world_module:  # The shell itself imports `wit_world`.
        return None
    naming = [word for name in told.import_interface_name for word in ("--import-interface-name", name)]
    naming += [word for name in told.export_interface_name for word in ("--export-interface-name", name)]
    search = [root / path for path in told.python_path or ["."]]
    folder = next((path for path in search if _module_file(path, told.app)), search[0])
    return PythonApp(
        app=told.app,
        folder=folder.resolve(),
        wit=tuple((root / path).resolve() for path in told.wit_path or ["wit"]),
        worlds=tuple(told.world),
        features=tuple(name for names in told.features for name in names.split(",") if name),
        all_features=told.all_features,
        search=tuple(path.resolve() for path in search if path != folder),
        output=(root / told.output).resolve(),
        naming=(*naming, *(["--full-names"] if told.full_names else [])),
    )


def infer(root: Path, wit: Path, world: str | None) -> PythonApp | None:
    """The app of a project that says nothing: `app.py`, else `main.py`, at its root or in `src`."""
    for folder in (root, root / "src"):
        for name in ("app", "main"):
            if _module_file(folder, name):
                return PythonApp(name, folder.resolve(), (wit.resolve(),), (world,) if world else ())
    return None


def tool(environ: Mapping[str, str] = os.environ) -> list[str]:
    """The words that start componentize-py: this environment's own, else the one on PATH."""
    if find_spec("componentize_py") is not None:
        return [sys.executable, "-c", "import sys, componentize_py; sys.exit(componentize_py.script())"]
    found = which(TOOL, path=environ.get("PATH"))
    if found is None:
        raise ToolMissing(
            "componentize-py, which builds Python components, is not installed",
            hint=f"{sys.executable} -m pip install 'wake-tui[python]'",
        )
    return [found]


def version() -> str:
    """Of the componentize-py that :func:`tool` starts, for cache keys."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed(TOOL)
    except PackageNotFoundError:
        found = which(TOOL)
        return f"{found}:{Path(found).stat().st_mtime_ns}" if found else "none"


def site_folders(app: PythonApp, root: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Where the app's dependencies lie: the search path of its command, then the project's environment."""
    folders = list(app.search)
    environment = next(
        (path for path in (root / ".venv", root / "venv") if (path / "pyvenv.cfg").exists()),
        Path(environ["VIRTUAL_ENV"]) if environ.get("VIRTUAL_ENV") else None,
    )
    if environment is not None and environment.resolve() != Path(sys.prefix).resolve():
        folders += sorted(environment.glob("lib/python*/site-packages"))
    return tuple(folder for folder in folders if folder.is_dir())


IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([\w., \t]+))", re.MULTILINE)


def imported(sources: Iterable[Path]) -> set[str]:
    """The modules that the sources name in `import` statements.

    Read line by line, not parsed: the guest's Python is newer than ours, and its syntax may be too.
    """
    names: set[str] = set()
    for path in sources:
        try:
            text = path.read_text(errors="replace")
        except OSError:
            continue
        for match in IMPORT.finditer(text):
            found = (
                [match[1]] if match[1] else [part.split()[0] for part in match[2].split(",") if part.split()]
            )
            names.update(name for name in found if not name.startswith("."))
    return names


def _module_file(folder: Path, name: str) -> bool:
    path = folder.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()
