"""Where each key of a TOML document stands.

`tomllib` gives values without places. This walks a document that `tomllib` has accepted and notes the offset of
each key and array item; it runs only when there is something to tell a person.
"""

from __future__ import annotations

import re

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\r\n]*")
_BASIC = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LITERAL = re.compile(r"'[^'\n]*'")
_LONG_BASIC = re.compile(r'"""(?:[^\\]|\\.)*?"""(?!")"{0,2}', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''.*?'''(?!')'{0,2}", re.DOTALL)


def positions(text: str) -> dict[Path, int]:
    """Offsets by key path; items of arrays have their index in the path. What cannot be followed is left out."""
    walk = _Walk(text)
    try:
        walk.document()
    except (IndexError, RecursionError):  # a document that tomllib would not take either
        pass
    return walk.found


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Both from 1."""
    line = text.count("\n", 0, offset) + 1
    return line, offset - (text.rfind("\n", 0, offset) + 1) + 1


class _Walk:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, int] = {}
        self.lengths: dict[Path, int] = {}

    def document(self) -> None:
        prefix: Path = ()
        while True:
            self.blank()
            if self.at >= len(self.text):
                return
            start = self.at
            if self.text.startswith("[[", start):
                self.at += 2
                key = self.header(start)
                index = self.lengths.get(key, 0)
                self.lengths[key] = index + 1
                prefix = (*key, index)
                self.found.setdefault(prefix, start)
                self.after("]]")
            elif self.text[start] == "[":
                self.at += 1
                prefix = self.header(start)
                self.after("]")
            else:
                self.pair(prefix)

    def header(self, start: int) -> Path:
        """A table's key, with the index of the last item after each name of an array of tables, except at its end."""
        key = self.key()[0]
        path: Path = ()
        for number, name in enumerate(key):
            path = (*path, name)
            self.found.setdefault(path, start)
            if number < len(key) - 1 and path in self.lengths:
                path = (*path, self.lengths[path] - 1)
        return path

    def after(self, sign: str) -> None:
        end = self.text.find(sign, self.at)
        self.at = end + len(sign) if end >= 0 else len(self.text)

    def pair(self, prefix: Path) -> None:
        key, start = self.key()
        path: Path = prefix
        for name in key:
            path = (*path, name)
            self.found.setdefault(path, start)
        self.blank()
        if self.text[self.at] != "=":
            raise IndexError
        self.at += 1
        self.value(path)

    def key(self) -> tuple[Path, int]:
        parts: list[str] = []
        self.blank()
        start = self.at
        while True:
            self.blank()
            match = _BARE.match(self.text, self.at)
            quoted = match is None
            if match is None:
                match = _BASIC.match(self.text, self.at) or _LITERAL.match(self.text, self.at)
            if match is None:
                raise IndexError
            self.at = match.end()
            parts.append(_unquoted(match.group()) if quoted else match.group())
            self.blank()
            if not self.text.startswith(".", self.at):
                return tuple(parts), start
            self.at += 1

    def value(self, path: Path) -> None:
        self.blank()
        sign = self.text[self.at]
        if sign == "[":
            self.at += 1
            self.array(path)
        elif sign == "{":
            self.at += 1
            self.inline_table(path)
        elif sign in "\"'":
            long, short = (_LONG_BASIC, _BASIC) if sign == '"' else (_LONG_LITERAL, _LITERAL)
            match = long.match(self.text, self.at) or short.match(self.text, self.at)
            if match is None:
                raise IndexError
            self.at = match.end()
        else:
            match = _SCALAR.match(self.text, self.at)
            assert match is not None
            self.at = match.end()

    def array(self, path: Path) -> None:
        index = 0
        while True:
            self.blank()
            if self.text[self.at] == "]":
                self.at += 1
                return
            self.found.setdefault((*path, index), self.at)
            self.value((*path, index))
            index += 1
            self.blank()
            if self.text[self.at] == ",":
                self.at += 1

    def inline_table(self, path: Path) -> None:
        while True:
            self.blank()
            if self.text[self.at] == "}":
                self.at += 1
                return
            self.pair(path)
            self.blank()
            if self.text[self.at] == ",":
                self.at += 1

    def blank(self) -> None:
        match = _BLANK.match(self.text, self.at)
        assert match is not None
        self.at = match.end()


def _unquoted(key: str) -> str:
    import tomllib

    try:
        return next(iter(tomllib.loads(f"{key} = 1")))
    except tomllib.TOMLDecodeError:
        return key
