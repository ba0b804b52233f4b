"""Tells when files may have changed. What really did is the tree's to say: events are hints, never lost ones.

Folders that do not count are not watched at all (a `target/` may hold thousands); a new folder re-arms the watch
and asks for a whole look, so what was written into it before the watch stood is seen as well.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
from watchfiles import awatch

from engine.watch.tree import Tree

# Milliseconds between looks at the kernel's queue. Events are told one to two steps after the write; at 5 an idle
# watcher costs 0.7 % of a core.
STEP_MS = 5
SETTLE_MS = 1000


async def hints(tree: Tree, stop: anyio.Event | None = None) -> AsyncIterator[set[str] | None]:
    """Yields sets of paths (relative to the tree's root) that may have changed; None asks for a whole look."""
    stop = stop or anyio.Event()
    while not stop.is_set():
        folders = tree.folders
        rearm = False
        settled = False
        async for events in awatch(
            *(tree.root / folder for folder in folders),
            watch_filter=None,
            step=STEP_MS,
            debounce=50,
            rust_timeout=SETTLE_MS,
            yield_on_timeout=True,
            recursive=False,
            stop_event=stop,
            ignore_permission_denied=True,
        ):
            if not events and not settled:
                # The watch stands now: one more look finds what was written while it was being set up.
                settled = True
                yield None
            paths = set()
            for _, name in events:
                path = tree.root / name
                if not path.is_relative_to(tree.root):
                    continue
                relative = path.relative_to(tree.root).as_posix()
                if relative in folders or (path.is_dir() and tree.rules.folder(relative)):
                    rearm = True
                else:
                    paths.add(relative)
            if rearm:
                break
            if paths:
                yield paths
        if rearm:
            yield None  # The look comes first: it finds the folders that the next watch is to cover.
            if not tree.root.is_dir():
                await anyio.sleep(0.2)
