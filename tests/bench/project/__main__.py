"""How long `wake deps` and `wake manifest` take for each example, as multiples of what Python takes to do nothing.

The figures are medians over runs that take turns, so that a busy moment of the machine hits all alike. Exits 1 when
one is above the bar. Run once before for compiled modules: what an installed program has.
"""

from __future__ import annotations

import compileall
import os
import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import engine

BAR = 12.0
RUNS = int(os.environ.get("WAKE_BENCH_RUNS", "9"))


def main() -> int:
    given = os.environ.get("WAKE_FIXTURES")
    shared = Path(given) if given else Path(__file__).resolve().parents[4] / "shared" / "fixtures"
    root = shared / "wasmcloud-examples"
    projects = sorted(path.parent for path in root.rglob("wasmcloud.toml"))
    if not projects:
        print(f"the examples are not here ({root}; WAKE_FIXTURES)", file=sys.stderr)
        return 1
    for folder in (Path(engine.__file__).parent, Path(sysconfig.get_path("purelib")) / "msgspec"):
        compileall.compile_dir(folder, quiet=2)
    wake = str(Path(sysconfig.get_path("scripts")) / "wake")
    bare = [sys.executable, "-c", "pass"]
    print(f"{'project':<52} {'bare':>8} {'deps':>8} {'':>6} {'manifest':>8}")
    worst = 0.0
    for project in projects:
        commands = [bare, [wake, "deps", str(project)], [wake, "manifest", str(project)]]
        floor, deps, manifest = medians(commands)
        ratios = deps / floor, manifest / floor
        worst = max(worst, *ratios)
        name = str(project.relative_to(root))
        print(
            f"{name:<52} {floor * 1000:5.1f} ms {deps * 1000:5.1f} ms {ratios[0]:5.1f}x {manifest * 1000:5.1f} ms {ratios[1]:5.1f}x"
        )
    print(f"worst {worst:.1f}x, bar {BAR:.0f}x")
    return 0 if worst <= BAR else 1


def medians(commands: list[list[str]]) -> list[float]:
    times: list[list[float]] = [[] for _ in commands]
    for _ in range(RUNS):
        for command, kept in zip(commands, times, strict=True):
            started = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            kept.append(time.perf_counter() - started)
    return [statistics.median(kept) for kept in times]


if __name__ == "__main__":
    raise SystemExit(main())
