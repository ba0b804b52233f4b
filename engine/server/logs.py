"""`logs.view` and `logs.window`: a connection's filtered views of the session's journal."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import anyio
import msgspec

from engine.logs.reader import JournalReader
from engine.logs.safe import plain
from engine.logs.view import Filter, View

# One window travels as one message.
WINDOW_LIMIT = 5000
VIEW_LIMIT = 64


class LogViews:
    """Views by number, for as long as the connection lasts; the oldest goes when there are too many."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._reader: JournalReader | None = None
        self._views: dict[int, View] = {}
        self._numbers = count(1)

    async def view(self, params: dict[str, Any]) -> dict[str, int]:
        """Makes a view; `params` are the fields of :class:`~engine.logs.view.Filter`."""
        try:
            wanted = msgspec.convert(params, Filter)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None
        view = View(self._open(), wanted)
        number = next(self._numbers)
        self._views[number] = view
        if len(self._views) > VIEW_LIMIT:
            del self._views[next(iter(self._views))]
        await self._complete(view)
        return {"view": number, "count": view.count}

    async def window(self, params: dict[str, Any]) -> dict[str, Any]:
        """Rows of a view as it is now."""
        view = self._views.get(params["view"])
        if view is None:
            raise ValueError(f"there is no view {params['view']!r}; make one with logs.view")
        start, wanted = int(params.get("from", 0)), min(int(params.get("count", 100)), WINDOW_LIMIT)
        await self._complete(view)
        start = max(0, view.count + start) if start < 0 else start
        lines = [
            {
                "time": record.time_ms,
                "level": record.level,
                "source": record.source,
                "text": plain(record.text),
            }
            for _, record in view.window(start, wanted)
        ]
        return {"from": start, "total": view.count, "lines": lines}

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def _open(self) -> JournalReader:
        if self._reader is None:
            self._reader = JournalReader(self._journal)
        return self._reader

    async def _complete(self, view: View) -> None:
        """Looks through what is new, in slices: a long journal must not stop the engine's loop."""
        while self._open().refresh():
            await anyio.lowlevel.checkpoint()
        while not view.complete:
            view.advance()
            await anyio.lowlevel.checkpoint()
        if view.problem is not None:
            raise view.problem
