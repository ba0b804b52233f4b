"""The WASI 0.2 tree and others, cold and warm, in process and as a command, each beside a floor or a peer.

Rounds of ours and of the peer alternate, so that a busy machine slows both alike; the best and the median are told.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from engine.component.model import Source
from engine.wit.append import Features
from engine.wit.cache import Cache
from engine.wit.errors import WitError
from engine.wit.lexer import lex
from engine.wit.load import load, resolve_tree
from engine.wit.parser import parse
from engine.wit.to_json import to_json
from engine.wit.tree import Tree, Unit, read_tree
from tests.fixtures import fixtures

ROUNDS = 25
SCRIPTS = Path(sysconfig.get_path("scripts"))
COMPILED = Path(tempfile.gettempdir()) / "wake-bench-wit-compiled"


class Times:
    """Milliseconds of each round; `cpu` are those this very process computed, which a busy machine stretches less."""

    def __init__(self) -> None:
        self.rounds: list[float] = []
        self.cpu: list[float] = []

    def add(self, work: Callable[[], object]) -> None:
        started, computed = time.perf_counter(), time.process_time()
        work()
        self.cpu.append((time.process_time() - computed) * 1000)
        self.rounds.append((time.perf_counter() - started) * 1000)

    @property
    def best(self) -> float:
        return min(self.rounds)

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)


def alternately(rounds: int, *works: Callable[[], object]) -> list[Times]:
    times = [Times() for _ in works]
    for _ in range(rounds):
        for one, work in zip(times, works, strict=True):
            one.add(work)
    return times


def report(what: str, times: Times, bar: str = "", note: str = "", *, cpu: bool = False) -> None:
    computed = f"   cpu {min(times.cpu):7.2f} ms" if cpu else ""
    print(
        f"{what:<40} best {times.best:8.2f} ms   median {times.median:8.2f} ms{computed}   {bar:<10} {note}"
    )


def ratio(what: str, ours: Times, theirs: Times, name: str, bar: str = "") -> None:
    print(
        f"{what:<46} ×{ours.best / theirs.best:.2f} (best)  ×{ours.median / theirs.median:.2f} (median) of {name}"
        f"   {bar}"
    )


def cold_load(path: Path) -> object:
    return load(path, cache=Cache())


def run(*command: str) -> Callable[[], object]:
    """Runs a command the way it runs once installed: with its modules compiled, in a cache of this bench."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ["PYTHONPYCACHEPREFIX"] = str(COMPILED)
    return lambda: subprocess.run(
        command, check=True, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def in_process(wasi: Path, airssys: Path) -> None:
    print("\nin process")
    warm = Cache()
    load(wasi, cache=warm)
    cold, again, small = alternately(
        ROUNDS,
        lambda: load(wasi, cache=Cache()),
        lambda: load(wasi, cache=warm),
        lambda: load(airssys, cache=Cache()),
    )
    texts = [data.decode() for unit in read_tree(str(wasi)).units for _, data in unit.files]
    lines = sum(text.count("\n") for text in texts)
    report(
        f"WASI 0.2 tree ({lines} lines), cold",
        cold,
        "bar 25 ms",
        f"{lines / min(cold.cpu):.0f} k lines/s",
        cpu=True,
    )
    report("the same, nothing changed", again, "bar 4 ms", cpu=True)
    report("airssys tree, cold", small, "bar 5 ms", cpu=True)
    edited = Cache()
    load(wasi, cache=edited)
    tree = read_tree(str(wasi))
    number = 0

    def edit() -> None:
        nonlocal number
        number += 1
        unit = tree.units[0]
        path, data = unit.files[0]
        unit.files = ((path, data.split(b"\n// edit")[0] + b"\n// edit %d\n" % number), *unit.files[1:])
        resolve_tree(tree, Features(), edited)

    whole = load(wasi)
    sources = [one for unit in tree.units for one in _sources(unit)]
    one_edit, lexing, parsing, model, dumped = alternately(
        ROUNDS,
        edit,
        lambda: [lex(source) for source in sources],
        lambda: [parse(source) for source in sources],
        lambda: to_json(whole),
        lambda: json.dumps(to_json(whole)),
    )
    report("one file edited", one_edit, cpu=True)
    report("tokens only", lexing, "", f"{lines / min(lexing.cpu):.0f} k lines/s", cpu=True)
    report("tokens and syntax", parsing, "", f"{lines / min(parsing.cpu):.0f} k lines/s", cpu=True)
    report("the model as JSON values", model, cpu=True)
    report("the model as JSON text", dumped, cpu=True)


def _sources(unit: Unit) -> list[Source]:
    return [Source(path, data.decode()) for path, data in unit.files]


def against_peer(wasi: Path, airssys: Path) -> None:
    try:
        import componentize_py
    except ImportError:
        print("\ncomponentize-py is not installed: no peer")
        return
    print("\nagainst upstream's wit-parser inside componentize-py (which also writes bindings)")
    with tempfile.TemporaryDirectory() as folder:
        number = 0

        def bindings(path: Path, world: str) -> Callable[[], object]:
            def work() -> None:
                nonlocal number
                number += 1
                componentize_py.generate_bindings(
                    [str(path)], [world], [], False, None, f"{folder}/{number}", [], [], False
                )

            return work

        for name, path, world in (("WASI 0.2 proxy", wasi, "proxy"), ("airssys", airssys, "airssys-world")):
            ours, theirs = alternately(ROUNDS, partial(cold_load, path), bindings(path, world))
            report(f"{name}: ours, resolved", ours)
            report(f"{name}: theirs, with bindings", theirs)
            ratio(f"{name}: in process", ours, theirs, "theirs")
        command = alternately(
            8,
            run(str(SCRIPTS / "wake"), "wit", str(wasi), "--world", "proxy"),
            lambda: run(
                str(SCRIPTS / "componentize-py"), "-q", "-d", str(wasi), "-w", "proxy", "bindings",
                f"{folder}/command{time.perf_counter_ns()}",
            )(),
        )  # fmt: skip
        report("`wake wit`", command[0])
        report("`componentize-py bindings`", command[1])
        ratio("command against command", command[0], command[1], "theirs")


def commands(wasi: Path) -> None:
    print("\nas a command")
    bare, bare_again, imported, plain, as_json, graph = alternately(
        15,
        run(sys.executable, "-c", "pass"),
        run(sys.executable, "-c", "pass"),
        run(sys.executable, "-c", "import engine.wit.load"),
        run(str(SCRIPTS / "wake"), "wit", str(wasi)),
        run(str(SCRIPTS / "wake"), "wit", str(wasi), "--json"),
        run(str(SCRIPTS / "wake"), "wit", str(wasi), "--graph"),
    )
    report("python -c pass", bare)
    ratio("the same again (noise)", bare_again, bare, "bare Python")
    report(
        "import engine.wit.load",
        imported,
        "bar +40 ms",
        f"+{imported.best - bare.best:.1f} ms over bare (best)",
    )
    for what, times in (("wake wit", plain), ("wake wit --json", as_json), ("wake wit --graph", graph)):
        report(what, times)
        ratio("", times, bare, "bare Python", "bar ×12")


def growth() -> None:
    print("\ngrowth: time for input and output alike (µs a line of input, or an item of output)")
    for what, make in (
        ("records and functions", _records),
        ("a chain of interfaces and a world of all", _chain),
        ("packages that need each other", _packages),
        ("worlds that include each other", _worlds),
        ("mistakes", _mistakes),
    ):
        row = []
        for size in (1, 4, 16, 64):
            text = make(50 * size)
            best = min(_seconds(text) for _ in range(3))
            row.append((best, best * 1e6 / (text.count("\n") + _output(text))))
        shown = "   ".join(
            f"{factor:>2}× {seconds * 1000:8.1f} ms {each:6.2f}"
            for factor, (seconds, each) in zip((1, 4, 16, 64), row, strict=True)
        )
        print(f"{what:<44} {shown}")


def _tree(text: str) -> Tree:
    tree = Tree(".")
    tree.units = [Unit("a.wit", (("a.wit", text.encode()),))]
    return tree


def _seconds(text: str) -> float:
    started = time.perf_counter()
    try:
        resolve_tree(_tree(text), Features(), Cache())
    except (WitError, ExceptionGroup):
        return time.perf_counter() - started
    return time.perf_counter() - started


def _output(text: str) -> int:
    try:
        whole = resolve_tree(_tree(text), Features(), Cache())
    except (WitError, ExceptionGroup):
        return 0
    return len(whole.types) + sum(len(world.imports) + len(world.exports) for world in whole.worlds)


def _records(count: int) -> str:
    lines = [
        f"  record t{n} {{ a: u8, b: list<string> }}\n  fn{n}: func(a: t{n}) -> option<t{n}>;"
        for n in range(count)
    ]
    return "package a:b;\ninterface i {\n" + "\n".join(lines) + "\n}\n"


def _chain(count: int) -> str:
    lines = [f"interface i{n} {{\n  use i{n - 1}.{{t}};\n}}" for n in range(1, count)]
    return (
        "package a:b;\ninterface i0 { type t = u8; }\n"
        + "\n".join(lines)
        + f"\nworld w {{ import i{count - 1}; }}\n"
    )


def _packages(count: int) -> str:
    lines = [
        f"package a:p{n} {{\n  interface i {{\n    use a:p{n - 1}/i.{{t}};\n  }}\n}}" for n in range(1, count)
    ]
    return "package r:r;\npackage a:p0 { interface i { type t = u8; } }\n" + "\n".join(lines) + "\n"


def _worlds(count: int) -> str:
    # Its output grows with the square: the figure counts that output.
    count = min(count, 800)
    lines = [
        f"interface i{n} {{}}\nworld w{n} {{\n  include w{n - 1};\n  import i{n};\n}}"
        for n in range(1, count)
    ]
    return "package a:b;\nworld w0 {}\n" + "\n".join(lines) + "\n"


def _mistakes(count: int) -> str:
    lines = [f"  fn{n}: func(a: missing{n});" for n in range(count)]
    return "package a:b;\ninterface i {\n" + "\n".join(lines) + "\n}\n"


def main() -> None:
    wasi, airssys = fixtures("wit-real", "wasi-http", "wit"), fixtures("airssys", "wit")
    in_process(wasi, airssys)
    commands(wasi)
    against_peer(wasi, airssys)
    growth()
    shutil.rmtree(COMPILED, ignore_errors=True)


if __name__ == "__main__":
    main()
