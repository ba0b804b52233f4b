"""What can be wrong with dependencies."""

from __future__ import annotations

from engine.model.problem import Problem


class DependencyError(Problem):
    """Dependencies that cannot be worked out: no world, or not the one that was named."""
