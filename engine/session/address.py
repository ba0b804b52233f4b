"""Where a session listens: the port asked for, else the first free one from 8000 up."""

from __future__ import annotations

import errno
import socket

from engine.model.problem import Problem

FIRST_PORT = 8000
TRIED = 1000
BACKLOG = 1024


class AddressError(Problem):
    """An address that nothing can listen on."""


def listen(address: str, port: int | None) -> tuple[str, socket.socket]:
    """`host:port` and a socket that listens there. Raises :class:`AddressError`."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    shown = f"[{address}]" if family == socket.AF_INET6 else address
    ports = [port] if port is not None else range(FIRST_PORT, FIRST_PORT + TRIED)
    problem: OSError | None = None
    for number in ports:
        try:
            return f"{shown}:{number}", socket.create_server(
                (address, number), family=family, backlog=BACKLOG
            )
        except OSError as error:
            problem = error
            if not isinstance(error, PermissionError) and error.errno != errno.EADDRINUSE:
                break
    assert problem is not None
    where = (
        f"{shown}:{port}" if port is not None else f"{shown}, ports {FIRST_PORT} to {FIRST_PORT + TRIED - 1}"
    )
    raise AddressError(
        f"nothing can listen on {where}: {problem.strerror}", hint="choose another with --port or --address"
    )
