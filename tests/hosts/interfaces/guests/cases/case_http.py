from componentize_py_types import Err, Ok
from expect import fails_as, same
from wit_world.imports import control, outgoing_handler
from wit_world.imports import wasi_http_types as http
from wit_world.imports.wasi_http_types import Fields, OutgoingBody, OutgoingRequest, RequestOptions


def run():
    fields()
    options = request_options()
    head = prepared()
    exchange(head, options)
    broken = OutgoingRequest(Fields())
    broken.set_scheme(http.Scheme_Http())
    broken.set_authority(control.fact("address"))
    broken.set_path_with_query("/broken")
    cut_off(outgoing_handler.handle(broken, None))
    fails_as(http.ErrorCode_HttpRequestUriInvalid, outgoing_handler.handle, OutgoingRequest(Fields()), None)


def fields():
    made = Fields.from_list([("A", b"1"), ("b", b"2"), ("a", b"3")])
    fails_as(http.HeaderError_InvalidSyntax, Fields.from_list, [("a b", b"")])
    same(made.get("a"), [b"1", b"3"])
    same(made.has("B"), True)
    made.set("b", [b"4", b"5"])
    made.append("c", b"6")
    made.delete("a")
    same(made.entries(), [("b", b"4"), ("b", b"5"), ("c", b"6")])
    copy = made.clone()
    copy.delete("b")
    same(made.has("b"), True)
    fails_as(http.HeaderError_Forbidden, made.set, "transfer-encoding", [b"x"])
    fails_as(http.HeaderError_InvalidSyntax, made.append, "c", b"\n")
    frozen = http.OutgoingResponse(made).headers()
    for call in ((frozen.set, "b", []), (frozen.append, "b", b""), (frozen.delete, "b")):
        fails_as(http.HeaderError_Immutable, *call)


def request_options():
    options = RequestOptions()
    for name in ("connect", "first_byte", "between_bytes"):
        same(getattr(options, f"{name}_timeout")(), None)
        getattr(options, f"set_{name}_timeout")(10_000_000_000)
        same(getattr(options, f"{name}_timeout")(), 10_000_000_000)
    return options


def prepared():
    request = OutgoingRequest(Fields.from_list([("x-probe", b"asked")]))
    request.set_method(http.Method_Post())
    same(request.method(), http.Method_Post())
    fails_as(type(None), request.set_method, http.Method_Other("a b"))
    request.set_path_with_query("/echo?q=1")
    same(request.path_with_query(), "/echo?q=1")
    fails_as(type(None), request.set_path_with_query, "/a b\n")
    request.set_scheme(http.Scheme_Http())
    same(request.scheme(), http.Scheme_Http())
    fails_as(type(None), request.set_scheme, http.Scheme_Other("1 2"))
    request.set_authority(control.fact("address"))
    same(request.authority(), control.fact("address"))
    fails_as(type(None), request.set_authority, "a/b")
    same(request.headers().get("x-probe"), [b"asked"])
    return request


def exchange(request, options):
    body = request.body()
    fails_as(type(None), request.body)
    future = outgoing_handler.handle(request, options)
    with body.write() as stream:
        stream.blocking_write_and_flush(b"the body")
    fails_as(type(None), body.write)
    OutgoingBody.finish(body, None)
    ready = future.subscribe()
    ready.block()
    match future.get().value:
        case Ok(response):
            answered(response)
        case other:
            raise AssertionError(other.value)
    assert future.get() is not None


def cut_off(future):
    """The answer ends before the length it told."""
    future.subscribe().block()
    body = future.get().value.value.consume()
    with body.stream() as stream:
        data = b""
        while True:
            try:
                data += stream.blocking_read(100)
            except Err as error:
                assert len(data) < 5
                http.http_error_code(error.value.value)
                return


def answered(response):
    same(response.status(), 201)
    same(response.headers().get("x-probe"), [b"answered"])
    body = response.consume()
    fails_as(type(None), response.consume)
    with body.stream() as stream:
        same(stream.blocking_read(100), b"the body back")
    fails_as(type(None), body.stream)
    trailers = http.IncomingBody.finish(body)
    trailers.subscribe().block()
    match trailers.get():
        case found if found is not None:
            same(found.value.value.get("x-trailer"), [b"last"])
    assert trailers.get() is not None
