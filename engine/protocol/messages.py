"""The messages of the engine's socket: JSON-RPC 2.0, UTF-8, one message a line, at most `LINE_LIMIT` bytes.

| method | params | result |
|---|---|---|
| `hello` | `{protocol}` | `{protocol, version, session, pid}`; must be first |
| `state` | – | a whole :class:`~engine.model.state.State` |
| `subscribe` | `{events?: bool}` | the state now; then `state` notifications, newest wins, and with `events` an `event` notification for each event of `wake dev --json`, none lost |
| `toggle` | `{name, off?: bool}` | `{name, off}`; without `off` it flips. Changes the pending manifest only |
| `apply` | – | applies the pending manifest |
| `discard` | – | drops toggles made since the last apply |
| `reload` | `{rebuild?: bool}` | starts a reload |
| `pause`, `resume` | – | watching |
| `stop` | – | ends the session in order |
| `wait` | – | returns when the session is ready, fails when it cannot be |
| `call` | `{export, arguments}` | `{result}`, in WAVE |
| `logs.view` | `{sources?, level?, match?, context?, invert?}` | `{view, count}` |
| `logs.window` | `{view, from, count}` | `{from, total, lines: [{time, level, source, text}]}` |
| `timeline` | – | every reload kept |
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

PROTOCOL = 1
LINE_LIMIT = 32 * 1024 * 1024

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
REFUSED = -32000
WORK_FAILED = -32001


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """A call; without an `id` a notification."""

    method: str
    params: dict[str, Any] = {}
    id: int | str | None = None
    jsonrpc: Literal["2.0"] = "2.0"


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    code: int
    message: str
    data: Any = None


class Response(msgspec.Struct, frozen=True, omit_defaults=True):
    id: int | str | None
    result: Any = None
    error: Fault | None = None
    jsonrpc: Literal["2.0"] = "2.0"


class Message(msgspec.Struct, frozen=True):
    """Either of the above, as read: a request has a `method`, a response has not."""

    id: int | str | None = None
    method: str | None = None
    params: dict[str, Any] = {}
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: Fault | None = None


class RemoteError(Exception):
    """The other side answered with a fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Message)


def encode(message: Request | Response) -> bytes:
    """One line. `jsonrpc` is always said and a success always has a `result`, as the specification asks."""
    body: dict[str, Any] = {"jsonrpc": "2.0"}
    if isinstance(message, Request):
        body["method"] = message.method
        if message.params:
            body["params"] = message.params
        if message.id is not None:
            body["id"] = message.id
    else:
        body["id"] = message.id
        if message.error is not None:
            body["error"] = message.error
        else:
            body["result"] = message.result
    return _encoder.encode(body) + b"\n"


def decode(line: bytes) -> Message:
    """Raises `msgspec.DecodeError` (or its `ValidationError`) with the place in the message."""
    return _decoder.decode(line)
