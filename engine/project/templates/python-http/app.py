"""An HTTP component with a counter. Edit, save, and ask again: the next answer comes from the new code."""

from componentize_py_types import Err, Ok
from wit_world import exports
from wit_world.imports import atomics, logging, store
from wit_world.imports.logging import Level
from wit_world.imports.types import (
    Fields,
    IncomingRequest,
    OutgoingBody,
    OutgoingResponse,
    ResponseOutparam,
)


class IncomingHandler(exports.IncomingHandler):
    """Serves `wasi:http/incoming-handler`: one call of `handle` for each request."""

    def handle(self, request: IncomingRequest, response_out: ResponseOutparam) -> None:
        path = request.path_with_query() or "/"
        try:
            visits = count()
        except Err as error:
            logging.log(Level.ERROR, "app", f"no counter: {error.value}")
            answer(response_out, 500, f"The counter does not answer: {reason(error.value)}\n")
            return
        logging.log(Level.INFO, "app", f"visit {visits} of {path}")
        answer(response_out, 200, f"Hello from wake! You are visitor number {visits}.\n")


def count() -> int:
    """One visit more. The number outlives reloads, restarts and crashes: the host keeps the bucket."""
    with store.open("default") as bucket:
        return atomics.increment(bucket, "visits", 1)


def reason(error: store.Error) -> str:
    """What the store said, in words."""
    return error.value if isinstance(error, store.Error_Other) else type(error).__name__


def answer(response_out: ResponseOutparam, status: int, text: str) -> None:
    """Sends a whole answer of plain text."""
    response = OutgoingResponse(Fields.from_list([("content-type", b"text/plain; charset=utf-8")]))
    response.set_status_code(status)
    body = response.body()
    ResponseOutparam.set(response_out, Ok(response))
    with body.write() as stream:
        stream.blocking_write_and_flush(text.encode())
    OutgoingBody.finish(body, None)
