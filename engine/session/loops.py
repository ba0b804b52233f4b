"""Finds reload loops: a build that writes a file which is watched, and differs each time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

MOST = 5
WITHIN_SECONDS = 10.0
# A build that writes does so at the same point each time: the time between its runs varies by no more than this part.
REGULAR = 0.25


class LoopGuard:
    """Counts reloads by the file that caused them. A person does not save one file six times in ten seconds while
    each save takes a build."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, deque[float]] = {}
        self.suspended: set[str] = set()

    def fresh(self, paths: Iterable[str]) -> list[str]:
        """The paths that may cause a reload."""
        return [path for path in paths if path not in self.suspended]

    def count(self, paths: Iterable[str], busy: bool = False) -> list[str]:
        """Notes that these paths caused a build; those that are suspended from now on. `busy`: they changed during
        the build before, or as it ended."""
        now = self._clock()
        caught = []
        for path in paths:
            times = self._seen.setdefault(path, deque(maxlen=MOST + 1))
            times.append(now)
            if len(times) > MOST and (now - times[0] < WITHIN_SECONDS or (busy and _regular(times))):
                self.suspended.add(path)
                caught.append(path)
        return caught


def _regular(times: Sequence[float]) -> bool:
    gaps = [later - earlier for earlier, later in pairwise(times)]
    return max(gaps) - min(gaps) <= REGULAR * max(gaps)
