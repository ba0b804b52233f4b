"""`wake wit` as its contract has it: what is printed where, and the exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.cli.wit import quick

FILES = {
    "wit/world.wit": """\
package my:app@0.1.0;

interface greet {
  hello: func(name: string) -> string;
}

world app {
  import my:lib/api@1.0.0;
  @unstable(feature = extra)
  import log: func(text: string);
  export greet;
}

world other {
}
""",
    "wit/deps/lib/lib.wit": "package my:lib@1.0.0;\ninterface api { use base.{t}; }\ninterface base { type t = u8; }\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


APP = """\
world my:app/app@0.1.0
  import my:lib/base@1.0.0
  import my:lib/api@1.0.0
  export my:app/greet@0.1.0
"""


def test_worlds(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wit", "wit"]) == 0
    assert capsys.readouterr() == (APP + "\nworld my:app/other@0.1.0\n", "")
    # The project's folder will do, and so will being in it.
    for words in (["wit", "."], ["wit"], ["wit", str(project)]):
        assert main([*words, "--world", "app"]) == 0
        assert capsys.readouterr() == (APP, "")


def test_one_world_with_a_feature(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_log = APP.replace("  export", "  import log\n  export")
    for feature in (["--feature", "extra"], ["--feature=extra"], ["--all-features"]):
        assert main(["wit", "wit", "--world", "my:app/app", *feature]) == 0
        assert capsys.readouterr().out == with_log


def test_a_world_that_cannot_be_selected(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wit", "wit", "--world", "nope"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "error: World `nope` not found in package `my:app@0.1.0`\n  = help: its worlds: `app`, `other`\n"
    )


def test_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wit", "wit", "--json"]) == 0
    model = json.loads(capsys.readouterr().out)
    assert list(model) == ["worlds", "interfaces", "types", "packages"]
    assert [package["name"] for package in model["packages"]] == ["my:lib@1.0.0", "my:app@0.1.0"]
    assert list(model["worlds"][0]["imports"]) == ["interface-0", "interface-1"]


def test_graph(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wit", "wit", "--graph"]) == 0
    assert capsys.readouterr().out == "level 0\n  my:lib@1.0.0\nlevel 1\n  my:app@0.1.0 -> my:lib@1.0.0\n"
    assert main(["wit", "wit", "--graph", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["levels"] == [["my:lib@1.0.0"], ["my:app@0.1.0"]]
    assert main(["wit", "wit", "--graph", "--mermaid"]) == 0
    assert capsys.readouterr().out.startswith("flowchart TD\n")


def test_rejected_input(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "wit" / "bad.wit").write_text("interface bad {\n\tf: func(ä: strin);\n}\n")
    assert main(["wit", "wit"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "error: invalid character in identifier 'ä'\n"
        "  --> wit/bad.wit:2:10\n"
        "   2 | \tf: func(ä: strin);\n"
        "     | \t        ^\n"
        "  = help: names are words of lower-case (or all upper-case) letters and digits, joined by `-`\n"
    )
    (project / "wit" / "bad.wit").write_text("interface bad {\n\t/* ä漢 */ f: func(a: strin);\n}\n")
    assert main(["wit", "./wit"]) == 1
    assert capsys.readouterr().err == (
        "error: name `strin` does not exist\n"
        "  --> ./wit/bad.wit:2:25\n"
        "   2 | \t/* ä漢 */ f: func(a: strin);\n"
        "     | \t                     ^----\n"
    )


def test_several_mistakes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "wit" / "bad.wit").write_text("interface bad { f: func(a: x); g: func(a: y); }\n")
    (project / "wit" / "deps" / "lib" / "lib.wit").write_text("package my:lib@1.0.0\n")
    assert main(["wit", "wit"]) == 1
    places = [line for line in capsys.readouterr().err.split("\n") if line.startswith("  --> ")]
    assert places == [
        "  --> wit/bad.wit:1:28",
        "  --> wit/bad.wit:1:43",
        "  --> wit/deps/lib/lib.wit:2:1",
    ]


def test_escapes_of_a_file_never_reach_the_terminal(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "wit" / "bad.wit").write_text("interface bad { \x1b[31m }\n")
    assert main(["wit", "wit"]) == 1
    assert "\x1b" not in capsys.readouterr().err


def test_a_stale_copy_is_a_warning(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "wit" / "deps.lock").write_text('[lib]\nsha256 = "00"\nsha512 = "00"\n')
    assert main(["wit", "wit", "--world", "app"]) == 0
    out, err = capsys.readouterr()
    assert out == APP
    assert err.startswith("warning: `deps/lib` is not what `deps.lock` says\n  --> wit/deps.lock\n")


def test_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wit", "--bogus"]) == 2
    assert "unrecognized arguments: --bogus" in capsys.readouterr().err
    assert main(["wit", "--help"]) == 0
    assert "--all-features" in capsys.readouterr().out


def test_plain_options_are_read_without_argparse() -> None:
    options = quick(["p", "--world", "w", "--feature", "a", "--feature", "b", "--json"])
    assert options is not None
    assert (options.path, options.world, options.feature, options.json) == ("p", "w", ["a", "b"], True)
    for words in (["--help"], ["a", "b"], ["a", "--world"], ["a", "--world=w"], ["a", "--json=1"]):
        assert quick(words) is None


def test_start_up_is_lean(project: Path) -> None:
    """What the command does not need is not imported: each of these costs as much as reading a package."""
    heavy = ("msgspec", "argparse", "typing", "pathlib", "dataclasses", "wasmtime", "yaml", "json", "hashlib")
    script = (
        "import sys; sys.argv = ['wake', 'wit', 'wit']\n"
        "from engine.cli.main import main\n"
        "code = main()\n"
        f"print([name for name in {heavy!r} if name in sys.modules], code, file=sys.stderr)"
    )
    # -S: the site module of an editable install brings modules of its own.
    path = os.pathsep.join([str(Path(__file__).resolve().parents[2])])
    done = subprocess.run(
        [sys.executable, "-S", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.stderr.strip() == "[] 0"
