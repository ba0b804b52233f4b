from __future__ import annotations

import shutil
from pathlib import Path

from engine.build.generation import KEPT, Stager
from engine.watch.rules import Rules
from engine.watch.tree import Tree


def project(root: Path) -> Tree:
    (root / "pkg").mkdir(parents=True)
    (root / "app.py").write_text("one")
    (root / "pkg" / "__init__.py").write_text("")
    tree = Tree(Rules(root))
    tree.scan()
    return tree


def test_a_generation_keeps_what_the_live_folder_loses(tmp_path: Path) -> None:
    tree = project(tmp_path / "p")
    stager = Stager(tmp_path / "store")
    first = stager.stage(tree, "")
    (tree.root / "app.py").write_text("two")
    tree.scan()
    second = stager.stage(tree, "")
    assert first != second
    assert (first / "app.py").read_text() == "one"
    assert (second / "app.py").read_text() == "two"
    assert (second / "pkg" / "__init__.py").exists()


def test_writing_in_place_does_not_reach_a_generation(tmp_path: Path) -> None:
    tree = project(tmp_path / "p")
    first = Stager(tmp_path / "store").stage(tree, "")
    with open(tree.root / "app.py", "r+") as file:
        file.write("xxx")
    assert (first / "app.py").read_text() == "one"


def test_equal_content_is_one_generation(tmp_path: Path) -> None:
    tree = project(tmp_path / "p")
    stager = Stager(tmp_path / "store")
    first = stager.stage(tree, "")
    (tree.root / "app.py").write_text("two")
    tree.scan()
    stager.stage(tree, "")
    (tree.root / "app.py").write_text("one")
    tree.scan()
    assert stager.stage(tree, "") == first
    assert Stager(tmp_path / "store").stage(tree, "") == first


def test_removed_files_are_gone_and_old_generations_too(tmp_path: Path) -> None:
    tree = project(tmp_path / "p")
    stager = Stager(tmp_path / "store")
    stager.stage(tree, "")
    (tree.root / "pkg" / "__init__.py").unlink()
    for number in range(KEPT + 3):
        (tree.root / "app.py").write_text(f"number {number}")
        tree.scan()
        last = stager.stage(tree, "")
    assert not (last / "pkg").exists()
    assert len(list((tmp_path / "store").iterdir())) == KEPT


def test_a_folder_of_the_project(tmp_path: Path) -> None:
    tree = project(tmp_path / "p")
    assert [path.name for path in Stager(tmp_path / "store").stage(tree, "pkg").iterdir()] == ["__init__.py"]


def test_a_store_that_somebody_emptied_is_filled_anew(tmp_path: Path) -> None:
    tree = project(tmp_path / "p")
    stager = Stager(tmp_path / "store")
    shutil.rmtree(stager.stage(tree, ""))
    (tree.root / "app.py").write_text("two")
    tree.scan()
    second = stager.stage(tree, "")
    assert (second / "app.py").read_text() == "two"
    assert (second / "pkg" / "__init__.py").exists()
