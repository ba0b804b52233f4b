"""jco serve, the other way to run a component over HTTP on a developer's machine."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSION = "1.35.0"


def program(folder: Path) -> Path | None:
    """jco's program, installed into `folder` at first use; None without Node or network."""
    npm = shutil.which("npm")
    found = folder / "node_modules/.bin/jco"
    if npm is None or shutil.which("node") is None:
        return None
    if not found.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-audit", "--no-fund", "--silent", f"@bytecodealliance/jco@{VERSION}"]
        subprocess.run(command, cwd=folder, check=False)
    return found if found.exists() else None


@contextmanager
def serve(jco: Path, component: str, *options: str) -> Iterator[tuple[str, int]]:
    """Runs `jco serve` until its first answer and yields where."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Node 20 does not know extended constant expressions without being told; only this variable reaches the child.
    environ = {**os.environ, "JCO_RUN_ARGS": "--experimental-wasm-extended-const"}
    server = subprocess.Popen(
        [str(jco), "serve", component, "--host", "127.0.0.1", "--port", str(port), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environ,
        start_new_session=True,
    )
    try:
        _until_it_answers(server, port)
        yield "127.0.0.1", port
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _until_it_answers(server: subprocess.Popen[bytes], port: int) -> None:
    while True:
        if server.poll() is not None:
            raise SystemExit(f"jco serve ended with {server.returncode}")
        try:
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            client.request("GET", "/")
            client.getresponse().read()
            client.close()
            return
        except OSError:
            time.sleep(0.05)
