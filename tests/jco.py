"""jco, from the npm registry: makes components of JavaScript, and serves any."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

PATIENCE = 240.0


def program(folder: Path, version: str) -> Path | None:
    """jco's program, installed into `folder` at first use; None without Node or network."""
    npm = shutil.which("npm")
    found = folder / "node_modules/.bin/jco"
    if npm is None or shutil.which("node") is None:
        return None
    if not found.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-audit", "--no-fund", "--silent", f"@bytecodealliance/jco@{version}"]
        try:
            subprocess.run(command, cwd=folder, check=False, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return None
    return found if found.exists() else None
