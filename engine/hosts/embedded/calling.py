"""Calls from outside that are no HTTP requests: any export with WAVE values, and `wasi:cli/run`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from engine.hosts.base import Note
from engine.hosts.embedded import wave
from engine.hosts.embedded.instance import GuestTrap, Instance
from engine.hosts.embedded.interfaces.cli import Exit, end_output
from engine.hosts.embedded.linker import Export
from engine.hosts.embedded.served import Busy, LoadFailed, Served, detail
from engine.hosts.embedded.signature import Type
from engine.hosts.embedded.values import Ok, Trap

RUN = ("wasi:cli/run", "run")
# `exports` is componentize-py's own, the loader the dev shell's; neither is the user's to call.
HIDDEN = frozenset(("exports", "wake:shell/loader"))


class CallError(Exception):
    """A call that cannot be made, or that ended badly; the text says why."""


def call(served: Served, export: str, arguments: list[str]) -> str:
    """Calls the export that `export` names and gives its result in WAVE, empty when it has none.

    Raises :class:`CallError`.
    """
    found = find(served, export)
    parameters = found.signature.parameters
    if len(arguments) != len(parameters):
        wanted = ", ".join(f"{name}: {wave.describe(type_)}" for name, type_ in parameters)
        raise CallError(f"{found.name} takes {len(parameters)} arguments ({wanted}), not {len(arguments)}")
    values = []
    for (name, type_), text in zip(parameters, arguments, strict=True):
        try:
            values.append(wave.parse(text, type_))
        except wave.WaveError as problem:
            place = f" at column {problem.column}" if problem.column else ""
            raise CallError(f"argument {name}{place}: {problem.message}") from None
    try:
        result = served.call(found, tuple(values))
    except GuestTrap as trap:
        if isinstance(trap.cause, Exit):
            return f"exit {trap.cause.code}"
        raise CallError(f"{found.name} trapped: {trap.reason}") from None
    except (LoadFailed, Busy, Trap) as problem:
        raise CallError(str(problem)) from None
    return "" if found.signature.result is None else wave.text(result, found.signature.result)


def find(served: Served, export: str) -> Export:
    """The export that is meant: `ns:pkg/iface@1.0.0#func`, or less of it where that is enough.

    Raises :class:`CallError`, naming what there is.
    """
    exports = {name: one for name, one in served.generation.linked.exports.items() if name[0] not in HIDDEN}
    interface, _, function = export.rpartition("#")
    plain = interface.partition("@")[0]
    matching = [
        one
        for (known, name), one in exports.items()
        if name == function and (not plain or plain in (known, known.rpartition("/")[2]))
    ]
    if len(matching) == 1:
        return matching[0]
    listed = "\n".join(f"  {signature(one)}" for one in exports.values())
    if not matching:
        raise CallError(
            f"{served.name} does not export {export}; it exports\n{listed or '  nothing to call'}"
        )
    names = ", ".join(one.name for one in matching)
    raise CallError(f"{export} could be {names}: say which")


def signature(export: Export) -> str:
    """An export as a line of text."""
    parameters = ", ".join(f"{name}: {wave.describe(type_)}" for name, type_ in export.signature.parameters)
    result: Type | None = export.signature.result
    return f"{export.name}({parameters})" + (f" -> {wave.describe(result)}" if result is not None else "")


class Runs:
    """Commands: `wasi:cli/run` is called once for each state of the code, on a thread of its own."""

    def __init__(self, log: Callable[[str, str, str], None], tell: Callable[[Any], bool]) -> None:
        self._log = log
        self._tell = tell
        self._running: dict[str, Instance] = {}
        self._lock = threading.Lock()

    def start(self, served: Served) -> None:
        """Runs the command of `served`, if it is one; the run before it is ended."""
        export = served.generation.linked.export(*RUN)
        if export is not None:
            self.end(served.name)
            threading.Thread(
                target=self._run, args=(served, export), name=f"run {served.name}", daemon=True
            ).start()

    def end(self, name: str) -> None:
        """Ends a run that still goes on."""
        with self._lock:
            running = self._running.pop(name, None)
        if running is not None:
            running.cx.cancel("the component was reloaded or taken out of service")

    def _run(self, served: Served, export: Export) -> None:
        try:
            instance = served.generation.acquire()
        except (GuestTrap, LoadFailed, Trap) as problem:
            self._log(served.name, "error", f"wasi:cli/run cannot be started: {detail(problem)}")
            return
        with self._lock:
            self._running[served.name] = instance
        instance.run_until_cancelled()
        text = ""
        try:
            result = instance.call(export, ())
            code: int | None = 0 if isinstance(result, Ok) else 1
        except GuestTrap as trap:
            code = trap.cause.code if isinstance(trap.cause, Exit) else None
            text = trap.reason
            if code is None and not instance.cx.cancelled.ready():
                self._log(served.name, "error", f"trapped during wasi:cli/run: {detail(trap)}")
        finally:
            end_output(instance.cx)
            cancelled = instance.cx.cancelled.ready()
            with self._lock:
                if self._running.get(served.name) is instance:
                    del self._running[served.name]
            instance.close()
        if cancelled:
            return
        ended = f"{served.name}: wasi:cli/run " + (
            f"trapped: {text}" if code is None else f"ended with exit code {code}"
        )
        level = "info" if code == 0 else "error"
        self._log(served.name, level, ended.partition(": ")[2])
        self._tell(Note(level, ended))
