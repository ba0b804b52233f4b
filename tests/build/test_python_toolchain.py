from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from engine.build.toolchains.python import imported, infer, recognise


@pytest.mark.parametrize("start", ["componentize-py", ".venv/bin/componentize-py", "uv run componentize-py"])
def test_commands_that_are_seen_through(tmp_path: Path, start: str) -> None:
    (tmp_path / "app.py").touch()
    app = recognise(shlex.split(f"{start} -d ./wit -w hello componentize app -o build/x.wasm"), tmp_path)
    assert app is not None
    assert (app.app, app.folder, app.wit, app.worlds) == ("app", tmp_path, (tmp_path / "wit",), ("hello",))
    assert app.output == tmp_path / "build" / "x.wasm"


def test_search_path_and_features(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.py").touch()
    (tmp_path / "lib").mkdir()
    words = "componentize-py --wit-path wit --features a,b --features c componentize main -p lib -p src"
    app = recognise(words.split(), tmp_path)
    assert app is not None
    assert (app.folder, app.search, app.features) == (tmp_path / "src", (tmp_path / "lib",), ("a", "b", "c"))


@pytest.mark.parametrize(
    "command",
    [
        "make",
        "componentize-py -d wit bindings out",
        "componentize-py -d wit componentize app -s",
        "componentize-py --world-module m componentize app",
        "componentize-py -d wit componentize app && wasm-opt x",
    ],
)
def test_commands_that_do_something_else_are_left_alone(tmp_path: Path, command: str) -> None:
    assert recognise(command.split(), tmp_path) is None


def test_inference(tmp_path: Path) -> None:
    assert infer(tmp_path, tmp_path / "wit", None) is None
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").touch()
    app = infer(tmp_path, tmp_path / "wit", "w")
    assert app is not None
    assert (app.folder, app.worlds) == (tmp_path / "src", ("w",))


def test_imports_of_sources_in_whatever_python(tmp_path: Path) -> None:
    good, newer = tmp_path / "good.py", tmp_path / "newer.py"
    good.write_text(
        "import a.b, c as d  # e\nfrom f.g import (h,\n    i)\nfrom . import j\nif x:\n    import k\n"
    )
    newer.write_text('import l\nprint(f"{m("n")}")\n')
    assert imported([good, newer, tmp_path / "gone.py"]) == {"a.b", "c", "f.g", "k", "l"}
