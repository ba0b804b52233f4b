"""Decides what runs when: source reloads at once, the whole pipeline one run at a time, after a quiet moment."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import anyio

from engine.model.reload import Cause, Reload
from engine.session.loops import LoopGuard

if TYPE_CHECKING:
    from engine.session.session import Session

# Saves that belong together (format on save, a branch switch) come within this many seconds of each other.
QUIET = 0.02
QUIET_MOST = 0.5
# A file that a build wrote is told of within so many seconds of its end.
SOON = 1.0


class Wish:
    """A run of the pipeline that was asked for; `reload` is how it ended, None where a fault of ours ended it."""

    def __init__(self, cause: Cause, rebuild: bool = False, apply: bool = False) -> None:
        self.cause = cause
        self.rebuild = rebuild
        self.apply = apply
        self.done = anyio.Event()
        self.reload: Reload | None = None


class Conductor:
    """Takes changed files and wishes from anywhere in the loop; :meth:`run` is the one task that grants them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._changed: set[str] = set()
        self._wishes: list[Wish] = []
        self._wake = anyio.Event()
        self._build: anyio.CancelScope | None = None
        self._loops = LoopGuard()

    async def run(self) -> None:
        """Runs the pipeline, once now and then whenever something asks for it."""
        wish = Wish(Cause("start"))
        ended = 0.0
        while True:
            busy = anyio.current_time() - ended < SOON
            for path in self._loops.count(wish.cause.paths if wish.cause.kind == "file" else (), busy):
                self._session.log(
                    "wake", "warn", f"{path} changes with every build: it is not watched any more"
                )
            try:
                wish.reload = await self._session.pipeline.run(wish.cause, wish.rebuild, wish.apply)
            except Exception:
                # A fault of ours ends this reload, not the session.
                text = traceback.format_exc()
                self._session.log("wake", "error", text)
                last = text.strip().splitlines()[-1]
                self._session.publisher.replace(phase="failed", progress=None, error=last)
                wish.done.set()
            else:
                if wish.reload is not None:
                    wish.done.set()
                elif wish.cause.kind != "file":
                    # Newer files made it stale before it was built; it is asked for all the same.
                    self._wishes.insert(0, wish)
            ended = anyio.current_time()
            wish = await self._next()

    def ask(self, wish: Wish) -> Wish:
        """Has the pipeline run, soon."""
        self._wishes.append(wish)
        self._wake.set()
        return wish

    async def granted(self, wish: Wish) -> dict[str, Any]:
        """Has the pipeline run; how that reload ended."""
        await self.ask(wish).done.wait()
        if wish.reload is None:
            return {"number": 0, "ok": False, "error": self._session.publisher.state.error}
        return {"number": wish.reload.number, "ok": wish.reload.ok, "error": wish.reload.error}

    def building(self, scope: anyio.CancelScope | None) -> None:
        """The build under way; changes that make it stale cancel it."""
        self._build = scope

    async def changed(self, paths: list[str]) -> None:
        """Files changed: they are served at once where a dev shell can, else kept for the pipeline."""
        paths = self._loops.fresh(paths)
        if not paths:
            return
        pipeline = self._session.pipeline
        if not self._session.publisher.state.paused:
            if not self._changed and pipeline.serves(paths):
                try:
                    await pipeline.source_reload(paths)
                    return
                except Exception:
                    # A fault of ours ends this way of serving them; the whole pipeline makes everything anew.
                    self._session.log("wake", "error", traceback.format_exc())
            if self._build is not None and pipeline.spoils(paths):
                self._build.cancel()
        self.keep(paths)

    def keep(self, paths: Iterable[str]) -> None:
        """Has the pipeline take these changed files up, after what it does now."""
        if fresh := self._loops.fresh(paths):
            self._changed.update(fresh)
            self._wake.set()

    @property
    def due(self) -> bool:
        """Whether a run of the pipeline is asked for and has not begun."""
        return bool(self._wishes) or (bool(self._changed) and not self._session.publisher.state.paused)

    async def resumed(self) -> None:
        """What changed during a pause is taken up."""
        kept, self._changed = self._changed, set()
        await self.changed(sorted(kept))

    async def _next(self) -> Wish:
        while True:
            if self._wishes:
                return self._wishes.pop(0)
            if self._changed and not self._session.publisher.state.paused:
                await self._quiet()
                paths, self._changed = tuple(sorted(self._changed)), set()
                return Wish(Cause("file", paths))
            await self._wake.wait()
            self._wake = anyio.Event()

    async def _quiet(self) -> None:
        """Until no further change comes for a moment."""
        with anyio.move_on_after(QUIET_MOST):
            while True:
                before = len(self._changed)
                await anyio.sleep(QUIET)
                if len(self._changed) == before:
                    return
