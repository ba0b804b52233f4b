"""Dependencies off and on, and what becomes of the manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.handlers.session import needs_engine

if TYPE_CHECKING:
    from tui.app import Dashboard


def nothing_to_toggle(app: Dashboard) -> str | None:
    if reason := needs_engine(app):
        return reason
    return None if app.main.dependencies.selected else "there is no dependency to toggle"


async def toggle(app: Dashboard) -> None:
    pane = app.main.dependencies
    item = pane.selected
    assert item is not None
    if not app.main.is_shown("dependencies"):
        app.main.go_to("dependencies")
        app.flash(f"again to toggle {item.name}")
        return
    result = await app.call("toggle", {"name": item.name})
    off = result.get("off") if isinstance(result, dict) else None
    word = "off" if off else "on"
    app.flash(f"{item.name} will be {word} · d shows what changes, then apply")


async def diff(app: Dashboard) -> None:
    from tui.screens.diff import DiffScreen

    if app.seen.state is None:
        app.flash(needs_engine(app) or "no manifest yet")
        return
    answer = await app.push_screen_wait(DiffScreen(app.seen))
    if answer is None:
        return
    if reason := needs_engine(app):
        app.flash(reason)
        return
    await app.call(answer)
    app.flash("applying…" if answer == "apply" else "discarded: the manifest stays as deployed")


def copy(app: Dashboard) -> None:
    state = app.seen.state
    shown = None if state is None else state.pending or state.deployed
    if shown is None:
        app.flash("there is no manifest yet")
    else:
        app.copy(shown.text, "the manifest")


def copy_dependency(app: Dashboard) -> None:
    item = app.main.dependencies.selected
    if item is not None:
        app.copy("\n".join(item.interfaces), f"the interfaces of {item.name}")
