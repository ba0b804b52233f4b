"""The dashboard's link to its engine: find or start, connect, listen, reconnect, give up in words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from engine.client.client import Client, EngineGone
from engine.client.start import Attached, find_or_start
from engine.model.problem import Problem
from engine.model.state import State
from engine.protocol.messages import RemoteError
from tui.seen import Link

RETRY_SECONDS = 0.5


class Connection(Protocol):
    """What the dashboard needs of `engine.client.client.Client`."""

    async def call(self, method: str, params: dict[str, Any] | None = None) -> Any: ...
    def states(self) -> AsyncIterator[State]: ...
    async def close(self) -> None: ...


class Door(Protocol):
    """Where the dashboard meets the engine; tests put a fake here."""

    async def attach(self, project: Path, options: Sequence[str]) -> Attached: ...
    async def connect(self, socket: Path) -> Connection: ...


class EngineDoor:
    """The real one."""

    async def attach(self, project: Path, options: Sequence[str]) -> Attached:
        return await find_or_start(project, options)

    async def connect(self, socket: Path) -> Connection:
        return await Client.connect(socket)


class EngineLink:
    """Keeps a connection to the session of one project. :meth:`run` is one long task; it never raises."""

    def __init__(
        self,
        door: Door,
        project: Path,
        options: Sequence[str],
        on_link: Callable[[Link], None],
        on_state: Callable[[State], None],
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._door = door
        self._project = project
        self._options = tuple(options)
        self._on_link = on_link
        self._on_state = on_state
        self._retry_seconds = retry_seconds
        self._connection: Connection | None = None
        self._asked = asyncio.Event()
        self._told_to_stop = False

    async def run(self) -> None:
        while True:
            self._on_link(Link("starting"))
            try:
                await self._stay(await self._door.attach(self._project, self._options))
            except Problem as problem:
                self._on_link(Link("failed", problem=problem))
                await self._wait_until_asked()
            except Exception as error:  # a fault of ours: said, rather than a dashboard that waits for ever
                fault = Problem(f"the engine cannot be followed: {type(error).__name__}: {error}")
                self._on_link(Link("failed", problem=fault))
                await self._wait_until_asked()

    def start_again(self) -> None:
        """The user asked for the session to be found or started once more."""
        self._asked.set()

    async def call(self, method: str, params: dict[str, Any] | None = None) -> Any:
        """A call on the connection. Raises RemoteError, or EngineGone when there is none."""
        if self._connection is None:
            raise EngineGone("there is no engine to ask", hint="`r` starts the session again")
        answer = await self._connection.call(method, params)
        self._told_to_stop = self._told_to_stop or method == "stop"
        return answer

    async def _stay(self, attached: Attached) -> None:
        """Until the user asks for more: listens, and comes back when the connection breaks."""
        last: State | None = None
        started = attached.started
        self._told_to_stop = False
        self._on_link(Link("connecting", started, attached.session))
        while True:
            problem: Problem | None = None
            ended = False
            try:
                connection = await self._door.connect(Path(attached.socket))
            except FileNotFoundError:
                ended = True  # an engine that ends in order takes its socket away; one that is killed cannot
            except (OSError, EngineGone):
                problem = Problem("the engine is gone")
            except RemoteError as error:
                problem = Problem(str(error))
                self._on_link(Link("failed", started, attached.session, problem))
                return await self._wait_until_asked()
            else:
                last = await self._listen(connection, Link("connected", started, attached.session)) or last
            if ended or self._told_to_stop or (last is not None and last.phase in ("stopping", "stopped")):
                self._on_link(Link("stopped", started, attached.session))
                return await self._wait_until_asked()
            self._on_link(Link("lost", started, attached.session, problem))
            if await self._asked_within(self._retry_seconds):
                return None

    async def _listen(self, connection: Connection, link: Link) -> State | None:
        last: State | None = None
        self._connection = connection
        try:
            async for state in connection.states():
                if last is None:
                    self._on_link(link)
                last = state
                self._on_state(state)
        except (EngineGone, RemoteError, OSError):
            pass  # Told by the caller: the link is lost.
        finally:
            self._connection = None
            await connection.close()
        return last

    async def _wait_until_asked(self) -> None:
        self._asked.clear()
        await self._asked.wait()
        self._asked.clear()

    async def _asked_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._asked.wait(), seconds)
        except TimeoutError:
            return False
        self._asked.clear()
        return True
