"""WAVE, the text form of component values (WebAssembly Value Encoding): reading by type, and printing.

Grammar as in bytecodealliance/wasm-tools `wasm-wave`: numbers, `true`, `'c'`, `"text"`, `[list]`, `(tuple)`,
`{record: fields}`, `variant(payload)`, `some(x)` or a bare value for options, `ok(x)`, `err(x)`, `{flags}`.
"""

from __future__ import annotations

import math
import re
from typing import Any

from engine.hosts.embedded.signature import Type
from engine.hosts.embedded.values import Err, Ok, Some
from engine.model.problem import Problem

RANGES = {
    "s8": (-(1 << 7), (1 << 7) - 1),
    "s16": (-(1 << 15), (1 << 15) - 1),
    "s32": (-(1 << 31), (1 << 31) - 1),
    "s64": (-(1 << 63), (1 << 63) - 1),
    "u8": (0, (1 << 8) - 1),
    "u16": (0, (1 << 16) - 1),
    "u32": (0, (1 << 32) - 1),
    "u64": (0, (1 << 64) - 1),
}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NAME = re.compile(r"%?[a-zA-Z][a-zA-Z0-9]*(?:-[a-zA-Z0-9]+)*")
_SPACE = re.compile(r"(?:[ \t\r\n]|//[^\n]*)*")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


class WaveError(Problem):
    """A text that is no value of the type it is for. `column` counts from 1."""


def parse(text: str, type_: Type) -> Any:
    """The value that `text` says, as `values.py` has it. Raises :class:`WaveError`."""
    reader = _Reader(text)
    value = reader.value(type_)
    reader.space()
    if reader.at < len(text):
        raise reader.wrong("the end of the value")
    return value


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def wrong(self, expected: str, at: int | None = None) -> WaveError:
        place = self.at if at is None else at
        found = self.text[place : place + 12] or "the end"
        return WaveError(f"expected {expected}, found {found!r}", column=place + 1, source=self.text)

    def space(self) -> None:
        found = _SPACE.match(self.text, self.at)
        assert found is not None
        self.at = found.end()

    def take(self, sign: str) -> bool:
        self.space()
        if self.text.startswith(sign, self.at):
            self.at += len(sign)
            return True
        return False

    def need(self, sign: str) -> None:
        if not self.take(sign):
            raise self.wrong(f"'{sign}'")

    def name(self, expected: str) -> str:
        self.space()
        found = _NAME.match(self.text, self.at)
        if found is None:
            raise self.wrong(expected)
        self.at = found.end()
        return found[0].removeprefix("%")

    def value(self, type_: Type) -> Any:
        self.space()
        kind = type_.kind
        if kind in RANGES:
            return self.integer(kind)
        read = getattr(self, f"_{kind}", None)
        if read is None:
            raise WaveError(f"a value of type {describe(type_)} cannot be written in WAVE")
        return read(type_)

    def integer(self, kind: str) -> int:
        start = self.at
        found = _NUMBER.match(self.text, self.at)
        low, high = RANGES[kind]
        if found is None or not re.fullmatch(r"-?[0-9]+", found[0]) or not low <= int(found[0]) <= high:
            raise self.wrong(f"a {kind} ({low} to {high})", start)
        self.at = found.end()
        return int(found[0])

    def _f64(self, type_: Type) -> float:
        for word, value in (("nan", math.nan), ("inf", math.inf), ("-inf", -math.inf)):
            if re.compile(rf"{word}(?![\w-])").match(self.text, self.at):
                self.at += len(word)
                return value
        found = _NUMBER.match(self.text, self.at)
        if found is None:
            raise self.wrong(f"a number ({type_.kind})")
        self.at = found.end()
        return float(found[0])

    _f32 = _f64

    def _bool(self, type_: Type) -> bool:
        start = self.at
        word = self.name("true or false")
        if word not in ("true", "false"):
            raise self.wrong("true or false", start)
        return word == "true"

    def _char(self, type_: Type) -> str:
        self.need("'")
        char = self.character("'")
        self.need("'")
        return char

    def _string(self, type_: Type) -> str:
        if self.take('"""'):
            return self.multiline()
        if not self.take('"'):
            raise self.wrong('a string in quotes, such as "text"')
        parts = []
        while not self.text.startswith('"', self.at):
            parts.append(self.character('"'))
        self.at += 1
        return "".join(parts)

    def multiline(self) -> str:
        end = self.text.find('"""', self.at)
        if end < 0 or not self.text.startswith("\n", self.at):
            raise self.wrong('a line break after """, and """ at the end')
        *lines, indent = self.text[self.at + 1 : end].split("\n")
        self.at = end + 3
        return "\n".join(line.removeprefix(indent) for line in lines)

    def character(self, quote: str) -> str:
        if self.at >= len(self.text):
            raise self.wrong(f"a closing {quote}")
        char = self.text[self.at]
        self.at += 1
        if char != "\\":
            return char
        if self.text.startswith("u{", self.at):
            end = self.text.find("}", self.at)
            digits = self.text[self.at + 2 : end] if end > 0 else ""
            if re.fullmatch(r"[0-9a-fA-F]{1,6}", digits) and _scalar(int(digits, 16)):
                self.at = end + 1
                return chr(int(digits, 16))
            raise self.wrong("a Unicode scalar value in braces")
        escape = _ESCAPES.get(self.text[self.at : self.at + 1])
        if escape is None:
            raise self.wrong("one of the escapes \\n \\r \\t \\\" \\' \\\\ \\u{…}")
        self.at += 1
        return escape

    def items(self, closing: str) -> Any:
        """Yields before each item until `closing` is taken; a trailing comma is allowed."""
        while not self.take(closing):
            yield None
            if not self.take(","):
                self.need(closing)
                return

    def _list(self, type_: Type) -> Any:
        (element,) = type_.parts
        assert element is not None
        self.need("[")
        values = [self.value(element) for _ in self.items("]")]
        return bytes(values) if element.kind == "u8" else values

    def _tuple(self, type_: Type) -> tuple[Any, ...]:
        self.need("(")
        values: list[Any] = []
        for _ in self.items(")"):
            if len(values) == len(type_.parts):
                raise self.wrong(f"{len(type_.parts)} values")
            part = type_.parts[len(values)]
            assert part is not None
            values.append(self.value(part))
        if len(values) < len(type_.parts):
            raise self.wrong(f"{len(type_.parts)} values, not {len(values)}")
        return tuple(values)

    def _record(self, type_: Type) -> dict[str, Any]:
        self.need("{")
        fields = dict(zip(type_.names, type_.parts, strict=True))
        values: dict[str, Any] = {}
        self.take(":")  # `{:}` is a record all of whose fields are absent options
        for _ in self.items("}"):
            start = self.at
            name = self.name("a field's name")
            part = fields.get(name)
            if part is None or name in values:
                raise self.wrong(f"one of the fields {', '.join(type_.names)}, each once", start)
            self.need(":")
            values[name] = self.value(part)
        for name, part in fields.items():
            if name not in values:
                if part is None or part.kind != "option":
                    raise self.wrong(f"the field {name}")
                values[name] = None
        return values

    def _enum(self, type_: Type) -> str:
        start = self.at
        name = self.name(f"one of {', '.join(type_.names)}")
        if name not in type_.names:
            raise self.wrong(f"one of {', '.join(type_.names)}", start)
        return name

    def _variant(self, type_: Type) -> tuple[str, Any]:
        name = self._enum(type_)
        part = type_.parts[type_.names.index(name)]
        return name, None if part is None else self.payload(part)

    def payload(self, part: Type) -> Any:
        self.need("(")
        value = self.value(part)
        self.need(")")
        return value

    def word(self, *words: str) -> str | None:
        self.space()
        found = _NAME.match(self.text, self.at)
        if found is not None and found[0] in words:
            self.at = found.end()
            return found[0]
        return None

    def _option(self, type_: Type) -> Any:
        (part,) = type_.parts
        assert part is not None
        word = self.word("some", "none")
        if word == "none":
            return None
        if word is None and part.kind in ("option", "result"):
            raise self.wrong("some(…) or none")
        value = self.value(part) if word is None else self.payload(part)
        return Some(value) if part.kind == "option" else value

    def _result(self, type_: Type) -> Any:
        ok, err = type_.parts
        word = self.word("ok", "err")
        if word is None:
            if ok is None or ok.kind in ("option", "result"):
                raise self.wrong("ok or err")
            return Ok(self.value(ok))
        part = ok if word == "ok" else err
        value = None if part is None else self.payload(part)
        return Ok(value) if word == "ok" else Err(value)

    def _flags(self, type_: Type) -> frozenset[str]:
        self.need("{")
        return frozenset([self._enum(type_) for _ in self.items("}")])


def _scalar(number: int) -> bool:
    return number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF


# -- printing


def text(value: Any, type_: Type) -> str:
    """`value`, of `type_`, in WAVE."""
    kind = type_.kind
    if kind in RANGES:
        return str(value)
    printed: str = _PRINT[kind](value, type_)
    return printed


def _float(value: float, type_: Type) -> str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    said = repr(value)
    return said.removesuffix(".0")


def _quoted(value: str, quote: str) -> str:
    out = []
    for char in value:
        if char == quote or char == "\\":
            out.append("\\" + char)
        elif char in "\n\r\t":
            out.append({"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char])
        elif not char.isprintable():
            out.append(f"\\u{{{ord(char):x}}}")
        else:
            out.append(char)
    return quote + "".join(out) + quote


def _part(type_: Type, index: int = 0) -> Type:
    part = type_.parts[index]
    assert part is not None
    return part


def _print_record(value: dict[str, Any], type_: Type) -> str:
    fields = []
    for name, part in zip(type_.names, type_.parts, strict=True):
        assert part is not None
        if part.kind == "option" and value[name] is None:
            continue
        fields.append(f"{_escaped(name)}: {text(value[name], part)}")
    return "{" + ", ".join(fields) + "}" if fields else "{:}"


def _print_variant(value: tuple[str, Any], type_: Type) -> str:
    name, payload = value
    part = type_.parts[type_.names.index(name)]
    return _escaped(name) if part is None else f"{_escaped(name)}({text(payload, part)})"


def _print_option(value: Any, type_: Type) -> str:
    if value is None:
        return "none"
    return f"some({text(value.value if isinstance(value, Some) else value, _part(type_))})"


def _print_result(value: Any, type_: Type) -> str:
    good = isinstance(value, Ok)
    part = type_.parts[0 if good else 1]
    word = "ok" if good else "err"
    return word if part is None else f"{word}({text(value.value, part)})"


def _escaped(name: str) -> str:
    return f"%{name}" if name in ("true", "false", "some", "none", "ok", "err", "inf", "nan") else name


_PRINT: dict[str, Any] = {
    "bool": lambda value, type_: "true" if value else "false",
    "f32": _float,
    "f64": _float,
    "char": lambda value, type_: _quoted(value, "'"),
    "string": lambda value, type_: _quoted(value, '"'),
    "list": lambda value, type_: "[" + ", ".join(text(one, _part(type_)) for one in value) + "]",
    "tuple": lambda value, type_: (
        "(" + ", ".join(text(one, _part(type_, index)) for index, one in enumerate(value)) + ")"
    ),
    "record": _print_record,
    "variant": _print_variant,
    "enum": lambda value, type_: _escaped(value),
    "option": _print_option,
    "result": _print_result,
    "flags": lambda value, type_: "{" + ", ".join(name for name in type_.names if name in value) + "}",
    "own": lambda value, type_: "<resource>",
    "borrow": lambda value, type_: "<resource>",
}


def describe(type_: Type) -> str:
    """A type as WIT writes it; named types by their kind."""
    inner = ", ".join("_" if part is None else describe(part) for part in type_.parts)
    if type_.kind in ("record", "variant", "enum", "flags"):
        return f"{type_.kind} {{{', '.join(type_.names)}}}"
    return f"{type_.kind}<{inner}>" if type_.parts else type_.kind
