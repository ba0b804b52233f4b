"""Comments to documentation text."""

from __future__ import annotations

from engine.component.model import Span


def docs_text(comments: list[Span]) -> str:
    """The text of the comments right before an item, as upstream's model has it: every comment counts, marks and the
    indentation that all share are taken off, empty lines at the end too."""
    texts = []
    for span in comments:
        raw = span.source.text[span.start : span.end]
        text = raw[3:].removesuffix("*/") if raw.startswith("/**") else raw.lstrip("/")
        texts.append(text.rstrip())
    margin = min((len(text) - len(text.lstrip(" \t\n\r\f")) for text in texts if text), default=0)
    if margin:
        spaces = " " * margin
        texts = [text.removeprefix(spaces) for text in texts]
    lines: list[str] = []
    for text in texts:
        if "\n" in text:
            lines.extend(line.removesuffix("\r") for line in text.split("\n"))
        else:
            lines.append(text)
    return "\n".join(lines).rstrip("\n")
