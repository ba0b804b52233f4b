"""The reloads of a session, kept in its folder: one JSON line each, the newest last."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.model.reload import Reload
from engine.places.places import write_atomic

SHOWN = 200
KEPT = 2000


class History:
    """Appends to `path`; a torn last line, left by a crash, is passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = 0
        self._torn = False
        self.reloads: tuple[Reload, ...] = ()
        decoder = msgspec.json.Decoder(Reload)
        found = []
        for line in self._read():
            self._lines += 1
            try:
                found.append(decoder.decode(line))
            except msgspec.DecodeError:
                continue
        self.reloads = tuple(found[-SHOWN:])

    @property
    def next_number(self) -> int:
        return self.reloads[-1].number + 1 if self.reloads else 1

    def add(self, reload: Reload) -> tuple[Reload, ...]:
        """Keeps one more; the newest `SHOWN` of all."""
        self.reloads = (*self.reloads, reload)[-SHOWN:]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._lines >= KEPT:
            write_atomic(self._path, b"".join(_line(item) for item in self.reloads), 0o600)
            self._lines = len(self.reloads)
        else:
            with open(self._path, "ab") as file:
                file.write(b"\n" * self._torn + _line(reload))
            self._lines += 1
        self._torn = False
        return self.reloads

    def all(self) -> tuple[Reload, ...]:
        """Every reload kept on disk."""
        decoder = msgspec.json.Decoder(Reload)
        found = []
        for line in self._read():
            try:
                found.append(decoder.decode(line))
            except msgspec.DecodeError:
                continue
        return tuple(found)

    def _read(self) -> list[bytes]:
        try:
            data = self._path.read_bytes()
        except OSError:
            return []
        self._torn = bool(data) and not data.endswith(b"\n")
        return data.splitlines()


def _line(reload: Reload) -> bytes:
    return msgspec.json.encode(reload) + b"\n"
