"""An engine as a process, driven the way a script drives it: its events, its requests, its end."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self

WAKE = (sys.executable, "-m", "engine.cli")
# A dev shell takes ten seconds to build where nothing is cached; a busy machine is slower.
PATIENCE = 90.0


class Engine:
    """`wake dev --json` on a project. Use as a context: it is stopped, and its end checked, on the way out."""

    def __init__(self, project: Path, environ: dict[str, str], *options: str) -> None:
        self.project = project
        self.environ = environ
        self.process = subprocess.Popen(
            [*WAKE, "dev", "--json", *options, str(project)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environ,
        )
        self.events: list[dict[str, Any]] = []
        self.told = ""
        self._news = threading.Condition()
        self._threads = [threading.Thread(target=read) for read in (self._read, self._read_errors)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.end()

    def end(self) -> int:
        """Waits for its end; its exit code."""
        code = self.process.wait(PATIENCE)
        for thread in self._threads:
            thread.join()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return code

    def wait(
        self, name: str, after: int = 0, holds: Callable[[dict[str, Any]], bool] = lambda _: True
    ) -> dict[str, Any]:
        """The first event `name` at place `after` or later of which `holds` is true."""
        until = time.monotonic() + PATIENCE
        with self._news:
            while True:
                for event in self.events[after:]:
                    if event["event"] == name and holds(event):
                        return event
                if self.process.poll() is not None and not any(thread.is_alive() for thread in self._threads):
                    raise AssertionError(f"the engine ended without {name}: {self.told}\n{self.events[-3:]}")
                if time.monotonic() > until:
                    raise AssertionError(f"no {name} came; the last events: {self.events[-5:]}\n{self.told}")
                self._news.wait(0.5)

    @property
    def here(self) -> int:
        """The place of the next event, to wait for what comes after now."""
        with self._news:
            return len(self.events)

    @property
    def url(self) -> str:
        return str(self.wait("host_ready")["urls"][0])

    def get(self, path: str = "/", timeout: float = 30) -> tuple[int, str]:
        return get(self.url + path, timeout)

    def wake(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs another `wake` command in the project."""
        return subprocess.run(
            [*WAKE, *words], cwd=self.project, env=self.environ, capture_output=True, text=True, check=False
        )

    def names(self) -> Iterable[str]:
        return [event["event"] for event in self.events]

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.events.append(json.loads(line))
                self._news.notify_all()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.told += line.decode(errors="replace")


def get(url: str, timeout: float = 30) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
