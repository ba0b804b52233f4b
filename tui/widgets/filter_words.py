"""A filter as one line of text: `text`, `/regex/`, `!` before either to hide instead, `level:`, `source:`, `context:`."""

from __future__ import annotations

from engine.logs.match import Matcher, PatternProblem
from engine.logs.record import LEVELS
from engine.logs.view import Filter

_ALIASES = {"warning": "warn", "err": "error", "all": ""}


def parse(text: str, since: int = 0) -> tuple[Filter, str]:
    """The filter, and what is wrong with the text (then the filter is not to be used)."""
    level, context = "", 0
    sources: list[str] = []
    words: list[str] = []
    for word in text.split(" "):
        name, colon, value = word.partition(":")
        if colon and name == "level":
            level = _ALIASES.get(value.lower(), value.lower())
            if level and level not in LEVELS:
                return Filter(), f"level: one of {', '.join(LEVELS)}"
        elif colon and name == "source":
            sources.extend(part for part in value.split(",") if part)
        elif colon and name == "context":
            if not value.isdigit() or int(value) > 100:
                return Filter(), "context: a number of lines, up to 100"
            context = int(value)
        else:
            words.append(word)
    pattern = " ".join(words).strip()
    invert = pattern.startswith("!") and len(pattern) > 1
    pattern = pattern.removeprefix("!") if invert else pattern
    regex = len(pattern) > 2 and pattern.startswith("/") and pattern.endswith("/")
    pattern = pattern[1:-1] if regex else pattern
    try:
        if pattern:
            Matcher(pattern, regex)
    except PatternProblem as problem:
        return Filter(), problem.message
    return Filter(tuple(sources), level, pattern, regex, "smart", invert, context, since), ""


def unparse(filter: Filter) -> str:
    """The text that gives this filter."""
    pattern = f"/{filter.match}/" if filter.regex else filter.match
    words = [f"{'!' if filter.invert else ''}{pattern}"] if filter.match else []
    words += [f"level:{filter.level}"] if filter.level else []
    words += [f"source:{','.join(filter.sources)}"] if filter.sources else []
    words += [f"context:{filter.context}"] if filter.context else []
    return " ".join(words)


def describe(filter: Filter) -> list[str]:
    """The same for a title: what is shown, in words."""
    said = []
    if filter.match:
        pattern = f"/{filter.match}/" if filter.regex else f"“{filter.match}”"
        said.append(
            f"{'without' if filter.invert else 'only'} {pattern}"
            + (f" ±{filter.context}" if filter.context else "")
        )
    if filter.level:
        said.append(f"{filter.level} and above")
    if filter.sources:
        said.append(", ".join(filter.sources))
    if filter.since:
        said.append("cleared")
    return said
