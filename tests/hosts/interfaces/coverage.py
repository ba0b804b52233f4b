"""The table of what the probe called, generated from the WIT: `python -m tests.hosts.interfaces.coverage`.

Every function must have been called; one whose result is a `result` must have ended well and with an error. Those that
cannot fail on this host are listed with the reason, and must then not have failed.
"""

from __future__ import annotations

import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from engine.component import model
from engine.hosts.embedded.instance import GuestTrap
from engine.hosts.embedded.interfaces.cli import Exit
from engine.wit.load import load
from tests.hosts.interfaces.probe import CASES, MISSING_NAME, WIT, Probe, Record, settled

_OPEN = "an open descriptor can always be asked"
_SOCKET = "an open socket can always be asked"
CANNOT_FAIL = {
    ("wasi:filesystem/types", "[method]descriptor.stat"): _OPEN,
    ("wasi:filesystem/types", "[method]descriptor.get-flags"): _OPEN,
    ("wasi:filesystem/types", "[method]descriptor.get-type"): _OPEN,
    ("wasi:filesystem/types", "[method]descriptor.metadata-hash"): _OPEN,
    ("wasi:filesystem/types", "[method]directory-entry-stream.read-directory-entry"): _OPEN,
    ("wasi:http/types", "[method]request-options.set-connect-timeout"): "every timeout is taken",
    ("wasi:http/types", "[method]request-options.set-first-byte-timeout"): "every timeout is taken",
    ("wasi:http/types", "[method]request-options.set-between-bytes-timeout"): "every timeout is taken",
    **{
        ("wasi:sockets/tcp", f"[method]tcp-socket.{name}"): _SOCKET
        for name in (
            "keep-alive-enabled",
            "set-keep-alive-enabled",
            "keep-alive-idle-time",
            "keep-alive-interval",
            "keep-alive-count",
            "hop-limit",
            "receive-buffer-size",
            "send-buffer-size",
        )
    },
    **{
        ("wasi:sockets/udp", f"[method]{name}"): _SOCKET
        for name in (
            "udp-socket.unicast-hop-limit",
            "udp-socket.receive-buffer-size",
            "udp-socket.send-buffer-size",
            "incoming-datagram-stream.receive",
            "outgoing-datagram-stream.check-send",
        )
    },
}

# The cases that end the guest, and with which code.
ENDS = {"case_exit": 1}

# Not in the probe's world: componentize-py cannot import it.
TIMEZONE = "wasi:clocks/timezone@0.2.10"
CORNERS = "corners"
CONNECTION_RESET = 256 + 15


def cases() -> list[str]:
    return sorted(path.stem for path in CASES.glob("case_*.py") if path.stem not in ENDS)


def run_case(probe: Probe, name: str) -> str | None:
    """Runs a case; gives what went wrong."""
    real = socket.getaddrinfo

    def lookup(host: Any, *arguments: Any, **options: Any) -> Any:
        if host == MISSING_NAME:  # what a resolver says of it depends on the machine's network
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return real(host, *arguments, **options)

    with probe.exports_recorded(), patch.object(socket, "getaddrinfo", lookup):
        if name in ENDS:
            try:
                probe.case(name)
            except GuestTrap as trap:
                ended = isinstance(trap.cause, Exit) and trap.cause.code == ENDS[name]
                return None if ended else f"ended otherwise: {trap}"
            return "did not end"
        try:
            problem = probe.case(name)
        except GuestTrap as trap:
            return f"trapped: {trap}\n{trap.backtrace}"
        if name == "case_watcher":
            for function in ("on-set", "on-delete"):
                if not probe.record.wait("wasi:keyvalue/watcher@0.2.0-draft2", function, "called"):
                    return f"the watcher's {function} was not called"
        if name == "case_messaging":
            for interface, function in (
                ("wasmcloud:messaging/handler@0.2.0", "handle-message"),
                ("wasmcloud:messaging/incoming-handler@0.3.0", "handle"),
            ):
                for outcome in ("ok", "err"):
                    if not probe.record.wait(interface, function, outcome):
                        return f"{interface}#{function} never ended with {outcome}"
        return problem


def run_command(probe: Probe) -> None:
    """`wasi:cli/run`, well and not."""
    with probe.exports_recorded():
        for way in ("well", "fail"):
            probe.facts["run"] = way
            probe.call("wasi:cli/run", "run")


def run_corners(probe: Probe) -> str | None:
    """The hand-written guest's calls; gives what went wrong."""
    code = probe.corner("network")
    if code != CONNECTION_RESET:
        return f"network-error-code gave {code}, not {CONNECTION_RESET}"
    offset = probe.corner("timezone")
    if offset != time.localtime(1_000_000_000).tm_gmtoff:
        return f"the time zone is {offset} s off"
    try:
        probe.corner("exit")
    except GuestTrap as trap:
        return None if isinstance(trap.cause, Exit) and trap.cause.code == 7 else f"ended otherwise: {trap}"
    return "did not end"


@dataclass(frozen=True)
class Row:
    """One interface: its functions, and what is missing of each."""

    interface: str
    functions: int
    results: int
    reasons: tuple[str, ...]
    missing: tuple[str, ...]


def table(record: Record) -> list[Row]:
    resolve = load(WIT, all_features=True)
    world = resolve.select_world("probe")
    interfaces = [
        item.interface
        for items in (world.imports, world.exports)
        for item in items.values()
        if isinstance(item, model.InterfaceItem)
    ]
    interfaces += [found for found in resolve.interfaces if found.full_name == TIMEZONE]
    return [_row(found, record) for found in interfaces if found.functions and not _ours(found)]


def _ours(interface: model.Interface) -> bool:
    return (interface.full_name or "").startswith("tests:")


def _row(interface: model.Interface, record: Record) -> Row:
    name = settled(interface.full_name or "")
    missing, reasons = [], []
    results = 0
    for function in interface.functions.values():
        outcomes = record.outcomes.get((name, function.name), set())
        wanted = {"called"}
        if _fallible(function):
            results += 1
            wanted = {"ok", "err"}
            reason = CANNOT_FAIL.get((name, function.name))
            if reason is not None:
                reasons.append(function.name)
                wanted = {"ok"}
                if "err" in outcomes:
                    missing.append(f"{function.name}: failed, although {reason}")
        elif outcomes:
            wanted = set()  # an `option` of a `result` is recorded by what is in it
        if not wanted <= outcomes:
            missing.append(f"{function.name}: {' and '.join(sorted(wanted - outcomes))} never came")
    return Row(name, len(interface.functions), results, tuple(reasons), tuple(missing))


def _fallible(function: model.Function) -> bool:
    result = function.result
    while isinstance(result, model.TypeDef):
        if isinstance(result.kind, model.Result):
            return True
        if not isinstance(result.kind, model.Alias):
            return False
        result = result.kind.type
    return False


def lines(rows: list[Row]) -> Iterator[str]:
    width = max(len(row.interface) for row in rows)
    yield f"{'interface':<{width}}  functions  with ok and err  cannot fail  covered"
    for row in rows:
        done = row.functions - len({line.partition(":")[0] for line in row.missing})
        yield (
            f"{row.interface:<{width}}  {row.functions:9}  {row.results - len(row.reasons):15}  "
            f"{len(row.reasons):11}  {100 * done // row.functions:6} %"
        )
        for line in row.missing:
            yield f"    {line}"
    functions = sum(row.functions for row in rows)
    missing = sum(len(row.missing) for row in rows)
    yield f"{functions} functions of {len(rows)} interfaces, {100 * (functions - missing) / functions:.1f} % covered"


def run_all(probe: Probe) -> dict[str, str]:
    """Runs everything; what went wrong by case."""
    found = {name: run_case(probe, name) for name in (*cases(), *ENDS)}
    found[CORNERS] = run_corners(probe)
    run_command(probe)
    return {name: problem for name, problem in found.items() if problem is not None}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        probe = Probe(Path(folder))
        try:
            problems = run_all(probe)
        finally:
            probe.close()
        rows = table(probe.record)
        print("\n".join(lines(rows)))
        for name, problem in problems.items():
            print(f"\n{name}: {problem}", file=sys.stderr)
        for line in probe.lines if problems else ():
            print(*line, file=sys.stderr)
    return 1 if problems or any(row.missing for row in rows) else 0


if __name__ == "__main__":
    raise SystemExit(main())
