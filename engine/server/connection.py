"""One conversation: requests are answered in the order they end, states and events go out beside them."""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import msgspec
from anyio.abc import SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream

from engine.model.problem import Problem
from engine.protocol import messages
from engine.protocol.messages import Fault, Message, Response
from engine.server.logs import LogViews
from engine.session.session import Session

# A subscriber that lets this many events pile up is not reading any more.
EVENT_LIMIT = 20_000
# With this many answers unread, no further request is.
REPLY_LIMIT = 1000


class Refused(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.fault = Fault(code, message)


Method = Callable[[dict[str, Any]], Awaitable[Any]]


class Connection:
    """Reads requests from `stream` and answers them from `session` until the other side leaves."""

    def __init__(self, session: Session, stream: SocketStream) -> None:
        self._session = session
        self._stream = stream
        self._out: deque[bytes] = deque()
        self._wake = anyio.Event()
        self._drained = anyio.Event()
        self._greeted = False
        self._subscribed = -1
        self._unlisten: Callable[[], None] | None = None
        self._logs = LogViews(session.journal.path)
        self._closing = False

    async def run(self) -> None:
        reader = BufferedByteReceiveStream(self._stream)
        try:
            async with anyio.create_task_group() as group:
                self._group = group
                group.start_soon(self._write)
                while not self._closing:
                    while len(self._out) > REPLY_LIMIT:
                        await self._drained.wait()
                    line = await reader.receive_until(b"\n", messages.LINE_LIMIT)
                    if line.strip():
                        await self._take(line)
                group.cancel_scope.cancel()
        except* (anyio.EndOfStream, anyio.IncompleteRead, anyio.DelimiterNotFound, anyio.BrokenResourceError):
            pass
        finally:
            self._logs.close()
            if self._unlisten is not None:
                self._unlisten()

    async def _take(self, line: bytes) -> None:
        try:
            message = messages.decode(line)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            code = (
                messages.INVALID_REQUEST
                if isinstance(error, msgspec.ValidationError)
                else messages.PARSE_ERROR
            )
            self._send(messages.encode(Response(None, error=Fault(code, f"not a JSON-RPC message: {error}"))))
            return
        if message.method is None:
            self._reply(message, error=Fault(messages.INVALID_REQUEST, "a request has a method"))
        elif message.method == "hello":
            self._hello(message)
        elif not self._greeted:
            self._reply(message, error=Fault(messages.REFUSED, "say hello first: {protocol: 1}"))
        elif message.method == "stop":
            self._reply(message, {})
            self._group.start_soon(self._stop)
        elif (method := self._methods().get(message.method)) is None:
            known = ", ".join(sorted([*self._methods(), "hello", "stop"]))
            text = f"there is no method '{message.method}'; there are: {known}"
            self._reply(message, error=Fault(messages.METHOD_NOT_FOUND, text))
        else:
            self._group.start_soon(self._answer, message, method)

    def _hello(self, message: Message) -> None:
        asked = message.params.get("protocol")
        if asked != messages.PROTOCOL:
            text = f"this engine speaks protocol {messages.PROTOCOL}, you asked for {asked!r}; update the older one"
            self._reply(message, error=Fault(messages.REFUSED, text))
            return
        self._greeted = True
        self._reply(message, self._session.welcome())

    async def _answer(self, message: Message, method: Method) -> None:
        try:
            self._reply(message, await method(message.params))
        except Refused as refused:
            self._reply(message, error=refused.fault)
        except Problem as problem:
            self._reply(message, error=_fault(problem))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            self._reply(message, error=Fault(messages.INVALID_PARAMS, f"params of {message.method}: {error}"))
        except Exception as error:
            # A fault of ours ends this answer, not the session.
            self._session.log("wake", "error", traceback.format_exc())
            text = f"{type(error).__name__}: {error}"
            self._reply(message, error=Fault(messages.INTERNAL_ERROR, text))

    def _methods(self) -> dict[str, Method]:
        return {
            "state": self._state,
            "subscribe": self._subscribe,
            "toggle": self._toggle,
            "apply": lambda _: self._session.apply(),
            "discard": lambda _: self._session.discard(),
            "reload": lambda params: self._session.reload(rebuild=bool(params.get("rebuild"))),
            "pause": lambda _: self._session.pause(True),
            "resume": lambda _: self._session.pause(False),
            "wait": self._wait,
            "call": self._call,
            "timeline": self._timeline,
            "logs.view": self._logs.view,
            "logs.window": self._logs.window,
        }

    async def _state(self, _: dict[str, Any]) -> Any:
        return self._session.publisher.state

    async def _subscribe(self, params: dict[str, Any]) -> Any:
        publisher = self._session.publisher
        if params.get("events") and self._unlisten is None:
            self._unlisten = publisher.listen(self._event)
        first = self._subscribed < 0
        # No step between taking the state and following it: what comes after is not missed.
        state = publisher.state
        self._subscribed = state.revision
        if first:
            self._group.start_soon(self._publish)
        return state

    async def _toggle(self, params: dict[str, Any]) -> Any:
        name, off = _text(params, "name"), params.get("off")
        if off is not None and not isinstance(off, bool):
            raise Refused(messages.INVALID_PARAMS, "params of toggle: `off` is true or false")
        return {"name": name, "off": await self._session.toggle(name, off)}

    async def _stop(self) -> None:
        # The answer first: the end of the session is the end of this connection.
        while self._out:
            await self._drained.wait()
        self._session.stop("asked")

    async def _wait(self, _: dict[str, Any]) -> Any:
        return await self._session.wait_ready()

    async def _call(self, params: dict[str, Any]) -> Any:
        arguments = params.get("arguments", [])
        if not isinstance(arguments, list) or not all(isinstance(item, str) for item in arguments):
            raise Refused(messages.INVALID_PARAMS, "params of call: `arguments` is a list of WAVE texts")
        return {"result": await self._session.call(_text(params, "export"), tuple(arguments))}

    async def _timeline(self, _: dict[str, Any]) -> Any:
        return self._session.history.all()

    async def _publish(self) -> None:
        while True:
            state = await self._session.publisher.newer(self._subscribed)
            # A slow reader has lines waiting: skip to the newest once they are gone.
            while self._out:
                await self._drained.wait()
                state = self._session.publisher.state
            self._subscribed = state.revision
            self._send(_notification("state", state))

    def _event(self, event: dict[str, Any]) -> None:
        if len(self._out) > EVENT_LIMIT:
            self._closing = True
            self._group.cancel_scope.cancel()
            return
        self._send(_notification("event", event))

    def _reply(self, message: Message, result: Any = None, error: Fault | None = None) -> None:
        if message.id is not None or message.method is None:
            self._send(messages.encode(Response(message.id, result, error)))

    def _send(self, line: bytes) -> None:
        self._out.append(line)
        self._wake.set()

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake = anyio.Event()
            while self._out:
                await self._stream.send(self._out[0])
                self._out.popleft()
            drained, self._drained = self._drained, anyio.Event()
            drained.set()


def _fault(problem: Problem) -> Fault:
    """A problem as a fault; its data are a diagnostic's, and the next step."""
    place = {"file": problem.file, "line": problem.line, "column": problem.column, "hint": problem.hint}
    data = {"severity": "error", "message": problem.message, **place}
    return Fault(
        messages.WORK_FAILED,
        problem.message,
        {key: value for key, value in data.items() if value is not None},
    )


def _notification(method: str, params: Any) -> bytes:
    # `Request.params` is a plain mapping; a state is encoded as it is.
    body = msgspec.json.encode(params)
    return b'{"jsonrpc":"2.0","method":"%s","params":%s}\n' % (method.encode(), body)


def _text(params: dict[str, Any], name: str) -> str:
    value = params.get(name)
    if not isinstance(value, str):
        raise Refused(messages.INVALID_PARAMS, f"`{name}` must be a text")
    return value
