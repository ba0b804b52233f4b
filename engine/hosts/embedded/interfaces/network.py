"""What the sockets share: addresses, error codes, permission, and the system's sockets themselves."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from engine.hosts.embedded.context import Context
from engine.hosts.embedded.interfaces.access import switched_off
from engine.hosts.embedded.interfaces.descriptors import share
from engine.hosts.embedded.registry import HostFunction, Interface
from engine.hosts.embedded.values import Err, Ok, Resource

# Sockets that all guests of this process hold open at once.
MOST_OPEN = share(4, 1024)

FAMILIES = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}

CODES = {
    getattr(errno, name): code
    for name, code in {
        "EACCES": "access-denied",
        "EPERM": "access-denied",
        "ENOTSUP": "not-supported",
        "EOPNOTSUPP": "not-supported",
        "EAFNOSUPPORT": "not-supported",
        "EPROTONOSUPPORT": "not-supported",
        "ENOPROTOOPT": "not-supported",
        "EINVAL": "invalid-argument",
        "EDESTADDRREQ": "invalid-argument",
        "ENOMEM": "out-of-memory",
        "ENOBUFS": "out-of-memory",
        "ETIMEDOUT": "timeout",
        "EALREADY": "concurrency-conflict",
        "EAGAIN": "would-block",
        "EINPROGRESS": "would-block",
        "EISCONN": "invalid-state",
        "ENOTCONN": "invalid-state",
        "EMFILE": "new-socket-limit",
        "ENFILE": "new-socket-limit",
        "EADDRNOTAVAIL": "address-not-bindable",
        "EADDRINUSE": "address-in-use",
        "EHOSTUNREACH": "remote-unreachable",
        "EHOSTDOWN": "remote-unreachable",
        "ENETUNREACH": "remote-unreachable",
        "ENETDOWN": "remote-unreachable",
        "ECONNREFUSED": "connection-refused",
        "ECONNRESET": "connection-reset",
        "EPIPE": "connection-reset",
        "ECONNABORTED": "connection-aborted",
        "EMSGSIZE": "datagram-too-large",
    }.items()
    if hasattr(errno, name)
}

SocketAddress = tuple[str, dict[str, Any]]


class SocketFault(Exception):
    """An `error-code` of wasi:sockets/network; also the cause of a stream's failure, for `network-error-code`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def fault(error: OSError) -> SocketFault:
    return SocketFault(CODES.get(error.errno or 0, "unknown"))


def allow(cx: Context, interface: str) -> None:
    """Raises :class:`SocketFault` unless the deployment's setting `sockets` lets guests have sockets."""
    if not cx.deployment.settings.get("sockets") or switched_off(cx, interface):
        raise SocketFault("access-denied")


def function(interface: Interface, name: str) -> Callable[[Callable[..., Any]], HostFunction]:
    """Registers a function: what it gives is `ok`, what the system or the rules refuse `err` with its error-code."""

    def decorate(function: Callable[..., Any]) -> HostFunction:
        @wraps(function)
        def call(cx: Context, *arguments: Any) -> Any:
            try:
                return Ok(function(cx, *arguments))
            except SocketFault as problem:
                return Err(problem.code)
            except OSError as error:
                return Err(fault(error).code)
            except OverflowError:
                return Err("invalid-argument")  # a flow label of more than 20 bits

        return interface.function(name)(call)

    return decorate


class Network(Resource):
    """`wasi:sockets/network.network`: the one there is."""

    wit = "wasi:sockets/network.network"


class Endpoint:
    """A socket of the system that a resource and its streams share; closed when the last lets go."""

    # As long as there are open ones; a list for its atomic changes.
    open_now: ClassVar[list[None]] = []

    def __init__(self, made: socket.socket) -> None:
        made.setblocking(False)
        self.socket = made
        self._users = 1
        Endpoint.open_now.append(None)

    @staticmethod
    def limit() -> None:
        """Raises :class:`SocketFault` when guests hold as many sockets as they may."""
        if len(Endpoint.open_now) >= MOST_OPEN:
            raise SocketFault("new-socket-limit")

    def share(self) -> Endpoint:
        """The same for one more user, who lets go of it too."""
        self._users += 1
        return self

    def release(self) -> None:
        self._users -= 1
        if not self._users:
            Endpoint.open_now.pop()
            self.socket.close()


# -- addresses


def to_system(family: str, address: SocketAddress) -> tuple[Any, ...]:
    """An `ip-socket-address` for the system. Raises :class:`SocketFault` where its family is another."""
    case, fields = address
    if case != family:
        raise SocketFault("invalid-argument")
    if case == "ipv4":
        return ".".join(map(str, fields["address"])), fields["port"]
    packed = b"".join(part.to_bytes(2, "big") for part in fields["address"])
    return socket.inet_ntop(socket.AF_INET6, packed), fields["port"], fields["flow-info"], fields["scope-id"]


def from_system(family: str, address: tuple[Any, ...]) -> SocketAddress:
    """The system's address as an `ip-socket-address`."""
    if family == "ipv4":
        return "ipv4", {"port": address[1], "address": tuple(socket.inet_aton(address[0]))}
    return "ipv6", {
        "port": address[1],
        "flow-info": address[2],
        "address": _parts(address[0]),
        "scope-id": address[3],
    }


def ip_address(text: str) -> tuple[str, tuple[int, ...]] | None:
    """A numeric address as an `ip-address`; None for names."""
    plain = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return "ipv4", tuple(socket.inet_pton(socket.AF_INET, plain))
    except (OSError, ValueError):
        pass
    try:
        return "ipv6", _parts(plain)
    except (OSError, ValueError):
        return None


def _parts(text: str) -> tuple[int, ...]:
    packed = socket.inet_pton(socket.AF_INET6, text.partition("%")[0])
    return tuple(int.from_bytes(packed[at : at + 2], "big") for at in range(0, 16, 2))


def check_unicast(address: SocketAddress) -> None:
    """Raises :class:`SocketFault` for addresses that TCP cannot use: multicast, broadcast, IPv4 in IPv6."""
    case, fields = address
    parts = fields["address"]
    if case == "ipv4":
        wrong = 224 <= parts[0] < 240 or parts == (255, 255, 255, 255)
    else:
        wrong = parts[0] >= 0xFF00 or is_mapped(address)
    if wrong:
        raise SocketFault("invalid-argument")


def is_mapped(address: SocketAddress) -> bool:
    """An IPv4 address written as an IPv6 one, which IPv6 sockets here do not serve."""
    return address[0] == "ipv6" and address[1]["address"][:6] == (0, 0, 0, 0, 0, 0xFFFF)


def check_remote(address: SocketAddress) -> None:
    """Raises :class:`SocketFault` for addresses that nothing can be sent to."""
    if is_mapped(address) or not any(address[1]["address"]) or not address[1]["port"]:
        raise SocketFault("invalid-argument")


# -- options that TCP and UDP share


def buffer_size(made: socket.socket, option: int) -> int:
    """Linux keeps, and tells, twice the size that was set."""
    size = made.getsockopt(socket.SOL_SOCKET, option)
    return size // 2 if hasattr(socket, "SO_BINDTODEVICE") else size


def set_buffer_size(made: socket.socket, option: int, size: int) -> None:
    if not size:
        raise SocketFault("invalid-argument")
    made.setsockopt(socket.SOL_SOCKET, option, min(size, (1 << 30) - 1))


def hop_limit(made: socket.socket, family: str) -> int:
    return made.getsockopt(*_hops(family))


def set_hop_limit(made: socket.socket, family: str, hops: int) -> None:
    if not hops:
        raise SocketFault("invalid-argument")
    made.setsockopt(*_hops(family), hops)


def _hops(family: str) -> tuple[int, int]:
    if family == "ipv4":
        return socket.IPPROTO_IP, socket.IP_TTL
    return socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS
