"""`wasi:io`: errors, pollables and streams (0.2)."""

from __future__ import annotations

from typing import TypeVar

from engine.hosts.embedded.context import Context
from engine.hosts.embedded.registry import Interface
from engine.hosts.embedded.streams import (
    CHUNK,
    Closed,
    Failed,
    InputStream,
    IoError,
    OutputStream,
    Pollable,
)
from engine.hosts.embedded.values import Err, Ok, Trap
from engine.hosts.embedded.waiting import Source, Waiter, wait

Value = TypeVar("Value")
StreamError = tuple[str, IoError | None]
Answer = Ok[Value] | Err[StreamError]

# streams.wit, output-stream: `blocking-write-and-flush` takes up to this many bytes.
BLOCKING_WRITE = 4096
# A read says how much it would like; a guest that asks for gigabytes gets them in pieces.
LARGEST_READ = 1 << 20

error = Interface("wasi:io/error")
poll = Interface("wasi:io/poll")
streams = Interface("wasi:io/streams")


def refusal(problem: Closed | Failed) -> Err[StreamError]:
    """A `stream-error`."""
    if isinstance(problem, Closed):
        return Err(("closed", None))
    return Err(("last-operation-failed", IoError(str(problem), problem.cause)))


@error.function("[method]error.to-debug-string")
def to_debug_string(cx: Context, error: IoError) -> str:
    return error.text


@poll.function("[method]pollable.ready")
def pollable_ready(cx: Context, pollable: Pollable) -> bool:
    return pollable.source.ready()


@poll.function("[method]pollable.block")
def pollable_block(cx: Context, pollable: Pollable) -> None:
    wait(cx, (pollable.source,))


@poll.function("poll")
def poll_many(cx: Context, pollables: list[Pollable]) -> list[int]:
    if not pollables:
        raise Trap("wasi:io/poll#poll was called with an empty list: nothing would ever wake it")
    return wait(cx, [pollable.source for pollable in pollables])


# -- input


def read_now(cx: Context, stream: InputStream, length: int) -> Answer[bytes]:
    try:
        data = stream.take(min(length, LARGEST_READ))
    except (Closed, Failed) as problem:
        return refusal(problem)
    if data:
        cx.paused()
    return Ok(data)


def read_waiting(cx: Context, stream: InputStream, length: int) -> Answer[bytes]:
    while True:
        answer = read_now(cx, stream, length)
        if isinstance(answer, Err) or answer.value or not length:
            return answer
        wait(cx, (stream,))


@streams.function("[method]input-stream.read")
def read(cx: Context, stream: InputStream, length: int) -> Answer[bytes]:
    return read_now(cx, stream, length)


@streams.function("[method]input-stream.blocking-read")
def blocking_read(cx: Context, stream: InputStream, length: int) -> Answer[bytes]:
    return read_waiting(cx, stream, length)


@streams.function("[method]input-stream.skip")
def skip(cx: Context, stream: InputStream, length: int) -> Answer[int]:
    answer = read_now(cx, stream, length)
    return Ok(len(answer.value)) if isinstance(answer, Ok) else answer


@streams.function("[method]input-stream.blocking-skip")
def blocking_skip(cx: Context, stream: InputStream, length: int) -> Answer[int]:
    answer = read_waiting(cx, stream, length)
    return Ok(len(answer.value)) if isinstance(answer, Ok) else answer


@streams.function("[method]input-stream.subscribe")
def subscribe_input(cx: Context, stream: InputStream) -> Pollable:
    return Pollable(stream)


# -- output


class _Flushed:
    """Ready when a stream's flush is done or has failed."""

    def __init__(self, stream: OutputStream) -> None:
        self.stream = stream

    def ready(self) -> bool:
        try:
            return self.stream.flushed()
        except (Closed, Failed):
            return True

    def watch(self, waiter: Waiter) -> None:
        self.stream.watch(waiter)


def write_all(cx: Context, stream: OutputStream, data: bytes) -> None:
    """Puts all of `data`, waiting for room as often as need be. Raises :class:`Closed` or :class:`Failed`."""
    view = memoryview(data)
    while view:
        room = stream.room()
        if room:
            stream.put(bytes(view[:room]))
            view = view[room:]
            if stream.carries:
                cx.paused()
        else:
            wait(cx, (stream,))


def flush_all(cx: Context, stream: OutputStream) -> None:
    stream.flush()
    if not stream.flushed():
        flushed: Source = _Flushed(stream)
        wait(cx, (flushed,))
        stream.flushed()


@streams.function("[method]output-stream.check-write")
def check_write(cx: Context, stream: OutputStream) -> Answer[int]:
    try:
        stream.permit = stream.room()
    except (Closed, Failed) as problem:
        return refusal(problem)
    return Ok(stream.permit)


@streams.function("[method]output-stream.write")
def write(cx: Context, stream: OutputStream, contents: bytes) -> Answer[None]:
    if len(contents) > stream.permit:
        raise Trap(
            f"wasi:io/streams#[method]output-stream.write got {len(contents)} bytes where check-write allowed "
            f"{stream.permit}: call check-write first and write no more than it says"
        )
    stream.permit -= len(contents)
    try:
        stream.put(contents)
        if stream.carries:
            cx.paused()
    except (Closed, Failed) as problem:
        return refusal(problem)
    return Ok()


@streams.function("[method]output-stream.blocking-write-and-flush")
def blocking_write_and_flush(cx: Context, stream: OutputStream, contents: bytes) -> Answer[None]:
    if len(contents) > BLOCKING_WRITE:
        raise Trap(
            f"wasi:io/streams#[method]output-stream.blocking-write-and-flush takes up to {BLOCKING_WRITE} bytes, "
            f"not {len(contents)}: write in pieces, or use check-write and write"
        )
    try:
        write_all(cx, stream, contents)
        flush_all(cx, stream)
    except (Closed, Failed) as problem:
        return refusal(problem)
    return Ok()


@streams.function("[method]output-stream.flush")
def flush(cx: Context, stream: OutputStream) -> Answer[None]:
    try:
        stream.flush()
    except (Closed, Failed) as problem:
        return refusal(problem)
    return Ok()


@streams.function("[method]output-stream.blocking-flush")
def blocking_flush(cx: Context, stream: OutputStream) -> Answer[None]:
    try:
        flush_all(cx, stream)
    except (Closed, Failed) as problem:
        return refusal(problem)
    return Ok()


@streams.function("[method]output-stream.subscribe")
def subscribe_output(cx: Context, stream: OutputStream) -> Pollable:
    return Pollable(stream)


@streams.function("[method]output-stream.write-zeroes")
def write_zeroes(cx: Context, stream: OutputStream, length: int) -> Answer[None]:
    if length > stream.permit:
        # Told before the zeroes are made: a guest may ask for any 64-bit number of them.
        raise Trap(
            f"wasi:io/streams#[method]output-stream.write-zeroes got {length} where check-write allowed "
            f"{stream.permit}: call check-write first and write no more than it says"
        )
    return write(cx, stream, bytes(length))


@streams.function("[method]output-stream.blocking-write-zeroes-and-flush")
def blocking_write_zeroes_and_flush(cx: Context, stream: OutputStream, length: int) -> Answer[None]:
    if length > BLOCKING_WRITE:
        raise Trap(
            "wasi:io/streams#[method]output-stream.blocking-write-zeroes-and-flush takes up to "
            f"{BLOCKING_WRITE} bytes, not {length}"
        )
    return blocking_write_and_flush(cx, stream, bytes(length))


@streams.function("[method]output-stream.splice")
def splice(cx: Context, stream: OutputStream, source: InputStream, length: int) -> Answer[int]:
    try:
        room = min(stream.room(), length, CHUNK)
        data = source.take(room) if room else b""
        if data:
            stream.put(data)
            cx.paused()
    except (Closed, Failed) as problem:
        return refusal(problem)
    return Ok(len(data))


@streams.function("[method]output-stream.blocking-splice")
def blocking_splice(cx: Context, stream: OutputStream, source: InputStream, length: int) -> Answer[int]:
    if not length:
        return Ok(0)
    try:
        while not (room := stream.room()):
            wait(cx, (stream,))
        wait(cx, (source,))
        data = source.take(min(room, length, CHUNK))
        while not data:
            wait(cx, (source,))
            data = source.take(min(room, length, CHUNK))
        stream.put(data)
        cx.paused()
    except (Closed, Failed) as problem:
        return refusal(problem)
    return Ok(len(data))
