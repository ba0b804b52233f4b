"""wasi:sockets over the loopback device."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.hosts.embedded.context import Link
from engine.hosts.embedded.interfaces.network import Endpoint
from engine.hosts.embedded.values import Trap
from tests.hosts.interfaces.deployments import Guest, guest

TCP = "wasi:sockets/tcp@0.2.0"
UDP = "wasi:sockets/udp@0.2.0"
READ = "wasi:io/streams#[method]input-stream.blocking-read"
WRITE = "wasi:io/streams#[method]output-stream.blocking-write-and-flush"
HOME = {"ipv4": (127, 0, 0, 1), "ipv6": (0, 0, 0, 0, 0, 0, 0, 1)}


def at(family: str, port: int, address: tuple[int, ...] | None = None) -> tuple[str, dict[str, Any]]:
    fields: dict[str, Any] = {"port": port, "address": address or HOME[family]}
    if family == "ipv6":
        fields |= {"flow-info": 0, "scope-id": 0}
    return family, fields


class Sockets:
    def __init__(self, folder: Path, family: str) -> None:
        self.guest: Guest = guest(folder, settings={"sockets": True})
        self.net = self.guest.call("wasi:sockets/instance-network@0.2.0#instance-network")
        self.family = family
        self.made: list[Any] = []

    def tcp(self, method: str, made: Any, *arguments: Any) -> Any:
        return self.guest.ok(f"{TCP}#[method]tcp-socket.{method}", made, *arguments)

    def tcp_refused(self, method: str, made: Any, *arguments: Any) -> str:
        code: str = self.guest.err(f"{TCP}#[method]tcp-socket.{method}", made, *arguments)
        return code

    def udp(self, method: str, made: Any, *arguments: Any) -> Any:
        return self.guest.ok(f"{UDP}#[method]udp-socket.{method}", made, *arguments)

    def udp_refused(self, method: str, made: Any, *arguments: Any) -> str:
        code: str = self.guest.err(f"{UDP}#[method]udp-socket.{method}", made, *arguments)
        return code

    def keep(self, *resources: Any) -> Any:
        self.made.extend(resources)
        return resources[0] if len(resources) == 1 else resources

    def new_tcp(self) -> Any:
        return self.keep(self.guest.ok("wasi:sockets/tcp-create-socket#create-tcp-socket", self.family))

    def new_udp(self) -> Any:
        return self.keep(self.guest.ok("wasi:sockets/udp-create-socket#create-udp-socket", self.family))

    def bound(self, made: Any, kind: Callable[..., Any]) -> Any:
        kind("start-bind", made, self.net, at(self.family, 0))
        kind("finish-bind", made)
        return made

    def listening(self) -> tuple[Any, int]:
        made = self.bound(self.new_tcp(), self.tcp)
        self.tcp("start-listen", made)
        self.tcp("finish-listen", made)
        return made, self.tcp("local-address", made)[1]["port"]

    def wait(self, subscribe: str, made: Any) -> None:
        self.guest.call("wasi:io/poll#[method]pollable.block", self.guest.call(subscribe, made))

    def connected(self) -> tuple[Any, Any, Any, Any, Any, Any]:
        """A listener's connection and a client's, each with its streams."""
        listener, port = self.listening()
        client = self.new_tcp()
        self.tcp("start-connect", client, self.net, at(self.family, port))
        self.wait(f"{TCP}#[method]tcp-socket.subscribe", client)
        reader, writer = self.keep(*self.tcp("finish-connect", client))
        self.wait(f"{TCP}#[method]tcp-socket.subscribe", listener)
        server, server_reader, server_writer = self.keep(*self.tcp("accept", listener))
        return server, server_reader, server_writer, client, reader, writer


@pytest.fixture(params=["ipv4", "ipv6"])
def net(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sockets]:
    if request.param == "ipv6":
        try:
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
    before = len(Endpoint.open_now)
    sockets = Sockets(tmp_path, request.param)
    yield sockets
    for resource in sockets.made:
        resource.drop()
    sockets.guest.deployment.close()
    assert len(Endpoint.open_now) == before


def test_refused_unless_allowed(tmp_path: Path) -> None:
    app = guest(tmp_path)
    network = app.call("wasi:sockets/instance-network#instance-network")
    assert app.err("wasi:sockets/tcp-create-socket#create-tcp-socket", "ipv4") == "access-denied"
    assert app.err("wasi:sockets/udp-create-socket#create-udp-socket", "ipv6") == "access-denied"
    assert app.err("wasi:sockets/ip-name-lookup#resolve-addresses", network, "localhost") == "access-denied"
    off = guest(tmp_path, settings={"sockets": True}, links={"wasi:sockets/tcp-create-socket": Link("off")})
    assert off.err("wasi:sockets/tcp-create-socket#create-tcp-socket", "ipv4") == "access-denied"


def test_bytes_go_both_ways(net: Sockets) -> None:
    server, server_reader, server_writer, client, reader, writer = net.connected()
    assert net.tcp("remote-address", client) == net.tcp("local-address", server)
    assert net.tcp("remote-address", server) == net.tcp("local-address", client)
    net.guest.ok(WRITE, writer, b"ping")
    assert net.guest.ok(READ, server_reader, 100) == b"ping"
    net.guest.ok(WRITE, server_writer, b"pong")
    assert net.guest.ok(READ, reader, 2) == b"po"
    assert net.guest.ok(READ, reader, 100) == b"ng"
    net.tcp("shutdown", client, "send")
    assert net.guest.err(READ, server_reader, 1) == ("closed", None)
    net.tcp("shutdown", server, "both")
    assert net.guest.err(READ, reader, 1) == ("closed", None)
    assert net.guest.err(WRITE, writer, b"x")[0] in ("closed", "last-operation-failed")


def test_a_writer_waits_for_a_slow_reader(net: Sockets) -> None:
    _, server_reader, _, _, _, writer = net.connected()
    check = "wasi:io/streams#[method]output-stream.check-write"
    put = "wasi:io/streams#[method]output-stream.write"
    sent = 0
    while room := net.guest.ok(check, writer):
        net.guest.ok(put, writer, bytes(room))
        sent += room
        assert sent < 1 << 28
    received = 0
    while received < sent:
        received += len(net.guest.ok(READ, server_reader, 1 << 20))
        net.guest.ok(check, writer)
    assert net.guest.ok(check, writer) > 0
    assert net.guest.call(
        "wasi:io/poll#[method]pollable.ready",
        net.guest.call("wasi:io/streams#[method]output-stream.subscribe", writer),
    )


def test_what_a_state_does_not_allow(net: Sockets) -> None:
    made = net.new_tcp()
    here = at(net.family, 1)
    assert net.tcp_refused("finish-bind", made) == "not-in-progress"
    assert net.tcp_refused("finish-connect", made) == "not-in-progress"
    assert net.tcp_refused("start-listen", made) == "invalid-state"
    assert net.tcp_refused("finish-listen", made) == "not-in-progress"
    assert net.tcp_refused("accept", made) == "invalid-state"
    assert net.tcp_refused("local-address", made) == "invalid-state"
    assert net.tcp_refused("remote-address", made) == "invalid-state"
    assert net.tcp_refused("shutdown", made, "both") == "invalid-state"
    assert net.guest.call(f"{TCP}#[method]tcp-socket.is-listening", made) is False
    assert net.guest.call(f"{TCP}#[method]tcp-socket.address-family", made) == net.family
    listener, _ = net.listening()
    assert net.guest.call(f"{TCP}#[method]tcp-socket.is-listening", listener) is True
    assert net.tcp_refused("start-bind", listener, net.net, here) == "invalid-state"
    assert net.tcp_refused("start-connect", listener, net.net, here) == "invalid-state"
    assert net.tcp_refused("accept", listener) == "would-block"


def test_addresses_that_cannot_be_used(net: Sockets, free_port: Callable[[], int]) -> None:
    made = net.new_tcp()
    other = "ipv6" if net.family == "ipv4" else "ipv4"
    multicast = {"ipv4": (224, 0, 0, 1), "ipv6": (0xFF02, 0, 0, 0, 0, 0, 0, 1)}[net.family]
    nowhere = {"ipv4": (0, 0, 0, 0), "ipv6": (0,) * 8}[net.family]
    assert net.tcp_refused("start-bind", made, net.net, at(other, 0)) == "invalid-argument"
    assert net.tcp_refused("start-bind", made, net.net, at(net.family, 0, multicast)) == "invalid-argument"
    assert net.tcp_refused("start-connect", made, net.net, at(net.family, 1, nowhere)) == "invalid-argument"
    assert net.tcp_refused("start-connect", made, net.net, at(net.family, 0)) == "invalid-argument"
    if net.family == "ipv6":
        mapped = (0, 0, 0, 0, 0, 0xFFFF, 0x7F00, 1)
        assert net.tcp_refused("start-connect", made, net.net, at("ipv6", 1, mapped)) == "invalid-argument"
        wide = at("ipv6", 1)
        wide[1]["flow-info"] = 1 << 20
        assert net.tcp_refused("start-bind", made, net.net, wide) == "invalid-argument"
        assert net.tcp_refused("start-connect", made, net.net, wide) == "invalid-argument"
    _, port = net.listening()
    net.tcp("start-bind", made, net.net, at(net.family, port))
    assert net.tcp_refused("finish-bind", made) == "address-in-use"
    net.tcp("start-connect", made, net.net, at(net.family, free_port()))
    net.wait(f"{TCP}#[method]tcp-socket.subscribe", made)
    assert net.tcp_refused("finish-connect", made) == "connection-refused"
    assert net.tcp_refused("start-connect", made, net.net, at(net.family, 1)) == "invalid-state"


def test_options(net: Sockets) -> None:
    made = net.new_tcp()
    net.tcp("set-keep-alive-enabled", made, True)
    assert net.tcp("keep-alive-enabled", made) is True
    for name in ("keep-alive-idle-time", "keep-alive-interval"):
        net.tcp(f"set-{name}", made, 1_500_000_000)
        assert net.tcp(name, made) == 2_000_000_000
        net.tcp(f"set-{name}", made, (1 << 64) - 1)
        assert net.tcp(name, made) == 32767 * 10**9
        assert net.tcp_refused(f"set-{name}", made, 0) == "invalid-argument"
    for name, value in (
        ("keep-alive-count", 5),
        ("hop-limit", 42),
        ("receive-buffer-size", 8192),
        ("send-buffer-size", 8192),
    ):
        net.tcp(f"set-{name}", made, value)
        assert net.tcp(name, made) == value
        assert net.tcp_refused(f"set-{name}", made, 0) == "invalid-argument"
    net.tcp("set-listen-backlog-size", made, 1 << 60)
    assert net.tcp_refused("set-listen-backlog-size", made, 0) == "invalid-argument"
    _, _, _, client, _, _ = net.connected()
    assert net.tcp_refused("set-listen-backlog-size", client, 5) == "invalid-state"
    listener, _ = net.listening()
    net.tcp("set-listen-backlog-size", listener, 5)


def test_datagrams(net: Sockets) -> None:
    one, two = net.new_udp(), net.new_udp()
    assert net.udp_refused("finish-bind", one) == "not-in-progress"
    assert net.udp_refused("stream", one, None) == "invalid-state"
    assert net.udp_refused("local-address", one) == "invalid-state"
    net.bound(one, net.udp)
    net.bound(two, net.udp)
    assert net.udp_refused("start-bind", one, net.net, at(net.family, 0)) == "invalid-state"
    there = net.udp("local-address", two)
    here = net.udp("local-address", one)
    receive = f"{UDP}#[method]incoming-datagram-stream.receive"
    check = f"{UDP}#[method]outgoing-datagram-stream.check-send"
    send = f"{UDP}#[method]outgoing-datagram-stream.send"
    _, out = net.keep(*net.udp("stream", one, None))
    incoming, back = net.keep(*net.udp("stream", two, here))
    assert net.udp_refused("remote-address", one) == "invalid-state"
    assert net.udp("remote-address", two) == here
    assert net.guest.ok(receive, incoming, 10) == []
    with pytest.raises(Trap, match="check-send"):
        net.guest.call(send, out, [{"data": b"x", "remote-address": there}])
    net.wait(f"{UDP}#[method]outgoing-datagram-stream.subscribe", out)
    assert net.guest.ok(check, out) > 1
    assert net.guest.ok(send, out, [{"data": data, "remote-address": there} for data in (b"a", b"")]) == 2
    net.wait(f"{UDP}#[method]incoming-datagram-stream.subscribe", incoming)
    found: list[Any] = []
    while len(found) < 2:
        found += net.guest.ok(receive, incoming, 10)
    assert found == [{"data": b"a", "remote-address": here}, {"data": b"", "remote-address": here}]
    assert net.guest.ok(check, back) > 1
    assert net.guest.ok(send, back, [{"data": b"to the peer", "remote-address": None}]) == 1
    assert net.guest.err(send, back, [{"data": b"", "remote-address": there}]) == "invalid-argument"
    assert net.guest.ok(check, out) > 1
    assert net.guest.err(send, out, [{"data": b"", "remote-address": None}]) == "invalid-argument"
    assert (
        net.guest.err(send, out, [{"data": bytes(70_000), "remote-address": there}]) == "datagram-too-large"
    )
    other, elsewhere = net.new_udp(), net.new_udp()
    net.bound(other, net.udp)
    _, stranger = net.keep(*net.udp("stream", other, None))
    net.guest.ok(check, stranger)
    net.guest.ok(send, stranger, [{"data": b"not for you", "remote-address": there}])
    net.wait(f"{UDP}#[method]incoming-datagram-stream.subscribe", incoming)
    assert net.guest.ok(receive, incoming, 10) == []
    net.udp("start-bind", elsewhere, net.net, there)
    assert net.udp_refused("finish-bind", elsewhere) == "address-in-use"


def test_datagram_options(net: Sockets) -> None:
    made = net.new_udp()
    other = "ipv6" if net.family == "ipv4" else "ipv4"
    assert net.udp_refused("start-bind", made, net.net, at(other, 0)) == "invalid-argument"
    assert net.guest.call(f"{UDP}#[method]udp-socket.address-family", made) == net.family
    for name, value in (("unicast-hop-limit", 7), ("receive-buffer-size", 8192), ("send-buffer-size", 8192)):
        net.udp(f"set-{name}", made, value)
        assert net.udp(name, made) == value
        assert net.udp_refused(f"set-{name}", made, 0) == "invalid-argument"
    net.wait(f"{UDP}#[method]udp-socket.subscribe", made)
    net.bound(made, net.udp)
    assert net.udp_refused("stream", made, at(net.family, 0)) == "invalid-argument"


def test_looking_names_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = guest(tmp_path, settings={"sockets": True})
    network = app.call("wasi:sockets/instance-network#instance-network")
    ask = "wasi:sockets/ip-name-lookup#resolve-addresses"
    step = "wasi:sockets/ip-name-lookup#[method]resolve-address-stream.resolve-next-address"
    subscribe = "wasi:sockets/ip-name-lookup#[method]resolve-address-stream.subscribe"

    def all_of(name: str) -> list[Any]:
        stream = app.ok(ask, network, name)
        app.call("wasi:io/poll#[method]pollable.block", app.call(subscribe, stream))
        found = []
        while (address := app.ok(step, stream)) is not None:
            found.append(address)
        return found

    assert all_of("127.0.0.1") == [("ipv4", (127, 0, 0, 1))]
    assert all_of("[::1]") == [("ipv6", (0, 0, 0, 0, 0, 0, 0, 1))]
    assert set(all_of("localhost")) & {("ipv4", (127, 0, 0, 1)), ("ipv6", (0, 0, 0, 0, 0, 0, 0, 1))}
    for name in ("", "a b", "x" * 300, "a..b", "a/b"):
        assert app.err(ask, network, name) == "invalid-argument"

    def refuse(code: int) -> Callable[..., Any]:
        def lookup(*_: Any, **__: Any) -> Any:
            raise socket.gaierror(code, "no")

        return lookup

    for code, expected in (
        (socket.EAI_NONAME, "name-unresolvable"),
        (socket.EAI_AGAIN, "temporary-resolver-failure"),
        (socket.EAI_FAIL, "permanent-resolver-failure"),
    ):
        monkeypatch.setattr(socket, "getaddrinfo", refuse(code))
        stream = app.ok(ask, network, "example.test")
        app.call("wasi:io/poll#[method]pollable.block", app.call(subscribe, stream))
        assert app.err(step, stream) == expected
    app.deployment.close()


def test_sockets_are_bounded(net: Sockets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.hosts.embedded.interfaces.network.MOST_OPEN", len(Endpoint.open_now) + 1)
    net.new_tcp()
    assert net.guest.err("wasi:sockets/udp-create-socket#create-udp-socket", "ipv4") == "new-socket-limit"


def test_a_streams_error_tells_its_code(net: Sockets) -> None:
    server, _, _, _, reader, _ = net.connected()
    # Closing with a linger of none resets the connection.
    server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    for resource in net.made[-3:]:
        resource.drop()
    del net.made[-3:]
    case, error = net.guest.err(READ, reader, 1)
    assert case == "last-operation-failed"
    assert net.guest.call("wasi:sockets/network#network-error-code", error) == "connection-reset"
    error.cause = None
    assert net.guest.call("wasi:sockets/network#network-error-code", error) is None
