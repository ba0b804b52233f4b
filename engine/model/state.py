"""The state of a session: what every attached dashboard draws. Replaced as a whole, never changed in place."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.model.dependency import Dependency
from engine.model.diagnostic import Diagnostic
from engine.model.process import Process
from engine.model.reload import Reload

Phase = Literal["starting", "building", "deploying", "ready", "failed", "stopping", "stopped"]


class Manifest(msgspec.Struct, frozen=True):
    """A WADM application as text. `version` is the content's own; equal versions mean equal manifests."""

    name: str
    version: str
    text: str


class Change(msgspec.Struct, frozen=True):
    """One semantic difference between two manifests.

    `subject` is what it is about (`component`, `provider`, `link`, `config`, `scaler`, `policy`, `application`),
    `name` which one, `detail` a sentence for a person. Text from the project: show it, never interpret it.
    """

    action: Literal["added", "removed", "changed"]
    subject: str
    name: str
    detail: str = ""


class Progress(msgspec.Struct, frozen=True):
    """Work under way: `stage` as in a reload, `text` for a person, `started` in Unix seconds."""

    stage: str
    text: str
    started: float


class SessionRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of `wake sessions`: a session that runs, or that ran and can be taken up again."""

    id: str
    project: str
    path: str
    state: Literal["running", "stopped", "crashed"]
    pid: int | None = None
    urls: tuple[str, ...] = ()
    last_used: str = ""


class State(msgspec.Struct, frozen=True):
    """A whole snapshot. `revision` goes up by one with each replacement."""

    revision: int
    session: str
    project: str
    path: str
    phase: Phase
    host: str = "embedded"
    urls: tuple[str, ...] = ()
    paused: bool = False
    started: float = 0.0
    dependencies: tuple[Dependency, ...] = ()
    deployed: Manifest | None = None
    pending: Manifest | None = None
    changes: tuple[Change, ...] = ()
    hints: tuple[str, ...] = ()
    reloads: tuple[Reload, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    processes: tuple[Process, ...] = ()
    progress: Progress | None = None
    sessions: tuple[SessionRow, ...] = ()
    error: str | None = None
