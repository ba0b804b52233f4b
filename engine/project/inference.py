"""What a language's own files say of a project: its name and version, and which language it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from engine.project.interface_spec import VERSION
from engine.project.problems import ConfigError
from engine.project.toml_file import parse, read_text


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What one file says. `wasm_name` is the stem of the component that a build writes and `binary` the name of
    the program, where they are not the name."""

    file: Path
    name: str | None = None
    version: str | None = None
    wasm_name: str | None = None
    binary: str | None = None


def language_of(folder: Path) -> tuple[str, str] | None:
    """The language of the sources in `folder`, and the file that tells."""
    if (folder / "Cargo.toml").is_file():
        return "rust", "Cargo.toml"
    if (folder / "go.mod").is_file():
        return "tinygo", "go.mod"
    if (folder / "package.json").is_file():
        typescript = (
            (folder / "tsconfig.json").is_file() or any(folder.glob("*.ts")) or any(folder.glob("src/*.ts"))
        )
        return ("typescript" if typescript else "javascript"), "package.json"
    if (folder / "pyproject.toml").is_file():
        return "python", "pyproject.toml"
    for pattern, language in (
        ("*.py", "python"),
        ("*.go", "tinygo"),
        ("*.ts", "typescript"),
        ("*.js", "javascript"),
    ):
        first = next(iter(sorted(folder.glob(pattern))), None)
        if first is not None:
            return language, first.name
    return None


def said_by(folder: Path, language: str) -> Said | None:
    """What the language's own file in `folder` says; None when there is none. A file that cannot be read says
    nothing, except a Cargo.toml: that one raises :class:`ConfigError`, as cargo would fail on it too."""
    readers = {
        "rust": ("Cargo.toml", _cargo),
        "go": ("go.mod", _go),
        "tinygo": ("go.mod", _go),
        "typescript": ("package.json", _package_json),
        "javascript": ("package.json", _package_json),
        "js": ("package.json", _package_json),
        "ts": ("package.json", _package_json),
        "python": ("pyproject.toml", _pyproject),
    }
    if language not in readers:
        return None
    name, read = readers[language]
    path = folder / name
    if not path.is_file():
        return None
    try:
        return read(path)
    except ConfigError:
        if name == "Cargo.toml":
            raise
        return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _table(data: object, *keys: str) -> dict[str, Any]:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _version(value: object) -> str | None:
    text = _text(value)
    return text if text and VERSION.fullmatch(text) else None


def _cargo(path: Path) -> Said:
    data = parse(read_text(path), path)
    package = _table(data, "package")
    name = _text(package.get("name"))
    version = package.get("version")
    if isinstance(version, dict) and version.get("workspace") is True:
        version = _workspace_version(path.parent)
    library = _text(_table(data, "lib").get("name"))
    if library is None and name is not None:
        library = name.replace("-", "_")
    binaries = data.get("bin")
    first = binaries[0] if isinstance(binaries, list) and binaries else None
    binary = _text(first.get("name")) if isinstance(first, dict) else None
    return Said(file=path, name=name, version=_version(version), wasm_name=library, binary=binary or name)


def _workspace_version(folder: Path) -> object:
    for parent in (folder, *folder.parents):
        path = parent / "Cargo.toml"
        if path.is_file():
            workspace = _table(parse(read_text(path), path), "workspace")
            if workspace:
                return _table(workspace, "package").get("version")
    return None


def _package_json(path: Path) -> Said:
    try:
        data = msgspec.json.decode(read_text(path).encode())
    except (msgspec.DecodeError, RecursionError) as error:
        raise ConfigError(f"package.json is not JSON: {error}", file=str(path)) from error
    table = data if isinstance(data, dict) else {}
    name = _text(table.get("name"))
    return Said(
        file=path, name=name.rpartition("/")[2] if name else None, version=_version(table.get("version"))
    )


def _pyproject(path: Path) -> Said:
    data = parse(read_text(path), path)
    table = _table(data, "project") or _table(data, "tool", "poetry")
    return Said(file=path, name=_text(table.get("name")), version=_version(table.get("version")))


def _go(path: Path) -> Said:
    match = re.search(r'^\s*module\s+"?([^\s"]+)', read_text(path), re.MULTILINE)
    if match is None:
        return Said(file=path)
    parts = [part for part in match[1].split("/") if part]
    if len(parts) > 1 and re.fullmatch(r"v\d+", parts[-1]):
        parts.pop()
    return Said(file=path, name=parts[-1] if parts else None)
