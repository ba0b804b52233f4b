"""Searching a view: the next match, looked for in slices, so that a long journal never holds up the screen."""

from __future__ import annotations

from engine.logs.match import Matcher, PatternProblem
from engine.logs.view import View


class Search:
    """One search under way. `outcome` says how it stands, for people: `searching…`, `not found`, `no more matches`."""

    def __init__(self) -> None:
        self.matcher: Matcher | None = None
        self.outcome = ""
        self._at: tuple[int, int] | None = None

    @property
    def under_way(self) -> bool:
        return self._at is not None

    def look_for(self, matcher: Matcher | None) -> None:
        """Another pattern, or none."""
        self.matcher = matcher
        self.stop()

    def stop(self) -> None:
        self._at, self.outcome = None, ""

    def start(self, view: View, row: int | None, step: int) -> int | None:
        """Begins after `row` (none: at the end) in direction `step`; gives the row found at once, if any."""
        if row is None:
            row = view.count - 1 if step < 0 else view.count
            self._at = (row, step)
        else:
            self._at = (row + step, step)
        return self.go_on(view, row)

    def go_on(self, view: View, origin: int | None = None) -> int | None:
        """Another slice. Gives the row found."""
        if self._at is None or self.matcher is None:
            return None
        start, step = self._at
        try:
            found, start = view.find(self.matcher, start, step)
        except PatternProblem as problem:
            self._at, self.outcome = None, problem.message
            return None
        if found is None and 0 <= start < view.count:
            self._at, self.outcome = (start, step), "searching…"
            return None
        self._at = None
        self.outcome = "" if found is not None else self._nothing(view, origin)
        return found

    def _nothing(self, view: View, origin: int | None) -> str:
        """Standing on a match there are no more; else there is none in this direction."""
        window = [] if origin is None else view.window(origin, 1)
        matcher = self.matcher
        on_match = matcher is not None and any(matcher.test(record.text) for _, record in window)
        return "no more matches" if on_match else "not found"
