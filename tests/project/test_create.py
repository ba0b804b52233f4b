"""New projects: whatever the folder is called, what is made can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.dependencies.wit import load_wit
from engine.project.create import TemplateError, create
from engine.project.find import load_project


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("shop", "shop"),
        ("use", "use-component"),
        ("record", "record-component"),
        ("use-it", "use-it"),
        ("9lives", "n9lives"),
        ("a.b_C", "a-b-c"),
        ("日本", "component"),
    ],
)
def test_any_folder_name_makes_a_project_that_resolves(tmp_path: Path, folder: str, name: str) -> None:
    create("python-http", tmp_path / folder)
    project = load_project(tmp_path / folder)
    assert project.name == name
    assert [world.full_name for world in load_wit(project).worlds][-1] == f"wake:{name}/http-counter"


def test_nothing_is_written_where_something_is(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    for folder in (tmp_path, tmp_path / "mine", tmp_path / "mine" / "below"):
        with pytest.raises(TemplateError):
            create("python-http", folder)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
