"""Fixtures that every room's tests may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.places.places import Places, make_private


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """Places of the test's own; the runtime folder's path is short, as sockets ask."""
    import shutil
    import tempfile

    root = tmp_path_factory.mktemp("places")
    runtime = Path(tempfile.mkdtemp(prefix="wk", dir="/tmp"))
    # Named as the commands name them, so that what a program leaves there is found.
    config, state, cache = (root / name / "wake" for name in ("config", "state", "cache"))
    yield Places(config, make_private(runtime / "wake"), state, cache)
    shutil.rmtree(runtime)


@pytest.fixture
def environ(places: Places) -> dict[str, str]:
    """An environment whose XDG folders are those of `places`, for programs that the test starts."""
    return {
        **os.environ,
        "XDG_CONFIG_HOME": str(places.config.parent),
        "XDG_RUNTIME_DIR": str(places.runtime.parent),
        "XDG_STATE_HOME": str(places.state.parent),
        "XDG_CACHE_HOME": str(places.cache.parent),
    }
