"""The whole check before a commit lands: `python -m tests`. Stops at the first step that fails."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def tool(name: str) -> str:
    """The program of this very environment, whatever PATH says."""
    return shutil.which(name, path=sysconfig.get_path("scripts")) or name


STEPS = {
    "format": [tool("ruff"), "format", "--check", "--quiet", "."],
    "lint": [tool("ruff"), "check", "--quiet", "."],
    "types": [tool("mypy"), "--no-error-summary"],
    "imports": [tool("lint-imports")],
    "tests": [sys.executable, "-m", "pytest", "-n", "auto", "--dist", "loadgroup", *sys.argv[1:]],
}


def main() -> int:
    for name, command in STEPS.items():
        started = time.monotonic()
        print(f"── {name}", flush=True)
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        print(
            f"── {name}: {'ok' if code == 0 else 'failed'} in {time.monotonic() - started:.1f} s", flush=True
        )
        if code:
            return code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
