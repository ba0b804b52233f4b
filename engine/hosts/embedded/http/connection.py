"""One client connection: bytes in through llhttp, bytes out, never blocking."""

from __future__ import annotations

import socket
import time
from collections import deque

import httptools

from engine.hosts.embedded.http.exchange import Exchange
from engine.hosts.embedded.streams import CHUNK, Closed
from engine.hosts.embedded.waiting import READ, WRITE, Waiter

HEAD_LIMIT = 64 * 1024
HEADER_COUNT = 256
# Held for a client that reads slower than the guest writes.
OUT_LIMIT = 256 * 1024
SECOND = 1_000_000_000
IDLE = 30 * SECOND


class Connection:
    """`broken`: no use any more, to be closed. `problem`: why its bytes were refused, with `refusal` as status."""

    def __init__(self, client: socket.socket, address: str, body_limit: int) -> None:
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = client
        self.address = address
        self.body_limit = body_limit
        self.broken = False
        self.closing = False
        self.problem: str | None = None
        self.refusal = 400
        self.since = time.monotonic_ns()
        self.progress = self.since
        self.exchanges: deque[Exchange] = deque()
        self._parser = httptools.HttpRequestParser(self)
        self._reading: Exchange | None = None
        self._head = 0
        self._upgraded = False
        self._out: deque[bytes] = deque()
        self._out_size = 0

    # -- in

    def receive(self) -> bool:
        """Takes in what is there. False when nothing more will come: see `problem`."""
        if self.closing or self.broken or self.problem is not None:
            return False
        try:
            data = self.socket.recv(CHUNK)
        except (BlockingIOError, InterruptedError):
            if self._in_body() and time.monotonic_ns() - self.progress > IDLE:
                self.refusal = 408
                self._refuse("the client sent nothing of the body for 30 s")
                return False
            return True
        except OSError:
            self.broken = True
            return False
        if not data:
            self.closing = True
            return False
        self.progress = time.monotonic_ns()
        return self._feed(data)

    def _feed(self, data: bytes) -> bool:
        if self._upgraded:
            return True
        if self._reading is None or not self._reading.head_complete:
            self._head += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Nothing is upgraded here: the request is answered as a plain one, what follows is not HTTP.
            self._upgraded = True
            if self.exchanges:
                self.exchanges[-1].keep_alive = False
                self.exchanges[-1].complete = True
        except httptools.HttpParserCallbackError as problem:
            self._refuse(str(problem.__context__ or problem))
        except httptools.HttpParserError as problem:
            self._refuse(f"the request is not HTTP: {problem}")
        if self.problem is None and self._head > HEAD_LIMIT and not self._in_body():
            self.refusal = 431
            self._refuse(f"the request's head is larger than {HEAD_LIMIT >> 10} KB")
        return self.problem is None

    def _in_body(self) -> bool:
        return self._reading is not None and self._reading.head_complete

    def refuse(self, status: int, text: str) -> None:
        """Takes in nothing more; the client is told why."""
        self.refusal = status
        self._refuse(text)

    def _refuse(self, text: str) -> None:
        self.problem = text
        if self._reading is not None and self._reading.head_complete:
            self._reading.problem = text
            self._reading.keep_alive = False

    # llhttp's callbacks

    def on_message_begin(self) -> None:
        self._reading = Exchange(self)

    def on_url(self, part: bytes) -> None:
        assert self._reading is not None
        self._reading.target += part.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        reading = self._reading
        assert reading is not None
        headers = reading.trailers if reading.head_complete else reading.headers
        if len(headers) >= HEADER_COUNT:
            self.refusal = 431
            raise ValueError(f"more than {HEADER_COUNT} header fields")
        key = name.decode("latin-1").lower()
        headers.append((key, value))
        if reading.head_complete:
            return
        if key == "content-length":
            reading.length = int(value)
        elif key == "expect" and value.lower() == b"100-continue":
            reading.expects_continue = True

    def on_headers_complete(self) -> None:
        reading = self._reading
        assert reading is not None
        reading.method = self._parser.get_method().decode("latin-1")
        reading.http11 = self._parser.get_http_version() != "1.0"
        reading.keep_alive = self._parser.should_keep_alive()
        reading.head_complete = True
        self._head = 0
        if reading.length is not None and reading.length > self.body_limit:
            self.refusal = 413
            raise ValueError(f"the body is larger than {self.body_limit} bytes")
        self.exchanges.append(reading)

    def on_body(self, part: bytes) -> None:
        reading = self._reading
        assert reading is not None
        reading.received += len(part)
        if reading.received > self.body_limit:
            self.refusal = 413
            raise ValueError(f"the body is larger than {self.body_limit} bytes")
        reading.parts.append(part)

    def on_message_complete(self) -> None:
        assert self._reading is not None
        self._reading.complete = True
        self._reading = None

    def watch_read(self, waiter: Waiter) -> None:
        waiter.fd(self.socket.fileno(), READ)
        waiter.at(self.progress + IDLE + SECOND)

    @property
    def begun(self) -> bool:
        """Whether a part of a head is here."""
        return self._head > 0

    # -- out

    def out(self, data: bytes) -> None:
        self._out.append(data)
        self._out_size += len(data)
        if self._out_size >= CHUNK:
            self.pump()

    def send(self, data: bytes) -> None:
        self.out(data)
        self.pump()

    def pump(self) -> None:
        """Sends what the client takes now."""
        while self._out and not self.broken:
            data = self._out[0]
            try:
                sent = self.socket.send(data)
            except (BlockingIOError, InterruptedError):
                if time.monotonic_ns() - self.progress > IDLE:
                    self.broken = True
                return
            except OSError:
                self.broken = True
                return
            self.progress = time.monotonic_ns()
            self._out_size -= sent
            if sent == len(data):
                self._out.popleft()
            else:
                self._out[0] = data[sent:]

    def room(self) -> int:
        """Bytes that may be put now. Raises Closed for a client that left or takes nothing."""
        if self._out_size:
            self.pump()
        if self.broken:
            raise Closed
        return max(0, OUT_LIMIT - self._out_size)

    def drained(self) -> bool:
        if self._out:
            self.pump()
        return not self._out or self.broken

    def watch_write(self, waiter: Waiter) -> None:
        waiter.fd(self.socket.fileno(), WRITE)
        waiter.at(self.progress + IDLE + SECOND)

    def close(self) -> None:
        self.broken = True
        try:
            self.socket.close()
        except OSError:
            pass
