"""The log: searching, filtering, following, copying."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.logs.journal import JournalWriter
from engine.logs.view import MARK

if TYPE_CHECKING:
    from tui.app import Dashboard


def search(app: Dashboard) -> None:
    app.main.go_to("logs")
    app.main.logs.ask_search()


def next_match(app: Dashboard) -> None:
    app.main.logs.search(1)


def previous_match(app: Dashboard) -> None:
    app.main.logs.search(-1)


def filter(app: Dashboard) -> None:
    app.main.go_to("logs")
    app.main.logs.ask_filter()


def cycle_level(app: Dashboard) -> None:
    app.main.logs.cycle_level()


def cycle_source(app: Dashboard) -> None:
    app.main.logs.cycle_source()


def cycle_context(app: Dashboard) -> None:
    app.main.logs.cycle_context()


def invert(app: Dashboard) -> None:
    app.main.logs.invert()


def drop(app: Dashboard) -> None:
    app.main.logs.drop()


def follow(app: Dashboard) -> None:
    view = app.main.logs.log_view
    view.follow(not view.following)


def wrap(app: Dashboard) -> None:
    view = app.main.logs.log_view
    view.set_wrapping(not view.wrapping)


def timestamps(app: Dashboard) -> None:
    view = app.main.logs.log_view
    view.set_timestamps(not view.timestamps)


def mark(app: Dashboard) -> None:
    path = app.main.logs.path
    if path is None:
        app.flash("there is no log yet")
        return
    with JournalWriter(path) as journal:
        journal.write(MARK, "", "")
    app.main.logs.log_view.pump()


def clear(app: Dashboard) -> None:
    app.flash("cleared; C shows it again" if app.main.logs.clear() else "everything is shown again")


def copy(app: Dashboard) -> None:
    selection = app.screen.get_selected_text()
    if selection:
        app.copy(selection, "the selection")
        app.screen.clear_selection()
        return
    text = app.main.logs.log_view.cursor_text()
    if text:
        app.copy(text, "the line")
    else:
        app.flash("there is nothing to copy")


def copy_all(app: Dashboard) -> None:
    text = app.main.logs.log_view.all_text()
    if text:
        app.copy(text, f"{text.count(chr(10)) + 1} lines")


def save(app: Dashboard) -> None:
    """Beside the journal's own folder names nothing of the user's is overwritten."""
    text = app.main.logs.log_view.all_text()
    session = app.seen.link.session or "session"
    for number in range(1, 1000):
        path = Path.cwd() / f"wake-{session}-{number}.log"
        try:
            with open(path, "x", encoding="utf-8", errors="replace") as file:
                file.write(text + "\n")
        except FileExistsError:
            continue
        except OSError as error:
            app.flash(f"not saved: {error.strerror}")
            return
        app.flash(f"saved to {path.name}")
        return
