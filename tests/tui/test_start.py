"""The command line, what starting imports, and a real start in a real terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tui import main

TUI = [sys.executable, "-m", "tui.main"]


def wake_tui(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TUI, *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def test_without_a_terminal_it_names_the_other_command(tmp_path: Path) -> None:
    done = wake_tui(str(tmp_path))
    assert done.returncode == 2 and "`wake dev`" in done.stderr and done.stdout == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--host", "lattice"), "'lattice' does not exist yet"),
        (("--host", "moon"), "there is no host 'moon'"),
        (("one", "two"), "one project at a time"),
        (("--port", "99999"), "not a port"),
        (("--nonsense",), "unrecognized arguments"),
    ],
)
def test_wrong_usage(words: tuple[str, ...], told: str) -> None:
    done = wake_tui(*words)
    assert done.returncode == 2 and told in done.stderr


def test_version_and_help() -> None:
    assert wake_tui("--version").stdout.startswith("wake-tui ")
    done = wake_tui("--help")
    assert done.returncode == 0 and "wake-tui demo [DIR]" in done.stdout


def test_options_reach_the_session() -> None:
    options = main.parser().parse_args(
        [".", "--port", "8080", "--address", "0.0.0.0", "--leave-host-running"]
    )
    assert main.session_options(options) == [
        "--host", "embedded", "--address", "0.0.0.0", "--port", "8080", "--leave-host-running",
    ]  # fmt: skip


def test_starting_imports_no_host_and_no_engine_room() -> None:
    program = (
        "import sys, tui.app\n"
        "wrong = [m for m in sys.modules if m.split('.')[0] in ('wasmtime', 'watchfiles', 'yaml', 'regex', 'anyio')\n"
        "  or m.startswith(('engine.session', 'engine.hosts', 'engine.server', 'engine.cli.')) or m == 'engine.cli']\n"
        "sys.exit(', '.join(wrong) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


class Terminal:
    """A process on a terminal of its own; what it draws is kept."""

    def __init__(self, words: list[str], folder: Path, environment: dict[str, str]) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.process = subprocess.Popen(
            words,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        self.drawn = b""

    def until(self, text: bytes) -> None:
        """Reads until `text` was drawn or the process is gone."""
        while text not in self.drawn and self._read():
            pass
        assert text in self.drawn, self.drawn[-2000:]

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def end(self) -> int:
        while self._read():
            pass
        os.close(self._master)
        return self.process.wait()

    def _read(self) -> bool:
        ready, _, _ = select.select([self._master], [], [], 60)
        try:
            data = os.read(self._master, 65536) if ready else b""
        except OSError:  # EIO: the last process on it has ended
            data = b""
        self.drawn += data
        return bool(data)


def test_a_project_that_is_none_in_a_real_terminal(tmp_path: Path) -> None:
    """First a frame, then the engine's own words, then q: the terminal is as it was and the reason stays on it."""
    (tmp_path / "run").mkdir()
    places = {name: str(tmp_path / "run") for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")}
    environment = {**os.environ, **places, "XDG_RUNTIME_DIR": str(tmp_path / "run"), "TERM": "xterm-256color"}
    empty = tmp_path / "empty"
    empty.mkdir()
    terminal = Terminal(TUI, empty, environment)
    terminal.until(b"starting")
    terminal.until(b"r tries again")
    terminal.type(b"q")
    assert terminal.end() == 1
    after = terminal.drawn.rpartition(b"\x1b[?1049l")[2]
    assert b"wake-tui: " in after and b"\x1b[?25h" in terminal.drawn
