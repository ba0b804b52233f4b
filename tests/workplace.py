"""Projects made for a test: a folder with a `wasmcloud.toml` and WIT, and what the rooms say of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.dependencies.discover import Survey, survey
from engine.manifest.generate import generate
from engine.manifest.model import Application
from engine.model.dependency import Dependency
from engine.project.find import find_project
from engine.project.project import Project
from engine.wit.load import load

TOML = """
name = "thing"
language = "rust"
type = "component"
version = "0.1.0"
"""

# Declarations only, enough to resolve: each package of the interfaces that the tests use.
PACKAGES = {
    "wasi:keyvalue@0.2.0-draft": "interface store { get: func(); } interface atomics { increment: func(); } "
    "interface batch { get-many: func(); } interface watcher { on-set: func(); }",
    "wasi:http@0.2.0": "interface types { resource fields; now: func(); } "
    "interface outgoing-handler { handle: func(); } interface incoming-handler { handle: func(); }",
    "wasi:config@0.2.0-draft": "interface runtime { get: func(); } interface store { get: func(); }",
    "wasi:logging@0.1.0-draft": "interface logging { log: func(); }",
    "wasi:blobstore@0.2.0-draft": "interface blobstore { use container.{container}; get-container: func() -> container; } "
    "interface container { resource container { name: func(); } } interface types { type name = string; }",
    "wasi:cli@0.2.0": "interface run { run: func(); } interface environment { get: func(); }",
    "wasmcloud:messaging@0.2.0": "interface types { record message { subject: string } } "
    "interface consumer { use types.{message}; publish: func(m: message); } "
    "interface handler { use types.{message}; handle-message: func(m: message); }",
    "wasmcloud:messaging@0.3.0": "interface request-reply { request: func(); } interface producer { send: func(); } "
    "interface incoming-handler { handle: func(); }",
    "wasmcloud:postgres@0.1.1-draft": "interface types { type id = string; } interface query { use types.{id}; query: func() -> id; }",
    "wasmcloud:identity@0.0.1": "interface store { get: func(); }",
    "wrpc:rpc@0.1.0": "interface transport { get: func(); }",
    "acme:shop@1.0.0": "interface orders { place: func(); } interface stock { count: func(); }",
    "acme:shop@1.2.0": "interface orders { place: func(); } interface stock { count: func(); }",
    "acme:shop@2.0.0": "interface orders { place: func(); } interface stock { count: func(); }",
}


def make(folder: Path, world: str, toml: str = "", files: Mapping[str, str] | None = None) -> Path:
    """A project whose world has the statements `world`; `toml` is added to the usual file. Gives its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "wasmcloud.toml").write_text(TOML + toml)
    wit = folder / "wit"
    wit.mkdir(exist_ok=True)
    (wit / "world.wit").write_text(f"package test:thing;\nworld thing {{\n{world}\n}}\n")
    for package, body in PACKAGES.items():
        place = wit / "deps" / package.replace(":", "-").replace("@", "-")
        place.mkdir(parents=True, exist_ok=True)
        (place / "package.wit").write_text(f"package {package};\n{body}\n")
    for name, text in (files or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def project(folder: Path) -> Project:
    return find_project(folder, {})


def look(folder: Path, toggles: Mapping[str, bool] | None = None) -> Survey:
    """What the project in `folder` depends on."""
    found = project(folder)
    assert found.wit is not None
    return survey(found, load(found.wit), toggles)


def wanted(folder: Path) -> list[Dependency]:
    """The dependencies that are not the host's own."""
    return [item for item in look(folder).dependencies if item.state != "host"]


def manifest(folder: Path) -> Application:
    return generate(project(folder), look(folder).dependencies)
