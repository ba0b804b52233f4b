"""Prints a session's events: JSON lines on stdout for programs, or sentences on stderr for people."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import anyio

from engine.cli.problems import safe


class Printer:
    """Takes events as they come. `quiet` prints nothing at all (a detached engine has no one to tell)."""

    def __init__(self, *, json: bool, logs: bool, quiet: bool = False) -> None:
        self._json = json
        self._logs = logs
        self._quiet = quiet
        self._session = ""

    def event(self, event: dict[str, Any]) -> None:
        self._session = event.get("session", self._session)
        if self._quiet or (event["event"] == "request" and not self._logs):
            return
        try:
            if self._json:
                print(json.dumps(event, separators=(",", ":"), ensure_ascii=False), flush=True)
            elif text := sentence(event):
                print("\n".join(safe(line) for line in text.split("\n")), file=sys.stderr, flush=True)
        except OSError:
            # Nobody reads any more; the session is worth more than its printer.
            self._quiet = True
        except UnicodeError:
            # A terminal of another encoding: JSON says the same in ASCII, sentences with escapes.
            self._ascii(event)

    def _ascii(self, event: dict[str, Any]) -> None:
        try:
            if self._json:
                print(json.dumps(event, separators=(",", ":")), flush=True)
            elif text := sentence(event):
                print(text.encode("ascii", "backslashreplace").decode(), file=sys.stderr, flush=True)
        except OSError:
            self._quiet = True

    async def follow(self, journal: Path) -> None:
        """Prints what is written to the journal from now on."""
        from engine.logs.reader import JournalReader
        from engine.logs.safe import plain

        reader = JournalReader(journal)
        while reader.refresh():
            pass
        at = reader.end
        while True:
            reader.refresh()
            for record in reader.records(at, reader.end):
                if self._json:
                    fields = {"source": record.source, "level": record.level, "line": plain(record.text)}
                    self._line(record.time_ms, fields)
                elif record.source != "wake":
                    print(f"{record.source:<8} {plain(record.text)}", file=sys.stderr, flush=True)
            at = reader.end
            await anyio.sleep(0.05)

    def _line(self, time_ms: int, fields: dict[str, str]) -> None:
        from datetime import UTC, datetime

        from engine.session.publisher import rfc3339

        time = rfc3339(datetime.fromtimestamp(time_ms / 1000, UTC))
        self.event({"event": "log", "time": time, "session": self._session, **fields})

    def close(self) -> None:
        try:
            sys.stdout.flush()
        except OSError:
            pass


def sentence(event: dict[str, Any]) -> str | None:
    """What a person reads of an event; None for what a person need not read."""
    match event["event"]:
        case "session_started":
            return f"session {event['session']}: {event['project']}"
        case "session_stopped":
            return f"stopped ({event['reason']})"
        case "build_started":
            return "building…"
        case "build_finished" if event["ok"] and event["ms"] >= 100:
            return f"built in {event['ms'] / 1000:.1f} s"
        case "dependencies":
            return _dependencies(event["items"])
        case "host_ready":
            return "\n".join(f"serving {url}" for url in event["urls"]) or "deployed"
        case "process" if event["state"] not in ("starting", "running", "ready"):
            return f"{event['name']} is {event['state']}"
        case "reload":
            return _reload(event)
        case "request":
            return f"{event['method']} {event['path']} → {event['status']} in {event['ms']:.1f} ms"
        case "log":
            return f"{event['source']:<8} {event['line']}"
    return None


def _dependencies(items: list[dict[str, Any]]) -> str | None:
    rows = [
        f"  {item['name']:<22} {item['direction']:<7} {item['state']:<10} {', '.join(item['interfaces'])}"
        for item in items
        if item["state"] != "host"
    ]
    return "dependencies:\n" + "\n".join(rows) if rows else None


def _reload(event: dict[str, Any]) -> str:
    cause = event["cause"]
    what = ", ".join(cause["paths"]) or cause["kind"]
    if event["ok"]:
        return f"✓ reload {event['number']} ({event['kind']}) in {event['total_ms']:.1f} ms: {what}"
    lines = [f"✗ reload {event['number']} ({event['kind']}) failed: {event.get('error') or ''} [{what}]"]
    for item in event.get("diagnostics") or []:
        place = ":".join(str(item[key]) for key in ("file", "line", "column") if item.get(key) is not None)
        lines.append(f"  {place + ': ' if place else ''}{item['severity']}: {item['message']}")
    return "\n".join(lines)
