"""Requests that guests send out: their parts in `wasi:http/types`, and `wasi:http/outgoing-handler`."""

from __future__ import annotations

import re
from typing import Any

from engine.hosts.embedded.context import Context, missing
from engine.hosts.embedded.http.bodies import (
    Incoming,
    Outlet,
    PipeCarrier,
)
from engine.hosts.embedded.http.exchange import Headers
from engine.hosts.embedded.interfaces.http_fields import (
    FORBIDDEN,
    TOKEN,
    ErrorCode,
    Fields,
    Method,
    Scheme,
    internal_error,
    types,
)
from engine.hosts.embedded.interfaces.http_incoming import IncomingResponse
from engine.hosts.embedded.registry import Interface
from engine.hosts.embedded.streams import Closed, Failed, Pipe, Pollable
from engine.hosts.embedded.values import Err, Ok, Resource
from engine.hosts.embedded.waiting import Event

outgoing_handler = Interface("wasi:http/outgoing-handler")

_PATH = re.compile(r"[!-~]*\Z")
_AUTHORITY = re.compile(r"[!-~]+\Z")


class OutgoingRequest(Resource):
    wit = "wasi:http/types.outgoing-request"

    def __init__(self, headers: Fields) -> None:
        self.headers = headers
        self.method: Method = ("get", None)
        self.path: str | None = None
        self.scheme: Scheme | None = None
        self.authority: str | None = None
        self.outlet: Outlet | None = None


@types.function("[constructor]outgoing-request")
def new_request(cx: Context, headers: Fields) -> OutgoingRequest:
    return OutgoingRequest(Fields(headers.entries, mutable=False))


@types.function("[method]outgoing-request.method")
def outgoing_method(cx: Context, request: OutgoingRequest) -> Method:
    return request.method


@types.function("[method]outgoing-request.set-method")
def set_method(cx: Context, request: OutgoingRequest, method: Method) -> Ok[None] | Err[None]:
    if method[0] == "other" and not TOKEN.match(method[1] or ""):
        return Err()
    request.method = method
    return Ok()


@types.function("[method]outgoing-request.path-with-query")
def outgoing_path(cx: Context, request: OutgoingRequest) -> str | None:
    return request.path


@types.function("[method]outgoing-request.set-path-with-query")
def set_path(cx: Context, request: OutgoingRequest, path: str | None) -> Ok[None] | Err[None]:
    if path is not None and not _PATH.match(path):
        return Err()
    request.path = path
    return Ok()


@types.function("[method]outgoing-request.scheme")
def outgoing_scheme(cx: Context, request: OutgoingRequest) -> Scheme | None:
    return request.scheme


@types.function("[method]outgoing-request.set-scheme")
def set_scheme(cx: Context, request: OutgoingRequest, scheme: Scheme | None) -> Ok[None] | Err[None]:
    if (
        scheme is not None
        and scheme[0] == "other"
        and not re.match(r"[A-Za-z][A-Za-z0-9+.\-]*\Z", scheme[1] or "")
    ):
        return Err()
    request.scheme = scheme
    return Ok()


@types.function("[method]outgoing-request.authority")
def outgoing_authority(cx: Context, request: OutgoingRequest) -> str | None:
    return request.authority


@types.function("[method]outgoing-request.set-authority")
def set_authority(cx: Context, request: OutgoingRequest, authority: str | None) -> Ok[None] | Err[None]:
    if authority is not None and (not _AUTHORITY.match(authority) or set(authority) & set("/?#\\")):
        return Err()
    request.authority = authority
    return Ok()


class RequestOptions(Resource):
    """Timeouts in nanoseconds."""

    wit = "wasi:http/types.request-options"

    def __init__(self) -> None:
        self.connect: int | None = None
        self.first_byte: int | None = None
        self.between_bytes: int | None = None


@types.function("[constructor]request-options")
def new_options(cx: Context) -> RequestOptions:
    return RequestOptions()


def _timeout(wit_name: str, attribute: str) -> None:
    @types.function(f"[method]request-options.{wit_name}")
    def read(cx: Context, options: RequestOptions) -> int | None:
        found: int | None = getattr(options, attribute)
        return found

    @types.function(f"[method]request-options.set-{wit_name}")
    def write(cx: Context, options: RequestOptions, duration: int | None) -> Ok[None] | Err[None]:
        setattr(options, attribute, duration)
        return Ok()


_timeout("connect-timeout", "connect")
_timeout("first-byte-timeout", "first_byte")
_timeout("between-bytes-timeout", "between_bytes")


class FutureIncomingResponse(Resource):
    """Set by the client's thread: `outcome`, then `done`."""

    wit = "wasi:http/types.future-incoming-response"

    def __init__(self) -> None:
        self.done = Event()
        self.outcome: Ok[IncomingResponse] | Err[ErrorCode] | None = None
        self.taken = False
        self.given_up = Event()

    def drop(self) -> None:
        if not self.taken:
            self.given_up.set()


@types.function("[method]future-incoming-response.subscribe")
def response_subscribe(cx: Context, future: FutureIncomingResponse) -> Pollable:
    return Pollable(future.done)


@types.function("[method]future-incoming-response.get")
def response_get(cx: Context, future: FutureIncomingResponse) -> Any:
    if not future.done.ready():
        return None
    if future.taken:
        return Err()
    future.taken = True
    return Ok(future.outcome)


@outgoing_handler.function("handle")
def handle(
    cx: Context, request: OutgoingRequest, options: RequestOptions | None
) -> Ok[FutureIncomingResponse] | Err[ErrorCode]:
    """Sends `request`; the answer, or why there is none, comes in the future."""
    # Only guests that send requests pay for TLS and the client.
    from engine.hosts.embedded.http import client

    link = cx.link(outgoing_handler.name)
    if link.state != "linked":
        return Err(internal_error(missing(outgoing_handler.name, link)))
    scheme = "https" if request.scheme is None else (request.scheme[1] or request.scheme[0]).lower()
    if scheme not in ("http", "https") or not request.authority:
        return Err(("HTTP-request-URI-invalid", None))
    try:
        host, _ = client.split_authority(request.authority, 80)
    except client.ClientError as problem:
        return Err(problem.code)
    if not client.allowed(host, cx.deployment.settings.get("outgoing_hosts", ("*",))):
        return Err(("HTTP-request-denied", None))
    future = FutureIncomingResponse()

    def answered(status: int, headers: Headers, body: Incoming) -> None:
        kept = [entry for entry in headers if entry[0] not in FORBIDDEN]
        future.outcome = Ok(IncomingResponse(status, kept, body))
        future.done.set()

    def failed(code: ErrorCode) -> None:
        future.outcome = Err(code)
        future.done.set()

    carrier = None
    if request.outlet is not None:
        carrier = PipeCarrier(Pipe())
        try:
            request.outlet.attach(carrier)
        except (Closed, Failed) as problem:
            return Err(internal_error(str(problem)))
    method = request.method[1] or request.method[0].upper()
    timeouts = (
        (None, None, None)
        if options is None
        else (options.connect, options.first_byte, options.between_bytes)
    )
    headers = [(name.lower(), value) for name, value in request.headers.entries]
    client.Call(
        method,
        scheme,
        request.authority,
        request.path or "/",
        headers,
        carrier,
        answered,
        failed,
        future.given_up,
        timeouts,
    ).start()
    return Ok(future)
