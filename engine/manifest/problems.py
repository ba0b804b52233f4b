"""What can be wrong with a manifest."""

from __future__ import annotations

from engine.model.problem import Problem


class ManifestError(Problem):
    """A WADM file that cannot be read, or one that cannot be joined with what is generated."""
