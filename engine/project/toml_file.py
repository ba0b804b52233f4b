"""A TOML file read through typed questions, so that what is wrong is told with file, line, key and expectation.

    section = TomlFile(path, text).top()
    name = section.text("name")
    component = section.table("component")
    section.end()            # keys that nobody asked for become warnings, with "did you mean"

Everything wrong is collected; :meth:`TomlFile.check` raises it as one error.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.model.diagnostic import Diagnostic
from engine.project.problems import ConfigError

SIZE_LIMIT = 1 << 20

_PLACE = re.compile(r"\s*\((?:at line (\d+), column (\d+)|(at end of document))\)$")


def read_text(path: Path) -> str:
    """The file as text. Raises :class:`ConfigError` when it cannot be read, is no UTF-8, or is over a mebibyte."""
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read: {error.strerror}", file=str(path)) from error
    if len(data) > SIZE_LIMIT:
        raise ConfigError(f"{path.name} is larger than {SIZE_LIMIT} bytes", file=str(path))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise ConfigError(f"{path.name} is not UTF-8", file=str(path), line=line, column=column) from error


def parse(text: str, path: Path) -> dict[str, Any]:
    """The document. Raises :class:`ConfigError` at the place that TOML does not allow."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError(f"{path.name} is nested too deeply", file=str(path)) from None
    except ValueError as error:
        message = str(error)
        place = _PLACE.search(message)
        line = column = source = None
        if place:
            message = message[: place.start()]
            lines = text.split("\n")
            line = int(place[1]) if place[1] else len(lines)
            column = int(place[2]) if place[2] else len(lines[-1]) + 1
            source = lines[line - 1] if line <= len(lines) else None
        raise ConfigError(
            f"{path.name} is not TOML: {message[:1].lower()}{message[1:]}",
            file=str(path),
            line=line,
            column=column,
            source=source,
        ) from None


class TomlFile:
    """One document, what was found wrong in it (`errors`) and what looks wrong (`warnings`)."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text
        self.data = parse(text, path)
        self.errors: list[ConfigError] = []
        self.warnings: list[Diagnostic] = []
        self._positions: dict[tuple[str | int, ...], int] | None = None

    def top(self) -> Section:
        return Section(self, (), self.data)

    def place(self, key: Sequence[str | int]) -> tuple[int | None, int | None]:
        """Line and column of `key`, or of the nearest table around it."""
        from engine.project.toml_positions import line_and_column, positions

        if self._positions is None:
            self._positions = positions(self.text)
        path = tuple(key)
        while path and path not in self._positions:
            path = path[:-1]
        return line_and_column(self.text, self._positions[path]) if path else (None, None)

    def error(self, key: Sequence[str | int], message: str, hint: str | None = None) -> None:
        line, column = self.place(key)
        source = self.text.split("\n")[line - 1] if line else None
        self.errors.append(
            ConfigError(message, file=str(self.path), line=line, column=column, source=source, hint=hint)
        )

    def warn(self, key: Sequence[str | int], message: str) -> None:
        line, column = self.place(key)
        self.warnings.append(Diagnostic("warning", message, str(self.path), line, column))

    def check(self) -> None:
        """Raises the first error in the file, the others in its notes."""
        if not self.errors:
            return
        first, *others = sorted(self.errors, key=lambda error: (error.line or 0, error.column or 0))
        first.notes = (*first.notes, *(f"also at line {error.line}: {error.message}" for error in others))
        raise first


class Section:
    """One table. Every question names a key and says what to expect; a wrong value is an error and reads as absent."""

    def __init__(self, file: TomlFile, path: tuple[str | int, ...], data: Mapping[str, Any]) -> None:
        self.file = file
        self.path = path
        self.data = data
        self.known: set[str] = set()

    def value(self, *keys: str) -> tuple[str, Any]:
        """The value of the first of `keys` (a name and its aliases) that is there, with the key it stood under."""
        self.known.update(keys)
        present = [key for key in keys if key in self.data]
        if len(present) > 1:
            self.error(
                present[1], f"`{self.name(present[0])}` and `{self.name(present[1])}` say the same; keep one"
            )
        return (present[0], self.data[present[0]]) if present else (keys[0], None)

    def text(self, *keys: str) -> str | None:
        key, value = self.value(*keys)
        if value is None or isinstance(value, str):
            return value
        self.wrong(key, "a string", value)
        return None

    def flag(self, *keys: str) -> bool:
        key, value = self.value(*keys)
        if isinstance(value, bool):
            return value
        if value is not None:
            self.wrong(key, "true or false", value)
        return False

    def integer(self, key: str, default: int) -> int:
        _, value = self.value(key)
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31:
            return value
        self.wrong(key, "a whole number of 32 bits", value)
        return default

    def texts(self, *keys: str) -> tuple[str, ...]:
        key, value = self.value(*keys)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.wrong(key, "a list of strings", value)
        return ()

    def choice(self, key: str, options: Sequence[str]) -> str | None:
        value = self.text(key)
        if value is None or value in options:
            return value
        self.error(
            key,
            f'`{self.name(key)}` is "{value}"; expected one of {", ".join(options)}{meant(value, options)}',
        )
        return None

    def strings(self, key: str) -> dict[str, str]:
        """A table of strings; numbers and booleans are taken as written, as configuration values are all strings."""
        _, value = self.value(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.wrong(key, "a table of strings", value)
            return {}
        result = {}
        for name, item in value.items():
            if isinstance(item, bool):
                result[name] = "true" if item else "false"
            elif isinstance(item, str | int | float):
                result[name] = str(item)
            else:
                self.file.error(
                    (*self.path, key, name), f"`{self.name(key)}.{name}` must be a string, not {kind(item)}"
                )
        return result

    def table(self, key: str) -> Section:
        """The table under `key`; an empty one when it is not there."""
        _, value = self.value(key)
        if isinstance(value, dict):
            return Section(self.file, (*self.path, key), value)
        if value is not None:
            self.wrong(key, "a table", value)
        return Section(self.file, (*self.path, key), {})

    def tables(self, *keys: str, single: bool = False) -> list[Section]:
        """The list of tables under `key`; with `single` one table alone is a list of one."""
        key, value = self.value(*keys)
        if value is None:
            return []
        if single and isinstance(value, dict):
            return [Section(self.file, (*self.path, key), value)]
        if not isinstance(value, list):
            self.wrong(key, "a list of tables", value)
            return []
        found = []
        for index, item in enumerate(value):
            if isinstance(item, dict):
                found.append(Section(self.file, (*self.path, key, index), item))
            else:
                self.file.error(
                    (*self.path, key, index), f"`{self.name(key)}[{index}]` must be a table, not {kind(item)}"
                )
        return found

    def end(self) -> None:
        """Warns of keys that nothing asked for: they have no effect, and most are slips."""
        for key in self.data:
            if key not in self.known:
                text = f"`{self.name(key)}` is not a key that means anything here{meant(key, sorted(self.known))}"
                self.file.warn((*self.path, key), text)

    def wrong(self, key: str, expected: str, value: object) -> None:
        self.error(key, f"`{self.name(key)}` must be {expected}, not {kind(value)}")

    def error(self, key: str, message: str, hint: str | None = None) -> None:
        self.file.error((*self.path, key), message, hint)

    def name(self, key: str) -> str:
        """`key` with the tables around it, as a person writes it: `dev.overrides.imports[0].image_ref`."""
        text = ""
        for part in (*self.path, key):
            text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
        return text


def kind(value: object) -> str:
    """What a TOML value is, in words."""
    if isinstance(value, bool):
        return "a boolean"
    names = {str: "a string", int: "a whole number", float: "a number", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")


def meant(word: str, options: Sequence[str]) -> str:
    """`; did you mean …?` when one of `options` is close to `word`."""
    from difflib import get_close_matches

    close = get_close_matches(word, options, n=1, cutoff=0.7)
    return f"; did you mean `{close[0]}`?" if close else ""
