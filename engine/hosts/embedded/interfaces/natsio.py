"""A connection to a NATS server for host functions that block: an event loop on a thread of its own."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 5.0


class NatsFault(Exception):
    """The server cannot be reached or refuses; the text is for people."""


class NatsDenied(NatsFault):
    """The server refuses these credentials."""


class NatsConnection:
    """Connects at the first use, and again after a failure. Any thread may call `run`."""

    def __init__(self, servers: str, log: Callable[[str], None] = lambda text: None) -> None:
        """`servers`: addresses joined by commas, with or without `nats://`."""
        try:
            import nats
        except ImportError:
            raise NatsFault(
                "the link names a NATS server, which needs the package nats-py: install wake-tui[nats]"
            ) from None
        self._nats = nats
        self._log = log
        self.servers = [
            part if "://" in part else f"nats://{part}" for part in re.split(r"[,\s]+", servers) if part
        ]
        self._client: Any = None
        self._connecting = asyncio.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="nats", daemon=True)
        self._thread.start()

    def run(self, action: Callable[[Any], Coroutine[Any, Any, T]], timeout: float = ANSWER_SECONDS) -> T:
        """Waits for `action(client)` on the connection's loop. Raises :class:`NatsFault` when there is no connection
        or no answer in `timeout` seconds; the library's own errors pass."""

        async def whole() -> T:
            return await asyncio.wait_for(action(await self._connected()), timeout)

        task = asyncio.run_coroutine_threadsafe(whole(), self._loop)
        try:
            return task.result(timeout + CONNECT_SECONDS + 1)
        except TimeoutError:
            task.cancel()
            raise NatsFault(f"the NATS server at {self.address} does not answer") from None

    @property
    def address(self) -> str:
        """The servers, fit for a log."""
        return re.sub(r"(://[^/\s@:]*):[^/\s@]*@", r"\1:***@", ", ".join(self.servers))

    async def _connected(self) -> Any:
        async with self._connecting:
            if self._client is None or self._client.is_closed:
                self._client = await self._connect()
            return self._client

    async def _connect(self) -> Any:
        """Asks each server once. The library would go on for minutes at first, and a guest waits for this."""
        problems: list[str] = []
        all_failed = asyncio.Event()
        connected = False

        async def on_error(error: Exception) -> None:
            if connected:
                self._log(f"NATS at {self.address}: {error}")
                return
            if isinstance(error, ConnectionResetError):
                return  # a server that refuses us may be gone before it is heard: the next try will tell
            problems.append(str(error) or type(error).__name__)
            if len(problems) >= len(self.servers):
                all_failed.set()

        attempt = asyncio.ensure_future(
            self._nats.connect(
                self.servers,
                name="wake",
                connect_timeout=CONNECT_SECONDS,
                max_reconnect_attempts=-1,
                error_cb=on_error,
            )
        )
        failure = asyncio.ensure_future(all_failed.wait())
        try:
            await asyncio.wait(
                (attempt, failure), timeout=CONNECT_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if attempt.done():
                connected = True
                return attempt.result()
        except (OSError, self._nats.errors.Error) as error:
            problems.append(str(error))
        finally:
            failure.cancel()
            attempt.cancel()
        why = problems[-1] if problems else "no answer"
        if any("authorization" in problem.lower() for problem in problems):
            raise NatsDenied(
                f"the NATS server at {self.address} refuses the link's credentials: {why}"
            ) from None
        raise NatsFault(f"cannot connect to the NATS server at {self.address}: {why}") from None

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def close(self) -> None:
        async def end() -> None:
            if self._client is not None and not self._client.is_closed:
                await self._client.close()

        try:
            asyncio.run_coroutine_threadsafe(end(), self._loop).result(CONNECT_SECONDS)
        except (OSError, TimeoutError, self._nats.errors.Error) as error:
            self._log(f"NATS at {self.address}: while closing: {error!r}")
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CONNECT_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()
