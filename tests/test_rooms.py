"""The import rules at run time: what `lint-imports` reads from the source, seen in a process."""

from __future__ import annotations

import subprocess
import sys

ALL_OF_THE_ENGINE = """
import importlib, pkgutil, sys
import engine
for module in pkgutil.walk_packages(engine.__path__, "engine."):
    if "templates" not in module.name and ".guests." not in module.name and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(sorted({name.partition(".")[0] for name in sys.modules} & {"textual", "tui", "rich"}))
"""

THE_DASHBOARD = """
import sys
import tui.app, tui.main
heavy = {"wasmtime", "componentize_py", "yaml", "watchfiles"}
rooms = {"engine.session", "engine.hosts", "engine.build", "engine.wit", "engine.manifest", "engine.dependencies"}
print(sorted((heavy | rooms) & set(sys.modules)))
"""

WIT_ALONE = """
import sys
import engine.wit.load
print(sorted({"msgspec", "wasmtime", "yaml", "anyio", "asyncio", "textual"} & set(sys.modules)))
"""


def printed(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_no_room_of_the_engine_brings_the_dashboard() -> None:
    assert printed(ALL_OF_THE_ENGINE) == "[]"


def test_the_dashboard_starts_without_the_engines_rooms() -> None:
    assert printed(THE_DASHBOARD) == "[]"


def test_reading_wit_needs_no_library() -> None:
    assert printed(WIT_ALONE) == "[]"
