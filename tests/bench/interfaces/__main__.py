"""Host functions beside what they stand on: the bare system call, the bare database, a plain dictionary.

The last part runs a guest: a fresh instance imports two small modules from a mount, as a save with a dev shell does.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

from engine.hosts.embedded import linker
from engine.hosts.embedded.registry import find
from engine.model.deliverable import Mount
from tests.hosts.interfaces.deployments import guest
from tests.hosts.interfaces.probe import Probe

ROUNDS = 2000
FS = "wasi:filesystem/types#[method]descriptor."
KV = "wasi:keyvalue/store#[method]bucket."


def microseconds(action: Callable[[], Any]) -> float:
    """The median of some runs, each of many calls."""
    runs = []
    for _ in range(7):
        started = time.perf_counter()
        for _ in range(ROUNDS // 7):
            action()
        runs.append((time.perf_counter() - started) / (ROUNDS // 7) * 1e6)
    return statistics.median(runs)


def row(name: str, ours: float, floor_name: str, floor: float) -> None:
    print(f"{name:<34} {ours:8.1f} µs   {floor_name:<26} {floor:8.1f} µs   {ours / floor:5.1f} x")


def filesystem(folder: Path) -> None:
    (folder / "pkg").mkdir()
    (folder / "pkg" / "module.py").write_bytes(b"x = 1\n" * 100)
    app = guest(folder, mounts=(Mount(str(folder), "/"),))
    ((base, _),) = app.call("wasi:filesystem/preopens#get-directories")
    none: frozenset[str] = frozenset()
    read = frozenset(("read",))
    path = "pkg/module.py"
    full = str(folder / path)

    def stat_at() -> None:
        app.call(f"{FS}stat-at", base, none, path)

    def load() -> None:
        file = app.ok(f"{FS}open-at", base, none, path, none, read)
        app.call(f"{FS}stat", file)
        stream = app.ok(f"{FS}read-via-stream", file, 0)
        app.call("wasi:io/streams#[method]input-stream.read", stream, 65536)
        stream.drop()
        file.drop()

    def bare_load() -> None:
        fd = os.open(full, os.O_RDONLY)
        os.fstat(fd)
        os.pread(fd, 65536, 0)
        os.close(fd)

    row("stat-at, two folders deep", microseconds(stat_at), "os.stat", microseconds(lambda: os.stat(full)))
    row("open, stat, read, close", microseconds(load), "the same by os", microseconds(bare_load))


def keyvalue(folder: Path) -> None:
    app = guest(folder)
    bucket = app.ok("wasi:keyvalue/store#open", "default")
    bare = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = NORMAL")
    bare.execute("CREATE TABLE t (k TEXT PRIMARY KEY, v BLOB)")
    value = b"x" * 100
    put = "INSERT INTO t VALUES (?, ?) ON CONFLICT DO UPDATE SET v = excluded.v"
    row(
        "bucket.set",
        microseconds(lambda: app.call(f"{KV}set", bucket, "k", value)),
        "sqlite3, one table",
        microseconds(lambda: bare.execute(put, ("k", value))),
    )
    row(
        "bucket.get",
        microseconds(lambda: app.call(f"{KV}get", bucket, "k")),
        "sqlite3, one table",
        microseconds(lambda: bare.execute("SELECT v FROM t WHERE k = ?", ("k",)).fetchone()),
    )
    increment = "wasi:keyvalue/atomics#increment"
    row(
        "atomics.increment",
        microseconds(lambda: app.call(increment, bucket, "n", 1)),
        "sqlite3, one update",
        microseconds(lambda: bare.execute(put, ("n", value))),
    )
    bare.close()
    app.deployment.close()


def imports(folder: Path) -> None:
    calls: list[float] = []

    def timed(interface: str, name: str) -> Callable[..., Any] | None:
        function = find(interface, name)
        if function is None or not interface.startswith(("wasi:filesystem", "wasi:io")):
            return function
        found = function

        def call(*arguments: Any) -> Any:
            started = time.perf_counter()
            value = found(*arguments)
            calls.append(time.perf_counter() - started)
            return value

        return call

    with patch.object(linker, "find", timed), patch.object(Probe, "_recorded", nullcontext):
        probe = Probe(folder)
    cases = folder / "cases"
    cases.mkdir()
    (cases / "helper.py").write_text("x = 1\n" * 200)
    probe.deployment.mounts = (Mount(str(cases), "/cases"),)
    runs = []
    for number in range(50):
        (cases / "case.py").write_text(f"import helper\nnumber = {number}\ndef run(): pass\n")
        calls.clear()
        started = time.perf_counter()
        assert probe.case("case") is None
        runs.append(((time.perf_counter() - started) * 1000, len(calls), sum(calls) * 1000))
    probe.close()
    whole, count, host = sorted(runs)[len(runs) // 2]
    print(
        f"a fresh instance imports two modules from a mount: {whole:.1f} ms (best {min(runs)[0]:.1f}), of which "
        f"{host:.2f} ms in {count} calls of the file system and its streams"
    )


def main() -> None:
    for part in (filesystem, keyvalue, imports):
        with tempfile.TemporaryDirectory() as folder:
            part(Path(folder))


if __name__ == "__main__":
    main()
