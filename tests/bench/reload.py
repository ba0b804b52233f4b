"""Save to served: edits the demo and asks it over HTTP until the edit answers. `python -m tests.bench.reload [N]`

Beside it, in the same run, what the same edit costs without a dev shell: componentize-py, then a compile by wasmtime.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from engine.project.create import create


def main(edits: int) -> None:
    with tempfile.TemporaryDirectory(prefix="wake-bench-") as name:
        root = Path(name)
        project = root / "demo"
        create("python-http", project)
        environ = {**os.environ, **{f"XDG_{part}_HOME": str(root / part) for part in ("STATE", "CONFIG")}}
        environ["XDG_RUNTIME_DIR"] = name
        command = [sys.executable, "-m", "engine.cli", "dev", "--json", str(project)]
        engine = subprocess.Popen(command, stdout=subprocess.PIPE, env=environ)
        try:
            times, reported = measure(engine, project, edits)
        finally:
            engine.terminate()
            engine.wait()
        whole = rebuild(project)
    show("save → served, over HTTP", times)
    show("as the engine reports it", reported)
    print(f"{'componentize + compile, same edit':<36} {whole * 1000:8.0f} ms")
    print(f"{'ratio, p50':<36} {whole * 1000 / statistics.median(times):8.0f} ×")


def measure(engine: subprocess.Popen[bytes], project: Path, edits: int) -> tuple[list[float], list[float]]:
    """Milliseconds from the end of each write to the answer that shows it, and each reload's own total."""
    assert engine.stdout is not None
    url = wait_for(engine, "host_ready")["urls"][0]
    wait_for(engine, "reload")
    address = urlsplit(url).netloc
    connection = http.client.HTTPConnection(address)
    source = (project / "app.py").read_text()
    times = []
    for number in range(edits):
        text = source.replace("Hello from wake", f"Edit number {number}")
        if number % 2:  # some editors write in place, some replace the file
            (project / "app.py").write_text(text)
        else:
            (project / "app.py.new").write_text(text)
            (project / "app.py.new").replace(project / "app.py")
        started = time.perf_counter()
        while f"Edit number {number}!" not in ask(connection):
            pass
        times.append((time.perf_counter() - started) * 1000)
        time.sleep(0.05)  # a person's pause: the next save is a reload of its own
    reported = [wait_for(engine, "reload")["total_ms"] for _ in range(edits)]
    return times, reported


def ask(connection: http.client.HTTPConnection) -> str:
    connection.request("GET", "/")
    return connection.getresponse().read().decode()


def wait_for(engine: subprocess.Popen[bytes], name: str) -> dict[str, Any]:
    assert engine.stdout is not None
    for line in engine.stdout:
        event = json.loads(line)
        if event["event"] == name:
            found: dict[str, Any] = event
            return found
        if event["event"] == "reload" and not event["ok"]:
            raise SystemExit(f"the reload failed: {event}")
    raise SystemExit("the engine ended")


def rebuild(project: Path) -> float:
    """Seconds for componentize-py and wasmtime, one after the other."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "engine.cli", "build", str(project)], check=True, capture_output=True
    )
    artifact = next((project / "build").glob("*.wasm"))
    code = "import sys; from wasmtime import Engine; from wasmtime.component import Component; Component.from_file(Engine(), sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(artifact)], check=True)
    return time.perf_counter() - started


def show(what: str, times: list[float]) -> None:
    ranked = sorted(times)
    p50, p95 = statistics.median(ranked), ranked[int(len(ranked) * 0.95)]
    print(f"{what:<36} p50 {p50:6.1f} ms   p95 {p95:6.1f} ms   worst {ranked[-1]:6.1f} ms   n={len(ranked)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
