"""The shared fixtures: real data of others, beside the checkout. Absent on most machines; then tests skip."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def fixtures(*parts: str) -> Path:
    """The folder or file `parts` of the shared fixtures; skips the calling test where they are not there."""
    root = os.environ.get("WAKE_FIXTURES")
    base = Path(root) if root else Path(__file__).resolve().parents[2] / "shared" / "fixtures"
    path = base.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"shared fixtures are not here (WAKE_FIXTURES, or {base})")
    return path
