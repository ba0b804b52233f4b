"""jco serve, the other way to run a component over HTTP on a developer's machine."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSION = "1.35.0"


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
