"""What a compiler, a reader or a loader has to say about a place in the user's files."""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["error", "warning", "info"]


class Diagnostic(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message. Lines and columns count from 1; a message about no file has none of the three."""

    severity: Severity
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
