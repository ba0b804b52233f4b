"""wasi:sockets/udp and udp-create-socket."""

from __future__ import annotations

import socket
from typing import Any

from engine.hosts.embedded.context import Context
from engine.hosts.embedded.interfaces import network
from engine.hosts.embedded.interfaces.network import (
    FAMILIES,
    Endpoint,
    Network,
    SocketAddress,
    SocketFault,
    function,
)
from engine.hosts.embedded.registry import Interface
from engine.hosts.embedded.streams import Pollable
from engine.hosts.embedded.values import Resource, Trap
from engine.hosts.embedded.waiting import READ, WRITE, Always, Descriptor

UDP = "wasi:sockets/udp"
CREATE = "wasi:sockets/udp-create-socket"

udp = Interface(UDP)
create = Interface(CREATE)

# Datagrams that one call takes or gives.
BATCH = 16
LARGEST = 65535


class UdpSocket(Resource):
    """`wasi:sockets/udp.udp-socket`. Its peer, where it has one, is kept here and not by the system, so that it can
    be changed and taken away again."""

    wit = "wasi:sockets/udp.udp-socket"

    def __init__(self, family: str, endpoint: Endpoint) -> None:
        self.family = family
        self.endpoint = endpoint
        self.binding = False
        self.bound = False
        self.problem: OSError | None = None
        self.remote: tuple[Any, ...] | None = None

    @property
    def socket(self) -> socket.socket:
        return self.endpoint.socket

    def drop(self) -> None:
        self.endpoint.release()


class _Datagrams(Resource):
    def __init__(self, family: str, endpoint: Endpoint, remote: tuple[Any, ...] | None) -> None:
        self.family = family
        self.endpoint = endpoint
        self.remote = remote

    def drop(self) -> None:
        self.endpoint.release()


class IncomingDatagrams(_Datagrams):
    """`wasi:sockets/udp.incoming-datagram-stream`."""

    wit = "wasi:sockets/udp.incoming-datagram-stream"


class OutgoingDatagrams(_Datagrams):
    """`wasi:sockets/udp.outgoing-datagram-stream`; `permit` is what the last check-send allowed."""

    wit = "wasi:sockets/udp.outgoing-datagram-stream"
    permit = 0


@function(create, "create-udp-socket")
def create_udp_socket(cx: Context, family: str) -> UdpSocket:
    network.allow(cx, CREATE)
    Endpoint.limit()
    made = socket.socket(FAMILIES[family], socket.SOCK_DGRAM)
    if family == "ipv6":
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return UdpSocket(family, Endpoint(made))


@function(udp, "[method]udp-socket.start-bind")
def start_bind(cx: Context, udp: UdpSocket, net: Network, address: SocketAddress) -> None:
    if udp.bound or udp.binding:
        raise SocketFault("invalid-state")
    where = network.to_system(udp.family, address)
    if network.is_mapped(address):
        raise SocketFault("invalid-argument")
    udp.problem = None
    try:
        udp.socket.bind(where)
    except OSError as error:
        udp.problem = error
    udp.binding = True


@function(udp, "[method]udp-socket.finish-bind")
def finish_bind(cx: Context, udp: UdpSocket) -> None:
    if not udp.binding:
        raise SocketFault("not-in-progress")
    udp.binding = False
    problem, udp.problem = udp.problem, None
    if problem is not None:
        raise problem
    udp.bound = True


@function(udp, "[method]udp-socket.stream")
def stream(
    cx: Context, udp: UdpSocket, remote: SocketAddress | None
) -> tuple[IncomingDatagrams, OutgoingDatagrams]:
    if not udp.bound:
        raise SocketFault("invalid-state")
    where = None
    if remote is not None:
        where = network.to_system(udp.family, remote)
        network.check_remote(remote)
    udp.remote = where
    return (
        IncomingDatagrams(udp.family, udp.endpoint.share(), where),
        OutgoingDatagrams(udp.family, udp.endpoint.share(), where),
    )


@function(udp, "[method]udp-socket.local-address")
def local_address(cx: Context, udp: UdpSocket) -> SocketAddress:
    if not udp.bound:
        raise SocketFault("invalid-state")
    return network.from_system(udp.family, udp.socket.getsockname())


@function(udp, "[method]udp-socket.remote-address")
def remote_address(cx: Context, udp: UdpSocket) -> SocketAddress:
    if udp.remote is None:
        raise SocketFault("invalid-state")
    return network.from_system(udp.family, udp.remote)


@udp.function("[method]udp-socket.address-family")
def address_family(cx: Context, udp: UdpSocket) -> str:
    return udp.family


@function(udp, "[method]udp-socket.unicast-hop-limit")
def unicast_hop_limit(cx: Context, udp: UdpSocket) -> int:
    return network.hop_limit(udp.socket, udp.family)


@function(udp, "[method]udp-socket.set-unicast-hop-limit")
def set_unicast_hop_limit(cx: Context, udp: UdpSocket, hops: int) -> None:
    network.set_hop_limit(udp.socket, udp.family, hops)


@function(udp, "[method]udp-socket.receive-buffer-size")
def receive_buffer_size(cx: Context, udp: UdpSocket) -> int:
    return network.buffer_size(udp.socket, socket.SO_RCVBUF)


@function(udp, "[method]udp-socket.set-receive-buffer-size")
def set_receive_buffer_size(cx: Context, udp: UdpSocket, size: int) -> None:
    network.set_buffer_size(udp.socket, socket.SO_RCVBUF, size)


@function(udp, "[method]udp-socket.send-buffer-size")
def send_buffer_size(cx: Context, udp: UdpSocket) -> int:
    return network.buffer_size(udp.socket, socket.SO_SNDBUF)


@function(udp, "[method]udp-socket.set-send-buffer-size")
def set_send_buffer_size(cx: Context, udp: UdpSocket, size: int) -> None:
    network.set_buffer_size(udp.socket, socket.SO_SNDBUF, size)


@udp.function("[method]udp-socket.subscribe")
def subscribe(cx: Context, udp: UdpSocket) -> Pollable:
    """Binding is done at once, so there is never anything to wait for."""
    return Pollable(Always())


@function(udp, "[method]incoming-datagram-stream.receive")
def receive(cx: Context, stream: IncomingDatagrams, most: int) -> list[dict[str, Any]]:
    """What is there, without waiting; from the peer alone where there is one."""
    found: list[dict[str, Any]] = []
    while len(found) < min(most, BATCH):
        try:
            data, sender = stream.endpoint.socket.recvfrom(LARGEST)
        except BlockingIOError:
            break
        except OSError:
            if found:
                break  # told at the next call
            raise
        if stream.remote is None or sender[:2] == stream.remote[:2]:
            found.append({"data": data, "remote-address": network.from_system(stream.family, sender)})
    return found


@udp.function("[method]incoming-datagram-stream.subscribe")
def subscribe_incoming(cx: Context, stream: IncomingDatagrams) -> Pollable:
    return Pollable(Descriptor(stream.endpoint.socket.fileno(), READ))


@function(udp, "[method]outgoing-datagram-stream.check-send")
def check_send(cx: Context, stream: OutgoingDatagrams) -> int:
    stream.permit = BATCH if Descriptor(stream.endpoint.socket.fileno(), WRITE).ready() else 0
    return stream.permit


@function(udp, "[method]outgoing-datagram-stream.send")
def send(cx: Context, stream: OutgoingDatagrams, datagrams: list[dict[str, Any]]) -> int:
    """How many went; the rest is to be sent again. An error is told only when none did."""
    if len(datagrams) > stream.permit:
        raise Trap(
            f"wasi:sockets/udp#[method]outgoing-datagram-stream.send got {len(datagrams)} datagrams where check-send "
            f"allowed {stream.permit}: call check-send first and send no more than it says"
        )
    stream.permit -= len(datagrams)
    sent = 0
    for datagram in datagrams:
        try:
            stream.endpoint.socket.sendto(datagram["data"], _target(stream, datagram["remote-address"]))
        except BlockingIOError:
            break
        except (OSError, SocketFault):
            if sent:
                break
            raise
        sent += 1
    return sent


def _target(stream: OutgoingDatagrams, address: SocketAddress | None) -> tuple[Any, ...]:
    if address is None:
        if stream.remote is None:
            raise SocketFault("invalid-argument")
        return stream.remote
    where = network.to_system(stream.family, address)
    network.check_remote(address)
    if stream.remote is not None and where[:2] != stream.remote[:2]:
        raise SocketFault("invalid-argument")
    return where


@udp.function("[method]outgoing-datagram-stream.subscribe")
def subscribe_outgoing(cx: Context, stream: OutgoingDatagrams) -> Pollable:
    return Pollable(Descriptor(stream.endpoint.socket.fileno(), WRITE))
