"""The HTTP front over real sockets, with a handler in place of a guest: well-behaved clients and bad ones."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from engine.hosts.embedded.http import connection as connections
from engine.hosts.embedded.http.exchange import Exchange
from engine.hosts.embedded.http.front import Front
from engine.hosts.embedded.streams import Closed, Failed
from engine.hosts.embedded.waiting import Waiter, wait

Handler = Callable[[Exchange], None]


class Body:
    """An exchange's body as a source to wait for."""

    def __init__(self, exchange: Exchange) -> None:
        self.ready = exchange.readable
        self.watch = exchange.watch_body


class Room:
    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    def ready(self) -> bool:
        try:
            return self.exchange.room() > 0
        except Closed:
            return True

    def watch(self, waiter: Waiter) -> None:
        self.exchange.watch_answer(waiter)


def read_all(exchange: Exchange) -> bytes:
    parts = []
    while True:
        wait(None, (Body(exchange),))
        try:
            parts.append(exchange.take(1 << 20))
        except Closed:
            return b"".join(parts)


def echo(exchange: Exchange) -> None:
    body = read_all(exchange)
    exchange.begin(200, [("content-type", b"text/plain")])
    exchange.put(f"{exchange.method} {exchange.target} ".encode() + body)
    exchange.finish()


class Server:
    def __init__(self, body_limit: int = 1 << 20) -> None:
        self.handler: Handler = echo
        self.failures: list[BaseException] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.front = Front(self._handle, body_limit)
        self.front.listen("here", self.listener)
        self.front.accept()

    def _handle(self, exchange: Exchange, address: str) -> None:
        try:
            self.handler(exchange)
        except (Closed, Failed) as problem:
            self.failures.append(problem)
            exchange.reply(400, str(problem))

    def connect(self) -> socket.socket:
        client = socket.create_connection(self.listener.getsockname())
        client.settimeout(30)
        return client

    def ask(self, data: bytes) -> bytes:
        """All that comes back until the connection is closed."""
        with self.connect() as client:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            return receive(client)


def receive(client: socket.socket) -> bytes:
    parts = []
    try:
        while data := client.recv(1 << 16):
            parts.append(data)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def until(client: socket.socket, end: bytes) -> bytes:
    got = b""
    while not got.endswith(end):
        data = client.recv(1 << 16)
        assert data, got
        got += data
    return got


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    with closing(made.listener):
        yield made
        made.front.close()


GET = b"GET /a?b=c HTTP/1.1\r\nHost: here\r\n\r\n"


def test_a_request_is_answered_in_one_piece_with_its_length(server: Server) -> None:
    answer = server.ask(GET)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"content-length: 11" in head
    assert b"\r\ndate: " in head
    assert body == b"GET /a?b=c "


def test_a_connection_is_kept_for_the_next_request(server: Server) -> None:
    with server.connect() as client:
        for _ in range(3):
            client.sendall(GET)
            assert until(client, b"/a?b=c ").startswith(b"HTTP/1.1 200")


def test_requests_that_come_together_are_answered_in_order(server: Server) -> None:
    asked = b"".join(b"GET /%d HTTP/1.1\r\nHost: here\r\n\r\n" % number for number in range(20))
    answer = server.ask(asked)
    places = [answer.index(b"GET /%d " % number) for number in range(20)]
    assert places == sorted(places)


def test_chunked_bodies_and_trailers_come_through(server: Server) -> None:
    seen: list[tuple[str, bytes]] = []

    def handler(exchange: Exchange) -> None:
        echo(exchange)
        seen.extend(exchange.trailers)

    server.handler = handler
    answer = server.ask(
        b"POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
        b"3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n"
    )
    assert answer.endswith(b"POST / abcde")
    assert seen == [("x-sum", b"5")]


def test_a_flushed_answer_is_chunked_and_may_have_trailers(server: Server) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.begin(200, [])
        exchange.put(b"one")
        exchange.flush()
        exchange.put(b"three")
        exchange.finish([("x-end", b"yes")])

    server.handler = handler
    head, _, body = server.ask(GET).partition(b"\r\n\r\n")
    assert b"transfer-encoding: chunked" in head
    assert body == b"3\r\none\r\n5\r\nthree\r\n0\r\nx-end: yes\r\n\r\n"


def test_what_is_flushed_reaches_the_client_before_the_answer_ends(server: Server) -> None:
    go = threading.Event()

    def handler(exchange: Exchange) -> None:
        exchange.begin(200, [])
        exchange.put(b"first")
        exchange.flush()
        assert go.wait(30)
        exchange.finish()

    server.handler = handler
    with server.connect() as client:
        client.sendall(GET)
        assert until(client, b"first\r\n").startswith(b"HTTP/1.1 200")
        go.set()
        assert until(client, b"0\r\n\r\n")


def test_http_1_0_gets_a_plain_body_and_a_close(server: Server) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.begin(200, [])
        exchange.put(b"data")
        exchange.flush()
        exchange.finish()

    server.handler = handler
    with server.connect() as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        head, _, body = receive(client).partition(b"\r\n\r\n")
    assert b"chunked" not in head
    assert b"connection: close" in head
    assert body == b"data"


def test_head_is_answered_without_a_body(server: Server) -> None:
    answer = server.ask(b"HEAD / HTTP/1.1\r\nHost: here\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-length: 7" in head
    assert body == b""


def test_a_client_that_asks_is_told_to_continue(server: Server) -> None:
    with server.connect() as client:
        client.sendall(b"PUT / HTTP/1.1\r\nHost: here\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert until(client, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc")
        assert until(client, b"PUT / abc").startswith(b"HTTP/1.1 200")


def test_an_unread_body_does_not_spoil_the_next_request(server: Server) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.reply(200, "ignored")

    server.handler = handler
    with server.connect() as client:
        for _ in range(2):
            client.sendall(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 200000\r\n\r\n" + b"x" * 200000)
            assert until(client, b"ignored\n").startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nbad header: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n", 400),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 1000 + b"\r\n", 431),
        (b"GET /" + b"x" * 200_000, 431),
    ],
    ids=lambda value: repr(value[:40]) if isinstance(value, bytes) else str(value),
)
def test_what_is_no_proper_request_is_refused_and_the_next_one_is_fine(
    server: Server, request_: bytes, status: int
) -> None:
    assert server.ask(request_).startswith(b"HTTP/1.1 %d " % status)
    assert server.ask(GET).startswith(b"HTTP/1.1 200")


def test_a_chunked_body_beyond_the_limit_is_refused(server: Server) -> None:
    chunk = b"%x\r\n" % 65536 + b"x" * 65536 + b"\r\n"
    answer = server.ask(
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 20 + b"0\r\n\r\n"
    )
    assert b"the body is larger than 1048576 bytes" in answer
    assert server.ask(GET).startswith(b"HTTP/1.1 200")


def test_a_client_that_vanishes_within_its_body_is_noticed(server: Server) -> None:
    client = server.connect()
    client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
    client.close()
    assert server.ask(GET).startswith(b"HTTP/1.1 200")
    wait_for(lambda: bool(server.failures))
    assert "closed the connection" in str(server.failures[0])


def test_a_client_that_vanishes_within_its_answer_ends_the_writing(server: Server) -> None:
    ended = threading.Event()

    def handler(exchange: Exchange) -> None:
        exchange.begin(200, [])
        try:
            while True:
                wait(None, (Room(exchange),))
                exchange.put(b"x" * min(65536, exchange.room()))
                exchange.flush()
        except Closed:
            ended.set()
            raise

    server.handler = handler
    client = server.connect()
    client.sendall(GET)
    client.recv(100)
    client.close()
    assert ended.wait(30)
    server.handler = echo
    assert server.ask(GET).startswith(b"HTTP/1.1 200")


def test_a_slow_reader_holds_up_the_writer_and_not_memory(server: Server) -> None:
    put: list[int] = []
    full = threading.Event()

    def handler(exchange: Exchange) -> None:
        exchange.begin(200, [("content-length", b"%d" % (64 << 20))])
        while sum(put) < 64 << 20:
            if not exchange.room():
                full.set()
            wait(None, (Room(exchange),))
            size = min(65536, exchange.room(), (64 << 20) - sum(put))
            exchange.put(b"x" * size)
            put.append(size)
        exchange.finish()

    server.handler = handler
    with server.connect() as client:
        client.sendall(GET)
        assert full.wait(30)
        assert sum(put) < 32 << 20
        got = 0
        while got < 64 << 20:
            got += len(client.recv(1 << 20))


def test_a_reader_that_takes_nothing_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "IDLE", 10_000_000)
    monkeypatch.setattr(connections, "SECOND", 0)
    ended = threading.Event()

    def handler(exchange: Exchange) -> None:
        exchange.begin(200, [])
        try:
            while True:
                wait(None, (Room(exchange),))
                exchange.put(b"x" * min(65536, exchange.room()))
        finally:
            ended.set()

    server.handler = handler
    with server.connect() as client:
        client.sendall(GET)
        assert ended.wait(30)


def test_an_answer_that_is_shorter_than_declared_is_cut_off(server: Server) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.begin(200, [("content-length", b"10")])
        exchange.put(b"short")
        exchange.flush()
        exchange.finish()

    server.handler = handler
    answer = server.ask(GET)
    assert answer.endswith(b"\r\n\r\nshort")
    assert "5 of its declared 10 bytes" in str(server.failures[0])


def test_many_idle_connections_hold_no_thread(server: Server) -> None:
    idle = [server.connect() for _ in range(200)]
    try:
        assert server.ask(GET).startswith(b"HTTP/1.1 200")
        for client in idle[:20]:
            client.sendall(GET)
            assert until(client, b"/a?b=c ").startswith(b"HTTP/1.1 200")
    finally:
        for client in idle:
            client.close()


def wait_for(condition: Callable[[], bool]) -> None:
    """Polls for what another thread is about to do; the test's own timeout ends it."""
    pause = threading.Event()
    while not condition():
        pause.wait(0.005)
