"""Input and output streams of `wasi:io`, as classes that an interface derives its own from.

An own input stream needs `take`, an own output stream `room` and `put`; both need `ready` and `watch` (see
`waiting.py`) when they are not always ready. `interfaces/io.py` makes every function of the WIT from these.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from engine.hosts.embedded.values import Resource
from engine.hosts.embedded.waiting import Event, Source, Waiter

CHUNK = 64 * 1024


class Closed(Exception):
    """The stream has ended: nothing more can be read or written."""


class Failed(Exception):
    """The last operation failed. `cause` is what went wrong, for `error` resources that tell more of it."""

    def __init__(self, text: str, cause: object = None) -> None:
        super().__init__(text)
        self.cause = cause


class IoError(Resource):
    """`wasi:io/error.error`; `cause` lets `filesystem-error-code` and `http-error-code` say more."""

    wit = "wasi:io/error.error"

    def __init__(self, text: str, cause: object = None) -> None:
        self.text = text
        self.cause = cause


class Pollable(Resource):
    """`wasi:io/poll.pollable`: a source of readiness as the guest holds it."""

    wit = "wasi:io/poll.pollable"

    def __init__(self, source: Source) -> None:
        self.source = source


class InputStream(Resource):
    """`wasi:io/streams.input-stream`."""

    wit = "wasi:io/streams.input-stream"

    def take(self, limit: int) -> bytes:
        """Up to `limit` bytes that are at hand, without blocking; empty when there are none yet.

        Raises :class:`Closed` at the end of the stream, :class:`Failed` when reading failed.
        """
        raise NotImplementedError

    def ready(self) -> bool:
        """Whether `take` would give bytes or raise."""
        return True

    def watch(self, waiter: Waiter) -> None:
        pass


class OutputStream(Resource):
    """`wasi:io/streams.output-stream`."""

    wit = "wasi:io/streams.output-stream"
    permit = 0  # bytes that the last check-write allowed, less what was written since
    carries = True  # whether moving data here is progress, and not just talk, as in a log

    def room(self) -> int:
        """How many bytes `put` takes now; 0 when it must wait. Raises :class:`Closed` or :class:`Failed`."""
        return CHUNK

    def put(self, data: bytes) -> None:
        """Takes all of `data`, at most as many bytes as `room` said. Raises :class:`Closed`, :class:`Failed`."""
        raise NotImplementedError

    def flush(self) -> None:
        """Begins to bring out what was put; until that is done `room` may say 0."""

    def flushed(self) -> bool:
        """Whether the flush is done. Raises what it failed of."""
        return True

    def ready(self) -> bool:
        """Whether `room` would say more than 0 or raise."""
        return True

    def watch(self, waiter: Waiter) -> None:
        pass


class Bytes(InputStream):
    """A stream over bytes at hand."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)

    def take(self, limit: int) -> bytes:
        if not self._data:
            raise Closed
        part, self._data = self._data[:limit], self._data[limit:]
        return bytes(part)


class Sink(OutputStream):
    """A stream into a function that never blocks."""

    def __init__(self, put: Callable[[bytes], None]) -> None:
        self._put = put

    def put(self, data: bytes) -> None:
        self._put(data)


class Pipe:
    """A bounded buffer between two threads, each side a stream or plain calls.

    The writer closes with :meth:`finish` (the reader then sees the end) or :meth:`fail`; the reader gives up with
    :meth:`abandon` (the writer then sees :class:`Closed`).
    """

    def __init__(self, capacity: int = 4 * CHUNK) -> None:
        self.capacity = capacity
        self.readable = Event()
        self.writable = Event()
        self.writable.set()
        self._lock = threading.Lock()
        self._parts: deque[bytes] = deque()
        self._size = 0
        self._finished = False
        self._failure: Failed | None = None
        self._abandoned = False

    # -- writing

    def room(self) -> int:
        with self._lock:
            if self._abandoned or self._finished:
                raise Closed
            return max(0, self.capacity - self._size)

    def put(self, data: bytes) -> None:
        """Adds `data` whole, even beyond the capacity: `room` is the writer's to mind."""
        with self._lock:
            if self._abandoned or self._finished:
                raise Closed
            if not data:
                return
            self._parts.append(bytes(data))
            self._size += len(data)
            if self._size >= self.capacity:
                self.writable.clear()
            self.readable.set()

    def finish(self) -> None:
        with self._lock:
            self._finished = True
            self.readable.set()
            self.writable.set()

    def fail(self, text: str, cause: object = None) -> None:
        with self._lock:
            if not self._finished:
                self._failure = Failed(text, cause)
                self._finished = True
            self.readable.set()
            self.writable.set()

    # -- reading

    def take(self, limit: int) -> bytes:
        """As :meth:`InputStream.take`."""
        with self._lock:
            if not self._parts:
                if self._failure is not None:
                    raise self._failure
                if self._finished:
                    raise Closed
                self.readable.clear()
                return b""
            if limit <= 0:
                return b""
            part = self._parts.popleft()
            if len(part) > limit:
                self._parts.appendleft(part[limit:])
                part = part[:limit]
            self._size -= len(part)
            if self._size < self.capacity:
                self.writable.set()
            if not self._parts and not self._finished:
                self.readable.clear()
            return part

    def abandon(self) -> None:
        with self._lock:
            self._abandoned = True
            self._parts.clear()
            self._size = 0
            self.writable.set()

    @property
    def abandoned(self) -> bool:
        return self._abandoned

    def empty(self) -> bool:
        with self._lock:
            return not self._parts


class PipeInput(InputStream):
    """The reading side of a pipe, for the guest."""

    def __init__(self, pipe: Pipe) -> None:
        self.pipe = pipe

    def take(self, limit: int) -> bytes:
        return self.pipe.take(limit)

    def ready(self) -> bool:
        return self.pipe.readable.ready()

    def watch(self, waiter: Waiter) -> None:
        self.pipe.readable.watch(waiter)

    def drop(self) -> None:
        self.pipe.abandon()


class PipeOutput(OutputStream):
    """The writing side of a pipe, for the guest. Dropping it does not finish the pipe: its owner does."""

    def __init__(self, pipe: Pipe) -> None:
        self.pipe = pipe

    def room(self) -> int:
        return self.pipe.room()

    def put(self, data: bytes) -> None:
        self.pipe.put(data)

    def ready(self) -> bool:
        return self.pipe.writable.ready()

    def watch(self, waiter: Waiter) -> None:
        self.pipe.writable.watch(waiter)
