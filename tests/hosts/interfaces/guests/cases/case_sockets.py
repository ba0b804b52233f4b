from expect import fails_as, same
from wit_world.imports import (
    control,
    instance_network,
    ip_name_lookup,
    streams,
    tcp,
    tcp_create_socket,
    udp_create_socket,
)
from wit_world.imports.network import (
    ErrorCode,
    IpAddress_Ipv4,
    IpAddressFamily,
    IpSocketAddress_Ipv4,
    Ipv4SocketAddress,
)
from wit_world.imports.udp import OutgoingDatagram

V4 = IpAddressFamily.IPV4
HOME = (127, 0, 0, 1)


def at(port, address=HOME):
    return IpSocketAddress_Ipv4(Ipv4SocketAddress(port, address))


def run():
    network = instance_network.instance_network()
    stream_sockets(network)
    datagrams(network)
    names(network)
    for kind in ("tcp", "udp"):
        control.set_link(f"wasi:sockets/{kind}-create-socket", "off")
    fails_as(ErrorCode.ACCESS_DENIED, tcp_create_socket.create_tcp_socket, V4)
    fails_as(ErrorCode.ACCESS_DENIED, udp_create_socket.create_udp_socket, V4)
    for kind in ("tcp", "udp"):
        control.set_link(f"wasi:sockets/{kind}-create-socket", "linked")


def stream_sockets(network):
    listener = tcp_create_socket.create_tcp_socket(V4)
    fails_as(ErrorCode.INVALID_ARGUMENT, listener.start_bind, network, at(0, (224, 0, 0, 1)))
    fails_as(ErrorCode.NOT_IN_PROGRESS, listener.finish_bind)
    fails_as(ErrorCode.INVALID_STATE, listener.local_address)
    fails_as(ErrorCode.INVALID_STATE, listener.start_listen)
    fails_as(ErrorCode.NOT_IN_PROGRESS, listener.finish_listen)
    fails_as(ErrorCode.INVALID_STATE, listener.accept)
    listener.set_listen_backlog_size(5)
    fails_as(ErrorCode.INVALID_ARGUMENT, listener.set_listen_backlog_size, 0)
    options(listener)
    same(listener.address_family(), V4)
    listener.start_bind(network, at(0))
    listener.finish_bind()
    listener.start_listen()
    listener.finish_listen()
    same(listener.is_listening(), True)
    where = listener.local_address()

    client = tcp_create_socket.create_tcp_socket(V4)
    fails_as(ErrorCode.INVALID_ARGUMENT, client.start_connect, network, at(0))
    fails_as(ErrorCode.NOT_IN_PROGRESS, client.finish_connect)
    fails_as(ErrorCode.INVALID_STATE, client.remote_address)
    fails_as(ErrorCode.INVALID_STATE, client.shutdown, tcp.ShutdownType.BOTH)
    client.start_connect(network, where)
    client.subscribe().block()
    reader, writer = client.finish_connect()
    same(client.remote_address(), where)
    listener.subscribe().block()
    _server, server_reader, server_writer = listener.accept()
    writer.blocking_write_and_flush(b"ping")
    same(server_reader.blocking_read(10), b"ping")
    server_writer.blocking_write_and_flush(b"pong")
    same(reader.blocking_read(10), b"pong")
    client.shutdown(tcp.ShutdownType.SEND)
    fails_as(streams.StreamError_Closed, server_reader.blocking_read, 1)


def options(made):
    made.set_keep_alive_enabled(True)
    same(made.keep_alive_enabled(), True)
    made.set_keep_alive_idle_time(2_000_000_000)
    same(made.keep_alive_idle_time(), 2_000_000_000)
    made.set_keep_alive_interval(3_000_000_000)
    same(made.keep_alive_interval(), 3_000_000_000)
    made.set_keep_alive_count(4)
    same(made.keep_alive_count(), 4)
    made.set_hop_limit(9)
    same(made.hop_limit(), 9)
    made.set_receive_buffer_size(8192)
    same(made.receive_buffer_size(), 8192)
    made.set_send_buffer_size(8192)
    same(made.send_buffer_size(), 8192)
    for call in (
        made.set_keep_alive_idle_time,
        made.set_keep_alive_interval,
        made.set_keep_alive_count,
        made.set_hop_limit,
        made.set_receive_buffer_size,
        made.set_send_buffer_size,
    ):
        fails_as(ErrorCode.INVALID_ARGUMENT, call, 0)


def datagrams(network):
    one, two = (udp_create_socket.create_udp_socket(V4) for _ in range(2))
    fails_as(ErrorCode.NOT_IN_PROGRESS, one.finish_bind)
    fails_as(ErrorCode.INVALID_STATE, one.stream, None)
    fails_as(ErrorCode.INVALID_STATE, one.local_address)
    fails_as(ErrorCode.INVALID_STATE, one.remote_address)
    for made in (one, two):
        made.start_bind(network, at(0))
        made.finish_bind()
    fails_as(ErrorCode.INVALID_STATE, one.start_bind, network, at(0))
    same(one.address_family(), V4)
    one.subscribe().block()
    one.set_unicast_hop_limit(5)
    same(one.unicast_hop_limit(), 5)
    one.set_receive_buffer_size(8192)
    same(one.receive_buffer_size(), 8192)
    one.set_send_buffer_size(8192)
    same(one.send_buffer_size(), 8192)
    for call in (one.set_unicast_hop_limit, one.set_receive_buffer_size, one.set_send_buffer_size):
        fails_as(ErrorCode.INVALID_ARGUMENT, call, 0)
    incoming, _ = two.stream(None)
    _, out = one.stream(two.local_address())
    same(one.remote_address(), two.local_address())
    out.subscribe().block()
    assert out.check_send() >= 1
    same(out.send([OutgoingDatagram(b"hello", None)]), 1)
    incoming.subscribe().block()
    (datagram,) = incoming.receive(10)
    same((datagram.data, datagram.remote_address), (b"hello", one.local_address()))
    wrong = OutgoingDatagram(b"", at(1))
    fails_as(ErrorCode.INVALID_ARGUMENT, out.send, [wrong])


def names(network):
    addresses = ip_name_lookup.resolve_addresses(network, "127.0.0.1")
    addresses.subscribe().block()
    same(addresses.resolve_next_address(), IpAddress_Ipv4(HOME))
    same(addresses.resolve_next_address(), None)
    fails_as(ErrorCode.INVALID_ARGUMENT, ip_name_lookup.resolve_addresses, network, "no name")
    missing = ip_name_lookup.resolve_addresses(network, control.fact("missing-name"))
    missing.subscribe().block()
    fails_as(ErrorCode.NAME_UNRESOLVABLE, missing.resolve_next_address)
