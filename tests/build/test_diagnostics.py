from __future__ import annotations

from pathlib import Path

from engine.build.diagnostics import parse
from engine.model.diagnostic import Diagnostic

ROOT = Path("/home/me/project")

RUST = """\
   Compiling app v0.1.0
\x1b[0m\x1b[1m\x1b[38;5;9merror[E0425]\x1b[0m: cannot find value `x` in this scope
  --> src/lib.rs:10:5
   |
10 |     x
warning: unused import
 --> src/other.rs:1:5
"""

PYTHON = """\
Traceback (most recent call last):
  File "/0/app.py", line 3, in <module>
    import missing
  File "/python/importlib/__init__.py", line 90, in import_module
    return _bootstrap
ModuleNotFoundError: No module named 'missing'
"""


def test_rust() -> None:
    assert parse(RUST, ROOT) == (
        Diagnostic("error", "cannot find value `x` in this scope", "src/lib.rs", 10, 5),
        Diagnostic("warning", "unused import", "src/other.rs", 1, 5),
    )


def test_a_guests_traceback_names_the_users_file() -> None:
    assert parse(PYTHON, ROOT) == (
        Diagnostic("error", "ModuleNotFoundError: No module named 'missing'", "app.py", 3),
    )


def test_others() -> None:
    assert parse("./main.go:12:2: undefined: foo", ROOT) == (
        Diagnostic("error", "undefined: foo", "main.go", 12, 2),
    )
    assert parse("src/a.ts(3,7): error TS2322: no", ROOT) == (
        Diagnostic("error", "TS2322: no", "src/a.ts", 3, 7),
    )
    assert parse(f"{ROOT}/a.c:1:2: warning: odd", ROOT) == (Diagnostic("warning", "odd", "a.c", 1, 2),)


def test_prose_is_nothing() -> None:
    assert parse("Finished in 3.2 s\nat 12:30 all was well\nhttp://localhost:8000 is up", ROOT) == ()
