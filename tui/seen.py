"""What the dashboard knows at one moment: the engine's last state and how the link to it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.model.diagnostic import Diagnostic
from engine.model.problem import Problem
from engine.model.state import State

LinkState = Literal["starting", "connecting", "connected", "lost", "stopped", "failed"]


@dataclass(frozen=True)
class Link:
    """How the dashboard stands to the engine. `started`: this dashboard started the session. `problem` says why
    there is none (`failed`) or what was last heard (`lost`)."""

    state: LinkState
    started: bool = False
    session: str = ""
    problem: Problem | None = None


@dataclass(frozen=True)
class Seen:
    """Everything that is drawn; replaced as a whole. `state` outlives a lost link, so that nothing vanishes."""

    link: Link = Link("starting")
    state: State | None = None
    warnings: tuple[Problem, ...] = ()
    """What is wrong in the user's settings."""

    @property
    def live(self) -> bool:
        return self.link.state == "connected" and self.state is not None

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What is broken now, the errors first. An error of the session without a place counts too."""
        state = self.state
        found: list[Diagnostic] = []
        if self.link.state == "failed" and self.link.problem is not None:
            found.append(self.link.problem.diagnostic())
        if state is not None:
            found.extend(item for item in state.diagnostics if item.severity == "error")
            if state.error and not any(item.message in state.error for item in found):
                found.append(Diagnostic("error", state.error))
            found.extend(item for item in state.diagnostics if item.severity == "warning")
        found.extend(
            Diagnostic("warning", problem.diagnostic().message, problem.file, problem.line, problem.column)
            for problem in self.warnings
        )
        return tuple(found)
