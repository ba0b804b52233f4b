"""One request and its answer on a connection, as the guest's thread sees them."""

from __future__ import annotations

import time
from collections import deque
from http import HTTPStatus
from typing import TYPE_CHECKING

from engine.hosts.embedded.streams import CHUNK, Closed, Failed
from engine.hosts.embedded.waiting import WRITE, Waiter, wait

if TYPE_CHECKING:
    from engine.hosts.embedded.http.connection import Connection

Headers = list[tuple[str, bytes]]

REASONS = {status.value: status.phrase for status in HTTPStatus}
_STATUS_LINES = {code: f"HTTP/1.1 {code} {phrase}\r\n".encode() for code, phrase in REASONS.items()}
_NO_BODY = frozenset((204, 304))
# Up to so much is held back until the guest flushes or ends, so that a small answer leaves in one piece with its
# length told.
EARLY = CHUNK


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class _Date:
    """The date header (RFC 9110, 5.6.7), made once a second. `email.utils` would cost the start 8 ms."""

    second = 0
    line = b""

    @classmethod
    def header(cls) -> bytes:
        now = int(time.time())
        if now != cls.second:
            at = time.gmtime(now)
            day, month = _DAYS[at.tm_wday], _MONTHS[at.tm_mon - 1]
            clock = f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}"
            cls.second = now
            cls.line = f"date: {day}, {at.tm_mday:02} {month} {at.tm_year} {clock} GMT\r\n".encode()
        return cls.line


class Exchange:
    """A request being answered.

    The request's body comes in as it is read: :meth:`take`. The answer begins with :meth:`begin`, goes on with
    :meth:`put` and :meth:`flush` and ends with :meth:`finish`, or :meth:`abort` where it cannot.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.method = ""
        self.target = ""
        self.headers: Headers = []
        self.trailers: Headers = []
        self.http11 = True
        self.keep_alive = True
        self.expects_continue = False
        self.length: int | None = None
        self.head_complete = False
        self.complete = False
        self.problem: str | None = None
        self.started = time.perf_counter()

        self.parts: deque[bytes] = deque()
        self.received = 0

        self.status = 0
        self.sent = 0
        self.ended = False
        self.aborted = False
        self._head = b""
        self._early: list[bytes] | None = None
        self._chunked = False
        self._declared: int | None = None
        self._silent = False

    # -- the request's body

    def take(self, limit: int) -> bytes:
        """As `InputStream.take`."""
        if not self.parts:
            if self.complete:
                raise Closed
            self._more()
            if not self.parts:
                if self.complete:
                    raise Closed
                return b""
        part = self.parts.popleft()
        if len(part) > limit:
            self.parts.appendleft(part[limit:])
            part = part[:limit]
        return part

    def readable(self) -> bool:
        if self.parts or self.complete:
            return True
        try:
            self._more()
        except (Closed, Failed):
            return True
        return bool(self.parts) or self.complete

    def _more(self) -> None:
        if self.ended or self.aborted:
            raise Closed
        if self.problem is not None:
            raise Failed(self.problem)
        if self.expects_continue:
            self.expects_continue = False
            if not self.status:
                self.connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if not self.connection.receive() and not self.complete:
            self.problem = self.connection.problem or "the client closed the connection within the body"
            raise Failed(self.problem)
        if self.problem is not None:
            raise Failed(self.problem)

    def watch_body(self, waiter: Waiter) -> None:
        self.connection.watch_read(waiter)

    # -- the answer

    def begin(self, status: int, headers: Headers, has_body: bool = True) -> None:
        """Takes the head. Nothing leaves before the first flush, :data:`EARLY` bytes, or the end."""
        self.status = status
        lines = []
        for name, value in headers:
            if name == "content-length":
                try:
                    self._declared = int(value)
                except ValueError:
                    continue
            lines.append(name.encode() + b": " + value + b"\r\n")
        line = _STATUS_LINES.get(status) or f"HTTP/1.1 {status} \r\n".encode()
        self._head = line + b"".join(lines) + _Date.header()
        self._silent = self.method == "HEAD" or status in _NO_BODY or status < 200
        self._early = []

    def inform(self, status: int, headers: Headers) -> None:
        """Sends an interim answer at once. Clients of HTTP/1.0 know of none."""
        if self.http11:
            line = _STATUS_LINES.get(status) or f"HTTP/1.1 {status} \r\n".encode()
            lines = [name.encode() + b": " + value + b"\r\n" for name, value in headers]
            self.connection.send(line + b"".join(lines) + b"\r\n")

    @property
    def begun(self) -> bool:
        return self.status != 0

    def room(self) -> int:
        """As `OutputStream.room`."""
        if self.ended or self.aborted:
            raise Closed
        return self.connection.room()

    def put(self, data: bytes) -> None:
        if self.ended or self.aborted or self.connection.broken:
            raise Closed
        if self._declared is not None and self.sent + len(data) > self._declared:
            raise Failed(f"the body is longer than its content-length of {self._declared} bytes")
        self.sent += len(data)
        if self._silent or not data:
            return
        if self._early is not None:
            self._early.append(data)
            if self.sent >= EARLY:
                self._open()
            return
        self._frame(data)

    def flush(self) -> None:
        if self._early is not None and self._early:
            self._open()
        self.connection.pump()

    def flushed(self) -> bool:
        return self.connection.drained()

    def watch_answer(self, waiter: Waiter) -> None:
        self.connection.watch_write(waiter)

    def _open(self) -> None:
        """Sends the head of a body whose length is not known yet, and what was held back."""
        early, self._early = self._early or [], None
        if self._declared is None and not self._silent:
            if self.http11:
                self._chunked = True
                self._head += b"transfer-encoding: chunked\r\n"
            else:
                self.keep_alive = False
        self.connection.out(self._head + self._connection_header() + b"\r\n")
        for part in early:
            self._frame(part)

    def _frame(self, data: bytes) -> None:
        if self._chunked:
            self.connection.out(b"%x\r\n" % len(data) + data + b"\r\n")
        else:
            self.connection.out(data)

    def _connection_header(self) -> bytes:
        if not self.keep_alive:
            return b"connection: close\r\n"
        return b"" if self.http11 else b"connection: keep-alive\r\n"

    def finish(self, trailers: Headers | None = None) -> None:
        """Ends the answer. Raises :class:`Failed` when the body is shorter than was declared."""
        if self.ended or self.aborted:
            return
        if self._declared is not None and self.sent < self._declared and not self._silent:
            declared, sent = self._declared, self.sent
            self.abort()
            raise Failed(f"the body ended after {sent} of its declared {declared} bytes")
        self.ended = True
        if self._early is not None and not trailers:
            early, self._early = self._early, None
            if (
                self._declared is None
                and self.status not in _NO_BODY
                and not (self._silent and not self.sent)
            ):
                self._head += b"content-length: %d\r\n" % self.sent
            self.connection.out(b"".join((self._head, self._connection_header(), b"\r\n", *early)))
        else:
            if self._early is not None:
                self._open()
            if self._chunked:
                lines = [name.encode() + b": " + value + b"\r\n" for name, value in trailers or ()]
                self.connection.out(b"0\r\n" + b"".join(lines) + b"\r\n")
        self.connection.pump()

    def abort(self) -> None:
        """Gives the answer up: the connection is reset where the head has left, so that no client takes it for whole."""
        if not self.ended:
            self.aborted = True
            self.keep_alive = False
            self.connection.broken = True

    def reply(self, status: int, text: str, headers: Headers | None = None) -> None:
        """A whole plain-text answer of the host's own, where none has left yet."""
        if self.begun and self._early is None:
            self.abort()
            return
        self._declared, self._chunked, self.sent, self.aborted, self.ended = None, False, 0, False, False
        body = text.encode("utf-8", "replace") + b"\n"
        self.begin(status, [("content-type", b"text/plain; charset=utf-8"), *(headers or [])])
        self.put(body)
        self.finish()

    def settle(self, until: int) -> None:
        """Brings out what is left to send, until the monotonic time `until` (ns) at the latest."""
        while not self.connection.broken and not self.connection.drained():
            if not wait(None, (_Drained(self.connection),), until):
                self.connection.broken = True


class _Drained:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def ready(self) -> bool:
        self.connection.pump()
        return self.connection.broken or self.connection.drained()

    def watch(self, waiter: Waiter) -> None:
        waiter.fd(self.connection.socket.fileno(), WRITE)
