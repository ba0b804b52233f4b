"""The same states at several sizes, as they look. After a wanted change: pytest tests/tui/test_snapshots.py --snapshot-update."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from engine.model.state import State
from tests.tui.dashboards import dashboard, settled
from tests.tui.states import BROKEN, PENDING, READY, STARTING

Snap = Callable[..., bool]
SIZES = [(60, 20), (80, 24), (120, 40), (200, 50)]


def keys(app: Any, *pressed: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    async def before(pilot: Pilot[Any]) -> None:
        await settled(pilot, app)
        await pilot.press(*pressed)
        await pilot.pause()

    return before


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(("name", "state"), [("ready", READY), ("broken", BROKEN)], ids=["ready", "broken"])
def test_main(snap_compare: Snap, tmp_path: Path, size: tuple[int, int], name: str, state: State) -> None:
    app, _ = dashboard(tmp_path, state)
    assert snap_compare(app, terminal_size=size, run_before=keys(app))


@pytest.mark.parametrize(
    ("pressed", "state", "size"),
    [
        (("1",), READY, (80, 24)),
        (("2", "j"), PENDING, (80, 24)),
        (("4",), PENDING, (80, 24)),
        (("d",), PENDING, (120, 40)),
        (("h",), BROKEN, (120, 40)),
        (("?",), READY, (80, 24)),
        (("q",), READY, (60, 20)),
        (("&", *"boom", "enter"), READY, (120, 40)),
    ],
    ids=["sessions", "dependencies", "manifest", "diff", "history", "help", "leave", "filter"],
)
def test_screens(
    snap_compare: Snap, tmp_path: Path, pressed: tuple[str, ...], state: State, size: tuple[int, int]
) -> None:
    app, _ = dashboard(tmp_path, state)
    assert snap_compare(app, terminal_size=size, run_before=keys(app, *pressed))


def test_starting(snap_compare: Snap, tmp_path: Path) -> None:
    app, _ = dashboard(tmp_path, STARTING)
    assert snap_compare(app, terminal_size=(120, 40), run_before=keys(app))


@pytest.mark.parametrize("theme", ["wake-light", "wake-mono", "ansi-dark"])
def test_themes(snap_compare: Snap, tmp_path: Path, theme: str) -> None:
    app, _ = dashboard(tmp_path, PENDING, theme=theme)
    assert snap_compare(app, terminal_size=(120, 30), run_before=keys(app, "2"))


def test_no_colour(snap_compare: Snap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    app, _ = dashboard(tmp_path, PENDING)
    assert snap_compare(app, terminal_size=(120, 30), run_before=keys(app, "2"))
