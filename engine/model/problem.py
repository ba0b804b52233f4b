"""The base of every error that a user can meet. Each room raises types of its own; the door formats them once."""

from __future__ import annotations

TYPE_CHECKING = False  # the constant of typing, without its import
if TYPE_CHECKING:
    from engine.model.diagnostic import Diagnostic


class Problem(Exception):
    """What happened, where, what was expected and what to do.

    `line` and `column` count from 1. `hint` is the next step, as a sentence. `notes` are further places or facts,
    one a line. Several problems of one run travel as an `ExceptionGroup`.
    """

    before: str | None = None
    """The part of `source` before the place, where `column` does not count characters."""
    width: int = 1
    """How many characters the place covers."""

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        source: str | None = None,
        hint: str | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        self.source = source
        self.hint = hint
        self.notes = notes

    def diagnostic(self) -> Diagnostic:
        """The same as a value that travels."""
        # Only here: it brings msgspec, and every command's start-up passes through this file.
        from engine.model.diagnostic import Diagnostic

        text = self.message if self.hint is None else f"{self.message} ({self.hint})"
        return Diagnostic("error", text, self.file, self.line, self.column)
