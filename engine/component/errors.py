"""What is wrong with a binary, and at which byte."""

from __future__ import annotations

from engine.model.problem import Problem


class ComponentError(Problem):
    """A binary that cannot be read. `offset` is the byte where it went wrong, from 0, if that is known."""

    def __init__(
        self, message: str, offset: int | None = None, *, file: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(
            message if offset is None else f"{message} (at byte {offset:#x})", file=file, hint=hint
        )
        self.offset = offset
