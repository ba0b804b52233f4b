"""Leaving: what becomes of the session is asked once, and only by the dashboard that started it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.client.client import EngineGone
from engine.protocol.messages import RemoteError

if TYPE_CHECKING:
    from tui.app import Dashboard


async def leave(app: Dashboard) -> None:
    from tui.screens.question import Answer, Question

    link = app.seen.link
    if app.stopping or not link.started or link.state in ("stopped", "failed", "starting"):
        app.exit()
        return
    answer: str | None = app.on_leave
    if answer == "ask":
        state = app.seen.state
        where = f" It answers at {state.urls[0]}." if state is not None and state.urls else ""
        answer = await app.ask(
            Question(
                "Stop the session, or leave it running?",
                f"This dashboard started it.{where} Left running, `wake-tui` comes back to it and `wake stop` ends "
                'it. To answer for ever: on_leave = "stop" or "leave" in config.toml.',
                (
                    Answer("stop", "Stop", "y,s"),
                    Answer("leave", "Leave running", "n"),
                    Answer("stay", "Stay here", "escape"),
                ),
            )
        )
    if answer == "leave":
        app.exit()
    elif answer == "stop":
        await stop_and_leave(app)


async def stop_and_leave(app: Dashboard) -> None:
    """Asks the session to stop and leaves when it has; a second `q` leaves at once."""
    app.stopping = True
    app.flash("stopping the session… q leaves at once", seconds=60)
    try:
        await app.call("stop")
    except (EngineGone, RemoteError):
        pass  # Gone already, or going: the link says so.
    if app.seen.link.state != "connected":
        app.exit()


def detach(app: Dashboard) -> None:
    app.exit()
