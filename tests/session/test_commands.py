"""Commands and engines as processes, on a project that builds in no time."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.places.places import Places
from engine.project.find import load_project
from engine.session.sessions_file import Record, SessionsFile
from engine.supervise.identity import me
from tests.session.engine import WAKE, Engine
from tests.session.running import make_project

pytestmark = [pytest.mark.xdist_group("engine"), pytest.mark.timeout(240)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "it")


def wake(project: Path, environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WAKE, *words], cwd=project, env=environ, capture_output=True, text=True, check=False, timeout=90
    )


def test_two_started_at_the_same_instant_are_one_session(project: Path, environ: dict[str, str]) -> None:
    with Engine(project, environ) as one, Engine(project, environ) as other:
        started = [engine.wait("session_started") for engine in (one, other)]
        assert sorted("attached" in event for event in started) == [False, True]
        detached = wake(project, environ, "dev", "--detach", "--json")
        assert json.loads(detached.stdout)["attached"] is True
    assert (one.end(), other.end()) == (0, 0)


def test_three_detached_at_the_same_instant_are_one_session(project: Path, environ: dict[str, str]) -> None:
    command = [*WAKE, "dev", "--detach", "--json", str(project)]
    starts = [
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    try:
        answers = [start.communicate(timeout=90) for start in starts]
        assert [start.returncode for start in starts] == [0, 0, 0], answers
        assert len({json.loads(answer[0])["socket"] for answer in answers}) == 1
    finally:
        assert wake(project, environ, "stop").returncode == 0


@contextlib.contextmanager
def engine_of_another_time(project: Path, places: Places) -> Iterator[None]:
    """A session whose engine speaks another protocol: it refuses every hello."""
    found = load_project(project)
    SessionsFile(places.sessions_file).put(Record(found.session, found.name, str(project), me()))
    refusal = {
        "jsonrpc": "2.0",
        "id": 1,
        "error": {"code": -32000, "message": "this engine speaks protocol 2"},
    }

    def serve(listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(json.dumps(refusal).encode() + b"\n")

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(places.socket(found.session)))
        listening.listen()
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        yield
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_an_engine_of_another_version_is_told_of(
    project: Path, environ: dict[str, str], places: Places
) -> None:
    with engine_of_another_time(project, places):
        for words in (["dev"], ["dev", "--detach"], ["wait"], ["reload"], ["toggle", "x"]):
            ended = wake(project, environ, *words)
            assert ended.returncode == 1, words
            assert "this engine speaks protocol 2" in ended.stderr
            assert "Traceback" not in ended.stderr


def test_folders_that_cannot_be_made_are_told_of(
    project: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    for variable in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
        for words in (["dev", "--once"], ["sessions"], ["build"]):
            ended = wake(project, {**environ, variable: str(tmp_path / "file")}, *words)
            assert "Traceback" not in ended.stderr
            assert ended.returncode in (0, 1)
            assert ended.returncode == 0 or "file" in ended.stderr


def test_once_on_an_interrupt_has_failed(project: Path, environ: dict[str, str]) -> None:
    (project / "source.txt").write_text("slow")
    with Engine(project, environ, "--once") as engine:
        engine.wait("build_started")
        engine.process.terminate()
        assert engine.end() == 1


def test_clean_takes_what_is_ours_and_nothing_else(
    project: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    (project / ".wake" / "dev").mkdir(parents=True)
    (project / ".wake" / "dev" / "toggles.json").write_text("{}")
    (project / ".wake" / "notes.txt").write_text("mine")
    assert wake(project, environ, "clean").returncode == 0
    assert [path.name for path in (project / ".wake").iterdir()] == ["notes.txt"]

    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "kept").touch()
    (project / ".wake" / "dev").symlink_to(precious)
    assert wake(project, environ, "clean").returncode == 0
    assert not (project / ".wake" / "dev").is_symlink()
    assert (precious / "kept").exists()

    (project / ".wake" / "notes.txt").unlink()
    (project / ".wake" / ".gitignore").write_text("*\n")
    assert wake(project, environ, "clean").returncode == 0
    assert not (project / ".wake").exists()


def test_a_build_that_cannot_begin_is_json_as_well(project: Path, environ: dict[str, str]) -> None:
    config = project / "wasmcloud.toml"
    config.write_text(config.read_text().replace("out/it.wasm", "nowhere.wasm"))
    ended = wake(project, environ, "build", "--json")
    assert ended.returncode == 1
    document = json.loads(ended.stdout)
    assert document["ok"] is False
    assert "nowhere.wasm" in document["diagnostics"][0]["message"]


def test_what_a_build_prints_is_lines_without_escapes(project: Path, environ: dict[str, str]) -> None:
    (project / "build.py").write_text("print('\\x1b]0;title\\x07one'); print('two'); raise SystemExit(3)")
    ended = wake(project, environ, "build")
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "\x1b" not in ended.stderr
    assert ended.stderr.endswith("one\ntwo\n")
