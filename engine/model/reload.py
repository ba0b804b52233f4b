"""A reload: one trip from a cause to the new code answering."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.model.diagnostic import Diagnostic

ReloadKind = Literal["source", "artifact", "deploy", "restart"]
CauseKind = Literal["file", "key", "config", "start", "crash"]
StageName = Literal["detect", "build", "compile", "discover", "plan", "apply", "ready"]
STAGES: tuple[StageName, ...] = ("detect", "build", "compile", "discover", "plan", "apply", "ready")


class Cause(msgspec.Struct, frozen=True):
    """Why a reload began. `paths` are relative to the project where they lie in it."""

    kind: CauseKind
    paths: tuple[str, ...] = ()


class Reload(msgspec.Struct, frozen=True, omit_defaults=True):
    """One reload as it ended. `stages` are milliseconds; a stage that was not taken is absent."""

    number: int
    kind: ReloadKind
    cause: Cause
    ok: bool
    stages: dict[StageName, float]
    total_ms: float
    time: str = ""
    error: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
