"""One million lines of 141 characters, each figure beside the bare Python way of doing the same."""

from __future__ import annotations

import re
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path

from engine.logs.journal import JournalWriter
from engine.logs.reader import JournalReader
from engine.logs.view import Filter, View

LINES = 1_000_000
TEXT = "2026-08-21T10:00:00.123456Z  INFO wasmtime_wasi_http::handler: request id={:08d} method=GET path=/api/items x"


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def report(what: str, seconds: float, floor: str, floor_seconds: float) -> None:
    print(
        f"{what:<44} {seconds:7.3f} s   {floor:<34} {floor_seconds:7.3f} s   ×{seconds / floor_seconds:.1f}"
    )


def scan(reader: JournalReader, filter: Filter) -> tuple[float, float, int]:
    """Seconds until the first slice, until all, and the number of rows."""
    started = time.perf_counter()
    view = View(reader, filter)
    view.advance(0.008)
    first = time.perf_counter() - started
    while not view.complete:
        view.advance(0.008)
    return first, time.perf_counter() - started, view.count


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, bare = Path(folder) / "journal.log", Path(folder) / "bare.log"
        texts = [TEXT.format(number) for number in range(LINES)]
        texts[LINES // 2] = "ERROR the one that is looked for"

        def write_bare() -> None:
            with open(bare, "wb") as file:
                file.writelines(text.encode() + b"\n" for text in texts)

        def write_singly() -> None:
            for text in texts[: LINES // 10]:
                journal.write("guest", "info", text)

        with JournalWriter(path, cap=1 << 40) as journal:
            single = timed(write_singly)
            many = timed(lambda: journal.write_many(("guest", "info", text) for text in texts[LINES // 10 :]))
        floor = timed(write_bare)
        report("write, 100 k one by one", single, "bare buffered file, 100 k", floor / 10)
        report("write_many, 900 k", many, "bare buffered file, 900 k", floor * 0.9)

        tracemalloc.start()
        reader = JournalReader(path)

        def index() -> None:
            while reader.refresh():
                pass

        started = tracemalloc.get_traced_memory()[0]
        index()
        kept = tracemalloc.get_traced_memory()[0] - started
        tracemalloc.stop()
        reader = JournalReader(path)
        data = path.read_bytes()
        split = timed(partial(data.split, b"\n"))
        report("index 1 M lines", timed(index), "bytes.split of it all", split)
        print(f"{'memory of the index':<44} {kept / 1e6:7.1f} MB")
        del data

        view = View(reader)
        window = timed(lambda: [view.window(at, 50) for at in range(0, LINES, LINES // 1000)]) / 1000
        print(f"{'a window of 50 rows anywhere':<44} {window * 1e3:7.3f} ms")

        pattern = re.compile("ERROR|trap")
        literal = timed(lambda: [text for text in texts if "ERROR" in text])
        expression = timed(lambda: [text for text in texts if pattern.search(text)])
        for name, filter, floor_name, floor_seconds in (
            ("filter 'ERROR'", Filter(match="ERROR"), "str in str, list in memory", literal),
            ("filter 'error', any case", Filter(match="error"), "str in str, list in memory", literal),
            ("filter level ≥ error", Filter(level="error"), "str in str, list in memory", literal),
            (
                "filter /ERROR|trap/",
                Filter(match="ERROR|trap", regex=True),
                "re.search, list in memory",
                expression,
            ),
        ):
            first, total, rows = scan(reader, filter)
            report(f"{name}: {rows} rows", total, floor_name, floor_seconds)
            print(f"{'  longest wait for the first rows':<44} {first * 1e3:7.1f} ms")


if __name__ == "__main__":
    main()
