"""Text to tokens, in one pass of one pattern.

What cannot be a token becomes one of kind `error`: it is told only when the parser arrives at it, so that an earlier
mistake in the same file is told first, as upstream does, which reads token by token.
"""

from __future__ import annotations

import re

from engine.component.model import Source, Span
from engine.wit.errors import WitError

KEYWORDS = {
    word: word
    for word in [
        "use",
        "type",
        "func",
        "u8",
        "u16",
        "u32",
        "u64",
        "s8",
        "s16",
        "s32",
        "s64",
        "f32",
        "f64",
        "char",
        "resource",
        "own",
        "borrow",
        "record",
        "flags",
        "variant",
        "enum",
        "bool",
        "string",
        "option",
        "result",
        "future",
        "stream",
        "error-context",
        "list",
        "map",
        "_",
        "as",
        "from",
        "static",
        "interface",
        "tuple",
        "import",
        "export",
        "world",
        "package",
        "constructor",
        "include",
        "with",
        "async",
    ]
}

_TOKEN = re.compile(
    r"(?:[ \t\n]++|\r\n)*+(?:"
    r"([^\W\d][\w-]*)"  # 1 word
    r"|(->|[=,:;(){}<>@.+*-]|/(?![/*]))"  # 2 punctuation
    r"|((?://[^\n]*+(?:\n(?:[ \t\n]++|\r\n)*+)?)++)"  # 3 comments to the end of their lines
    r"|(/\*)"  # 4 comment in brackets; these nest
    r"|(%(?:[^\W\d][\w-]*|-[\w-]*)?)"  # 5 word behind a percent sign
    r"|([0-9]+)"  # 6 number
    r'|("(?:[^"\\\n]|\\.)*")'  # 7 string
    r"|(.)"  # 8 nothing that WIT knows
    r")",
    re.DOTALL,
)
_BRACKET = re.compile(r"/\*|\*/")

# The WIT specification, "Lexical structure": these make a text read differently from what it is.
_REFUSED = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
    r"\u202a-\u202e\u2066-\u2069"
    r"\u0149\u0673\u0f77\u0f79\u17a3\u17a4\u17b4\u17b5]"
)


class Tokens:
    """The tokens of a file: parallel lists, ended by one of kind `eof`; and, by token, where the comments before it
    are (a run of line comments is one place)."""

    __slots__ = ("comments", "ends", "errors", "kinds", "source", "starts")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.kinds: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.comments: dict[int, list[tuple[int, int]]] = {}
        self.errors: dict[int, str] = {}


def lex(source: Source) -> Tokens:
    """Raises :class:`WitError` for characters that WIT refuses anywhere."""
    text = source.text
    _refuse(source)
    tokens = Tokens(source)
    kinds, starts, ends, comments = tokens.kinds, tokens.starts, tokens.ends, tokens.comments
    keyword = KEYWORDS.get
    position = 1 if text.startswith("\ufeff") else 0
    scan = _TOKEN.scanner(text, position)  # type: ignore[attr-defined]
    while (match := scan.match()) is not None:
        group = match.lastindex
        start, end = match.span(group)
        if group == 1:
            kinds.append(keyword(match[1], "id"))
        elif group == 2:
            kinds.append(match[2])
        elif group == 3:
            comments.setdefault(len(kinds), []).append((start, end))
            continue
        elif group == 4:
            close = _close(text, end)
            if close < 0:
                tokens.errors[len(kinds)] = "unterminated block comment"
                kinds.append("error")
                starts.append(start)
                ends.append(end)
                break
            comments.setdefault(len(kinds), []).append((start, close))
            scan = _TOKEN.scanner(text, close)  # type: ignore[attr-defined]
            continue
        elif group == 5:
            kinds.append("explicit-id")
        elif group == 6:
            kinds.append("integer")
        elif group == 7:
            kinds.append("string-literal")
        else:
            char = match[8]
            tokens.errors[len(kinds)] = (
                "unterminated string literal" if char == '"' else f"unexpected character {char!r}"
            )
            kinds.append("error")
        starts.append(start)
        ends.append(end)
    kinds.append("eof")
    starts.append(len(text))
    ends.append(len(text))
    return tokens


def _close(text: str, position: int) -> int:
    """Where the bracket comment that began before `position` ends, or -1."""
    depth = 1
    while depth:
        found = _BRACKET.search(text, position)
        if found is None:
            return -1
        depth += 1 if found[0] == "/*" else -1
        position = found.end()
    return position


def _refuse(source: Source) -> None:
    found = _REFUSED.search(source.text)
    if found is None:
        return
    code = ord(found[0])
    span = Span(source, found.start(), found.end())
    if code < 0xA0:
        raise WitError(f"Control code '\\u{{{code:x}}}' is not allowed in WIT", span)
    if code >= 0x2000:
        raise WitError(f"Input contains bidirectional override codepoint '\\u{{{code:x}}}'", span)
    raise WitError(f"Codepoint '\\u{{{code:x}}}' is discouraged by Unicode", span)


def described(kind: str) -> str:
    """A token's kind as a message says it."""
    if kind == "id":
        return "an identifier"
    if kind == "explicit-id":
        return "an '%' identifier"
    if kind == "integer":
        return "an integer"
    if kind == "string-literal":
        return "a string literal"
    if kind == "eof":
        return "eof"
    return f"keyword `{kind}`" if kind in KEYWORDS else f"'{kind}'"


_PLAIN_ID = re.compile(r"(?:[a-z][a-z0-9]*|[A-Z][A-Z0-9]*)(?:-(?:[a-z0-9]+|[A-Z0-9]+))*").fullmatch


def wrong_id(name: str) -> str | None:
    """Why `name` is no identifier, or `None`: words of one case each, joined by single dashes, and the first starts
    with a letter (component model, `WIT.md`, "Identifiers")."""
    if _PLAIN_ID(name) is not None:
        return None
    if not name:
        return "identifiers must have characters between '-'s"
    for number, word in enumerate(name.split("-")):
        if not word:
            return "identifiers must have characters between '-'s"
        upper: bool | None = None
        for index, char in enumerate(word):
            if "0" <= char <= "9" and (number or index):
                continue
            is_upper = "A" <= char <= "Z"
            if not (is_upper or "a" <= char <= "z") or (upper is not None and upper != is_upper):
                return f"invalid character in identifier {char!r}"
            upper = is_upper
    return None
