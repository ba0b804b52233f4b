"""The keys of a dialog, in its last line."""

from __future__ import annotations

from textual.content import Content


def hint_line(*entries: tuple[str, str]) -> Content:
    """(key, what it does) pairs."""
    return Content("   ").join(
        Content.assemble((key, "bold $text-primary"), " ", (label, "$text-muted")) for key, label in entries
    )
