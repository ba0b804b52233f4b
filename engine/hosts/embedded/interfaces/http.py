"""`wasi:http/types` (0.2): fields, requests, responses and bodies, incoming and outgoing."""

from __future__ import annotations

import re
from typing import Any

from engine.hosts.embedded.context import Context, missing
from engine.hosts.embedded.http.bodies import (
    BodyInput,
    BodyOutput,
    ExchangeBody,
    Incoming,
    Outlet,
    PipeCarrier,
)
from engine.hosts.embedded.http.exchange import Exchange, Headers
from engine.hosts.embedded.registry import Interface
from engine.hosts.embedded.streams import Closed, Failed, IoError, Pipe, Pollable
from engine.hosts.embedded.values import Err, Ok, Resource, Trap
from engine.hosts.embedded.waiting import Event, Waiter

types = Interface("wasi:http/types")
outgoing_handler = Interface("wasi:http/outgoing-handler")

ErrorCode = tuple[str, Any]
Method = tuple[str, str | None]
Scheme = tuple[str, str | None]

# RFC 9110, 5.1 and 5.5.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*\Z")
# Fields that belong to the connection, which is the host's (RFC 9110, 7.6.1); `host` is the authority.
FORBIDDEN = frozenset(
    (
        "connection",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "transfer-encoding",
        "upgrade",
    )
)
FIELDS_LIMIT = 128 * 1024
METHODS = frozenset(("get", "head", "post", "put", "delete", "connect", "options", "trace", "patch"))
_PATH = re.compile(r"[!-~]*\Z")
_AUTHORITY = re.compile(r"[!-~]+\Z")


def internal_error(text: str) -> ErrorCode:
    return "internal-error", text


class Fields(Resource):
    """`fields`, `headers` and `trailers`. Names are kept as given and compared without case."""

    wit = "wasi:http/types.fields"

    def __init__(self, entries: Headers, mutable: bool = True) -> None:
        self.entries = entries
        self.mutable = mutable


def refused(name: str, *values: bytes) -> Err[tuple[str, None]] | None:
    """Why a field may not be set, if it may not."""
    if not _TOKEN.match(name) or not all(_VALUE.match(value) for value in values):
        return Err(("invalid-syntax", None))
    return Err(("forbidden", None)) if name.lower() in FORBIDDEN else None


def _bounded(fields: Fields) -> None:
    if sum(len(name) + len(value) for name, value in fields.entries) > FIELDS_LIMIT:
        raise Trap(f"header fields grew beyond {FIELDS_LIMIT >> 10} KB")


@types.function("[constructor]fields")
def new_fields(cx: Context) -> Fields:
    return Fields([])


@types.function("[static]fields.from-list")
def from_list(cx: Context, entries: Headers) -> Ok[Fields] | Err[tuple[str, None]]:
    for name, value in entries:
        problem = refused(name, value)
        if problem is not None:
            return problem
    fields = Fields(list(entries))
    _bounded(fields)
    return Ok(fields)


@types.function("[method]fields.get")
def get(cx: Context, fields: Fields, name: str) -> list[bytes]:
    wanted = name.lower()
    return [value for key, value in fields.entries if key.lower() == wanted]


@types.function("[method]fields.has")
def has(cx: Context, fields: Fields, name: str) -> bool:
    wanted = name.lower()
    return any(key.lower() == wanted for key, _ in fields.entries)


@types.function("[method]fields.set")
def set_(cx: Context, fields: Fields, name: str, values: list[bytes]) -> Ok[None] | Err[tuple[str, None]]:
    if not fields.mutable:
        return Err(("immutable", None))
    problem = refused(name, *values)
    if problem is not None:
        return problem
    wanted = name.lower()
    kept = [entry for entry in fields.entries if entry[0].lower() != wanted]
    fields.entries = kept + [(name, value) for value in values]
    _bounded(fields)
    return Ok()


@types.function("[method]fields.delete")
def delete(cx: Context, fields: Fields, name: str) -> Ok[None] | Err[tuple[str, None]]:
    if not fields.mutable:
        return Err(("immutable", None))
    problem = refused(name)
    if problem is not None:
        return problem
    wanted = name.lower()
    fields.entries = [entry for entry in fields.entries if entry[0].lower() != wanted]
    return Ok()


@types.function("[method]fields.append")
def append(cx: Context, fields: Fields, name: str, value: bytes) -> Ok[None] | Err[tuple[str, None]]:
    if not fields.mutable:
        return Err(("immutable", None))
    problem = refused(name, value)
    if problem is not None:
        return problem
    fields.entries = [*fields.entries, (name, value)]
    _bounded(fields)
    return Ok()


@types.function("[method]fields.entries")
def entries(cx: Context, fields: Fields) -> Headers:
    return fields.entries


@types.function("[method]fields.clone")
def clone(cx: Context, fields: Fields) -> Fields:
    return Fields(list(fields.entries))


@types.function("http-error-code")
def http_error_code(cx: Context, error: IoError) -> ErrorCode | None:
    """The error code inside a stream's error, where it came from HTTP."""
    return error.cause if isinstance(error.cause, tuple) else None


# -- what came in


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


# -- what goes out


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


class OutgoingRequest(Resource):
    wit = "wasi:http/types.outgoing-request"

    def __init__(self, headers: Fields) -> None:
        self.headers = headers
        self.method: Method = ("get", None)
        self.path: str | None = None
        self.scheme: Scheme | None = None
        self.authority: str | None = None
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


@types.function("[constructor]outgoing-request")
def new_request(cx: Context, headers: Fields) -> OutgoingRequest:
    return OutgoingRequest(Fields(headers.entries, mutable=False))


@types.function("[method]outgoing-request.method")
def outgoing_method(cx: Context, request: OutgoingRequest) -> Method:
    return request.method


@types.function("[method]outgoing-request.set-method")
def set_method(cx: Context, request: OutgoingRequest, method: Method) -> Ok[None] | Err[None]:
    if method[0] == "other" and not _TOKEN.match(method[1] or ""):
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
