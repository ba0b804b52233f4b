"""`wake logs`, as called."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.logs.journal import JournalWriter
from engine.session.sessions_file import Record, SessionsFile

WAKE = [sys.executable, "-c", "import sys; from engine.cli.main import main; sys.exit(main())"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)}


def add_session(root: Path, *ids: str) -> None:
    for name in ids:
        with JournalWriter(root / "wake" / "sessions" / name / "journal.log") as journal:
            journal.write("build", "info", "building", time_ms=1_700_000_000_001)
            journal.write("guest.stderr", "error", "it \x1b[31mfailed\x1b[2J", time_ms=1_700_000_000_002)
            journal.write("host", "warn", f"slow {name}", time_ms=1_700_000_000_003)
        (root / name).mkdir()
        SessionsFile(root / "wake" / "sessions.json").put(Record(name, name, str(root / name)))


def wake(
    environment: dict[str, str], *words: str, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: PLW1510
        [*WAKE, "logs", *words], env=environment, cwd=folder, capture_output=True, text=True
    )


def test_all_of_the_only_session(tmp_path: Path, environment: dict[str, str]) -> None:
    add_session(tmp_path, "abc123")
    done = wake(environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line[13:] for line in done.stdout.splitlines()] == [
        "INFO  build    building",
        "ERROR guest.stderr it failed",
        "WARN  host     slow abc123",
    ]
    assert "\x1b" not in done.stdout


def test_filters_and_json(tmp_path: Path, environment: dict[str, str]) -> None:
    add_session(tmp_path, "abc123")
    found = wake(
        environment,
        "--level",
        "warn",
        "--source",
        "guest",
        "--source",
        "host",
        "--grep",
        "f[a-z]+d",
        "--json",
    )
    assert [json.loads(line) for line in found.stdout.splitlines()] == [
        {
            "time": "2023-11-14T22:13:20.002Z",
            "source": "guest.stderr",
            "level": "error",
            "line": "it \x1b[31mfailed\x1b[2J",
        }
    ]


def test_which_session(tmp_path: Path, environment: dict[str, str]) -> None:
    add_session(tmp_path, "aaaaaa", "bbbbbb")
    assert "several sessions" in wake(environment).stderr
    assert wake(environment, "bbbbbb").stdout.endswith("slow bbbbbb\n")
    (tmp_path / "aaaaaa" / "src").mkdir()
    assert wake(environment, folder=tmp_path / "aaaaaa" / "src").stdout.endswith("slow aaaaaa\n")
    for wrong in ("zzzzzz", "../aaaaaa", "/etc"):
        done = wake(environment, wrong)
        assert (done.returncode, done.stdout) == (1, "") and wrong in done.stderr


def test_no_session_at_all(environment: dict[str, str]) -> None:
    done = wake(environment)
    assert done.returncode == 1 and "there is no session" in done.stderr


def test_a_wrong_pattern(tmp_path: Path, environment: dict[str, str]) -> None:
    add_session(tmp_path, "abc123")
    done = wake(environment, "--grep", "(")
    assert done.returncode == 1 and "not a regular expression" in done.stderr


def test_following(tmp_path: Path, environment: dict[str, str]) -> None:
    add_session(tmp_path, "abc123")
    follower = subprocess.Popen(
        [*WAKE, "logs", "-f", "--grep", "new|slow"], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert follower.stdout is not None
    try:
        assert follower.stdout.readline().endswith("slow abc123\n")
        with JournalWriter(tmp_path / "wake" / "sessions" / "abc123" / "journal.log") as journal:
            journal.write("host", "info", "old")
            journal.write("host", "info", "something new")
        assert follower.stdout.readline().endswith("something new\n")
    finally:
        follower.terminate()
        follower.wait()
        follower.stdout.close()
