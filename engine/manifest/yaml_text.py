"""YAML as wake writes it: every string reads back as the same string, under YAML 1.1 and 1.2 alike.

Readers disagree about plain `yes`, `1.0`, `0o17`, `1e3` and `12:30`; so a string stands plain only where it starts
with a letter, has harmless signs only, and is no word that any schema knows. All others are in double quotes. Keys
keep the order that they come in.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

Value = str | int | float | bool | None | Mapping[str, "Value"] | Sequence["Value"]

_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9_./@$-]|:(?=[A-Za-z0-9_./@$-]))*")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"}
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def to_text(document: Value) -> str:
    """The document as block YAML, UTF-8 and one newline at the end."""
    lines: list[str] = []
    if isinstance(document, Mapping) and document:
        _mapping(document, "", "", lines)
    elif _is_list(document) and document:
        _sequence(document, "", lines)  # type: ignore[arg-type]
    else:
        lines.append(_scalar(document))
    return "\n".join(lines) + "\n"


def _mapping(mapping: Mapping[str, Value], first: str, indent: str, lines: list[str]) -> None:
    """`first` comes before the first key, `indent` before the others."""
    lead = first
    for key, value in mapping.items():
        name = f"{lead}{quoted(key)}:"
        if isinstance(value, Mapping) and value:
            lines.append(name)
            _mapping(value, indent + "  ", indent + "  ", lines)
        elif _is_list(value) and value:
            lines.append(name)
            _sequence(value, indent + "  ", lines)  # type: ignore[arg-type]
        else:
            lines.append(f"{name} {_scalar(value)}")
        lead = indent


def _sequence(items: Sequence[Value], indent: str, lines: list[str]) -> None:
    for item in items:
        if isinstance(item, Mapping) and item:
            _mapping(item, f"{indent}- ", f"{indent}  ", lines)
        elif _is_list(item) and item:
            lines.append(f"{indent}-")
            _sequence(item, indent + "  ", lines)  # type: ignore[arg-type]
        else:
            lines.append(f"{indent}- {_scalar(item)}")


def _is_list(value: Value) -> bool:
    return isinstance(value, list | tuple)


def _scalar(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, str):
        return quoted(value)
    return "{}" if isinstance(value, Mapping) else "[]"


def _float(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    # YAML 1.1 wants a point in a float, and a sign in its exponent.
    mantissa, mark, exponent = text.partition("e")
    if "." not in mantissa:
        mantissa += ".0"
    return f"{mantissa}e{exponent if exponent[:1] in '+-' else '+' + exponent}" if mark else mantissa


def quoted(text: str) -> str:
    """`text` as one scalar: plain where that is safe everywhere, else in double quotes."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return '"' + "".join(_sign(char) for char in text) + '"'


def _sign(char: str) -> str:
    escape = _ESCAPES.get(char)
    if escape is not None:
        return escape
    code = ord(char)
    if " " <= char <= "~" or (
        code >= 0xA1 and char.isprintable() and not 0xD800 <= code <= 0xDFFF and code != 0xFEFF
    ):
        return char
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
