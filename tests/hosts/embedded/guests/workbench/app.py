"""A guest with a path for each thing a test wants to see a component do over HTTP."""

import sys
from urllib.parse import parse_qs, urlsplit

from componentize_py_types import Err, Ok
from wit_world import exports
from wit_world.imports import monotonic_clock, outgoing_handler, poll, streams, types, wall_clock

COUNT = 0
KEPT = []


class IncomingHandler(exports.IncomingHandler):
    def handle(self, request, response_out):
        url = urlsplit(request.path_with_query() or "/")
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        globals()[(url.path.strip("/").replace("-", "_") or "hello")](request, response_out, query)


def respond(response_out, status=200, headers=(), body=None):
    """Begins an answer; gives its body. With `body` it is the whole answer."""
    response = types.OutgoingResponse(types.Fields.from_list(list(headers)))
    response.set_status_code(status)
    outgoing = response.body()
    types.ResponseOutparam.set(response_out, Ok(response))
    if body is None:
        return outgoing
    with outgoing.write() as stream:
        write_all(stream, body)
    types.OutgoingBody.finish(outgoing, None)
    return None


def write_all(stream, data):
    view = memoryview(data)
    while view:
        with stream.subscribe() as ready:
            ready.block()
        room = stream.check_write()
        stream.write(bytes(view[:room]))
        view = view[room:]
    stream.flush()
    with stream.subscribe() as ready:
        ready.block()
    stream.check_write()


def chunks(stream, size=65536):
    while True:
        try:
            yield stream.blocking_read(size)
        except Err as error:
            if isinstance(error.value, streams.StreamError_Closed):
                return
            raise


def hello(request, response_out, query):
    global COUNT
    COUNT += 1
    respond(response_out, headers=[("content-type", b"text/plain")], body=f"hello {COUNT}\n".encode())


def tell(request, response_out, query):
    """All that the host says of the request."""
    fields = request.headers()
    said = {
        "method": str(request.method()),
        "path": request.path_with_query(),
        "scheme": str(request.scheme()),
        "authority": request.authority(),
        "headers": [(name, value.decode()) for name, value in fields.entries()],
    }
    respond(response_out, body=repr(said).encode())


def echo(request, response_out, query):
    """The body as it comes, then its trailers."""
    incoming = request.consume()
    outgoing = respond(response_out)
    with incoming.stream() as source, outgoing.write() as sink:
        for data in chunks(source):
            write_all(sink, data)
    trailers = None
    with types.IncomingBody.finish(incoming) as future:
        with future.subscribe() as ready:
            ready.block()
        found = future.get()
        if isinstance(found, Ok) and isinstance(found.value, Ok) and found.value.value is not None:
            trailers = types.Fields.from_list(found.value.value.entries())
    types.OutgoingBody.finish(outgoing, trailers)


def splice(request, response_out, query):
    """As echo, by the host's own copying."""
    incoming = request.consume()
    outgoing = respond(response_out)
    with incoming.stream() as source, outgoing.write() as sink:
        try:
            while True:
                sink.blocking_splice(source, 65536)
        except Err:
            pass
    types.OutgoingBody.finish(outgoing, None)


def swallow(request, response_out, query):
    """How long the body is."""
    incoming = request.consume()
    with incoming.stream() as source:
        total = sum(len(data) for data in chunks(source, 1 << 20))
    respond(response_out, body=str(total).encode())


def pour(request, response_out, query):
    """`mb` megabytes."""
    outgoing = respond(response_out)
    data = bytes(1 << 20)
    with outgoing.write() as sink:
        for _ in range(int(query["mb"])):
            write_all(sink, data)
    types.OutgoingBody.finish(outgoing, None)


def drip(request, response_out, query):
    """One piece now, one after the client has had it and some time has passed."""
    outgoing = respond(response_out)
    with outgoing.write() as sink:
        sink.blocking_write_and_flush(b"first")
        with monotonic_clock.subscribe_duration(int(query["ms"]) * 1_000_000) as later:
            later.block()
        sink.blocking_write_and_flush(b"second")
    types.OutgoingBody.finish(outgoing, None)


def fetch(request, response_out, query):
    """Sends a request with this one's body and passes the answer on."""
    fields = types.Fields()
    for name, value in request.headers().entries():
        if name.startswith("x-"):
            fields.append(name, value)
    out = types.OutgoingRequest(fields)
    out.set_method(request.method())
    out.set_scheme(types.Scheme_Http())
    out.set_authority(query["authority"])
    out.set_path_with_query(query.get("path", "/"))
    body = out.body()
    try:
        future = outgoing_handler.handle(out, None)
    except Err as error:
        respond(response_out, 502, body=repr(error.value).encode())
        return
    incoming = request.consume()
    with incoming.stream() as source, body.write() as sink:
        for data in chunks(source):
            write_all(sink, data)
    types.OutgoingBody.finish(body, None)
    with future.subscribe() as ready:
        ready.block()
    answer = future.get().value
    if isinstance(answer, Err):
        respond(response_out, 502, body=repr(answer.value).encode())
        return
    answer = answer.value
    outgoing = respond(response_out, answer.status(), answer.headers().entries())
    with answer.consume() as back, back.stream() as source, outgoing.write() as sink:
        for data in chunks(source):
            write_all(sink, data)
    types.OutgoingBody.finish(outgoing, None)


def fields(request, response_out, query):
    """What fields do, right and wrong."""
    said = []

    def note(call):
        try:
            said.append(repr(call()))
        except Err as error:
            said.append(type(error.value).__name__)

    mine = types.Fields.from_list([("a", b"1"), ("A", b"2")])
    note(lambda: mine.get("a"))
    note(lambda: mine.has("b"))
    note(lambda: mine.append("b", b"3"))
    note(lambda: mine.set("a", [b"4"]))
    note(lambda: mine.delete("b"))
    note(lambda: mine.clone().entries())
    note(lambda: mine.append("bad name", b""))
    note(lambda: mine.set("x", [b"a\nb"]))
    note(lambda: mine.append("Connection", b"close"))
    note(lambda: types.Fields.from_list([("host", b"x")]))
    note(lambda: request.headers().append("x", b"y"))
    note(lambda: request.headers().delete("x"))
    note(lambda: request.headers().set("x", []))
    respond(response_out, body=" ".join(said).encode())


def outgoing(request, response_out, query):
    """What outgoing requests and responses refuse."""
    said = []

    def note(call):
        try:
            said.append(repr(call()))
        except Err as error:
            said.append(f"Err({type(error.value).__name__})")

    out = types.OutgoingRequest(types.Fields())
    note(lambda: out.set_method(types.Method_Other("BREW")))
    note(lambda: out.set_method(types.Method_Other("a b")))
    note(lambda: out.method())
    note(lambda: out.set_path_with_query("/x?y"))
    note(lambda: out.set_path_with_query("/ x"))
    note(lambda: out.path_with_query())
    note(lambda: out.set_scheme(types.Scheme_Other("ftp")))
    note(lambda: out.set_scheme(types.Scheme_Other("1")))
    note(lambda: out.scheme())
    note(lambda: out.set_authority("host:80"))
    note(lambda: out.set_authority("a/b"))
    note(lambda: out.authority())
    note(lambda: out.headers().entries())
    note(lambda: type(out.body()).__name__)
    note(lambda: out.body())
    answer = types.OutgoingResponse(types.Fields())
    note(lambda: answer.set_status_code(42))
    note(lambda: answer.status_code())
    note(lambda: answer.headers().set("x", []))
    options = types.RequestOptions()
    for name in ("connect_timeout", "first_byte_timeout", "between_bytes_timeout"):
        note(lambda name=name: getattr(options, f"set_{name}")(5))
        note(lambda name=name: getattr(options, name)())
    note(lambda: request.consume() and None)
    note(lambda: request.consume())
    respond(response_out, body=" ".join(said).encode())


def waiting(request, response_out, query):
    """Which of two timers is first, and what clocks say."""
    late, now = monotonic_clock.subscribe_duration(3_600_000_000_000), monotonic_clock.subscribe_instant(0)
    with late, now:
        first = poll.poll([late, now])
        ready = (late.ready(), now.ready())
    clocks = monotonic_clock.resolution() > 0 and wall_clock.now().seconds > 1_600_000_000
    clocks = clocks and wall_clock.resolution().nanoseconds > 0 and monotonic_clock.now() > 0
    respond(response_out, body=f"{first} {ready} {clocks}".encode())


def printing(request, response_out, query):
    print("to the log")
    print("and to the other", file=sys.stderr)
    respond(response_out, body=b"")


def babble(request, response_out, query):
    """Output without end, as far as the host takes it."""
    for _ in range(int(query["lines"])):
        print("x" * 1000)
    respond(response_out, body=b"done")


def failing(request, response_out, query):
    raise ValueError("as asked")


def loop(request, response_out, query):
    while True:
        pass


def eat(request, response_out, query):
    while True:
        KEPT.append(bytearray(1 << 20))


def leave(request, response_out, query):
    sys.exit(3)


def refuse(request, response_out, query):
    types.ResponseOutparam.set(response_out, Err(types.ErrorCode_InternalError("as asked")))


def nothing(request, response_out, query):
    pass


def unfinished(request, response_out, query):
    outgoing = respond(response_out)
    with outgoing.write() as sink:
        sink.blocking_write_and_flush(b"half")


def short(request, response_out, query):
    outgoing = respond(response_out, headers=[("content-length", b"10")])
    with outgoing.write() as sink:
        sink.blocking_write_and_flush(b"half")
    try:
        types.OutgoingBody.finish(outgoing, None)
    except Err as error:
        print("finish refused:", type(error.value).__name__)


def large_write(request, response_out, query):
    outgoing = respond(response_out)
    with outgoing.write() as sink:
        sink.blocking_write_and_flush(bytes(4097))
