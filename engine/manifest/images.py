"""Image references: of registries, and of files."""

from __future__ import annotations

import os.path
from pathlib import Path


def image_url(image: str, root: Path) -> str:
    """`image` with a path made absolute from `root`: references to registries stay as they are."""
    if image.startswith("file://"):
        return f"file://{_absolute(image.removeprefix('file://'), root)}"
    if "://" in image:
        return image
    if image.startswith((".", "/", "~")) or image.endswith((".wasm", ".par", ".par.gz")):
        return f"file://{_absolute(image, root)}"
    return image


def _absolute(path: str, root: Path) -> str:
    return os.path.normpath(root / Path(path).expanduser())
