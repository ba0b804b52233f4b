"""Requests that guests send out: one thread and one connection each, HTTP/1.1, over TLS where the scheme says so."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httptools

from engine.hosts.embedded.http.bodies import PipeBody, PipeCarrier
from engine.hosts.embedded.http.exchange import Headers
from engine.hosts.embedded.streams import CHUNK, Closed, Failed, Pipe
from engine.hosts.embedded.waiting import READ, WRITE, Descriptor, Event, Source, wait

if TYPE_CHECKING:
    from engine.hosts.embedded.interfaces.http_fields import ErrorCode

# As wasmtime's own host has them where the guest says nothing.
TIMEOUT = 600 * 1_000_000_000
HEAD_LIMIT = 128 * 1024
NO_BODY = frozenset((204, 304))
BODY_METHODS = frozenset(("POST", "PUT", "PATCH"))


class ClientError(Exception):
    """Why a request failed, as a wasi:http error code."""

    def __init__(self, code: ErrorCode) -> None:
        super().__init__(code[0])
        self.code = code


class Call:
    """One request on its way. `answered(status, headers, body)` or `failed(code)` is called once, on its thread."""

    def __init__(
        self,
        method: str,
        scheme: str,
        authority: str,
        path: str,
        headers: Headers,
        body: PipeCarrier | None,
        answered: Callable[[int, Headers, PipeBody], None],
        failed: Callable[[ErrorCode], None],
        given_up: Event,
        timeouts: tuple[int | None, int | None, int | None],
    ) -> None:
        self.method = method
        self.secure = scheme == "https"
        self.authority = authority
        self.path = path
        self.headers = headers
        self.body = body
        self._answered = answered
        self._failed = failed
        self._given_up = given_up
        connect, first, between = timeouts
        self._connect_timeout = connect if connect is not None else TIMEOUT
        self._first_timeout = first if first is not None else TIMEOUT
        self._between_timeout = between if between is not None else TIMEOUT
        self._out = bytearray()
        self._body_open = body is not None
        self._chunked = False
        self._remaining: int | None = None
        self._response = Response(method)
        self._said = False

    def start(self) -> None:
        threading.Thread(target=self._run, name=f"http {self.authority}", daemon=True).start()

    def _run(self) -> None:
        try:
            connection = self._connect()
        except ClientError as problem:
            self._fail(problem.code)
            return
        try:
            self._head()
            self._exchange(connection)
        except ClientError as problem:
            self._fail(problem.code)
        except (OSError, ssl.SSLError) as problem:
            self._fail(_code_of(problem, "connection-terminated"))
        finally:
            connection.close()
            if self.body is not None:
                self.body.pipe.abandon()

    def _fail(self, code: ErrorCode) -> None:
        if self._said:
            self._response.pipe.fail(code[0], code)
        else:
            self._said = True
            self._failed(code)
        if self.body is not None:
            self.body.pipe.abandon()

    def _connect(self) -> socket.socket:
        host, port = split_authority(self.authority, 443 if self.secure else 80)
        seconds = self._connect_timeout / 1e9
        try:
            plain = socket.create_connection((host, port), timeout=seconds)
        except OSError as problem:
            raise ClientError(_code_of(problem, "connection-refused")) from None
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self.secure:
            plain.setblocking(False)
            return plain
        try:
            secured = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        except OSError as problem:
            plain.close()
            raise ClientError(_code_of(problem, "TLS-protocol-error")) from None
        secured.setblocking(False)
        return secured

    def _head(self) -> None:
        lines = [f"{self.method} {self.path} HTTP/1.1\r\nhost: {self.authority}\r\n".encode("latin-1")]
        for name, value in self.headers:
            if name == "content-length" and value.isdigit():
                self._remaining = int(value)
            lines.append(name.encode() + b": " + value + b"\r\n")
        if self.body is None:
            if self._remaining is None and self.method in BODY_METHODS:
                lines.append(b"content-length: 0\r\n")
        elif self._remaining is None:
            self._chunked = True
            lines.append(b"transfer-encoding: chunked\r\n")
        self._out += b"".join(lines) + b"connection: close\r\n\r\n"

    def _exchange(self, connection: socket.socket) -> None:
        """Sends and receives at once: a server may answer before it has read all."""
        response = self._response
        progress = time.monotonic_ns()
        while not response.complete:
            blocked_write = self._send(connection)
            got, blocked_read = self._receive(connection)
            if got:
                progress = time.monotonic_ns()
            if response.begun and not self._said:
                self._said = True
                self._answered(response.status, response.headers, response.body)
            if response.complete:
                break
            if got:
                continue
            limit = self._between_timeout if self._said else self._first_timeout
            if not self._body_open and time.monotonic_ns() - progress > limit:
                raise ClientError(
                    ("connection-read-timeout" if self._said else "HTTP-response-timeout", None)
                )
            sources: list[Source] = [self._given_up]
            full = self._said and response.pipe.abandoned is False and not response.room()
            if self._said and response.pipe.abandoned:
                return
            sources.append(
                response.pipe.writable if full else Descriptor(connection.fileno(), blocked_read or READ)
            )
            if self._out:
                sources.append(Descriptor(connection.fileno(), blocked_write or WRITE))
            elif self._body_open and self.body is not None:
                sources.append(self.body.pipe.readable)
                progress = time.monotonic_ns()
            wait(None, sources, progress + limit)
            if self._given_up.ready() and not self._said:
                return
        response.pipe.finish()

    def _send(self, connection: socket.socket) -> int:
        """Sends what it can; gives the poll events it must wait for."""
        while True:
            if not self._out and self._body_open:
                self._take_body()
            if not self._out:
                return 0
            try:
                sent = connection.send(self._out[: 4 * CHUNK])
                del self._out[:sent]
            except ssl.SSLWantReadError:
                return READ
            except (BlockingIOError, ssl.SSLWantWriteError):
                return WRITE
            except OSError:
                # The server may have answered and closed already: its answer counts.
                self._out.clear()
                self._body_open = False
                return 0

    def _take_body(self) -> None:
        assert self.body is not None
        try:
            data = self.body.pipe.take(CHUNK)
        except Closed:
            self._body_open = False
            if self._chunked:
                trailers = b"".join(
                    name.encode() + b": " + value + b"\r\n" for name, value in self.body.trailers or ()
                )
                self._out += b"0\r\n" + trailers + b"\r\n"
            elif self._remaining:
                raise ClientError(("HTTP-request-body-size", None)) from None
            return
        except Failed as problem:
            raise ClientError(("internal-error", str(problem))) from None
        if not data:
            return
        if self._chunked:
            self._out += b"%x\r\n" % len(data) + data + b"\r\n"
        else:
            assert self._remaining is not None
            self._remaining -= len(data)
            if self._remaining < 0:
                raise ClientError(("HTTP-request-body-size", None))
            self._out += data

    def _receive(self, connection: socket.socket) -> tuple[bool, int]:
        """Whether bytes came, and the poll events to wait for."""
        if self._said and not self._response.room():
            return False, 0
        try:
            data = connection.recv(CHUNK)
        except ssl.SSLWantWriteError:
            return False, WRITE
        except (BlockingIOError, ssl.SSLWantReadError):
            return False, READ
        self._response.feed(data)
        return True, 0


class Response:
    """An answer as it is parsed."""

    def __init__(self, method: str) -> None:
        self.status = 0
        self.headers: Headers = []
        self.begun = False
        self.complete = False
        self.pipe = Pipe()
        self.body = PipeBody(self.pipe)
        self._head_request = method == "HEAD"
        self._lengthy = False
        self._size = 0
        self._parser: Any = httptools.HttpResponseParser(self)

    def room(self) -> int:
        try:
            return self.pipe.room()
        except Closed:
            return 0

    def feed(self, data: bytes) -> None:
        """Takes in bytes; empty at the end of the connection. Raises ClientError."""
        if not data:
            if self.begun and not self._lengthy:
                self.complete = True
                return
            raise ClientError(
                ("HTTP-response-incomplete", None) if self.begun else ("connection-terminated", None)
            )
        if not self.begun:
            self._size += len(data)
            if self._size > HEAD_LIMIT:
                raise ClientError(("HTTP-response-header-section-size", HEAD_LIMIT))
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.complete = True
        except httptools.HttpParserCallbackError as problem:
            if isinstance(problem.__context__, Closed):
                self.complete = True  # nobody reads the rest
            else:
                raise
        except httptools.HttpParserError:
            if not self.complete:
                raise ClientError(("HTTP-protocol-error", None)) from None

    # llhttp's callbacks

    def on_header(self, name: bytes, value: bytes) -> None:
        target = self.body.trailers if self.begun else self.headers
        target.append((name.decode("latin-1").lower(), value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if 100 <= status < 200 and status != 101:
            self.headers.clear()
            return
        self.status = status
        self._lengthy = any(name in ("content-length", "transfer-encoding") for name, _ in self.headers)
        self.begun = True
        if self._head_request or status in NO_BODY:
            self.complete = True

    def on_body(self, part: bytes) -> None:
        if not self.complete:
            self.pipe.put(part)

    def on_message_complete(self) -> None:
        if self.begun:
            self.complete = True


def split_authority(authority: str, default: int) -> tuple[str, int]:
    """Host and port. Raises ClientError."""
    plain = authority.rpartition("@")[2]
    host, colon, port = plain.rpartition(":")
    if not colon or plain.endswith("]"):
        host, port = plain, ""
    try:
        number = int(port) if port else default
    except ValueError:
        number = -1
    if not host or not 0 < number < 65536:
        raise ClientError(("HTTP-request-URI-invalid", None))
    return host.strip("[]"), number


def _code_of(problem: BaseException, otherwise: str) -> ErrorCode:
    match problem:
        case socket.gaierror():
            return "DNS-error", {"rcode": str(problem), "info-code": None}
        case ssl.SSLCertVerificationError():
            return "TLS-certificate-error", None
        case ssl.SSLError():
            return "TLS-protocol-error", None
        case TimeoutError():
            return "connection-timeout", None
        case ConnectionRefusedError():
            return "connection-refused", None
        case ConnectionResetError() | BrokenPipeError():
            return "connection-terminated", None
        case OSError() if problem.errno in (101, 113):  # ENETUNREACH, EHOSTUNREACH
            return "destination-IP-unroutable", None
    return otherwise, None


def allowed(host: str, patterns: tuple[str, ...]) -> bool:
    """Whether the setting of outgoing hosts lets a guest reach `host`."""
    name = host.lower()
    return any(
        pattern == "*"
        or name == pattern.lower()
        or (pattern.startswith("*.") and name.endswith(pattern[1:].lower()))
        for pattern in patterns
    )
