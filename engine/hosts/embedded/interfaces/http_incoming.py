"""Requests that are served, answers that came, and their bodies: `wasi:http/types`."""

from __future__ import annotations

from typing import Any

from engine.hosts.embedded.context import Context
from engine.hosts.embedded.http.bodies import (
    BodyInput,
    ExchangeBody,
    Incoming,
)
from engine.hosts.embedded.http.exchange import Exchange, Headers
from engine.hosts.embedded.interfaces.http_fields import (
    FORBIDDEN,
    METHODS,
    ErrorCode,
    Fields,
    Method,
    Scheme,
    internal_error,
    types,
)
from engine.hosts.embedded.streams import Closed, Failed, Pollable
from engine.hosts.embedded.values import Err, Ok, Resource
from engine.hosts.embedded.waiting import Waiter


class IncomingBody(Resource):
    wit = "wasi:http/types.incoming-body"

    def __init__(self, source: Incoming) -> None:
        self.source = source
        self.streamed = False

    def drop(self) -> None:
        self.source.abandon()


class IncomingRequest(Resource):
    """A request that this host serves."""

    wit = "wasi:http/types.incoming-request"

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.consumed = False


class IncomingResponse(Resource):
    """An answer to a request that a guest sent out."""

    wit = "wasi:http/types.incoming-response"

    def __init__(self, status: int, headers: Headers, body: Incoming) -> None:
        self.code = status
        self.headers = headers
        self.body = body
        self.consumed = False

    def drop(self) -> None:
        if not self.consumed:
            self.body.abandon()


def method_of(name: str) -> Method:
    lower = name.lower()
    return (lower, None) if lower in METHODS and name.isupper() else ("other", name)


@types.function("[method]incoming-request.method")
def request_method(cx: Context, request: IncomingRequest) -> Method:
    return method_of(request.exchange.method)


@types.function("[method]incoming-request.path-with-query")
def request_path(cx: Context, request: IncomingRequest) -> str | None:
    target = request.exchange.target
    if "://" in target and not target.startswith("/"):
        # The absolute form (RFC 9112, 3.2.2).
        return "/" + target.partition("://")[2].partition("/")[2]
    return target


@types.function("[method]incoming-request.scheme")
def request_scheme(cx: Context, request: IncomingRequest) -> Scheme | None:
    return "HTTP", None


@types.function("[method]incoming-request.authority")
def request_authority(cx: Context, request: IncomingRequest) -> str | None:
    exchange = request.exchange
    for name, value in exchange.headers:
        if name == "host":
            return value.decode("latin-1")
    return exchange.connection.address


@types.function("[method]incoming-request.headers")
def request_headers(cx: Context, request: IncomingRequest) -> Fields:
    kept = [entry for entry in request.exchange.headers if entry[0] not in FORBIDDEN]
    return Fields(kept, mutable=False)


@types.function("[method]incoming-request.consume")
def request_consume(cx: Context, request: IncomingRequest) -> Ok[IncomingBody] | Err[None]:
    if request.consumed:
        return Err()
    request.consumed = True
    return Ok(IncomingBody(ExchangeBody(request.exchange)))


@types.function("[method]incoming-response.status")
def response_status(cx: Context, response: IncomingResponse) -> int:
    return response.code


@types.function("[method]incoming-response.headers")
def response_headers(cx: Context, response: IncomingResponse) -> Fields:
    return Fields(response.headers, mutable=False)


@types.function("[method]incoming-response.consume")
def response_consume(cx: Context, response: IncomingResponse) -> Ok[IncomingBody] | Err[None]:
    if response.consumed:
        return Err()
    response.consumed = True
    return Ok(IncomingBody(response.body))


@types.function("[method]incoming-body.stream")
def body_stream(cx: Context, body: IncomingBody) -> Ok[BodyInput] | Err[None]:
    if body.streamed:
        return Err()
    body.streamed = True
    return Ok(BodyInput(body.source))


class FutureTrailers(Resource):
    """Ready when the body has ended; `get` gives its value once."""

    wit = "wasi:http/types.future-trailers"

    def __init__(self, source: Incoming) -> None:
        self.source = source
        self.outcome: Ok[Fields | None] | Err[ErrorCode] | None = None
        self.taken = False

    def ready(self) -> bool:
        if self.outcome is None:
            try:
                trailers = self.source.trailers_now()
            except (Failed, Closed) as problem:
                self.outcome = Err(
                    ("connection-terminated", None) if not str(problem) else internal_error(str(problem))
                )
            else:
                if trailers is None:
                    return False
                self.outcome = Ok(Fields(trailers, mutable=False) if trailers else None)
        return True

    def watch(self, waiter: Waiter) -> None:
        self.source.watch_body(waiter)

    def drop(self) -> None:
        self.source.abandon()


@types.function("[static]incoming-body.finish")
def body_finish(cx: Context, body: IncomingBody) -> FutureTrailers:
    return FutureTrailers(body.source)


@types.function("[method]future-trailers.subscribe")
def trailers_subscribe(cx: Context, future: FutureTrailers) -> Pollable:
    return Pollable(future)


@types.function("[method]future-trailers.get")
def trailers_get(cx: Context, future: FutureTrailers) -> Any:
    if future.taken:
        return Err()
    if not future.ready():
        return None
    future.taken = True
    return Ok(future.outcome)
