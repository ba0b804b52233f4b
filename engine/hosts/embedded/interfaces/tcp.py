"""wasi:sockets/tcp and tcp-create-socket: the states of the WIT over non-blocking sockets."""

from __future__ import annotations

import errno
import socket
from enum import Enum

from engine.hosts.embedded.context import Context
from engine.hosts.embedded.interfaces import network
from engine.hosts.embedded.interfaces.network import (
    FAMILIES,
    Endpoint,
    Network,
    SocketAddress,
    SocketFault,
    fault,
    function,
)
from engine.hosts.embedded.registry import Interface
from engine.hosts.embedded.streams import CHUNK, Closed, Failed, InputStream, OutputStream, Pollable
from engine.hosts.embedded.values import Resource
from engine.hosts.embedded.waiting import READ, WRITE, Descriptor, Waiter

TCP = "wasi:sockets/tcp"
CREATE = "wasi:sockets/tcp-create-socket"

tcp = Interface(TCP)
create = Interface(CREATE)

SECOND = 1_000_000_000
DEFAULT_BACKLOG = 128
# The system's own limits for keep-alive settings on Linux.
LONGEST_KEEP_ALIVE = 32767
MOST_KEEP_ALIVES = 127


class State(Enum):
    """wasi:sockets, *TCP operational semantics*."""

    UNBOUND = "unbound"
    BINDING = "bind-in-progress"
    BOUND = "bound"
    STARTING = "listen-in-progress"
    LISTENING = "listening"
    CONNECTING = "connect-in-progress"
    CONNECTED = "connected"
    CLOSED = "closed"


class TcpSocket(Resource):
    """`wasi:sockets/tcp.tcp-socket`."""

    wit = "wasi:sockets/tcp.tcp-socket"

    def __init__(self, family: str, endpoint: Endpoint, state: State = State.UNBOUND) -> None:
        self.family = family
        self.endpoint = endpoint
        self.state = state
        self.backlog = DEFAULT_BACKLOG
        self.problem: OSError | None = None

    @property
    def socket(self) -> socket.socket:
        return self.endpoint.socket

    def expect(self, *states: State, otherwise: str = "invalid-state") -> None:
        if self.state not in states:
            raise SocketFault(otherwise)

    def streams(self) -> tuple[TcpInput, TcpOutput]:
        return TcpInput(self.endpoint.share()), TcpOutput(self.endpoint.share())

    def ready(self) -> bool:
        """Whether the operation under way is done, or a connection can be accepted."""
        if self.state is State.CONNECTING and self.problem is None:
            return Descriptor(self.socket.fileno(), WRITE).ready()
        if self.state is State.LISTENING:
            return Descriptor(self.socket.fileno(), READ).ready()
        return True

    def watch(self, waiter: Waiter) -> None:
        waiter.fd(self.socket.fileno(), WRITE if self.state is State.CONNECTING else READ)

    def drop(self) -> None:
        self.endpoint.release()


def _failed(error: OSError) -> Failed:
    return Failed(error.strerror or str(error), fault(error))


class TcpInput(InputStream):
    """What the peer sends."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def take(self, limit: int) -> bytes:
        if not limit:
            return b""
        try:
            data = self._endpoint.socket.recv(min(limit, CHUNK))
        except BlockingIOError:
            return b""
        except OSError as error:
            raise _failed(error) from None
        if not data:
            raise Closed
        return data

    def ready(self) -> bool:
        return Descriptor(self._endpoint.socket.fileno(), READ).ready()

    def watch(self, waiter: Waiter) -> None:
        waiter.fd(self._endpoint.socket.fileno(), READ)

    def drop(self) -> None:
        self._endpoint.release()


class TcpOutput(OutputStream):
    """What goes to the peer. Bytes that the system does not take at once wait here; there is no room meanwhile."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._rest = b""
        self._over = False

    def room(self) -> int:
        self._send()
        return 0 if self._rest or not self._writable() else CHUNK

    def put(self, data: bytes) -> None:
        self._rest += data
        self._send()

    def flush(self) -> None:
        self._send()

    def flushed(self) -> bool:
        self._send()
        return not self._rest

    def ready(self) -> bool:
        try:
            self._send()
        except (Closed, Failed):
            return True
        return not self._rest and self._writable()

    def watch(self, waiter: Waiter) -> None:
        waiter.fd(self._endpoint.socket.fileno(), WRITE)

    def drop(self) -> None:
        self._endpoint.release()

    def _writable(self) -> bool:
        return Descriptor(self._endpoint.socket.fileno(), WRITE).ready()

    def _send(self) -> None:
        if self._over:
            raise Closed
        if not self._rest:
            return
        try:
            self._rest = self._rest[self._endpoint.socket.send(self._rest) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self._rest, self._over = b"", True
            raise Closed from None
        except OSError as error:
            self._rest, self._over = b"", True
            raise _failed(error) from None


@function(create, "create-tcp-socket")
def create_tcp_socket(cx: Context, family: str) -> TcpSocket:
    network.allow(cx, CREATE)
    Endpoint.limit()
    made = socket.socket(FAMILIES[family], socket.SOCK_STREAM)
    if family == "ipv6":
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return TcpSocket(family, Endpoint(made))


# -- binding, connecting, listening


@function(tcp, "[method]tcp-socket.start-bind")
def start_bind(cx: Context, tcp: TcpSocket, net: Network, address: SocketAddress) -> None:
    tcp.expect(State.UNBOUND)
    network.check_unicast(address)
    where = network.to_system(tcp.family, address)
    # As servers do: an address is free again at once when its last user is gone.
    tcp.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    tcp.problem = None
    try:
        tcp.socket.bind(where)
    except OSError as error:
        tcp.problem = error
    tcp.state = State.BINDING


@function(tcp, "[method]tcp-socket.finish-bind")
def finish_bind(cx: Context, tcp: TcpSocket) -> None:
    tcp.expect(State.BINDING, otherwise="not-in-progress")
    _settle(tcp, State.BOUND, State.UNBOUND)


def _settle(tcp: TcpSocket, good: State, bad: State) -> None:
    problem, tcp.problem = tcp.problem, None
    tcp.state = good if problem is None else bad
    if problem is not None:
        raise problem


@function(tcp, "[method]tcp-socket.start-connect")
def start_connect(cx: Context, tcp: TcpSocket, net: Network, address: SocketAddress) -> None:
    tcp.expect(State.UNBOUND, State.BOUND)
    network.check_unicast(address)
    where = network.to_system(tcp.family, address)
    network.check_remote(address)
    tcp.problem = None
    number = tcp.socket.connect_ex(where)
    if number not in (0, errno.EINPROGRESS):
        tcp.problem = OSError(number, "")
    tcp.state = State.CONNECTING


@function(tcp, "[method]tcp-socket.finish-connect")
def finish_connect(cx: Context, tcp: TcpSocket) -> tuple[TcpInput, TcpOutput]:
    tcp.expect(State.CONNECTING, otherwise="not-in-progress")
    if not tcp.ready():
        raise SocketFault("would-block")
    if tcp.problem is None:
        number = tcp.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        tcp.problem = OSError(number, "") if number else None
    _settle(tcp, State.CONNECTED, State.CLOSED)
    return tcp.streams()


@function(tcp, "[method]tcp-socket.start-listen")
def start_listen(cx: Context, tcp: TcpSocket) -> None:
    tcp.expect(State.BOUND)
    try:
        tcp.socket.listen(tcp.backlog)
    except OSError as error:
        tcp.problem = error
    tcp.state = State.STARTING


@function(tcp, "[method]tcp-socket.finish-listen")
def finish_listen(cx: Context, tcp: TcpSocket) -> None:
    tcp.expect(State.STARTING, otherwise="not-in-progress")
    _settle(tcp, State.LISTENING, State.CLOSED)


@function(tcp, "[method]tcp-socket.accept")
def accept(cx: Context, tcp: TcpSocket) -> tuple[TcpSocket, TcpInput, TcpOutput]:
    tcp.expect(State.LISTENING)
    Endpoint.limit()
    connection, _ = tcp.socket.accept()
    accepted = TcpSocket(tcp.family, Endpoint(connection), State.CONNECTED)
    return (accepted, *accepted.streams())


@function(tcp, "[method]tcp-socket.shutdown")
def shutdown(cx: Context, tcp: TcpSocket, direction: str) -> None:
    tcp.expect(State.CONNECTED)
    how = {"receive": socket.SHUT_RD, "send": socket.SHUT_WR, "both": socket.SHUT_RDWR}
    tcp.socket.shutdown(how[direction])


@tcp.function("[method]tcp-socket.subscribe")
def subscribe(cx: Context, tcp: TcpSocket) -> Pollable:
    return Pollable(tcp)


# -- looking


@function(tcp, "[method]tcp-socket.local-address")
def local_address(cx: Context, tcp: TcpSocket) -> SocketAddress:
    if tcp.state in (State.UNBOUND, State.BINDING, State.CLOSED):
        raise SocketFault("invalid-state")
    return network.from_system(tcp.family, tcp.socket.getsockname())


@function(tcp, "[method]tcp-socket.remote-address")
def remote_address(cx: Context, tcp: TcpSocket) -> SocketAddress:
    tcp.expect(State.CONNECTED)
    return network.from_system(tcp.family, tcp.socket.getpeername())


@tcp.function("[method]tcp-socket.is-listening")
def is_listening(cx: Context, tcp: TcpSocket) -> bool:
    return tcp.state is State.LISTENING


@tcp.function("[method]tcp-socket.address-family")
def address_family(cx: Context, tcp: TcpSocket) -> str:
    return tcp.family


# -- options


@function(tcp, "[method]tcp-socket.set-listen-backlog-size")
def set_listen_backlog_size(cx: Context, tcp: TcpSocket, size: int) -> None:
    if not size:
        raise SocketFault("invalid-argument")
    if tcp.state in (State.CONNECTING, State.CONNECTED):
        raise SocketFault("invalid-state")
    tcp.backlog = min(size, 4096)
    if tcp.state is State.LISTENING:
        tcp.socket.listen(tcp.backlog)


@function(tcp, "[method]tcp-socket.keep-alive-enabled")
def keep_alive_enabled(cx: Context, tcp: TcpSocket) -> bool:
    return bool(tcp.socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))


@function(tcp, "[method]tcp-socket.set-keep-alive-enabled")
def set_keep_alive_enabled(cx: Context, tcp: TcpSocket, on: bool) -> None:
    tcp.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(on))


def _option(tcp: TcpSocket, *names: str) -> int:
    option = next((getattr(socket, name) for name in names if hasattr(socket, name)), None)
    if option is None:
        raise SocketFault("not-supported")
    return tcp.socket.getsockopt(socket.IPPROTO_TCP, option)


def _set_option(tcp: TcpSocket, value: int, most: int, *names: str) -> None:
    if not value:
        raise SocketFault("invalid-argument")
    option = next((getattr(socket, name) for name in names if hasattr(socket, name)), None)
    if option is None:
        raise SocketFault("not-supported")
    tcp.socket.setsockopt(socket.IPPROTO_TCP, option, min(value, most))


def _seconds(duration: int) -> int:
    """Whole seconds, rounded up; 0 only for 0."""
    return -(-duration // SECOND)


@function(tcp, "[method]tcp-socket.keep-alive-idle-time")
def keep_alive_idle_time(cx: Context, tcp: TcpSocket) -> int:
    return _option(tcp, "TCP_KEEPIDLE", "TCP_KEEPALIVE") * SECOND


@function(tcp, "[method]tcp-socket.set-keep-alive-idle-time")
def set_keep_alive_idle_time(cx: Context, tcp: TcpSocket, duration: int) -> None:
    _set_option(tcp, _seconds(duration), LONGEST_KEEP_ALIVE, "TCP_KEEPIDLE", "TCP_KEEPALIVE")


@function(tcp, "[method]tcp-socket.keep-alive-interval")
def keep_alive_interval(cx: Context, tcp: TcpSocket) -> int:
    return _option(tcp, "TCP_KEEPINTVL") * SECOND


@function(tcp, "[method]tcp-socket.set-keep-alive-interval")
def set_keep_alive_interval(cx: Context, tcp: TcpSocket, duration: int) -> None:
    _set_option(tcp, _seconds(duration), LONGEST_KEEP_ALIVE, "TCP_KEEPINTVL")


@function(tcp, "[method]tcp-socket.keep-alive-count")
def keep_alive_count(cx: Context, tcp: TcpSocket) -> int:
    return _option(tcp, "TCP_KEEPCNT")


@function(tcp, "[method]tcp-socket.set-keep-alive-count")
def set_keep_alive_count(cx: Context, tcp: TcpSocket, count: int) -> None:
    _set_option(tcp, count, MOST_KEEP_ALIVES, "TCP_KEEPCNT")


@function(tcp, "[method]tcp-socket.hop-limit")
def hop_limit(cx: Context, tcp: TcpSocket) -> int:
    return network.hop_limit(tcp.socket, tcp.family)


@function(tcp, "[method]tcp-socket.set-hop-limit")
def set_hop_limit(cx: Context, tcp: TcpSocket, hops: int) -> None:
    network.set_hop_limit(tcp.socket, tcp.family, hops)


@function(tcp, "[method]tcp-socket.receive-buffer-size")
def receive_buffer_size(cx: Context, tcp: TcpSocket) -> int:
    return network.buffer_size(tcp.socket, socket.SO_RCVBUF)


@function(tcp, "[method]tcp-socket.set-receive-buffer-size")
def set_receive_buffer_size(cx: Context, tcp: TcpSocket, size: int) -> None:
    network.set_buffer_size(tcp.socket, socket.SO_RCVBUF, size)


@function(tcp, "[method]tcp-socket.send-buffer-size")
def send_buffer_size(cx: Context, tcp: TcpSocket) -> int:
    return network.buffer_size(tcp.socket, socket.SO_SNDBUF)


@function(tcp, "[method]tcp-socket.set-send-buffer-size")
def set_send_buffer_size(cx: Context, tcp: TcpSocket, size: int) -> None:
    network.set_buffer_size(tcp.socket, socket.SO_SNDBUF, size)
