"""What is wrong with WIT, and where."""

from __future__ import annotations

from engine.component.model import Span
from engine.model.problem import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# A longer line tells a reader nothing and could flood a terminal; upstream's limit too.
LONGEST_LINE = 500

# Of one package; whoever has more mistakes than this looks at the first ones.
MOST_PROBLEMS = 50


class WitError(Problem):
    """WIT that cannot be read. `column` counts bytes of UTF-8 from 1, as upstream's tools do."""

    def __init__(
        self,
        message: str,
        span: Span | None = None,
        *,
        file: str | None = None,
        hint: str | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        if span is None:
            super().__init__(message, file=file, hint=hint, notes=notes)
            return
        line, column, text, before, width = place(span)
        shown = len(text) <= LONGEST_LINE
        super().__init__(
            message,
            file=span.source.path,
            line=line,
            column=column,
            source=text if shown else None,
            hint=hint,
            notes=notes,
        )
        self.before = before
        self.width = width


class Skip(Exception):
    """Raised where something refers to what is already reported as wrong: to say it twice would not help."""


class Enough(Exception):
    """Raised when a package has as many problems as are told."""


def place(span: Span) -> tuple[int, int, str, str, int]:
    """Line, byte column (both from 1), the line's text, its part before the place, and the place's width."""
    text = span.source.text
    line = text.count("\n", 0, span.start) + 1
    begin = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", begin)
    content = text[begin : len(text) if end < 0 else end].removesuffix("\r")
    before = text[begin : span.start]
    width = max(1, min(span.end, begin + len(content)) - span.start)
    return line, len(before.encode()) + 1, content, before, width


def location(span: Span) -> str:
    """`file:line:column`."""
    line, column, *_ = place(span)
    return f"{span.source.path}:{line}:{column}"


def meant(name: str, among: Iterable[str]) -> str | None:
    """A hint that names what was probably meant, if anything is near; only among as many as a person could mean."""
    names = list(among)
    if len(names) > 500 or len(name) > 100:
        return None
    from difflib import get_close_matches

    close = get_close_matches(name, names, n=1)
    return f"did you mean `{close[0]}`?" if close else None
