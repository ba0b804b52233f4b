"""Generations: content-addressed copies of an app's sources, mounted into dev shells instead of the live folder.

The last good generation keeps serving fresh instances while the files are broken. Unchanged files are hard links to
the generation before, never to the user's file: an editor may write that in place.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from hashlib import blake2b
from pathlib import Path

from engine.watch.tree import HASH_LIMIT, Tree

# Instances in flight may still read from the generations just before.
KEPT = 8


class Stager:
    """Makes generations in `store`, one after the other."""

    def __init__(self, store: Path) -> None:
        self.store = store
        self._files: dict[str, bytes] = {}
        self._last: Path | None = None

    def stage(self, tree: Tree, under: str) -> Path:
        """A folder with the files that `tree` tracks below `under` (relative; "" for all), as they are now."""
        prefix = f"{under}/" if under else ""
        if self._last is not None and not self._last.is_dir():
            # Somebody removed it: nothing can be linked from there.
            self._files, self._last = {}, None
        files: dict[str, bytes] = {}
        fresh: dict[str, bytes] = {}
        for path, seen in tree.files.items():
            if not path.startswith(prefix) or seen.size > HASH_LIMIT:
                continue
            name = path[len(prefix) :]
            if self._last is not None and self._files.get(name) == seen.digest:
                files[name] = seen.digest
                continue
            try:
                fresh[name] = (tree.root / path).read_bytes()
            except OSError:
                continue
            files[name] = blake2b(fresh[name], digest_size=16).digest()
        total = blake2b(digest_size=16)
        for name in sorted(files):
            total.update(f"{name}\0".encode(errors="surrogateescape") + files[name])
        target = self.store / total.hexdigest()
        if not target.is_dir():
            self._fill(target, files, fresh)
        os.utime(target)
        self._files, self._last = files, target
        self._forget()
        return target

    def _fill(self, target: Path, files: dict[str, bytes], fresh: dict[str, bytes]) -> None:
        self.store.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".staging-", dir=self.store))
        try:
            made = {""}
            for name in files:
                parent = name.rpartition("/")[0]
                if parent not in made:
                    (folder / parent).mkdir(parents=True, exist_ok=True)
                    made.add(parent)
                if name in fresh:
                    (folder / name).write_bytes(fresh[name])
                else:
                    assert self._last is not None
                    os.link(self._last / name, folder / name)
            folder.chmod(0o755)
            folder.rename(target)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _forget(self) -> None:
        entries = sorted(
            (entry for entry in os.scandir(self.store) if entry.is_dir(follow_symlinks=False)),
            key=lambda entry: entry.stat().st_mtime_ns,
        )
        for entry in entries[:-KEPT]:
            if Path(entry.path) != self._last:
                shutil.rmtree(entry.path, ignore_errors=True)
