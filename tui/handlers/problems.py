"""Errors: going from one to the next, opening their place in an editor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.app import Dashboard


def no_place(app: Dashboard) -> str | None:
    selected = app.main.problems.selected
    if selected is None:
        return "there is no error to open"
    return None if selected.file else "this error has no place in a file"


def forward(app: Dashboard) -> None:
    app.main.problems.move(1)


def back(app: Dashboard) -> None:
    app.main.problems.move(-1)


def edit(app: Dashboard) -> None:
    from tui.editor import open_place

    item = app.main.problems.selected
    assert item is not None and item.file is not None
    root = Path(app.seen.state.path) if app.seen.state is not None else Path.cwd()
    app.flash(open_place(app, root / item.file, item.line or 1, item.column or 1))
