"""wasmtime engines, one for each way of compiling, and the ticks that let endless loops be ended."""

from __future__ import annotations

import threading
from enum import Enum

from engine.hosts.embedded import native

# One tick of the epoch. A guest's time limit is exact to this.
TICK = 0.05


class Tier(Enum):
    """How code was made: quick to compile (winch, or single-pass where winch cannot), or quick to run."""

    WINCH = "winch"
    SINGLE_PASS = "single-pass"
    CRANELIFT = "cranelift"


def _engine(tier: Tier) -> int:
    config = native.config_new()
    native.config_epoch(config, True)
    # wasmtime 50: with concurrency support a host function that gets two borrows traps ("deferred host scope has
    # no call context"); nothing of wasip2 needs it.
    native.config_concurrency(config, False)
    if tier is Tier.WINCH:
        native.config_strategy(config, native.WINCH)
    elif tier is Tier.SINGLE_PASS:
        native.config_opt_level(config, 0)
        native.config_regalloc(config, 1)
    engine: int = native.engine_new(config)
    return engine


_engines: dict[Tier, int] = {}
_lock = threading.Lock()


def engine(tier: Tier) -> int:
    """The process's engine of this tier; made at first use, never freed."""
    with _lock:
        if tier not in _engines:
            _engines[tier] = _engine(tier)
        return _engines[tier]


class Ticker:
    """Advances the epoch of every engine while anything runs, and rests otherwise."""

    def __init__(self) -> None:
        self._running = 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def enter(self) -> None:
        self._running += 1
        if self._running == 1:
            with self._changed:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="epoch", daemon=True)
                    self._thread.start()
                self._changed.notify()

    def leave(self) -> None:
        self._running -= 1

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            with self._changed:
                while self._running <= 0:
                    self._changed.wait()
            pause.wait(TICK)
            for one in tuple(_engines.values()):
                native.engine_increment_epoch(one)


ticker = Ticker()
