"""Moving within the focused pane, for fingers that know vi."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.app import Dashboard


def _first(app: Dashboard, *names: str) -> None:
    """Runs the first of these actions that the focused widget has."""
    for name in names:
        action = getattr(app.focused, f"action_{name}", None)
        if action is not None:
            action()
            return


def down(app: Dashboard) -> None:
    _first(app, "cursor_down", "scroll_down")


def up(app: Dashboard) -> None:
    _first(app, "cursor_up", "scroll_up")


def top(app: Dashboard) -> None:
    _first(app, "first", "scroll_home")


def bottom(app: Dashboard) -> None:
    _first(app, "last", "scroll_end")


def left(app: Dashboard) -> None:
    _first(app, "scroll_left")


def right(app: Dashboard) -> None:
    _first(app, "scroll_right")
