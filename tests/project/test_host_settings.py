"""`[wake.host]` of wasmcloud.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.model.host_settings import HostSettings
from engine.model.problem import Problem
from engine.project.find import load_project


def project(folder: Path, table: str) -> HostSettings:
    (folder / "wasmcloud.toml").write_text(
        f'name = "a"\nversion = "0.1.0"\nlanguage = "python"\ntype = "component"\n{table}\n'
    )
    return load_project(folder, {}).config.host


def test_without_the_table_the_defaults_hold(tmp_path: Path) -> None:
    assert project(tmp_path, "") == HostSettings()


def test_what_is_said_is_taken(tmp_path: Path) -> None:
    table = '[wake.host]\ninstances = "reuse"\nmemory_mb = 64\nbusy_seconds = 2\noutgoing_hosts = ["*.example.com"]'
    expected = HostSettings(
        instances="reuse", memory_mb=64, busy_seconds=2.0, outgoing_hosts=("*.example.com",)
    )
    assert project(tmp_path, table) == expected


@pytest.mark.parametrize(
    "wrong", ['instances = "none"', "concurrency = 0", 'memory_mb = "much"', "sockets = 1"]
)
def test_what_cannot_be_is_an_error_at_its_line(tmp_path: Path, wrong: str) -> None:
    with pytest.raises((Problem, ExceptionGroup)) as found:
        project(tmp_path, f"[wake.host]\n{wrong}")
    problems = found.value.exceptions if isinstance(found.value, ExceptionGroup) else (found.value,)
    (problem,) = problems
    assert isinstance(problem, Problem)
    assert problem.line == 6
    assert wrong.partition(" ")[0] in problem.message
