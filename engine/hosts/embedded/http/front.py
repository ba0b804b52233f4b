"""Accepting connections, and who looks after them.

One dispatcher thread watches the listening sockets and every idle connection. A connection with something to read
goes to a worker thread, which parses, runs the guest and answers on that same thread: no hand-over between reading,
wasm and writing. httptools (llhttp) was chosen as the parser for that: it parses bytes that we read, where server
frameworks bring an event loop, whose hand-overs cost 0.3 ms a request in the prototype.
"""

from __future__ import annotations

import queue
import selectors
import socket
import threading
import time
from collections.abc import Callable

from engine.hosts.embedded.http.connection import SECOND, Connection
from engine.hosts.embedded.http.exchange import Exchange
from engine.hosts.embedded.streams import CHUNK
from engine.hosts.embedded.waiting import READ, Descriptor, wait

Handler = Callable[[Exchange, str], None]

CONNECTION_LIMIT = 1024
WORKERS = 128
# A worker waits so long for the next request before it lets the dispatcher watch the connection.
LINGER = SECOND // 20
HEAD_SECONDS = 10 * SECOND
IDLE_SECONDS = 75 * SECOND
SETTLE = 60 * SECOND
DRAIN = 1 * SECOND


class Front:
    """Serves HTTP/1.1 on listening sockets that are given to it. `handle(exchange, address)` answers."""

    def __init__(self, handle: Handler, body_limit: int) -> None:
        self._handle = handle
        self.body_limit = body_limit
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._work: queue.SimpleQueue[Connection | None] = queue.SimpleQueue()
        self._parked: set[Connection] = set()
        self._count = 0
        # Connections wait in the backlog until something can answer them: see `accept`.
        self._paused = True
        self._opened = False
        self._sockets: dict[str, socket.socket] = {}
        self._workers = 0
        self._free = 0
        self._lock = threading.Lock()
        self._ended = False
        self._thread = threading.Thread(target=self._dispatch, name="front", daemon=True)
        self._thread.start()

    def listen(self, address: str, listener: socket.socket) -> None:
        """Accepts from `listener`, a socket that listens already, under the name `address`."""
        listener.setblocking(False)

        def add() -> None:
            self._sockets[address] = listener
            if not self._paused:
                self._selector.register(listener, selectors.EVENT_READ, address)

        self._do(add)

    def accept(self) -> None:
        """Begins to accept, at the first call."""

        def begin() -> None:
            if not self._opened:
                self._opened = True
                self._resume()

        self._do(begin)

    def sockets(self) -> dict[str, socket.socket]:
        return dict(self._sockets)

    def close(self) -> None:
        """Stops accepting and watching. Requests at work go on until their end."""
        self._ended = True
        self._do(lambda: None)
        self._thread.join()

    def _do(self, command: Callable[[], None]) -> None:
        self._commands.put(command)
        try:
            self._wake_write.send(b"\0")
        except OSError:
            pass

    # -- the dispatcher's thread

    def _dispatch(self) -> None:
        swept = time.monotonic_ns()
        while not self._ended:
            for key, _ in self._selector.select(5):
                if isinstance(key.data, Connection):
                    self._unpark(key.data)
                    self._hand_over(key.data)
                elif isinstance(key.data, str):
                    self._accept(key.fileobj, key.data)  # type: ignore[arg-type]
                else:
                    self._commanded()
            now = time.monotonic_ns()
            if now - swept > SECOND:
                swept = now
                self._sweep(now)

    def _commanded(self) -> None:
        try:
            while self._wake_read.recv(4096):
                pass
        except BlockingIOError:
            pass
        while not self._commands.empty():
            self._commands.get()()

    def _accept(self, listener: socket.socket, address: str) -> None:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        self._count += 1
        self._hand_over(Connection(client, address, self.body_limit))
        if self._count >= CONNECTION_LIMIT:
            self._paused = True
            for one in self._sockets.values():
                self._selector.unregister(one)

    def _hand_over(self, connection: Connection) -> None:
        with self._lock:
            if self._free <= self._work.qsize() and self._workers < WORKERS:
                self._workers += 1
                threading.Thread(target=self._worker, name=f"worker {self._workers}", daemon=True).start()
        self._work.put(connection)

    def _park(self, connection: Connection) -> None:
        connection.since = time.monotonic_ns()

        def park() -> None:
            self._parked.add(connection)
            self._selector.register(connection.socket, selectors.EVENT_READ, connection)

        self._do(park)

    def _unpark(self, connection: Connection) -> None:
        self._selector.unregister(connection.socket)
        self._parked.discard(connection)

    def _sweep(self, now: int) -> None:
        for connection in tuple(self._parked):
            if now - connection.since > (HEAD_SECONDS if connection.begun else IDLE_SECONDS):
                self._unpark(connection)
                if connection.begun:
                    connection.refuse(408, "the request's head did not come in time")
                    Exchange(connection).reply(connection.refusal, connection.problem or "")
                connection.close()
                self._count -= 1
        if self._paused and self._opened and self._count < CONNECTION_LIMIT * 3 // 4:
            self._resume()

    def _resume(self) -> None:
        self._paused = False
        for address, one in self._sockets.items():
            self._selector.register(one, selectors.EVENT_READ, address)

    # -- a worker's thread

    def _worker(self) -> None:
        while True:
            with self._lock:
                self._free += 1
            connection = self._work.get()
            with self._lock:
                self._free -= 1
            if connection is None:
                return
            if self._serve(connection):
                self._park(connection)
            else:
                connection.close()
                # The dispatcher alone counts.
                self._do(self._left)

    def _left(self) -> None:
        self._count -= 1

    def _serve(self, connection: Connection) -> bool:
        """Answers what there is; true when the connection is to be watched for more."""
        while not connection.broken and not self._ended:
            if connection.exchanges:
                if not self._answer(connection):
                    return False
                continue
            if connection.problem is not None:
                return self._refuse(connection)
            if not connection.receive():
                if connection.problem is not None:
                    return self._refuse(connection)
                return False
            if not connection.exchanges and connection.problem is None:
                until = time.monotonic_ns() + LINGER
                if not wait(None, (Descriptor(connection.socket.fileno(), READ),), until):
                    return True
        return False

    def _answer(self, connection: Connection) -> bool:
        exchange = connection.exchanges.popleft()
        if exchange.http11 and not any(name == "host" for name, _ in exchange.headers):
            exchange.keep_alive = False
            exchange.reply(400, "the request has no Host header")
        else:
            self._handle(exchange, connection.address)
        if connection.broken:
            return False
        if not connection.drained():
            exchange.settle(time.monotonic_ns() + SETTLE)
        if connection.broken or not exchange.ended:
            return False
        if not exchange.complete:
            return self._drain(exchange)
        return exchange.keep_alive or self._farewell(connection)

    def _drain(self, exchange: Exchange) -> bool:
        """Reads what the guest left of the request's body, if that is little; else the connection ends."""
        if exchange.expects_continue or not exchange.keep_alive:
            return self._farewell(exchange.connection)
        until = time.monotonic_ns() + DRAIN
        descriptor = Descriptor(exchange.connection.socket.fileno(), READ)
        while not exchange.complete and time.monotonic_ns() < until:
            exchange.parts.clear()
            if not exchange.connection.receive():
                return False
            if not exchange.complete:
                wait(None, (descriptor,), until)
        exchange.parts.clear()
        return exchange.complete or self._farewell(exchange.connection)

    def _refuse(self, connection: Connection) -> bool:
        exchange = Exchange(connection)
        exchange.keep_alive = False
        exchange.reply(connection.refusal, connection.problem or "")
        return self._farewell(connection)

    def _farewell(self, connection: Connection) -> bool:
        """Closes so that the client still gets the answer: unread bytes would turn the close into a reset."""
        try:
            connection.socket.shutdown(socket.SHUT_WR)
            until = time.monotonic_ns() + DRAIN
            while wait(None, (Descriptor(connection.socket.fileno(), READ),), until):
                if not connection.socket.recv(CHUNK):
                    break
        except OSError:
            pass
        return False
