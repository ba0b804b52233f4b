"""Panes, screens, theme and mouse."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.app import Dashboard


def go_to(name: str) -> Callable[[Dashboard], None]:
    def handler(app: Dashboard) -> None:
        app.main.go_to(name)

    return handler


def next_pane(app: Dashboard) -> None:
    app.main.step(1)


def previous_pane(app: Dashboard) -> None:
    app.main.step(-1)


def zoom(app: Dashboard) -> None:
    app.main.zoom()


def palette(app: Dashboard) -> None:
    app.action_command_palette()


def history(app: Dashboard) -> None:
    from tui.screens.history import HistoryScreen

    app.push_screen(HistoryScreen(app.seen))


def help(app: Dashboard) -> None:
    from tui.screens.help import HelpScreen

    app.push_screen(HelpScreen())


def next_theme(app: Dashboard) -> None:
    from tui.themes import NAMES

    at = NAMES.index(app.theme) if app.theme in NAMES else -1
    app.theme = NAMES[(at + 1) % len(NAMES)]
    app.flash(f'theme {app.theme}; to keep it: theme = "{app.theme}" in config.toml')


def mouse(app: Dashboard) -> None:
    app.flash("the mouse is yours again: F10 takes it back" if not app.toggle_mouse() else "mouse on")
