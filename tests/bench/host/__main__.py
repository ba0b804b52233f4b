"""The embedded host beside `jco serve`, one artifact, one run. `python -m tests.bench.host [--requests N] [--growth N]`

Both serve the same componentize-py component to the same client over one kept connection. Then: start from cache,
a rebuilt artifact to its first answer, memory over many requests, and 100 MB in each direction.
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Literal

import anyio
import anyio.to_thread

from engine.hosts.embedded.cache import CodeCache
from engine.hosts.embedded.compile import MODULE, OUTLINED
from engine.hosts.embedded.compiler import compile_outlined
from engine.hosts.embedded.compiler import main as compile_whole
from engine.hosts.embedded.host import EmbeddedHost
from engine.hosts.embedded.outline import outline
from engine.model.deliverable import Deliverable
from engine.model.host_settings import HostSettings
from engine.places.places import Places, make_private
from tests.bench.host import peer
from tests.hosts.embedded.built import kept, python_guest
from tests.hosts.embedded.test_host import listen, manifest
from tests.jco import program

ROUNDS = 5
ISOLATED = ("--isolate-requests", "instance")
Instances = Literal["fresh", "warm", "reuse"]


def load(host: str, port: int, path: str, requests: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.host.load", host, str(port), path, str(requests)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def places(folder: Path) -> Places:
    return Places(folder / "config", make_private(folder / "run"), folder / "state", kept() / "bench")


@asynccontextmanager
async def serving(
    deliverable: Deliverable, instances: Instances
) -> AsyncIterator[tuple[EmbeddedHost, str, float]]:
    """The host with the component in service, its address, and the seconds from nothing to the first answer."""
    with tempfile.TemporaryDirectory(prefix="wb", dir="/tmp") as name:
        host = EmbeddedHost(places(Path(name)), "abcdef", settings=HostSettings(instances=instances))
        started = time.perf_counter()
        address = await host.start(listen)
        outcome = await host.apply(manifest(address, "workbench"), {"workbench": deliverable}, {})
        assert outcome.ok, outcome
        await anyio.to_thread.run_sync(get, address)
        took = time.perf_counter() - started
        try:
            yield host, address, took
        finally:
            await host.stop()


def get(address: str, path: str = "/") -> bytes:
    client = http.client.HTTPConnection(address, timeout=120)
    client.request("GET", path)
    answer = client.getresponse()
    body = answer.read()
    assert answer.status == 200, (answer.status, body)
    client.close()
    return body


def memory(pid: int, field: str) -> float:
    """MB of /proc/PID/status: VmRSS now, VmHWM the most since `forget`."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise KeyError(field)


def forget(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def row(name: str, found: dict[str, float], beside: dict[str, float] | None = None) -> None:
    ratio = f"{found['rps'] / beside['rps']:8.1f} ×" if beside else ""
    print(
        f"{name:<44} {found['rps']:8.0f} /s  p50 {found['p50']:7.2f} ms  p99 {found['p99']:7.2f} ms {ratio}",
        flush=True,
    )


def line(name: str, value: float, unit: str, goal: str) -> None:
    print(f"{name:<44} {value:8.1f} {unit}   (goal {goal})", flush=True)


async def main(requests: int, growth: int) -> None:
    component = python_guest("workbench")
    edited = python_guest("workbench", ("hello {COUNT}", "hullo {COUNT}"))
    cache = CodeCache(kept() / "bench/code")
    if cache.find(component.digest, "cranelift") is None:
        compile_whole(["cranelift", component.component, component.digest, str(cache.folder), "0"])

    jco = program(kept() / "jco", peer.VERSION)
    if jco is None:
        print("jco not here")
    ours, theirs = [], []
    kinds: list[tuple[Instances, tuple[str, ...], int]] = [("reuse", (), 4), ("fresh", ISOLATED, 50)]
    for instances, options, share in kinds:
        started = time.perf_counter()
        with peer.serve(jco, component.component, *options) if jco else nullcontext() as other:
            theirs.append(time.perf_counter() - started)
            async with serving(component, instances) as (_, address, took):
                ours.append(took)
                await side_by_side(instances, address, requests, other, max(5, requests // share))
    for _ in range(3):
        async with serving(component, "fresh") as (_, _, took):
            ours.append(took)
    beside = f"jco {min(theirs) * 1000:.0f} ms, bare Python {bare() * 1000:.0f} ms" if jco else ""
    line("start from cache to first answer", statistics.median(ours) * 1000, "ms", f"≤ 300; {beside}")
    line("rebuilt artifact to first answer", await rebuilt(cache, component, edited), "ms", "≤ 300")

    async with serving(component, "reuse") as (host, address, _):
        await over(address, 3000)
        pid = host.processes()[0].pid
        assert pid is not None
        before = memory(pid, "VmRSS")
        await over(address, growth)
        line(f"RSS growth over {growth} requests", memory(pid, "VmRSS") - before, "MB", "≤ 10")
    await bodies(component)


async def side_by_side(
    instances: Instances, address: str, requests: int, other: tuple[str, int] | None, fewer: int
) -> None:
    """Loads both servers in turns, so that a noisy machine is as noisy for either; prints each one's median."""
    kind = {"reuse": "instances reused", "fresh": "instance per request", "warm": "instances made ahead"}[
        instances
    ]
    mine, theirs = [], []
    for _ in range(ROUNDS):
        mine.append(await over(address, requests // ROUNDS))
        if other is not None:
            theirs.append(await anyio.to_thread.run_sync(load, *other, "/", max(2, fewer // ROUNDS)))
    beside = middle(theirs) if theirs else None
    if beside is not None:
        row(f"jco {peer.VERSION} serve, {kind}", beside)
    row(f"wake, {kind}", middle(mine), beside)


def middle(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(one[name] for one in rounds) for name in ("rps", "p50", "p99")}


def bare() -> float:
    """Seconds that Python takes to start and do nothing."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - started


async def over(address: str, requests: int) -> dict[str, float]:
    host, _, port = address.rpartition(":")
    return await anyio.to_thread.run_sync(load, host, int(port), "/", requests)


async def rebuilt(cache: CodeCache, component: Deliverable, edited: Deliverable) -> float:
    """Milliseconds from a new artifact of an app whose libraries were compiled before, to its first answer."""
    if cache.find(component.digest, OUTLINED) is None:
        compile_outlined(cache, Path(component.component).read_bytes(), component.digest)
    known = set(outline(Path(component.component).read_bytes()).modules)
    own = set(outline(Path(edited.component).read_bytes()).modules) - known
    times = []
    for _ in range(3):
        for path in (cache.path(edited.digest, OUTLINED), *(cache.path(name, MODULE) for name in own)):
            path.unlink(missing_ok=True)
        async with serving(component, "fresh") as (host, address, _):
            started = time.perf_counter()
            outcome = await host.reload("workbench", edited)
            assert outcome.ok, outcome
            assert await anyio.to_thread.run_sync(get, address) == b"hullo 1\n"
            times.append((time.perf_counter() - started) * 1000)
    return sorted(times)[1]


async def bodies(component: Deliverable, size: int = 100) -> None:
    """100 MB up, 100 MB up and down again, and 100 MB down that the guest writes itself.

    The last one's memory is the guest's: componentize-py keeps what a call wrote until the call returns.
    """
    async with serving(component, "fresh") as (host, address, _):
        pid = host.processes()[0].pid
        assert pid is not None
        for name, send, goal in (
            ("up", upload, "≤ 64"),
            ("up and down", there_and_back, "≤ 64"),
            ("down, written by the guest", download, "the guest's own, it keeps what a call wrote"),
        ):
            await anyio.to_thread.run_sync(send, address, 2)
            before = memory(pid, "VmRSS")
            forget(pid)
            started = time.perf_counter()
            await anyio.to_thread.run_sync(send, address, size)
            took = time.perf_counter() - started
            line(f"{size} MB {name}", size / took, "MB/s", "–")
            line(f"{size} MB {name}, extra memory", memory(pid, "VmHWM") - before, "MB", goal)


def there_and_back(address: str, size: int) -> None:
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port))) as client:
        head = f"PUT /splice HTTP/1.1\r\nHost: {address}\r\nContent-Length: {size << 20}\r\nConnection: close\r\n\r\n"

        def send() -> None:
            client.sendall(head.encode())
            piece = bytes(1 << 20)
            for _ in range(size):
                client.sendall(piece)

        sender = threading.Thread(target=send)
        sender.start()
        total = 0
        while data := client.recv(1 << 20):
            total += len(data)
        sender.join()
        assert total > size << 20, total


def upload(address: str, size: int) -> None:
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port))) as client:
        head = f"PUT /swallow HTTP/1.1\r\nHost: {address}\r\nContent-Length: {size << 20}\r\nConnection: close\r\n\r\n"
        client.sendall(head.encode())
        piece = bytes(1 << 20)
        for _ in range(size):
            client.sendall(piece)
        answer = b""
        while data := client.recv(65536):
            answer += data
        assert str(size << 20).encode() in answer.partition(b"\r\n\r\n")[2], answer


def download(address: str, size: int) -> None:
    client = http.client.HTTPConnection(address, timeout=120)
    client.request("GET", f"/pour?mb={size}")
    answer = client.getresponse()
    total = 0
    while data := answer.read(1 << 20):
        total += len(data)
    assert total == size << 20
    client.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.host")
    parser.add_argument("--requests", type=int, default=2000, help="of each kind")
    parser.add_argument("--growth", type=int, default=100_000, help="requests over which memory is watched")
    given = parser.parse_args()
    anyio.run(main, given.requests, given.growth)
