"""YAML with its keys, values and comments told apart, and the difference of two texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from textual.content import Content

from engine.logs.safe import plain

_LINE = re.compile(
    r"(?P<lead>\s*(?:- +)*)(?:(?P<key>[^\s#'\"][^:#]*?|'[^']*'|\"[^\"]*\")(?P<colon>:)(?=\s|$))?(?P<rest>.*)"
)
_PLAIN_VALUE = re.compile(r"\s*(?:true|false|null|~|-?\d[\d._]*)\s*$")
LINES = 5000
"""More lines than this are compared as a whole: nobody reads such a difference line by line."""


def yaml_lines(text: str) -> list[Content]:
    return [yaml_line(line) for line in text.rstrip("\n").split("\n")]


def yaml_line(line: str) -> Content:
    line = plain(line)
    if line.lstrip().startswith("#"):
        return Content.styled(line, "$text-muted italic")
    match = _LINE.fullmatch(line)
    if match is None:
        return Content(line)
    rest = match["rest"]
    style = "$text-accent" if _PLAIN_VALUE.match(rest) else "$foreground"
    return Content.assemble(
        (match["lead"], "$text-muted"),
        (match["key"] or "", "$text-primary"),
        (match["colon"] or "", "$text-muted"),
        (rest, style),
    )


def diff_lines(before: str, after: str, room: int, context: int | None = None) -> list[Content]:
    """All of both texts, or only `context` lines around what differs, with a sign before each line. What was added
    or removed is coloured over all of `room` cells."""
    return [_diff_line(sign, plain(line), room - 2) for sign, line in difference(before, after, context)]


def difference(before: str, after: str, context: int | None = None) -> Iterator[tuple[str, str]]:
    """(sign, line) with the signs ` `, `+`, `-`, and `…` where lines were left out."""
    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) > LINES:
        yield from (("-", line) for line in old)
        yield from (("+", line) for line in new)
        return
    if old == new:
        yield from ((" ", line) for line in old if context is None)
        return
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    whole = len(old) + len(new) if context is None else context
    groups = matcher.get_grouped_opcodes(whole)
    for number, group in enumerate(groups):
        if number or (context is not None and group and group[0][1]):
            yield "…", ""
        for kind, old_from, old_to, new_from, new_to in group:
            if kind == "equal":
                yield from ((" ", line) for line in old[old_from:old_to])
                continue
            yield from (("-", line) for line in old[old_from:old_to])
            yield from (("+", line) for line in new[new_from:new_to])


def _diff_line(sign: str, line: str, width: int) -> Content:
    if sign == "+":
        return Content.styled(f"+ {line:<{width}}", "$text-success on $success-muted")
    if sign == "-":
        return Content.styled(f"- {line:<{width}}", "$text-error on $error-muted")
    if sign == "…":
        return Content.styled("  ⋯", "$text-muted")
    return Content.styled("  ", "") + yaml_line(line)
