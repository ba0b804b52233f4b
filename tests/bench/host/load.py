"""A client in a process of its own: `python -m tests.bench.host.load HOST PORT PATH REQUESTS` prints milliseconds."""

from __future__ import annotations

import json
import socket
import sys
import time


def main(host: str, port: str, path: str, requests: str) -> None:
    times = []
    with socket.create_connection((host, int(port))) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ask = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        for _ in range(int(requests)):
            started = time.perf_counter()
            client.sendall(ask)
            if not receive(client):
                raise SystemExit("the server closed the connection or did not answer 200")
            times.append((time.perf_counter() - started) * 1000)
    total = sum(times)
    times.sort()
    print(
        json.dumps(
            {
                "rps": len(times) / total * 1000,
                "p50": times[len(times) // 2],
                "p99": times[min(len(times) - 1, len(times) * 99 // 100)],
            }
        )
    )


def receive(client: socket.socket) -> bool:
    """Reads one answer; true when it is a whole 200."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = client.recv(65536)
        if not part:
            return False
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        while not body.endswith(b"0\r\n\r\n"):
            part = client.recv(65536)
            if not part:
                return False
            body += part
    else:
        length = int(lower.partition(b"content-length:")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += client.recv(65536)
    return head.startswith(b"HTTP/1.1 200")


if __name__ == "__main__":
    main(*sys.argv[1:])
