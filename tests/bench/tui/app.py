"""The dashboard on a fake engine, with lines streaming into its journal: what `__main__.py` runs on a terminal."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

from engine.logs.journal import JournalWriter
from engine.places.places import Places
from tests.tui.fake_engine import FakeDoor
from tests.tui.states import READY
from tui.app import Dashboard

LINE = "2026-08-21T10:00:00.123456Z  INFO wasmtime_wasi_http::handler: request id={:08d} method=GET path=/api/items x"


def stream(journal: JournalWriter, rate: int) -> None:
    started = time.perf_counter()
    sent = 0
    while True:
        due = int((time.perf_counter() - started) * rate)
        journal.write_many(("guest", "info", LINE.format(number)) for number in range(sent, due))
        sent = due
        time.sleep(0.01)


def end_with(parent: int) -> None:
    """Ends when the bench is gone, however it went: nobody else would stop the stream."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def main() -> None:
    rate, known, folder, parent = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    places = Places(folder / "c", folder / "r", folder / "s", folder / "k")
    with JournalWriter(places.session("k3x9ab") / "journal.log", cap=1 << 30) as journal:
        journal.write_many(("guest", "info", LINE.format(number)) for number in range(known))
        if rate:
            threading.Thread(target=stream, args=(journal, rate), daemon=True).start()
        Dashboard(Path("/home/ada/hello"), door=FakeDoor(READY, started=False), places=places).run()


if __name__ == "__main__":
    main()
