"""The user's settings: `$XDG_CONFIG_HOME/wake/config.toml`.

A wrong key never stops anything: it is left at its default and said, with the line it stands in.
"""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from engine.model.problem import Problem

OnLeave = Literal["ask", "stop", "leave"]
Level = Literal["trace", "debug", "info", "warn", "error"]


class SettingsProblem(Problem):
    """Something in the settings file that cannot be used."""


class Notifications(msgspec.Struct, frozen=True):
    """`[notifications]`: when the session goes from working to failing, or back, while the terminal is not looked
    at. `bell` rings, `desktop` sends OSC 9."""

    bell: bool = False
    desktop: bool = False


class Logs(msgspec.Struct, frozen=True):
    """`[logs]`: how the log pane starts."""

    timestamps: bool = True
    wrap: bool = False
    follow: bool = True
    level: Level = "trace"


class Settings(msgspec.Struct, frozen=True):
    """`theme`: a theme's name, or none for the terminal's own light or dark. `on_leave`: what `q` does with a session
    that this dashboard started. `[keymap]`: action → keys, separated by commas, in place of its own. `editor`: the
    command that opens a file, with `{file}`, `{line}` and `{column}`; else $VISUAL or $EDITOR."""

    theme: str = ""
    on_leave: OnLeave = "ask"
    editor: str = ""
    mouse: bool = True
    keymap: dict[str, str] = {}
    notifications: Notifications = Notifications()
    logs: Logs = Logs()


def load(path: Path) -> tuple[Settings, tuple[SettingsProblem, ...]]:
    """The settings of `path` and what is wrong there; a missing file is no problem."""
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return Settings(), ()
    except (OSError, UnicodeDecodeError) as error:
        return Settings(), (SettingsProblem(f"the settings cannot be read: {error}", file=str(path)),)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Settings(), (_syntax(str(path), text, str(error)),)
    reading = _Reading(str(path), text.splitlines())
    settings = reading.struct(Settings, table, ())
    return settings, tuple(reading.problems)


# Tables of the same file that other rooms read: `engine.dependencies.settings` the catalogue.
_OTHERS = {("catalogue",)}


class _Reading:
    """Takes over what fits, key by key, and gathers what does not."""

    def __init__(self, file: str, lines: list[str]) -> None:
        self.file = file
        self.lines = lines
        self.problems: list[SettingsProblem] = []

    def struct(self, kind: Any, table: dict[str, Any], path: tuple[str, ...]) -> Any:
        fields = {field.name: field for field in msgspec.structs.fields(kind)}
        values: dict[str, Any] = {}
        for key, value in table.items():
            here = (*path, key)
            field = fields.get(key)
            if field is None and here in _OTHERS:
                continue
            if field is None:
                close = get_close_matches(key, fields, n=1)
                hint = f"did you mean '{close[0]}'?" if close else f"known here: {', '.join(fields)}"
                self.say(here, f"there is no setting '{'.'.join(here)}'", hint)
            elif isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
                if isinstance(value, dict):
                    values[key] = self.struct(field.type, value, here)
                else:
                    self.say(here, f"'{'.'.join(here)}' is a table", f"write [{key}] and its keys below it")
            else:
                try:
                    values[key] = msgspec.convert(value, field.type, strict=True)
                except msgspec.ValidationError:
                    self.say(here, f"'{'.'.join(here)}' cannot be {value!r}", _expected(field.type))
        return kind(**values)

    def say(self, path: tuple[str, ...], message: str, hint: str) -> None:
        line = _line_of(self.lines, path)
        source = self.lines[line - 1] if line else None
        self.problems.append(SettingsProblem(message, file=self.file, line=line, source=source, hint=hint))


def _expected(kind: Any) -> str:
    options = get_args(kind)
    if kind is bool:
        return "expected true or false"
    if kind is str:
        return "expected a text in quotes"
    if options and all(isinstance(option, str) for option in options):
        wanted = " or ".join(f'"{option}"' for option in options)
        return f"expected {wanted}"
    return 'expected a table of texts, such as reload = "r,f5"'


def _line_of(lines: list[str], path: tuple[str, ...]) -> int | None:
    """The line where the key `path` is set; the parser keeps no places, so this looks for it."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(lines, 1):
        if header := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
            table = tuple(part.strip(" \t'\"") for part in header[1].split("."))
            if table == path:
                return number
        elif key := re.match(r"\s*([^=#]+?)\s*=", line):
            whole = (*table, *(part.strip(" \t'\"") for part in key[1].split(".")))
            if whole == path or whole == path[: len(whole)]:
                return number
    return None


def _syntax(file: str, text: str, message: str) -> SettingsProblem:
    place = re.search(r" \(at line (\d+), column (\d+)\)", message)
    if place is None:
        return SettingsProblem(f"not TOML: {message.split(' (at')[0]}", file=file, line=text.count("\n") + 1)
    line, column = int(place[1]), int(place[2])
    lines = text.splitlines()
    return SettingsProblem(
        f"not TOML: {message[: place.start()]}",
        file=file,
        line=line,
        column=column,
        source=lines[line - 1] if line <= len(lines) else None,
        hint="all settings are at their defaults until this is mended",
    )
