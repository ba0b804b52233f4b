"""What the probe exports besides its cases."""

from componentize_py_types import Err, Ok
from expect import fails, same
from wit_world.imports import consumer, control, request_reply, streams
from wit_world.imports import wasi_http_types as http
from wit_world.imports.wasi_http_types import (
    Fields,
    IncomingBody,
    OutgoingBody,
    OutgoingResponse,
    ResponseOutparam,
)
from wit_world.imports.wasmcloud_messaging_types_0_2_0 import BrokerMessage
from wit_world.imports.wasmcloud_messaging_types_0_3_0 import Error_Other, Message


def run():
    if control.fact("run") == "fail":
        raise Err(None)


def on_set(bucket, key, value):
    same(bucket.exists("never"), False)
    same((key, value), ("watched", b"1"))


def on_delete(bucket, key):
    same(key, "watched")


def handle_message(message):
    if message.subject == "probe.refuse":
        raise Err("refused")
    consumer.publish(BrokerMessage(message.reply_to, message.body.upper(), None))


def handle(message):
    if message.topic() == "new.refuse":
        same(message.content_type(), "text/plain")
        raise Err(Error_Other("refused"))
    for _ in range(2):
        request_reply.reply(message, Message(message.data().upper()))


def answer(request, out):
    if request.path_with_query() != "/echo?q=1":
        break_promises(out)
        return
    same(request.method(), http.Method_Post())
    same(request.path_with_query(), "/echo?q=1")
    same(request.scheme(), http.Scheme_Http())
    same(request.authority(), control.fact("address"))
    same(request.headers().get("x-probe"), [b"asked"])
    body = request.consume()
    same(fails(request.consume), None)
    with body.stream() as stream:
        data = stream.blocking_read(100)
        while len(data) < len(b"the body"):
            data += stream.blocking_read(100)
        failed = fails(stream.blocking_read, 1)
        same(type(failed), streams.StreamError_Closed)
    trailers = IncomingBody.finish(body)
    trailers.subscribe().block()
    same(trailers.get().value.value, None)
    assert isinstance(fails(out.send_informational, 200, Fields()), http.ErrorCode_InternalError)
    out.send_informational(103, Fields.from_list([("link", b"</style.css>")]))

    response = OutgoingResponse(Fields.from_list([("x-probe", b"answered")]))
    same(response.status_code(), 200)
    response.set_status_code(201)
    same(fails(response.set_status_code, 1), None)
    same(response.headers().get("x-probe"), [b"answered"])
    answer_body = response.body()
    same(fails(response.body), None)
    ResponseOutparam.set(out, Ok(response))
    with answer_body.write() as stream:
        stream.blocking_write_and_flush(data + b" back")
    OutgoingBody.finish(answer_body, Fields.from_list([("x-trailer", b"last")]))


def break_promises(out):
    """A body that is shorter than its headers say, and a write beyond them."""
    response = OutgoingResponse(Fields.from_list([("content-length", b"5")]))
    body = response.body()
    ResponseOutparam.set(out, Ok(response))
    with body.write() as stream:
        stream.blocking_write_and_flush(b"123")
        failed = fails(stream.blocking_write_and_flush, b"456")
        http.http_error_code(failed.value)
    assert isinstance(fails(OutgoingBody.finish, body, None), http.ErrorCode_InternalError)
