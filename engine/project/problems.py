"""What can be wrong with a project's files."""

from __future__ import annotations

from engine.model.problem import Problem


class ProjectError(Problem):
    """A project that cannot be found or told apart."""


class ConfigError(ProjectError):
    """A configuration file that cannot be read: file, line, key and what was expected."""
