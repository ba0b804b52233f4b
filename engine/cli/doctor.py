"""Tell which toolchains and hosts are here, and the command that installs what is missing."""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from shutil import which
from typing import NamedTuple


class Need(NamedTuple):
    """Something a project may need. `found` is where it is, None when it is not here; `install` gets it."""

    name: str
    purpose: str
    found: str | None
    install: str

    @property
    def row(self) -> dict[str, str | bool | None]:
        return {
            "name": self.name,
            "purpose": self.purpose,
            "ok": self.found is not None,
            "found": self.found,
            "install": None if self.found else self.install,
        }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    needs = look()
    if arguments.json:
        import json

        print(json.dumps({"items": [need.row for need in needs]}, indent=2))
    else:
        for need in needs:
            mark = "✓" if need.found else "✗"
            print(f"{mark} {need.name:<14} {need.purpose:<34} {need.found or 'missing: ' + need.install}")
    # Only the embedded host is needed by everybody.
    return 0 if needs[0].found else 1


def look() -> list[Need]:
    """What there is to need, the embedded host first."""
    pip = f"{sys.executable} -m pip install"
    return [
        Need("wasmtime", "the embedded host", _module("wasmtime"), f"{pip} wake-tui"),
        Need("componentize-py", "components in Python", _componentize(), f"{pip} 'wake-tui[python]'"),
        Need("cargo", "components in Rust", which("cargo"), "install Rust with rustup"),
        Need(
            "wasm32-wasip2", "Rust's target for components", _rust_target(), "rustup target add wasm32-wasip2"
        ),
        Need("tinygo", "components in Go", which("tinygo"), "install TinyGo 0.34 or newer, and Go"),
        Need("node", "components in JavaScript", which("node"), "install Node.js 20 or newer"),
        Need("jco", "JavaScript to component", which("jco"), "npm install -g @bytecodealliance/jco"),
        Need("wasm-tools", "wrapping core modules", which("wasm-tools"), "cargo install --locked wasm-tools"),
    ]


def _module(name: str) -> str | None:
    spec = find_spec(name)
    return spec.origin if spec else None


def _componentize() -> str | None:
    return _module("componentize_py") or which("componentize-py")


def _rust_target() -> str | None:
    import subprocess
    from pathlib import Path

    if which("rustc") is None:
        return None
    told = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=False)
    folder = Path(told.stdout.strip()) / "lib" / "rustlib" / "wasm32-wasip2"
    return str(folder) if told.returncode == 0 and folder.is_dir() else None
