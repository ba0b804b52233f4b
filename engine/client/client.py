"""A connection to an engine: calls, and the states it publishes. asyncio, so that a dashboard needs nothing else."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

import msgspec

from engine.model.problem import Problem
from engine.model.state import State
from engine.protocol.messages import LINE_LIMIT, PROTOCOL, Message, RemoteError, Request, decode, encode

# An engine answers in a millisecond; one that hangs, or is stopped, never does.
HELLO_SECONDS = 15.0


class EngineGone(Problem):
    """The engine closed the connection, or was not there."""


class Client:
    """One connection. Make it with :meth:`connect`; every method may be used from any task of its loop."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self._state: State | None = None
        self._fresh = asyncio.Event()
        self._events: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._gone = False
        self._task = asyncio.create_task(self._read())
        self.welcome: dict[str, Any] = {}

    @classmethod
    async def connect(cls, socket: Path) -> Self:
        """Connects and says hello. Raises `OSError` when nobody listens, `RemoteError` when refused."""
        reader, writer = await asyncio.open_unix_connection(str(socket), limit=LINE_LIMIT)
        client = cls(reader, writer)
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                client.welcome = await client.call("hello", {"protocol": PROTOCOL})
        except TimeoutError:
            await client.close()
            raise TimeoutError(f"it has not said hello in {HELLO_SECONDS:.0f} s") from None
        except BaseException:
            await client.close()
            raise
        return client

    async def call(self, method: str, params: dict[str, Any] | None = None) -> Any:
        """The method's result as plain data. Raises :class:`RemoteError` for a fault, :class:`EngineGone`."""
        if self._gone:
            raise EngineGone("the engine is gone", hint="start it again with `wake dev` or `wake-tui`")
        number = next(self._ids)
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            self._writer.write(encode(Request(method, params or {}, number)))
            await self._writer.drain()
            message = await future
        except ConnectionError as error:
            raise EngineGone("the engine is gone") from error
        finally:
            self._waiting.pop(number, None)
        if message.error is not None:
            raise RemoteError(message.error)
        return msgspec.json.decode(message.result)

    async def states(self) -> AsyncIterator[State]:
        """The state now and each newer one; a slow reader skips to the newest. Ends when the engine is gone."""
        if self._state is None:
            self._accept(msgspec.convert(await self.call("subscribe"), State))
        seen = -1
        while True:
            state = self._state
            if state is not None and state.revision > seen:
                seen = state.revision
                yield state
                continue
            if self._gone:
                return
            self._fresh.clear()
            await self._fresh.wait()

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Every event of `wake dev --json` from now on, none lost. Ends when the engine is gone."""
        self._accept(msgspec.convert(await self.call("subscribe", {"events": True}), State))
        while (event := await self._events.get()) is not None:
            yield event

    @property
    def state(self) -> State | None:
        """The newest state heard of."""
        return self._state

    async def close(self) -> None:
        self._task.cancel()
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            pass

    def _accept(self, state: State) -> None:
        if self._state is None or state.revision > self._state.revision:
            self._state = state
            self._fresh.set()

    async def _read(self) -> None:
        try:
            while line := await self._reader.readline():
                message = decode(line)
                if message.method == "state":
                    self._accept(msgspec.convert(message.params, State))
                elif message.method == "event":
                    self._events.put_nowait(message.params)
                elif isinstance(message.id, int):
                    future = self._waiting.pop(message.id, None)
                    if future is not None and not future.done():
                        future.set_result(message)
        except (OSError, ValueError, msgspec.DecodeError):
            pass  # A broken stream is a gone engine: said below, to everyone who waits.
        finally:
            self._gone = True
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(EngineGone("the engine closed the connection"))
            self._fresh.set()
            self._events.put_nowait(None)
