"""The stopwatch of a reload."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.model.reload import StageName


class Stages:
    """Times the stages of one reload. Its total runs from the newest change of a file, where there is one."""

    def __init__(
        self, clock: Callable[[], float] = time.perf_counter, now: Callable[[], float] = time.time
    ) -> None:
        self._clock = clock
        self._started = clock()
        self._now = now
        self.taken: dict[StageName, float] = {}

    @contextmanager
    def stage(self, name: StageName) -> Iterator[None]:
        started = self._clock()
        try:
            yield
        finally:
            self.add({name: (self._clock() - started) * 1000})

    def add(self, taken: dict[StageName, float]) -> None:
        for name, ms in taken.items():
            self.taken[name] = self.taken.get(name, 0.0) + ms

    def detected(self, files: list[Path]) -> None:
        """*detect*: from the newest modification among `files` to the start of this reload."""
        times = []
        for file in files:
            try:
                times.append(file.stat().st_mtime)
            except OSError:
                continue
        if times:
            spent = (self._clock() - self._started) * 1000
            # A file from the future, or from an archive, says nothing about when we could have known.
            since = (self._now() - max(times)) * 1000 - spent
            if 0 <= since < 60_000:
                self.add({"detect": since})

    @property
    def total_ms(self) -> float:
        return (self._clock() - self._started) * 1000 + self.taken.get("detect", 0.0)

    def rounded(self) -> dict[StageName, float]:
        return {name: round(ms, 2) for name, ms in self.taken.items()}
