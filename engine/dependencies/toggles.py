"""Which dependencies the user turned off, kept in `<project>/.wake/dev/toggles.json`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from engine.places.places import make_project_folder, project_folder, write_atomic

FILE = "toggles.json"

Toggles = Mapping[str, bool]
"""By a dependency's name: false is off, true is on."""


class _Kept(msgspec.Struct):
    version: int = 1
    toggles: dict[str, bool] = {}


def load_toggles(root: Path) -> dict[str, bool]:
    """The toggles of the project at `root`; none when there is no file, or one that cannot be read: toggles are a
    convenience, and a broken file must not keep a session from starting."""
    try:
        data = (project_folder(root) / FILE).read_bytes()
        return msgspec.json.decode(data, type=_Kept).toggles
    except (OSError, msgspec.DecodeError, RecursionError):
        return {}


def save_toggles(root: Path, toggles: Toggles) -> None:
    """Keeps those that are off; with none left the file goes."""
    off = {name: False for name, on in sorted(toggles.items()) if not on}
    path = project_folder(root) / FILE
    if off:
        make_project_folder(root)
        write_atomic(path, msgspec.json.format(msgspec.json.encode(_Kept(toggles=off))) + b"\n")
    else:
        path.unlink(missing_ok=True)
