"""YAML as wadm reads it, with the place of every key and value.

Plain scalars are what YAML 1.2's core schema says (wadm's reader follows it): `yes` and `0777` are strings. Made from
events, so that depth and the size that aliases unfold to have limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from engine.manifest.problems import ManifestError

SIZE_LIMIT = 8 << 20
DEPTH_LIMIT = 100
VALUE_LIMIT = 500_000

Path = tuple[str | int, ...]
Place = tuple[int, int]

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,400})")
_RADIX = re.compile(r"[-+]?0(?:x[0-9a-fA-F]{1,400}|o[0-7]{1,400}|b[01]{1,400})")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class Document:
    """What a file says. `places` has line and column, from 1, of each value by its path; keys are under the path
    with :data:`KEY` added. `written` has the plain scalars that are no strings."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.data: Any = None
        self.places: dict[Path, Place] = {}
        self.written: dict[Path, str] = {}

    def place(self, path: Path) -> Place | tuple[None, None]:
        """The place of `path`, or of what is nearest around it."""
        while path not in self.places:
            if not path:
                return (None, None)
            path = path[:-1]
        return self.places[path]

    def line(self, number: int | None) -> str | None:
        """The text of line `number`."""
        lines = self.text.split("\n") if number else []
        return lines[number - 1] if number and number <= len(lines) else None


KEY = "\0key"
"""Ends the path of a key itself; no YAML text can hold the sign."""


def read_yaml(text: str, file: str) -> Document:
    """The first document in `text`, or the JSON that it is.

    Raises :class:`ManifestError` at the place that YAML does not allow, for a key that stands twice or is no string,
    for an alias to nothing, and past the limits.
    """
    document = Document(file, text)
    if len(text) > SIZE_LIMIT:
        raise ManifestError(f"the file is larger than {SIZE_LIMIT} bytes", file=file)
    # JSON is nearly YAML, but not in its escapes and line breaks: then the values are JSON's and places YAML's.
    as_json = _json(text, file) if text.lstrip()[:1] == "{" else None
    try:
        _Reader(document, joins_keys=as_json is not None).read()
    except yaml.YAMLError as error:
        if as_json is None:
            raise _problem(error, document) from None
    except (ValueError, OverflowError) as error:
        raise ManifestError(f"the file is not YAML: {error}", file=file) from None
    if as_json is not None:
        document.data = as_json
        document.places.setdefault((), (1, 1))
    return document


def _json(text: str, file: str) -> Any:
    """The JSON document; None when it is none, or is nested too deeply."""
    import json

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = next(key for number, (key, _) in enumerate(pairs) if key in dict(pairs[:number]))
            raise ManifestError(f"the key `{twice}` stands twice in one mapping", file=file)
        return found

    try:
        return json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return None


def _problem(error: yaml.YAMLError, document: Document) -> ManifestError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    message = (
        getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).partition("\n")[0]
    )
    line = mark.line + 1 if mark else None
    column = mark.column + 1 if mark else None
    return ManifestError(
        f"the file is not YAML: {message}",
        file=document.file,
        line=line,
        column=column,
        source=document.line(line),
        hint="a text with `: `, ` #`, or one of `{[&*!|>%@` at its start needs quotes",
    )


class _Open:
    """A collection being read: `key` is the one whose value comes next."""

    __slots__ = ("anchor", "key", "path", "value")

    def __init__(self, path: Path, value: Any, anchor: str | None) -> None:
        self.path = path
        self.value = value
        self.anchor = anchor
        self.key: str | None = None


class _Reader:
    """`joins_keys`: two keys that YAML folds into one are no error, as the text is JSON, where they are two."""

    def __init__(self, document: Document, *, joins_keys: bool = False) -> None:
        self.document = document
        self.joins_keys = joins_keys
        self.anchors: dict[str, Any] = {}
        self.stack: list[_Open] = []
        self.count = 0
        self.done = False

    def read(self) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        for event in self.events(loader):
            if isinstance(event, yaml.ScalarEvent):
                self.scalar(event)
            elif isinstance(event, yaml.MappingStartEvent):
                self.open({}, event)
            elif isinstance(event, yaml.SequenceStartEvent):
                self.open([], event)
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                self.close()
            elif isinstance(event, yaml.AliasEvent):
                self.alias(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                if self.done:
                    raise self.error("a manifest is one document, and here a second begins", _place(event))
                self.done = True

    def events(self, loader: Any) -> Iterator[yaml.Event]:
        return iter(yaml.parse(self.document.text, Loader=loader))

    def scalar(self, event: yaml.ScalarEvent) -> None:
        text = event.value
        value = _resolve(text) if event.implicit[0] else text  # plain and without a tag
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.value, dict) and frame.key is None:
            self.key(frame, text, event)
            return
        path = self.path()
        if event.anchor:
            self.anchors[event.anchor] = value
        if not isinstance(value, str):
            self.document.written[path] = text
        self.put(value, path, event)

    def key(self, frame: _Open, text: str, event: yaml.ScalarEvent) -> None:
        place = _place(event)
        if text in frame.value and not self.joins_keys:
            raise self.error(f"the key `{text}` stands twice in one mapping", place)
        frame.key = text
        self.document.places[(*frame.path, text, KEY)] = place

    def open(self, value: Any, event: Any) -> None:
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.value, dict) and frame.key is None:
            raise self.error("a key must be a string", _place(event))
        if len(self.stack) >= DEPTH_LIMIT:
            raise self.error(f"values are nested deeper than {DEPTH_LIMIT}", _place(event))
        path = self.path()
        self.put(value, path, event)
        self.stack.append(_Open(path, value, event.anchor))

    def close(self) -> None:
        frame = self.stack.pop()
        if frame.anchor:
            self.anchors[frame.anchor] = frame.value

    def alias(self, event: yaml.AliasEvent) -> None:
        place = _place(event)
        if event.anchor not in self.anchors:
            raise self.error(f"the alias `*{event.anchor}` names no anchor before it", place)
        value = self.anchors[event.anchor]
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.value, dict) and frame.key is None:
            raise self.error("a key must be a string", place)
        self.put(self.copied(value, len(self.stack), place), self.path(), event)

    def copied(self, value: Any, depth: int, place: Place) -> Any:
        """A copy of an anchor's value; each counts, so that a few lines cannot unfold to gigabytes."""
        self.counted(place)
        if depth >= DEPTH_LIMIT:
            raise self.error(f"values are nested deeper than {DEPTH_LIMIT}", place)
        if isinstance(value, dict):
            return {key: self.copied(item, depth + 1, place) for key, item in value.items()}
        if isinstance(value, list):
            return [self.copied(item, depth + 1, place) for item in value]
        return value

    def path(self) -> Path:
        """Where the value that comes next belongs."""
        if not self.stack:
            return ()
        frame = self.stack[-1]
        step: str | int = frame.key if frame.key is not None else len(frame.value)
        return (*frame.path, step)

    def put(self, value: Any, path: Path, event: yaml.Event) -> None:
        place = _place(event)
        self.counted(place)
        self.document.places[path] = place
        if not self.stack:
            self.document.data = value
            return
        frame = self.stack[-1]
        if isinstance(frame.value, dict):
            assert frame.key is not None
            frame.value[frame.key] = value
            frame.key = None
        else:
            frame.value.append(value)

    def counted(self, place: Place) -> None:
        self.count += 1
        if self.count > VALUE_LIMIT:
            raise self.error(f"the file has more than {VALUE_LIMIT} values", place)

    def error(self, message: str, place: Place) -> ManifestError:
        return ManifestError(
            message,
            file=self.document.file,
            line=place[0],
            column=place[1],
            source=self.document.line(place[0]),
        )


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _resolve(text: str) -> Any:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if not text or text[0] not in "+-.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _RADIX.fullmatch(text):
        return int(text, 0)
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", ""))
    if _FLOAT.fullmatch(text) and not re.match(r"[-+]?0[0-9]", text):
        return float(text)
    return text
