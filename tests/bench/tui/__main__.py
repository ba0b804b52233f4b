"""Start-up and key-to-paint on a real terminal, beside bare Python and an empty Textual application."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Sequence

EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self): yield Static("READY")
Empty().run()
"""


class Screen:
    """A program on a terminal of 160 × 50, its output read as it comes."""

    def __init__(self, words: Sequence[str]) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            words, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self.drawn = b""

    def until(self, text: bytes, seconds: float = 20) -> float:
        """Seconds from now until `text` is drawn."""
        start = time.perf_counter()
        while text not in self.drawn:
            if time.perf_counter() - start > seconds:
                raise SystemExit(f"{text!r} was never drawn")
            self.read(0.005)
        return time.perf_counter() - start

    def read(self, seconds: float) -> None:
        if select.select([self._master], [], [], seconds)[0]:
            self.drawn = (self.drawn + os.read(self._master, 1 << 16))[-400_000:]

    def rest(self, seconds: float) -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            self.read(0.01)

    def type(self, keys: bytes) -> None:
        self.drawn = b""
        os.write(self._master, keys)

    def used(self) -> tuple[float, float]:
        """Seconds of processor, megabytes resident."""
        with open(f"/proc/{self.process.pid}/stat") as stat:
            ticks = sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13]))
        with open(f"/proc/{self.process.pid}/statm") as memory:
            pages = int(memory.read().split()[1])
        return ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def end(self) -> None:
        self.process.kill()  # nobody reads what it would still draw
        self.process.wait()
        os.close(self._master)


def first_frame(words: Callable[[], Sequence[str]], text: bytes, times: int = 7) -> float:
    taken = []
    for _ in range(times):
        screen = Screen(words())
        screen.until(text)
        taken.append(time.perf_counter() - screen.started)
        screen.end()
    return statistics.median(taken)


def dashboard(rate: int, known: int, folder: str) -> list[str]:
    program = [sys.executable, "-m", "tests.bench.tui.app"]
    return [*program, str(rate), str(known), tempfile.mkdtemp(dir=folder), str(os.getpid())]


def keys(rate: int, known: int, folder: str) -> None:
    """Toggles help, which answers with known words, while lines stream."""
    screen = Screen(dashboard(rate, known, folder))
    screen.until(b"resolved", seconds=60)
    screen.rest(1.5)
    before, started = screen.used()[0], time.perf_counter()
    taken = []
    for number in range(30):
        key, word = ((b"?", b"find a command by name"), (b"?", b"dependencies"))[number % 2]
        screen.type(key)
        taken.append(screen.until(word) * 1000)
        screen.rest(0.08 + 0.013 * (number % 5))
    cpu = (screen.used()[0] - before) / (time.perf_counter() - started) * 100
    taken = sorted(taken[0::2])
    print(
        f"{rate:>6} lines/s, {known:>9} lines there: key → help painted p50 {taken[len(taken) // 2]:5.0f} ms, "
        f"max {taken[-1]:5.0f} ms; processor {cpu:4.0f} %, memory {screen.used()[1]:4.0f} MB"
    )
    screen.end()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        measure(folder)


def measure(folder: str) -> None:
    floor = statistics.median(_bare() for _ in range(7))
    empty = first_frame(lambda: [sys.executable, "-c", EMPTY], b"READY")
    ours = first_frame(lambda: dashboard(0, 0, folder), b"resolved")
    print(f"{'bare Python':<34} {floor * 1000:6.0f} ms")
    print(f"{'an empty Textual application':<34} {empty * 1000:6.0f} ms   ×{empty / floor:.0f}")
    print(
        f"{'the dashboard, its state drawn':<34} {ours * 1000:6.0f} ms   ×{ours / empty:.2f} of the empty one"
    )
    for rate, known in ((0, 0), (0, 1_000_000), (1_000, 0), (10_000, 0), (50_000, 0)):
        keys(rate, known, folder)


def _bare() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
