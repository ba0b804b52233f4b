"""The engine's side of the host's control socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import msgspec

from engine.hosts.base import HostError, HostEvent
from engine.protocol import messages
from engine.protocol.messages import Request

DESCRIPTORS = 32
PIECE = 1 << 16


class ChannelLost(HostError):
    """The host's process went away in the middle of a call."""


class Channel:
    """Calls to one host process, and its events. Run :meth:`read` in a task of its own."""

    def __init__(self, connection: socket.socket, event: Callable[[HostEvent], None]) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._event = event
        self._next = 0
        self._waiting: dict[int, _Answer] = {}
        self._sending = anyio.Lock()
        self._descriptors: list[int] = []
        self.lost = False

    async def read(self) -> None:
        """Takes in answers and events until the other side is gone."""
        buffer = bytearray()
        try:
            while True:
                try:
                    data, descriptors, _, _ = socket.recv_fds(self._connection, PIECE, DESCRIPTORS)
                except (BlockingIOError, InterruptedError):
                    await anyio.wait_readable(self._connection)
                    continue
                self._descriptors += descriptors
                if not data:
                    return
                buffer += data
                while (end := buffer.find(b"\n")) >= 0:
                    line = bytes(buffer[:end])
                    del buffer[: end + 1]
                    self._take(line)
        except OSError:
            return
        finally:
            self.lost = True
            for answer in self._waiting.values():
                answer.arrived.set()
            self._waiting.clear()
            self._connection.close()
            for one in self._descriptors:
                os.close(one)

    def _take(self, line: bytes) -> None:
        message = messages.decode(line)
        if message.method is not None:
            self._event(msgspec.convert(message.params, HostEvent))
            return
        answer = self._waiting.pop(message.id, None) if isinstance(message.id, int) else None
        if answer is None:
            return
        answer.message = message
        answer.descriptors, self._descriptors = self._descriptors, []
        answer.arrived.set()

    async def call(self, method: str, params: dict[str, Any] | None = None, give: Sequence[int] = ()) -> Any:
        """The result, decoded. Raises :class:`HostError` for a refusal, :class:`ChannelLost` when the host went."""
        return (await self.exchange(method, params, give))[0]

    async def exchange(
        self, method: str, params: dict[str, Any] | None = None, give: Sequence[int] = ()
    ) -> tuple[Any, list[int]]:
        """As :meth:`call`, with the descriptors that came along."""
        if self.lost:
            raise ChannelLost("the embedded host is not running")
        self._next += 1
        number = self._next
        answer = self._waiting[number] = _Answer()
        try:
            await self._send(messages.encode(Request(method, params or {}, number)), give)
            await answer.arrived.wait()
        finally:
            self._waiting.pop(number, None)
        if answer.message is None:
            raise ChannelLost(f"the embedded host went away during {method}")
        if answer.message.error is not None:
            raise HostError(answer.message.error.message)
        return msgspec.json.decode(answer.message.result), answer.descriptors

    async def _send(self, data: bytes, give: Sequence[int]) -> None:
        view = memoryview(data)
        async with self._sending:
            while view:
                try:
                    if give:
                        sent = socket.send_fds(self._connection, [view], list(give))
                        give = ()
                    else:
                        sent = self._connection.send(view)
                except (BlockingIOError, InterruptedError):
                    await anyio.wait_writable(self._connection)
                    continue
                except OSError as problem:
                    self.lost = True
                    raise ChannelLost(f"the embedded host went away: {problem}") from None
                view = view[sent:]

    def close(self) -> None:
        """Lets go. The descriptor itself is closed by :meth:`read`, which may be waiting on it."""
        self.lost = True
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class _Answer:
    def __init__(self) -> None:
        self.arrived = anyio.Event()
        self.message: messages.Message | None = None
        self.descriptors: list[int] = []


def connect(path: Path) -> socket.socket:
    """A connection to the control socket. Raises OSError when nobody listens there."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    return connection
