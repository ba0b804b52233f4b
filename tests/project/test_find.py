"""Which project a path means, and what is inferred where no file says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.project.find import find_project, load_project
from engine.project.problems import ConfigError, ProjectError
from engine.project.session_id import session_id

TOML = 'name = "{}"\nlanguage = "rust"\ntype = "component"\nversion = "0.1.0"\n'


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_any_folder_inside_means_the_project(tmp_path: Path) -> None:
    write(tmp_path, {"wasmcloud.toml": TOML.format("a"), "src/deep/lib.rs": "", "wit/world.wit": ""})
    for inside in (".", "src", "src/deep", "wit", "wit/world.wit", "wasmcloud.toml"):
        assert find_project(tmp_path / inside, {}).root == tmp_path


def test_the_nearest_project_counts(tmp_path: Path) -> None:
    write(
        tmp_path, {"wasmcloud.toml": TOML.format("outer"), "component/wasmcloud.toml": TOML.format("inner")}
    )
    assert find_project(tmp_path / "component", {}).name == "inner"
    assert find_project(tmp_path, {}).name == "outer"


def test_several_projects_are_listed(tmp_path: Path) -> None:
    write(
        tmp_path,
        {f"{name}/wasmcloud.toml": TOML.format(name) for name in ("b", "a", "node_modules/x", ".hidden")},
    )
    with pytest.raises(ProjectError) as caught:
        find_project(tmp_path, {})
    assert caught.value.notes == ("a", "b") and "holds 2 projects" in caught.value.message


def test_the_only_project_below_is_meant(tmp_path: Path) -> None:
    write(tmp_path, {"apps/one/wasmcloud.toml": TOML.format("one")})
    assert find_project(tmp_path, {}).root == tmp_path / "apps/one"


def test_a_search_ends_at_the_repository(tmp_path: Path) -> None:
    write(tmp_path, {"wasmcloud.toml": TOML.format("outer"), "repository/.git/HEAD": "", "repository/x": ""})
    with pytest.raises(ProjectError, match="is no project"):
        find_project(tmp_path / "repository", {})


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="there is no folder"):
        find_project(tmp_path / "no", {})
    with pytest.raises(ProjectError, match="is no project"):
        find_project(tmp_path, {})


def test_without_a_configuration_everything_is_inferred_and_said(tmp_path: Path) -> None:
    folder = write(tmp_path / "My App", {"app.py": "", "wit/world.wit": "package a:b;"})
    project = find_project(folder / "wit", {})
    assert (project.root, project.name, project.slug, project.language) == (
        folder,
        "My App",
        "my-app",
        "python",
    )
    assert (project.kind, project.version, project.wit) == ("component", "0.1.0", folder / "wit")
    text = " ".join(project.inferred)
    for word in ("no wasmcloud.toml", "language: python, from app.py", "name: My App", "version: 0.1.0"):
        assert word in text


@pytest.mark.parametrize(
    ("files", "language", "name", "version"),
    [
        ({"Cargo.toml": '[package]\nname = "a-b"\nversion = "1.2.3"\n'}, "rust", "a-b", "1.2.3"),
        ({"go.mod": "module example.com/x/shop/v2\n"}, "tinygo", "shop", "0.1.0"),
        ({"package.json": '{"name": "@acme/shop", "version": "2.0.0"}'}, "javascript", "shop", "2.0.0"),
        ({"package.json": '{"name": "shop"}', "src/a.ts": ""}, "typescript", "shop", "0.1.0"),
        ({"pyproject.toml": '[project]\nname = "shop"\nversion = "3.0.0"\n'}, "python", "shop", "3.0.0"),
        ({"pyproject.toml": '[tool.poetry]\nname = "p"\nversion = "1.0"\n'}, "python", "p", "0.1.0"),
        ({"package.json": "[[[", "a.js": ""}, "javascript", "thing", "0.1.0"),
    ],
)
def test_names_and_versions_come_from_the_languages_files(
    tmp_path: Path, files: dict[str, str], language: str, name: str, version: str
) -> None:
    folder = write(tmp_path / "thing", {"wit/w.wit": "", **files})
    project = find_project(folder, {})
    assert (project.language, project.name, project.version) == (language, name, version)


def test_cargo_inherits_a_version_from_its_workspace(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "Cargo.toml": '[workspace]\n[workspace.package]\nversion = "4.5.6"\n',
            "a/Cargo.toml": '[package]\nname = "a"\nversion.workspace = true\n[lib]\nname = "other"\n',
            "a/wasmcloud.toml": 'language = "rust"\ntype = "component"\n',
        },
    )
    project = find_project(tmp_path / "a", {})
    assert (project.version, project.artifact) == ("4.5.6", tmp_path / "a/build/other.wasm")


def test_a_broken_cargo_toml_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, {"wasmcloud.toml": 'language = "rust"\n', "Cargo.toml": "[package\n"})
    with pytest.raises(ConfigError, match=r"Cargo\.toml is not TOML"):
        find_project(tmp_path, {})


def test_language_must_be_told_by_something(tmp_path: Path) -> None:
    write(tmp_path, {"wasmcloud.toml": 'name = "a"\n'})
    with pytest.raises(ConfigError, match="`language` is missing"):
        find_project(tmp_path, {})


def test_reading_again_sees_the_change(tmp_path: Path) -> None:
    write(tmp_path, {"wasmcloud.toml": TOML.format("a")})
    project = find_project(tmp_path, {})
    assert tmp_path / "wasmcloud.toml" in project.files
    write(tmp_path, {"wasmcloud.toml": TOML.format("b")})
    assert load_project(project.root, {}).name == "b"


def test_ids_stay_from_run_to_run_and_follow_the_real_path(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    (tmp_path / "link").symlink_to(one)
    first = session_id(one)
    assert first == session_id(tmp_path / "link") == session_id(one / ".." / "one")
    assert first != session_id(other)
    assert len(first) == 6 and first.isalnum() and first == first.lower() and first[0].isalpha()


def test_names_of_ids_and_applications(tmp_path: Path) -> None:
    write(tmp_path, {"wasmcloud.toml": TOML.format("KeyValue Go")})
    project = find_project(tmp_path, {})
    session = session_id(tmp_path)
    assert (project.session, project.component_id, project.application) == (
        session,
        f"{session}-keyvalue-go",
        f"dev-{session}-keyvalue-go",
    )
