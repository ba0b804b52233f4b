from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.build.builder import Builder
from engine.build.python_shell import Shell
from engine.project.create import create
from engine.project.find import load_project


def test_an_inferred_app_that_was_renamed_is_not_served_by_the_old_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create("python-http", tmp_path / "demo")
    (tmp_path / "demo" / "wasmcloud.toml").unlink()
    project = load_project(tmp_path / "demo")
    builder = Builder(tmp_path / "session", tmp_path / "cache", {}, lambda *_: None, lambda _: None)
    monkeypatch.setattr(builder, "_shell", Shell(tmp_path / "shell.wasm", "0", tmp_path, ()))
    monkeypatch.setattr(builder, "_app", builder.app(project))
    assert builder.sources(project) == project.root

    app = project.root / "app.py"
    app.rename(project.root / "main.py")
    assert builder.sources(project) is None
    # Gone altogether, it is the shell that says so, with the name of the module.
    (project.root / "main.py").unlink()
    assert builder.sources(project) == project.root
    told = msgspec.structs.replace(project, build_command=("componentize-py", "componentize", "app"))
    assert builder.sources(told) == project.root
