"""Finds the project that a path means, and reads it.

project = find_project(Path("."))          # any folder inside the project
project = load_project(project.root)       # again, after one of project.files changed
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.project.config import Config
from engine.project.inference import Said, language_of, said_by
from engine.project.names import application_name, component_id, slug
from engine.project.problems import ConfigError, ProjectError
from engine.project.project import Kind, Project
from engine.project.read import Reading, read_config
from engine.project.session_id import session_id

CONFIG = "wasmcloud.toml"
DEFAULT_VERSION = "0.1.0"

# Folders that hold copies or products, never projects of their own.
_PASSED_OVER = {
    "node_modules",
    "target",
    "build",
    "dist",
    "deps",
    "vendor",
    "venv",
    "__pycache__",
    "site-packages",
}
_SEARCH_DEPTH = 6
_SEARCH_FOLDERS = 5000


def find_project(path: Path, environ: Mapping[str, str] = os.environ) -> Project:
    """The project that `path` means: a project's folder, any folder inside, its `wasmcloud.toml`, or a folder around
    exactly one project.

    Raises :class:`ProjectError` when there is none, or several (it lists them).
    """
    path = path.expanduser()
    if not path.exists():
        raise ProjectError(
            f"there is no folder {path}", hint="name a project's folder, or leave PATH out inside one"
        )
    folder = path.resolve()
    if folder.is_file():
        if folder.suffix == ".toml" and folder.name != CONFIG:
            return load_project(folder, environ)
        folder = folder.parent
    root = _around(folder)
    if root is not None:
        return load_project(root, environ)
    below = sorted(projects_below(folder))
    if len(below) == 1:
        return load_project(below[0], environ)
    if below:
        raise ProjectError(
            f"{folder} holds {len(below)} projects",
            notes=tuple(str(item.relative_to(folder)) for item in below),
            hint="name the one you mean",
        )
    if _has_wit(folder):
        return load_project(folder, environ)
    raise ProjectError(
        f"{folder} is no project, lies in none and holds none",
        hint="a project has a wasmcloud.toml, or a folder wit/ beside its sources; `wake new` makes one",
    )


def projects_below(folder: Path) -> Iterator[Path]:
    """Folders under `folder` that are projects: those with a `wasmcloud.toml`; where there are none, those with `wit/`
    beside sources."""
    configured: list[Path] = []
    plain: list[Path] = []
    pending = [(folder, 0)]
    seen = 0
    while pending and seen < _SEARCH_FOLDERS:
        current, depth = pending.pop()
        seen += 1
        if (current / CONFIG).is_file():
            configured.append(current)
        elif current != folder and _has_wit(current) and language_of(current):
            plain.append(current)
        if depth < _SEARCH_DEPTH:
            pending += [(child, depth + 1) for child in _subfolders(current)]
    yield from configured or plain


def load_project(path: Path, environ: Mapping[str, str] = os.environ) -> Project:
    """Reads the project at `path`: its folder, or its configuration file under another name. Raises
    :class:`ConfigError`."""
    path = path.resolve()
    file = path / CONFIG if path.is_dir() else path
    if not file.is_file():
        return _project(path, None, Reading(Config(), (), ()))
    return _project(file.parent, file, read_config(file, environ))


def _around(folder: Path) -> Path | None:
    """The nearest folder from `folder` up that is a project; the search ends at a repository's top."""
    plain = None
    for current in (folder, *folder.parents):
        if (current / CONFIG).is_file():
            return current
        if plain is None and _has_wit(current) and language_of(current):
            plain = current
        if (current / ".git").exists():
            break
    return plain


def _has_wit(folder: Path) -> bool:
    wit = folder / "wit"
    return wit.is_dir() and any(wit.glob("*.wit"))


def _subfolders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [
                Path(entry.path)
                for entry in entries
                if entry.is_dir(follow_symlinks=False)
                and not entry.name.startswith(".")
                and entry.name not in _PASSED_OVER
            ]
    except OSError:
        return []


def _project(root: Path, file: Path | None, reading: Reading) -> Project:
    config = reading.config
    notes = list(reading.notes)
    if file is None:
        notes.append(f"there is no {CONFIG}: the project is inferred from {root}")
    source_root = _source_root(root, file, config)
    language = _language(source_root, file, config, notes)
    said = said_by(source_root, language)
    name = _name(root, config, said, notes)
    version = _version(config, said, notes)
    kind: Kind = config.type or "component"
    if config.type is None and file is not None:
        notes.append("type: component, since no file says otherwise")
    build_folder = _path(root, config.build) if config.build else source_root / "build"
    section = config.component if kind == "component" else config.provider
    session = session_id(root)
    artifact = config.component.build_artifact
    destination = config.component.destination
    return Project(
        root=root,
        source_root=source_root,
        name=name,
        slug=slug(name),
        version=version,
        language=language,
        kind=kind,
        world=section.wit_world,
        wit=_wit(root, source_root, file, config),
        build_command=_words(config, file),
        build_artifact=_path(source_root, artifact) if artifact else None,
        build_folder=build_folder,
        artifact=_path(source_root, artifact)
        if artifact
        else build_folder / _product(kind, config, said, name),
        destination=_path(source_root, destination) if destination else None,
        session=session,
        component_id=component_id(session, name),
        application=application_name(session, name),
        config=config,
        config_file=file,
        files=_files(root, source_root, file, said),
        inferred=tuple(notes),
        warnings=reading.warnings,
    )


def _product(kind: Kind, config: Config, said: Said | None, name: str) -> str:
    """The file that a build writes by default."""
    if kind == "provider":
        return f"{config.provider.bin_name or (said and said.binary) or name}.par.gz"
    return f"{(said and said.wasm_name) or name}.wasm"


def _path(base: Path, text: str) -> Path:
    return Path(os.path.normpath(base / Path(text).expanduser()))


def _source_root(root: Path, file: Path | None, config: Config) -> Path:
    if config.path is None:
        return root
    folder = _path(root, config.path)
    if not folder.is_dir():
        raise ConfigError(
            f'`path` is "{config.path}", and {folder} is no folder',
            file=str(file),
            hint="it is relative to wasmcloud.toml",
        )
    return folder.resolve()


def _wit(root: Path, source_root: Path, file: Path | None, config: Config) -> Path | None:
    if config.wit is None:
        folder = source_root / "wit"
        return folder if folder.is_dir() else None
    folder = _path(root, config.wit)
    if not folder.is_dir():
        raise ConfigError(
            f'`wit` is "{config.wit}", and {folder} is no folder',
            file=str(file),
            hint="it is relative to wasmcloud.toml",
        )
    return folder


def _language(folder: Path, file: Path | None, config: Config, notes: list[str]) -> str:
    if config.language:
        return config.language
    found = language_of(folder)
    if found is None:
        if file is not None:
            raise ConfigError(
                "`language` is missing, and no file here tells it",
                file=str(file),
                hint='add language = "rust", "tinygo", "go", "python", "typescript" or another name',
            )
        notes.append("language: unknown; there are no sources of a known one")
        return "unknown"
    notes.append(f"language: {found[0]}, from {found[1]}")
    return found[0]


def _name(root: Path, config: Config, said: Said | None, notes: list[str]) -> str:
    if config.name:
        return config.name
    if said and said.name:
        notes.append(f"name: {said.name}, from {said.file.name}")
        return said.name
    notes.append(f"name: {root.name or 'project'}, from the folder")
    return root.name or "project"


def _version(config: Config, said: Said | None, notes: list[str]) -> str:
    if config.version:
        return config.version
    if said and said.version:
        notes.append(f"version: {said.version}, from {said.file.name}")
        return said.version
    notes.append(f"version: {DEFAULT_VERSION}, since no file says one")
    return DEFAULT_VERSION


def _words(config: Config, file: Path | None) -> tuple[str, ...] | None:
    """The build command's words. Quotes group; nothing else of a shell's meaning is kept."""
    command = config.component.build_command
    if command is None:
        return None
    import shlex

    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise ConfigError(
            f"`component.build_command` cannot be split into words: {str(error).lower()}",
            file=str(file),
            hint="close the quote, or put the command into a script",
        ) from None
    if not words:
        raise ConfigError("`component.build_command` is empty", file=str(file))
    return words


def _files(root: Path, source_root: Path, file: Path | None, said: Said | None) -> tuple[Path, ...]:
    """What to watch: also files whose coming would change the reading."""
    files = [file or root / CONFIG, root / "wkg.toml"]
    if said:
        files.append(said.file)
    return tuple(dict.fromkeys(files))
