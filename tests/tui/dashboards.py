"""Dashboards for tests: a fake engine at the door, a journal of known lines, time standing still."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from engine.model.state import State
from engine.places.places import Places
from tests.tui.fake_engine import FakeDoor
from tests.tui.states import NOW, READY, write_journal
from tui.app import Dashboard

JOURNAL_TIMES = 8


def places(folder: Path) -> Places:
    return Places(folder / "config", folder / "run", folder / "state", folder / "cache")


def dashboard(
    folder: Path, state: State | None = READY, started: bool = True, **more: Any
) -> tuple[Dashboard, FakeDoor]:
    door = more.pop("door", None) or FakeDoor(state, started)
    where = places(folder)
    journal = where.session("k3x9ab") / "journal.log"
    if not journal.exists():
        write_journal(journal, JOURNAL_TIMES)
    app = Dashboard(
        Path("/home/ada/hello"),
        door=door,
        places=where,
        clock=lambda: NOW,
        environ={"HOME": str(folder)},
        **more,
    )
    return app, door


async def until(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
    """Lets the application work until `condition` holds; fails when it never does."""
    for _ in range(200):
        if condition():
            return
        await pilot.pause(0.01)
    raise AssertionError("this never came to be")


async def settled(pilot: Pilot[Any], app: Dashboard) -> None:
    """Connected, with its state drawn."""
    await until(pilot, lambda: app.seen.live and app.main.logs.log_view.count)
    await pilot.pause()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """UTC, no animations, no colour switched off by the machine."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    for name in ("NO_COLOR", "COLORFGBG", "VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    time.tzset()
    yield
    os.environ.pop("TZ", None)
    time.tzset()
