"""What the grammar is made of: tokens, names, versions, lists and attributes."""

from __future__ import annotations

from engine.component.model import Span
from engine.wit.docs import docs_text
from engine.wit.errors import WitError
from engine.wit.lexer import Tokens, described, wrong_id
from engine.wit.syntax import Attribute, Id
from engine.wit.version import version_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    Item = TypeVar("Item")

DEEPEST = 100


class Reader:
    """A place among the tokens of a file; each method takes what it names, or raises :class:`WitError`."""

    __slots__ = ("at", "depth", "ends", "kinds", "source", "starts", "text", "tokens")

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.source = tokens.source
        self.text = tokens.source.text
        self.kinds = tokens.kinds
        self.starts = tokens.starts
        self.ends = tokens.ends
        self.at = 0
        self.depth = 0

    # -- tokens --

    def span(self, at: int) -> Span:
        return Span(self.source, self.starts[at], self.ends[at])

    def unexpected(self, expected: str) -> WitError:
        """The error of finding the current token where `expected` should be."""
        at = self.at
        kind = self.kinds[at]
        if kind == "error":
            return WitError(self.tokens.errors[at], self.span(at))
        return WitError(
            f"expected {expected}, found {described(kind)}", self.span(at), hint=self.advice(kind)
        )

    def advice(self, kind: str) -> str | None:
        if kind in ("eof", "id", "integer", "error"):
            return None
        if described(kind).startswith("keyword"):
            return f"to use a keyword as a name, write it as `%{kind}`" if self.wants_name else None
        return None

    @property
    def wants_name(self) -> bool:
        """Whether the place before the current token is one where a name goes."""
        before = self.kinds[self.at - 1] if self.at else ""
        return before in (
            "interface",
            "world",
            "type",
            "record",
            "variant",
            "enum",
            "flags",
            "resource",
            ":",
            "/",
        )

    def eat(self, kind: str) -> bool:
        if self.kinds[self.at] == kind:
            self.at += 1
            return True
        return False

    def expect(self, kind: str) -> int:
        """The token's number."""
        at = self.at
        if self.kinds[at] != kind:
            raise self.unexpected(described(kind))
        self.at = at + 1
        return at

    def docs(self) -> str | None:
        comments = self.tokens.comments.get(self.at)
        return None if comments is None else docs_text(self.text, comments)

    def id(self) -> Id:
        at = self.at
        kind = self.kinds[at]
        start, end = self.starts[at], self.ends[at]
        if kind == "id":
            name = self.text[start:end]
        elif kind == "explicit-id":
            name = self.text[start + 1 : end]
        else:
            raise self.unexpected("an identifier or string")
        if not (name.isalpha() and name.islower() and name.isascii()):
            wrong = wrong_id(name)
            if wrong is not None:
                raise WitError(
                    wrong,
                    Span(self.source, start, end),
                    hint="names are words of lower-case (or all upper-case) letters and digits, joined by `-`",
                )
        self.at = at + 1
        return Id(self.source, start, end, name)

    def version(self) -> str:
        start = self.starts[self.expect("integer")]
        self.expect(".")
        self.expect("integer")
        self.expect(".")
        end = self.ends[self.expect("integer")]
        for mark in ("-", "+"):
            if self.eat(mark):
                end = self.version_words(mark)
        # A prerelease such as `1.0.0-rc` is lexed as a number, a dash and a word; so is `1.0.0-0a`, less cleanly.
        text = self.text[start:end]
        if version_key(text) is None:
            raise WitError(
                f"`{text}` is not a version",
                Span(self.source, start, end),
                hint="versions are semantic versions: major.minor.patch, as in `1.2.3` or `1.2.3-rc.1`",
            )
        return text

    def version_words(self, mark: str) -> int:
        kinds = self.kinds
        while True:
            if kinds[self.at] not in ("id", "integer", "-"):
                raise self.unexpected("an id or integer")
            end = self.ends[self.at]
            self.at += 1
            # Words and numbers without anything between them are one identifier of the version (`0a`, `-a-1`).
            while kinds[self.at] in ("id", "integer", "-") and self.starts[self.at] == end:
                end = self.ends[self.at]
                self.at += 1
            if kinds[self.at] != "." or kinds[self.at + 1] not in ("id", "integer", "-"):
                return end
            self.at += 1

    def opt_version(self) -> str | None:
        return self.version() if self.eat("@") else None

    def listed(self, close: str, item: Callable[[], Item]) -> tuple[Item, ...]:
        """Items between commas up to `close`; a comma at the end is fine."""
        items = []
        while self.kinds[self.at] != close:
            items.append(item())
            if not self.eat(","):
                self.expect(close)
                return tuple(items)
        self.at += 1
        return tuple(items)

    def nest(self, what: str) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise WitError(
                f"{what} nesting too deep",
                self.span(self.at),
                hint=f"at most {DEEPEST} levels are allowed; give an inner type a name with `type`",
            )

    def attributes(self) -> tuple[Attribute, ...]:
        if self.kinds[self.at] != "@":
            return ()
        found = []
        while self.eat("@"):
            id = self.id()
            if id.name in ("since", "deprecated"):
                value = self.attribute_value("version", self.version)
            elif id.name == "unstable":
                value = self.attribute_value("feature", lambda: self.id().name)
            elif id.name == "external-id":
                self.expect("(")
                value = self.string()
                self.expect(")")
            else:
                raise WitError(
                    f"unknown attribute `{id.name}`",
                    id,
                    hint="there are `@since`, `@unstable`, `@deprecated` and `@external-id`",
                )
            found.append(Attribute(id, value))
        return tuple(found)

    def attribute_value(self, key: str, value: Callable[[], str]) -> str:
        self.expect("(")
        name = self.id()
        if name.name != key:
            raise WitError(f"expected `{key}`, found `{name.name}`", name)
        self.expect("=")
        text = value()
        self.expect(")")
        return text

    def string(self) -> str:
        at = self.expect("string-literal")
        raw = self.text[self.starts[at] + 1 : self.ends[at] - 1]
        if "\\" not in raw:
            return raw
        out = []
        position = 0
        while position < len(raw):
            char = raw[position]
            if char == "\\":
                position += 1
                escaped = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}.get(raw[position])
                if escaped is None:
                    start = self.starts[at] + position
                    raise WitError(
                        f"invalid escape in string {raw[position]!r}", Span(self.source, start, start + 2)
                    )
                char = escaped
            out.append(char)
            position += 1
        return "".join(out)
