from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.watch.rules import Rules
from engine.watch.tree import Tree


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_content_is_what_counts(tmp_path: Path) -> None:
    write(tmp_path, app_dot_py="a", wit__world_dot_wit="w")
    tree = Tree(Rules(tmp_path))
    assert tree.scan() == ["app.py", "wit/world.wit"]
    assert tree.scan() == []
    os.utime(tmp_path / "app.py")
    assert tree.scan() == []
    write(tmp_path, app_dot_py="b")
    assert tree.look(["app.py", "wit/world.wit"]) == ["app.py"]
    assert tree.look(["app.py"]) == []
    (tmp_path / "app.py").unlink()
    assert tree.scan() == ["app.py"]


def test_same_size_and_second_is_still_a_change(tmp_path: Path) -> None:
    write(tmp_path, app_dot_py="one")
    tree = Tree(Rules(tmp_path))
    tree.scan()
    before = (tmp_path / "app.py").stat()
    write(tmp_path, app_dot_py="two")
    os.utime(tmp_path / "app.py", ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert tree.look(["app.py"]) == ["app.py"]


def test_atomic_save(tmp_path: Path) -> None:
    write(tmp_path, app_dot_py="one")
    tree = Tree(Rules(tmp_path))
    tree.scan()
    (tmp_path / "app.py~").write_text("two")
    (tmp_path / "app.py~").rename(tmp_path / "app.py")
    assert tree.look(["app.py~", "app.py"]) == ["app.py"]


def test_what_does_not_count(tmp_path: Path) -> None:
    write(
        tmp_path,
        app_dot_py="a",
        node_modules__x_dot_js="",
        build__app_dot_wasm="",
        gen__a_dot_py="",
        notes_dot_tmp="",
    )
    for name in (".app.py.swp", "app.py~", "4913", "app.py___jb_tmp___", "#app.py#", ".#app.py", "app.pyc"):
        (tmp_path / name).write_text("")
    (tmp_path / ".gitignore").write_text("*.tmp\n/gen/\n")
    tree = Tree(Rules(tmp_path, [tmp_path / "build"], ["other"]))
    write(tmp_path, other__x_dot_py="")
    assert tree.scan() == [".gitignore", "app.py"]
    assert not tree.rules.counts("gen/a.py")
    assert not tree.rules.counts("other/x.py")


def test_ignored_wit_dependencies_count_all_the_same(tmp_path: Path) -> None:
    write(tmp_path, wit__deps__io__poll_dot_wit="x")
    (tmp_path / ".gitignore").write_text("wit/deps/\n")
    assert "wit/deps/io/poll.wit" in Tree(Rules(tmp_path)).scan()


def test_tracked_below_a_folder(tmp_path: Path) -> None:
    write(tmp_path, src__app_dot_py="a", src2__b_dot_py="b")
    tree = Tree(Rules(tmp_path))
    tree.scan()
    [only] = tree.tracked("src")
    entry = (tmp_path / "src" / "app.py").stat()
    assert (only.path, only.mtime_ns, only.size, only.inode) == (
        str(tmp_path / "src" / "app.py"),
        entry.st_mtime_ns,
        1,
        entry.st_ino,
    )
    assert len(tree.tracked()) == 2


def test_a_name_that_is_no_text_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, app_dot_py="one")
    odd = os.fsdecode(b"caf\xe9.py")
    try:
        (tmp_path / odd).write_text("")
        (tmp_path / os.fsdecode(b"\xff")).mkdir()
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    (tmp_path / os.fsdecode(b"\xff") / "in.py").write_text("")
    tree = Tree(Rules(tmp_path))
    assert tree.scan() == ["app.py"]
    assert tree.look([odd]) == []
