"""Listens on the session's socket: one task for each connection, only for the user's own processes."""

from __future__ import annotations

import os
import socket
import struct
import sys
from pathlib import Path

import anyio
from anyio.abc import SocketAttribute, SocketStream

from engine.places.places import SOCKET_PATH_LIMIT, make_private
from engine.server.connection import Connection
from engine.session.session import Session


async def serve(
    session: Session, path: Path, *, task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED
) -> None:
    """Serves until cancelled; then the socket's file is gone. Call it only under the session's lock: whatever lies at
    `path` before is a leftover."""
    make_private(path.parent)
    assert len(os.fsencode(path)) <= SOCKET_PATH_LIMIT
    path.unlink(missing_ok=True)
    listener = await anyio.create_unix_listener(path, mode=0o600)
    try:
        async with listener:
            task_status.started()
            await listener.serve(lambda stream: _converse(session, stream))
    finally:
        path.unlink(missing_ok=True)


async def _converse(session: Session, stream: SocketStream) -> None:
    async with stream:
        raw = stream.extra(SocketAttribute.raw_socket)
        if peer_uid(raw) not in (os.getuid(), 0):
            return
        try:
            await Connection(session, stream).run()
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream):
            pass


def peer_uid(connection: socket.socket) -> int:
    """The user at the other end, told by the kernel."""
    if sys.platform == "linux":
        data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        uid: int = struct.unpack("3i", data)[1]
        return uid
    # LOCAL_PEERCRED (level 0, option 1) gives a `struct xucred`: version, uid, …
    data = connection.getsockopt(0, 1, 76)
    return int(struct.unpack_from("2i", data)[1])
