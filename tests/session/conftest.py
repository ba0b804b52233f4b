"""A demo project and one cache for all engines of a test run: the dev shell is built once."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from engine.places.places import Places
from engine.project.create import create


@pytest.fixture
def environ(places: Places) -> dict[str, str]:
    # Compiled code and dev shells are keyed by content, so runs may share them.
    cache = Path(os.environ.get("WAKE_TEST_CACHE", Path(tempfile.gettempdir()) / f"wake-tests-{os.getuid()}"))
    cache.mkdir(mode=0o700, exist_ok=True)
    return {
        **os.environ,
        "XDG_CONFIG_HOME": str(places.config.parent),
        "XDG_RUNTIME_DIR": str(places.runtime.parent),
        "XDG_STATE_HOME": str(places.state.parent),
        "XDG_CACHE_HOME": str(cache),
    }


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    create("python-http", tmp_path / "demo")
    return tmp_path / "demo"
