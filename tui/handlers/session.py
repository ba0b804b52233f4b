"""What can be done with sessions: reload, pause, open, attach to, stop."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.app import Dashboard

_REASONS = {
    "starting": "the session is still starting",
    "connecting": "not connected yet",
    "lost": "the engine is lost; reconnecting. `r` starts it again",
    "stopped": "the session has ended; `r` starts it again",
    "failed": "no session came up; `r` tries again",
}


def needs_engine(app: Dashboard) -> str | None:
    """Why nothing can be asked of the engine now, if so."""
    if app.seen.live:
        return None
    return _REASONS.get(app.seen.link.state, "not connected yet")


def needs_url(app: Dashboard) -> str | None:
    if app.seen.state is None or not app.seen.state.urls:
        return "nothing is served yet"
    return None


async def reload(app: Dashboard) -> None:
    if app.seen.link.state in ("lost", "stopped", "failed"):
        app.start_again()
        return
    if reason := needs_engine(app):
        app.flash(reason)
        return
    await app.call("reload")
    app.flash("reloading…")


async def rebuild(app: Dashboard) -> None:
    await app.call("reload", {"rebuild": True})
    app.flash("rebuilding…")


async def pause(app: Dashboard) -> None:
    assert app.seen.state is not None
    await app.call("resume" if app.seen.state.paused else "pause")


def open_url(app: Dashboard) -> None:
    assert app.seen.state is not None
    url = app.seen.state.urls[0]
    if not url.startswith(("http://", "https://")):
        app.flash(f"not a web address: {url}")
        return
    app.flash(f"opening {url}" if webbrowser.open(url) else f"no browser here: {url}")


def copy_url(app: Dashboard) -> None:
    assert app.seen.state is not None
    app.copy(app.seen.state.urls[0], "the address")


def attach_selected(app: Dashboard) -> None:
    row = app.main.sessions.selected
    state = app.seen.state
    if row is None or (state is not None and row.id == state.session and app.seen.live):
        app.flash("this session is open already")
        return
    if not row.path:
        app.flash("where its project is is not known")
        return
    app.attach_to(Path(row.path))


async def stop_selected(app: Dashboard) -> None:
    from tui.screens.question import Answer, Question

    row = app.main.sessions.selected
    state = app.seen.state
    if row is None:
        return
    here = state is not None and row.id == state.session
    if (here and not app.seen.live) or (not here and row.state != "running"):
        app.flash("it is not running")
        return
    answer = await app.ask(
        Question(
            f"Stop the session of {row.project}?",
            "Its component no longer answers. Its data stays.",
            (Answer("stop", "Stop it", "y,s"), Answer("stay", "Let it run", "n,escape")),
        )
    )
    if answer != "stop":
        return
    if here:
        await app.call("stop")
    else:
        await app.stop_other(row.id)
        app.flash(f"stopping {row.project}")
