from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from engine.watch.rules import Rules
from engine.watch.tree import Tree
from engine.watch.watcher import hints

pytestmark = pytest.mark.anyio


class Seen:
    """Follows hints the way a session does, and lets a test wait for a path."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.paths: list[str] = []
        self.told = anyio.Event()

    async def follow(self) -> None:
        async for paths in hints(self.tree):
            self.paths += self.tree.scan() if paths is None else self.tree.look(paths)
            told, self.told = self.told, anyio.Event()
            told.set()

    async def until(self, path: str) -> None:
        with anyio.fail_after(20):
            while path not in self.paths:
                await self.told.wait()


async def test_saves_new_folders_and_ignored_ones(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("one")
    (tmp_path / "target").mkdir()
    tree = Tree(Rules(tmp_path))
    tree.scan()
    seen = Seen(tree)
    async with anyio.create_task_group() as group:
        group.start_soon(seen.follow)
        (tmp_path / "app.py").write_text("two")
        await seen.until("app.py")
        (tmp_path / "target" / "x").write_text("")
        deep = tmp_path / "src" / "new" / "deep"
        deep.mkdir(parents=True)
        (deep / "a.py").write_text("a")
        await seen.until("src/new/deep/a.py")
        (deep / "a.py").write_text("b")
        seen.paths.clear()
        await seen.until("src/new/deep/a.py")
        group.cancel_scope.cancel()
    assert not [path for path in seen.paths if path.startswith("target")]
