"""Comments to documentation text."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def docs_text(text: str, places: Iterable[tuple[int, int]]) -> str:
    """The text of the comments at `places`, right before an item, as upstream's model has it: every comment counts,
    marks and the indentation that all share are taken off, empty lines at the end too."""
    parts: list[str] = []
    for start, end in places:
        raw = text[start:end]
        if raw.startswith("//"):
            # A run of line comments; lines in between that are none are blank.
            for line in raw.split("\n"):
                line = line.strip()
                if line:
                    parts.append(line.lstrip("/"))
        else:
            inner = raw[3:].removesuffix("*/") if raw.startswith("/**") else raw
            parts.append(inner.lstrip("/").rstrip() if inner is raw else inner.rstrip())
    margin = min([len(part) - len(part.lstrip(" \t\n\r\f")) for part in parts if part], default=0)
    if margin:
        spaces = " " * margin
        parts = [part.removeprefix(spaces) for part in parts]
    joined = "\n".join(parts)
    return joined.replace("\r\n", "\n").rstrip("\n")
