"""A project, as the other rooms use it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from engine.model.diagnostic import Diagnostic
from engine.project.config import Config, DevConfig

Kind = Literal["component", "provider"]


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """One component or provider under development. All paths are absolute.

    `root` is the folder of `wasmcloud.toml` (or, without one, of `wit/`); `source_root` where build commands run, the
    same unless the file's `path` says otherwise. `name` is as written, `slug` in the form that ids take. `world` is
    the world's name as configured; None: the only one there is. `wit` is None when there is no such folder.
    `build_command` is split into words, quotes respected, and meant for no shell; with None the language's own way to
    build counts, which then writes `artifact`. `files` are what this was read from: when one of them changes, read the
    project again with :func:`engine.project.find.load_project`. `inferred` tells, in sentences, what no file said.
    """

    root: Path
    source_root: Path
    name: str
    slug: str
    version: str
    language: str
    kind: Kind
    world: str | None
    wit: Path | None
    build_command: tuple[str, ...] | None
    build_artifact: Path | None
    build_folder: Path
    artifact: Path
    destination: Path | None
    session: str
    component_id: str
    application: str
    config: Config
    config_file: Path | None
    files: tuple[Path, ...]
    inferred: tuple[str, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def dev(self) -> DevConfig:
        return self.config.dev
