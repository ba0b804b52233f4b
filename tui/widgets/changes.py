"""The semantic differences between two manifests, one a line."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from engine.model.state import Change
from tui.text import foreign
from tui.words import CHANGES, UNKNOWN


def change_lines(changes: Sequence[Change]) -> list[Content]:
    lines = []
    for change in changes:
        sign = CHANGES.get(change.action, UNKNOWN)
        lines.append(
            Content.assemble(
                (f"{sign.glyph} ", f"{sign.style} bold"),
                foreign(f"{change.subject} ", "$text-muted"),
                foreign(change.name, f"{sign.style} bold"),
                foreign(f"  {change.detail}" if change.detail else "", "$text-muted"),
            )
        )
    return lines
