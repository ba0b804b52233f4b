"""A Python component served over real HTTP: wasi:http in both directions, and what goes wrong in guests."""

from __future__ import annotations

import http.client
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine.hosts.base import HostEvent, RequestServed
from engine.hosts.embedded.application import Application
from engine.hosts.embedded.compile import Compiler
from engine.hosts.embedded.http.front import Front
from engine.hosts.embedded.interfaces import cli
from engine.model.host_settings import HostSettings
from tests.hosts.embedded.built import code_cache, python_guest
from tests.hosts.embedded.test_host import manifest


class Bench:
    """An application in this process, with its front on a real socket."""

    def __init__(self, folder: Path, settings: HostSettings, outgoing: bool = True) -> None:
        self.lines: list[tuple[str, str, str]] = []
        self.events: list[HostEvent] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        host, port = self.listener.getsockname()
        self.address = f"{host}:{port}"
        guest = python_guest("workbench")
        self.application = Application(folder, Compiler(code_cache(guest)), settings, self._log, self._tell)
        self.front = Front(self.application.handle, settings.body_mb << 20)
        self.front.listen(self.address, self.listener)
        plan = manifest(self.address, "workbench")
        if outgoing:
            items = plan["spec"]["components"]
            items.append(
                {
                    "name": "http-client",
                    "type": "capability",
                    "properties": {"image": "http-client:1"},
                    "traits": [],
                }
            )
            link = {
                "namespace": "wasi",
                "package": "http",
                "interfaces": ["outgoing-handler"],
                "target": {"name": "http-client"},
            }
            items[0]["traits"].append({"type": "link", "properties": link})
        outcome = self.application.apply(plan, {"workbench": guest}, {})
        assert outcome.ok, outcome
        self.front.accept()

    def _log(self, source: str, level: str, line: str) -> None:
        self.lines.append((source, level, line))

    def _tell(self, event: HostEvent) -> bool:
        self.events.append(event)
        return True

    def served(self, path: str) -> RequestServed:
        """The event of the last request for `path`: it is told after the answer has left."""
        pause = threading.Event()
        while True:
            for event in reversed(self.events):
                if isinstance(event, RequestServed) and event.path == path:
                    return event
            pause.wait(0.005)

    def said(self) -> str:
        return "\n".join(f"{source} {level}: {line}" for source, level, line in self.lines)

    def client(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.address, timeout=60)

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        client = self.client()
        try:
            client.request(method, path, body, headers or {})
            answer = client.getresponse()
            return answer.status, answer.read()
        finally:
            client.close()

    def close(self) -> None:
        self.front.close()
        self.application.undeploy()
        self.application.compiler.close()
        self.listener.close()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(
        tmp_path_factory.mktemp("bench"),
        HostSettings(busy_seconds=4.0, memory_mb=160, outgoing_hosts=("127.0.0.1",)),
    )
    yield made
    made.close()


def test_each_request_has_an_instance_of_its_own(bench: Bench) -> None:
    assert [bench.ask("/") for _ in range(3)] == [(200, b"hello 1\n")] * 3


def test_a_guest_sees_the_request_as_it_came(bench: Bench) -> None:
    status, body = bench.ask("/tell?a=b%20c", "PROPFIND", headers={"X-One": "1", "Connection": "keep-alive"})
    assert status == 200
    said = body.decode()
    assert "Method_Other(value='PROPFIND')" in said
    assert "'path': '/tell?a=b%20c'" in said
    assert "Scheme_Http" in said
    assert f"'authority': '{bench.address}'" in said
    assert "('x-one', '1')" in said
    assert "connection" not in said.lower()


def test_fields_are_checked_as_the_interface_says(bench: Bench) -> None:
    said = bench.ask("/fields")[1].decode()
    assert said == (
        "[b'1', b'2'] False None None None [('a', b'4')] HeaderError_InvalidSyntax HeaderError_InvalidSyntax "
        "HeaderError_Forbidden HeaderError_Forbidden HeaderError_Immutable HeaderError_Immutable HeaderError_Immutable"
    )


def test_outgoing_messages_are_checked_as_the_interface_says(bench: Bench) -> None:
    said = bench.ask("/outgoing", "POST", b"x")[1].decode()
    refusals = re.findall(r"Err\(\w+\)", said)
    assert len(refusals) == 8, said
    for part in (
        "Method_Other(value='BREW')",
        "'/x?y'",
        "Scheme_Other(value='ftp')",
        "'host:80'",
        "[]",
        "200",
        " 5 ",
    ):
        assert part in said


@pytest.mark.parametrize("path", ["/echo", "/splice"])
@pytest.mark.parametrize("size", [0, 1, 65536, 3_000_000])
def test_a_body_goes_through_a_guest(bench: Bench, path: str, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    assert bench.ask(path, "POST", data[:size]) == (200, data[:size])


def test_chunks_and_trailers_go_through_a_guest(bench: Bench) -> None:
    with socket.create_connection(bench.listener.getsockname(), timeout=60) as client:
        client.sendall(
            b"POST /echo HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            b"3\r\nabc\r\n"
        )
        got = b""
        while b"abc" not in got:
            got += client.recv(65536)
        # The first piece came back before the second was sent: streaming both ways.
        client.sendall(b"3\r\ndef\r\n0\r\nX-Sum: 6\r\n\r\n")
        while data := client.recv(65536):
            got += data
    assert got.endswith(b"3\r\nabc\r\n3\r\ndef\r\n0\r\nx-sum: 6\r\n\r\n")


def test_what_is_flushed_arrives_while_the_guest_waits(bench: Bench) -> None:
    client = bench.client()
    client.request("GET", "/drip?ms=200")
    answer = client.getresponse()
    assert answer.read(5) == b"first"
    assert answer.read() == b"second"
    client.close()


def test_timers_and_clocks(bench: Bench) -> None:
    assert bench.ask("/waiting") == (200, b"[1] (False, True) True")


def test_output_becomes_log_lines(bench: Bench) -> None:
    bench.ask("/printing")
    assert ("workbench", "info", "to the log") in bench.lines
    assert ("workbench", "error", "and to the other") in bench.lines


def test_output_without_end_is_cut_off_and_said(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "OUTPUT_LIMIT", 100_000)
    assert bench.ask("/babble?lines=300") == (200, b"done")
    assert 50 < sum(line == "x" * 1000 for _, _, line in bench.lines) < 101
    assert "the rest is left out" in bench.said()


# -- what goes wrong


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/failing", 500, "workbench: "),
        ("/loop", 504, "computed for more than 4 s without a pause"),
        ("/eat", 500, "workbench: "),
        ("/leave", 500, "workbench: "),
        ("/refuse", 500, "internal-error: as asked"),
        ("/nothing", 500, "returned without an answer"),
    ],
)
def test_a_guest_that_fails_is_answered_for_and_the_next_is_fine(
    bench: Bench, path: str, status: int, text: str
) -> None:
    answered, body = bench.ask(path)
    assert answered == status
    assert text in body.decode()
    assert bench.ask("/")[0] == 200
    assert bench.served(path).error


def test_a_python_traceback_is_in_the_log(bench: Bench) -> None:
    bench.ask("/failing")
    assert "ValueError: as asked" in bench.said()
    assert "trapped during GET /failing" in bench.said()


@pytest.mark.parametrize("path", ["/unfinished", "/short", "/large-write"])
def test_a_body_that_is_not_finished_is_not_taken_for_whole(bench: Bench, path: str) -> None:
    client = bench.client()
    client.request("GET", path)
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError, http.client.BadStatusLine)):
        answer = client.getresponse()
        # A host's own 500 is as honest as a cut.
        if answer.status == 500:
            raise ConnectionResetError
        answer.read()
    client.close()
    assert bench.ask("/")[0] == 200


def test_a_client_that_vanishes_ends_its_guest(bench: Bench) -> None:
    with socket.create_connection(bench.listener.getsockname()) as client:
        client.sendall(b"GET /pour?mb=10000 HTTP/1.1\r\nHost: here\r\n\r\n")
        client.recv(1000)
    pause = threading.Event()
    while not any(
        isinstance(event, RequestServed) and event.path == "/pour?mb=10000" for event in bench.events
    ):
        pause.wait(0.01)
    assert bench.ask("/")[0] == 200


# -- requests sent out


class Upstream(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        if self.headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
        answer = f"{self.command} {self.path} {self.headers['x-mine']} {len(body)}".encode()
        self.send_response(201)
        self.send_header("content-length", str(len(answer)))
        self.send_header("x-up", "stream")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_GET = do_HEAD = do_POST

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("size", [0, 10, 1_000_000])
def test_a_guest_sends_a_request_and_passes_the_answer_on(bench: Bench, upstream: str, size: int) -> None:
    path = f"/fetch?authority={upstream}&path=/there"
    client = bench.client()
    client.request("POST", path, b"x" * size, {"X-Mine": "yes"})
    answer = client.getresponse()
    assert (answer.status, answer.read()) == (201, f"POST /there yes {size}".encode())
    assert answer.headers["x-up"] == "stream"
    client.close()


def test_a_component_may_call_its_own_host(bench: Bench) -> None:
    assert bench.ask(f"/fetch?authority={bench.address}&path=/") == (200, b"hello 1\n")


@pytest.mark.parametrize(
    ("authority", "code"),
    [
        ("127.0.0.1:1", "ErrorCode_ConnectionRefused"),
        ("example.com", "ErrorCode_HttpRequestDenied"),
        ("127.0.0.1:99999", "ErrorCode_HttpRequestUriInvalid"),
    ],
)
def test_a_request_that_cannot_be_sent_gives_the_interface_s_own_error(
    bench: Bench, authority: str, code: str
) -> None:
    status, body = bench.ask(f"/fetch?authority={authority}")
    assert status == 502
    assert code.lower() in body.decode().lower()


def test_outgoing_requests_that_nothing_serves_say_what_would(tmp_path: Path, upstream: str) -> None:
    bare = Bench(tmp_path, HostSettings(), outgoing=False)
    try:
        status, body = bare.ask(f"/fetch?authority={upstream}")
        assert status == 502
        assert "wasi:http/outgoing-handler is unresolved" in body.decode()
    finally:
        bare.close()


def test_instances_are_reused_where_the_settings_say_so(tmp_path: Path) -> None:
    kind = Bench(tmp_path, HostSettings(instances="reuse"))
    try:
        # An answer may arrive before its instance is back: then the next request gets another one.
        counts = [int(kind.ask("/")[1].split()[1]) for _ in range(30)]
        assert max(counts) > 5
        assert kind.ask("/failing")[0] == 500
        assert kind.ask("/")[0] == 200
    finally:
        kind.close()


def test_a_pool_serves_fresh_instances(tmp_path: Path) -> None:
    kind = Bench(tmp_path, HostSettings(instances="warm"))
    try:
        assert [kind.ask("/")[1] for _ in range(5)] == [b"hello 1\n"] * 5
    finally:
        kind.close()
