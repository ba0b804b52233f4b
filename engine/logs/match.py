"""Does a line match? Literal or regular expression, with a bound on the time of each line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from engine.logs.safe import plain
from engine.model.problem import Problem

LINE_SECONDS = 0.01
"""A regular expression may think this long about one line; then it is refused as too slow."""

Case = Literal["smart", "exact", "ignore"]


class PatternProblem(Problem):
    """A pattern that cannot be used: it does not compile, or takes for ever."""


class Matcher:
    """A pattern, compiled. Case *smart*: ignored unless the pattern holds a capital.

    Patterns see text as it is shown: without escapes. Raises :class:`PatternProblem` when made from a wrong
    expression, and from the methods when the expression explodes on a line.
    """

    def __init__(self, pattern: str, regex: bool = False, case: Case = "smart") -> None:
        self.pattern = pattern
        self.regex = regex
        self.ignore_case = case == "ignore" or (case == "smart" and pattern == pattern.lower())
        self._expression: Any = None
        if regex:
            self._expression = _compile(pattern, self.ignore_case)
        self._needle = pattern.lower() if self.ignore_case else pattern

    @property
    def needle(self) -> bytes | None:
        """Bytes that can be looked for in raw text (lower-cased if `ignore_case`); None when that would not be the
        same as :meth:`test`."""
        if self.regex or (self.ignore_case and not self._needle.isascii()):
            return None
        return self._needle.encode("utf-8", "surrogateescape")

    def test(self, text: str) -> bool:
        """Whether raw `text` matches."""
        text = plain(text)
        if self._expression is not None:
            return self._search(text, 0) is not None
        return self._needle in (text.lower() if self.ignore_case else text)

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where `text` (already plain) matches, left to right, at most once a character."""
        at = 0
        folded = text.lower() if self.ignore_case and not self.regex else text
        if len(folded) != len(text):  # İ and the like: positions would not fit
            folded = text
        while at <= len(text):
            if self._expression is not None:
                found = self._search(text, at)
                if found is None:
                    return
                start, end = found.span()
            else:
                start = folded.find(self._needle, at)
                if start < 0:
                    return
                end = start + len(self._needle)
            if end > start:
                yield start, end
            at = max(end, at + 1, start + 1)

    def _search(self, text: str, start: int) -> Any:
        try:
            return self._expression.search(text, start, timeout=LINE_SECONDS)
        except TimeoutError:
            raise PatternProblem(
                f"the pattern {self.pattern!r} takes too long on some lines",
                hint="nested repeats such as (a+)+ explode; write it without one",
            ) from None


def _compile(pattern: str, ignore_case: bool) -> Any:
    # `re` cannot be interrupted; this one takes a timeout. Imported late: it costs 80 ms.
    import regex

    try:
        return regex.compile(pattern, regex.IGNORECASE if ignore_case else 0)
    except regex.error as error:
        at: int | None = getattr(error, "pos", None)
        raise PatternProblem(
            f"not a regular expression: {getattr(error, 'msg', error)}",
            source=pattern,
            line=1,
            column=None if at is None else at + 1,
        ) from None
