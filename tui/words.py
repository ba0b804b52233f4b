"""How states are said: a glyph, a word and a style each, so that none rests on colour alone."""

from __future__ import annotations

from typing import NamedTuple


class Sign(NamedTuple):
    """`style` is a Textual style with theme variables."""

    glyph: str
    word: str
    style: str


PHASES: dict[str, Sign] = {
    "starting": Sign("◌", "starting", "$text-warning"),
    "building": Sign("◐", "building", "$text-warning"),
    "deploying": Sign("◑", "deploying", "$text-warning"),
    "ready": Sign("●", "ready", "$text-success"),
    "failed": Sign("✗", "failed", "$text-error"),
    "stopping": Sign("◌", "stopping", "$text-muted"),
    "stopped": Sign("○", "stopped", "$text-muted"),
}

DEPENDENCIES: dict[str, Sign] = {
    "resolved": Sign("✓", "resolved", "$text-success"),
    "host": Sign("✓", "host", "$text-secondary"),
    "unresolved": Sign("?", "unresolved", "$text-warning"),
    "off": Sign("○", "off", "$text-muted"),
}

SESSIONS: dict[str, Sign] = {
    "running": Sign("●", "running", "$text-success"),
    "stopped": Sign("○", "stopped", "$text-muted"),
    "crashed": Sign("✗", "crashed", "$text-error"),
}

PROCESSES: dict[str, Sign] = {
    "idle": Sign("○", "idle", "$text-muted"),
    "starting": Sign("◌", "starting", "$text-warning"),
    "ready": Sign("●", "ready", "$text-success"),
    "running": Sign("●", "running", "$text-success"),
    "stopping": Sign("◌", "stopping", "$text-muted"),
    "exited": Sign("○", "exited", "$text-muted"),
    "failed": Sign("✗", "failed", "$text-error"),
    "backoff": Sign("◌", "waits to restart", "$text-warning"),
    "resting": Sign("✗", "gave up", "$text-error"),
}

LEVELS: dict[str, Sign] = {
    "trace": Sign("T", "trace", "$text-disabled"),
    "debug": Sign("D", "debug", "$text-muted"),
    "info": Sign("I", "info", "$text-secondary"),
    "warn": Sign("W", "warn", "$text-warning"),
    "error": Sign("E", "error", "$text-error"),
    "critical": Sign("C", "critical", "$text-error bold"),
    "": Sign(" ", "", "$text-muted"),
}

CHANGES: dict[str, Sign] = {
    "added": Sign("+", "added", "$text-success"),
    "removed": Sign("-", "removed", "$text-error"),
    "changed": Sign("~", "changed", "$text-warning"),
}

OK = Sign("✓", "ok", "$text-success")
FAILED = Sign("✗", "failed", "$text-error")
UNKNOWN = Sign("·", "unknown", "$text-muted")
