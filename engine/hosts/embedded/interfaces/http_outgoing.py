"""Answers on their way out, and outgoing bodies: `wasi:http/types`."""

from __future__ import annotations

from engine.hosts.embedded.context import Context
from engine.hosts.embedded.http.bodies import (
    BodyOutput,
    Outlet,
)
from engine.hosts.embedded.http.exchange import Exchange
from engine.hosts.embedded.interfaces.http_fields import (
    ErrorCode,
    Fields,
    internal_error,
    types,
)
from engine.hosts.embedded.interfaces.http_requests import OutgoingRequest
from engine.hosts.embedded.streams import Closed, Failed
from engine.hosts.embedded.values import Err, Ok, Resource


class OutgoingBody(Resource):
    wit = "wasi:http/types.outgoing-body"

    def __init__(self, outlet: Outlet) -> None:
        self.outlet = outlet
        self.streamed = False

    def drop(self) -> None:
        self.outlet.drop()


class OutgoingResponse(Resource):
    wit = "wasi:http/types.outgoing-response"

    def __init__(self, headers: Fields) -> None:
        self.headers = headers
        self.code = 200
        self.outlet: Outlet | None = None


class ResponseOutparam(Resource):
    """Where the answer to a served request goes. `failure` is the guest's error code, where it gave one."""

    wit = "wasi:http/types.response-outparam"

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.outlet: Outlet | None = None
        self.failure: ErrorCode | None = None
        self.used = False


@types.function("[constructor]outgoing-response")
def new_response(cx: Context, headers: Fields) -> OutgoingResponse:
    return OutgoingResponse(Fields(headers.entries, mutable=False))


@types.function("[method]outgoing-response.status-code")
def status_code(cx: Context, response: OutgoingResponse) -> int:
    return response.code


@types.function("[method]outgoing-response.set-status-code")
def set_status_code(cx: Context, response: OutgoingResponse, code: int) -> Ok[None] | Err[None]:
    if not 100 <= code <= 999:
        return Err()
    response.code = code
    return Ok()


@types.function("[method]outgoing-response.headers")
def outgoing_response_headers(cx: Context, response: OutgoingResponse) -> Fields:
    return Fields(response.headers.entries, mutable=False)


@types.function("[method]outgoing-request.headers")
def outgoing_request_headers(cx: Context, request: OutgoingRequest) -> Fields:
    return Fields(request.headers.entries, mutable=False)


@types.function("[method]outgoing-request.body")
@types.function("[method]outgoing-response.body")
def outgoing_body(cx: Context, message: OutgoingResponse | OutgoingRequest) -> Ok[OutgoingBody] | Err[None]:
    if message.outlet is not None:
        return Err()
    message.outlet = Outlet()
    return Ok(OutgoingBody(message.outlet))


@types.function("[static]response-outparam.set")
def outparam_set(
    cx: Context, param: ResponseOutparam, response: Ok[OutgoingResponse] | Err[ErrorCode]
) -> None:
    param.used = True
    if isinstance(response, Err):
        param.failure = response.value
        return
    answer = response.value
    headers = [(name.lower(), value) for name, value in answer.headers.entries]
    param.exchange.begin(answer.code, headers)
    param.outlet = answer.outlet
    try:
        if answer.outlet is None:
            param.exchange.finish()
        else:
            answer.outlet.attach(param.exchange)
    except (Closed, Failed):
        pass  # the client left, or the body does not fit its headers: the guest hears of it as it writes


@types.function("[method]response-outparam.send-informational")
def send_informational(
    cx: Context, param: ResponseOutparam, status: int, headers: Fields
) -> Ok[None] | Err[ErrorCode]:
    """An interim answer (RFC 9110, 15.2) before the one that `set` gives; `101` would be a change of protocol."""
    if not 100 <= status < 200 or status == 101:
        return Err(internal_error(f"{status} is not the status of an interim response"))
    if param.exchange.begun:
        return Err(internal_error("the response has begun"))
    param.exchange.inform(status, [(name.lower(), value) for name, value in headers.entries])
    return Ok()


@types.function("[method]outgoing-body.write")
def body_write(cx: Context, body: OutgoingBody) -> Ok[BodyOutput] | Err[None]:
    if body.streamed:
        return Err()
    body.streamed = True
    return Ok(BodyOutput(body.outlet))


@types.function("[static]outgoing-body.finish")
def outgoing_finish(cx: Context, body: OutgoingBody, trailers: Fields | None) -> Ok[None] | Err[ErrorCode]:
    entries = None if trailers is None else [(name.lower(), value) for name, value in trailers.entries]
    try:
        body.outlet.finish(entries)
    except Failed as problem:
        return Err(internal_error(str(problem)))
    except Closed:
        return Err(("connection-terminated", None))
    return Ok()
