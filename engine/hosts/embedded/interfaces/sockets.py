"""wasi:sockets: the network and its names; TCP and UDP beside it. Refused (`access-denied`) unless the deployment's
setting `sockets` allows them."""

from __future__ import annotations

import socket
from collections import deque

from engine.hosts.embedded.context import Context
from engine.hosts.embedded.interfaces import tcp, udp
from engine.hosts.embedded.interfaces.network import Network, SocketFault, allow, function, ip_address
from engine.hosts.embedded.registry import Interface
from engine.hosts.embedded.streams import IoError, Pollable
from engine.hosts.embedded.values import Resource
from engine.hosts.embedded.waiting import Event

LOOKUP = "wasi:sockets/ip-name-lookup"

# This package's other interfaces are registered by their modules.
PARTS = (tcp, udp)

network = Interface("wasi:sockets/network")
instance_network = Interface("wasi:sockets/instance-network")
lookup = Interface(LOOKUP)

# Names that are looked up at once; more wait.
LOOKUPS = 4
LONGEST_NAME = 253


@instance_network.function("instance-network")
def get_network(cx: Context) -> Network:
    return Network()


@network.function("network-error-code")
def network_error_code(cx: Context, error: IoError) -> str | None:
    return error.cause.code if isinstance(error.cause, SocketFault) else None


class Resolver:
    """The threads that ask the system for addresses."""

    def __init__(self) -> None:
        # Every guest of componentize-py imports this package, few look names up: imported only for those.
        from concurrent.futures import ThreadPoolExecutor

        self.pool = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="lookup")

    def close(self) -> None:
        self.pool.shutdown(wait=False, cancel_futures=True)


class AddressStream(Resource):
    """`wasi:sockets/ip-name-lookup.resolve-address-stream`."""

    wit = "wasi:sockets/ip-name-lookup.resolve-address-stream"

    def __init__(self) -> None:
        self.done = Event()
        self.found: deque[tuple[str, tuple[int, ...]]] = deque()
        self.problem: str | None = None

    def look_up(self, name: str) -> None:
        try:
            for family, _, _, _, address in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM):
                given = ip_address(str(address[0]))
                if family in (socket.AF_INET, socket.AF_INET6) and given is not None:
                    self.found.append(given)
        except socket.gaierror as error:
            self.problem = {
                socket.EAI_AGAIN: "temporary-resolver-failure",
                socket.EAI_FAIL: "permanent-resolver-failure",
            }.get(error.errno or 0, "name-unresolvable")
        except (OSError, ValueError):
            self.problem = "permanent-resolver-failure"
        finally:
            self.done.set()


@function(lookup, "resolve-addresses")
def resolve_addresses(cx: Context, network: Network, name: str) -> AddressStream:
    """Numeric addresses are given back as they are; a name that cannot be one is an `invalid-argument`."""
    allow(cx, LOOKUP)
    stream = AddressStream()
    given = ip_address(name)
    if given is not None:
        stream.found.append(given)
        stream.done.set()
        return stream
    try:
        coded = name.encode("idna").decode("ascii")
    except UnicodeError:
        raise SocketFault("invalid-argument") from None
    if not coded or len(coded) > LONGEST_NAME or not all(char.isalnum() or char in "-._" for char in coded):
        raise SocketFault("invalid-argument")
    cx.deployment.service("resolver", Resolver).pool.submit(stream.look_up, coded)
    return stream


@function(lookup, "[method]resolve-address-stream.resolve-next-address")
def resolve_next_address(cx: Context, stream: AddressStream) -> tuple[str, tuple[int, ...]] | None:
    if not stream.done.ready():
        raise SocketFault("would-block")
    if stream.problem is not None:
        raise SocketFault(stream.problem)
    return stream.found.popleft() if stream.found else None


@lookup.function("[method]resolve-address-stream.subscribe")
def subscribe(cx: Context, stream: AddressStream) -> Pollable:
    return Pollable(stream.done)
