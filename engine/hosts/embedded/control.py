"""The child's control socket: JSON-RPC lines from the engine, events to it, listening sockets in both directions.

| method | params | result |
|---|---|---|
| `hello` | `{protocol}` | `{pid, addresses}` |
| `listen` | `{addresses}`, one descriptor for each | – |
| `sockets` | – | `{addresses}`, one descriptor for each |
| `apply` | `{manifest, deliverables, off}` | an Outcome |
| `reload` | `{component, deliverable}` | an Outcome |
| `release` | `{component}` | – : requests held for a reload go on |
| `call` | `{component, export, arguments}` | `{result}`, in WAVE |
| `undeploy`, `stop` | – | – |
| `stay` | `{stay}` | – : whether to live on without an engine |

Events are notifications `event` whose params are one event of `engine.hosts.base`, tagged by its `type`.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from engine.hosts.base import Dirty, HostEvent
from engine.hosts.embedded.application import Application
from engine.hosts.embedded.calling import CallError
from engine.hosts.embedded.http.front import Front
from engine.model.deliverable import Deliverable
from engine.protocol import messages
from engine.protocol.messages import Fault, Request, Response

PROTOCOL = 1
ORPHAN_SECONDS = 30.0
EVENT_LIMIT = 10_000
# Events leave together: one request's event wakes nobody while others come.
BATCH_SECONDS = 0.01
DESCRIPTORS = 32


class Refused(Exception):
    """A call that cannot be done; the text is for the engine's user."""


class Control:
    """Serves the engine until told to stop, or until no engine was there for :data:`ORPHAN_SECONDS`."""

    def __init__(
        self,
        path: Path,
        front_of: Callable[[Control], tuple[Front, Application]],
        orphan_seconds: float = ORPHAN_SECONDS,
    ) -> None:
        self.path = path
        self.orphan_seconds = orphan_seconds
        self._events: deque[HostEvent] = deque(maxlen=EVENT_LIMIT)
        self._wake = threading.Event()
        self._engine: socket.socket | None = None
        self._sending = threading.Lock()
        self._stopped = threading.Event()
        self._left = time.monotonic()
        self.stay = False
        self.front, self.application = front_of(self)

    def run(self) -> None:
        """Returns when the process is to end."""
        listener = bind(self.path)
        inode = inode_of(self.path)
        try:
            threading.Thread(target=self._send_events, name="events", daemon=True).start()
            listener.settimeout(1.0)
            while not self._stopped.is_set():
                try:
                    engine, _ = listener.accept()
                except TimeoutError:
                    if self._orphaned():
                        break
                    continue
                if not same_user(engine):
                    engine.close()
                    continue
                threading.Thread(target=self._serve, args=(engine,), name="control", daemon=True).start()
        finally:
            listener.close()
            if inode_of(self.path) == inode:
                # A successor may have put its own in its place by now.
                self.path.unlink(missing_ok=True)

    def stop(self) -> None:
        """Ends :meth:`run`, from any thread."""
        self._stopped.set()
        try:
            with socket.socket(socket.AF_UNIX) as knock:
                knock.connect(str(self.path))
        except OSError:
            pass

    def _orphaned(self) -> bool:
        return self._engine is None and not self.stay and time.monotonic() - self._left > self.orphan_seconds

    # -- events

    def tell(self, event: HostEvent) -> bool:
        """Sends `event` to the engine soon; false when there is none."""
        if self._engine is None:
            return False
        if isinstance(event, Dirty):
            # A request waits for this one: it does not wait for its batch.
            return self._send([event])
        self._events.append(event)
        if not self._wake.is_set():
            self._wake.set()
        return True

    def _send_events(self) -> None:
        pause = threading.Event()
        while True:
            self._wake.wait()
            pause.wait(BATCH_SECONDS)
            self._wake.clear()
            batch = []
            while self._events:
                batch.append(self._events.popleft())
            self._send(batch)

    def _send(self, events: list[HostEvent]) -> bool:
        lines = [messages.encode(Request("event", msgspec.to_builtins(event))) for event in events]
        engine = self._engine
        if engine is None:
            return False
        try:
            with self._sending:
                engine.sendall(b"".join(lines))
        except OSError:
            return False
        return True

    # -- calls

    def _serve(self, engine: socket.socket) -> None:
        buffer = bytearray()
        descriptors: list[int] = []
        try:
            while True:
                data, got, _, _ = socket.recv_fds(engine, 1 << 16, DESCRIPTORS)
                descriptors += got
                if not data:
                    return
                buffer += data
                while (end := buffer.find(b"\n")) >= 0:
                    line = bytes(buffer[:end])
                    del buffer[: end + 1]
                    taken, descriptors = descriptors, []
                    self._answer(engine, line, taken)
                if len(buffer) > messages.LINE_LIMIT:
                    return
        except OSError:
            return
        finally:
            if self._engine is engine:
                self._engine = None
                self._left = time.monotonic()
            for one in descriptors:
                os.close(one)
            engine.close()

    def _answer(self, engine: socket.socket, line: bytes, descriptors: list[int]) -> None:
        out: list[int] = []
        try:
            message = messages.decode(line)
        except msgspec.DecodeError as problem:
            self._reply(engine, Response(None, error=Fault(messages.PARSE_ERROR, str(problem))), out)
            return
        try:
            result = self._do(engine, message.method or "", message.params, descriptors, out)
            response = Response(message.id, result=result)
        except (Refused, CallError) as problem:
            response = Response(message.id, error=Fault(messages.REFUSED, str(problem)))
        except (KeyError, TypeError, msgspec.ValidationError) as problem:
            response = Response(
                message.id, error=Fault(messages.INVALID_PARAMS, f"{message.method}: {problem}")
            )
        except Exception as problem:
            self.application.log_problem(problem)
            text = f"{type(problem).__name__}: {problem}"
            response = Response(message.id, error=Fault(messages.INTERNAL_ERROR, text))
        if message.id is not None:
            self._reply(engine, response, out)

    def _reply(self, engine: socket.socket, response: Response, descriptors: list[int]) -> None:
        data = messages.encode(response)
        with self._sending:
            if descriptors:
                sent = socket.send_fds(engine, [data], descriptors)
                data = data[sent:]
            engine.sendall(data)

    def _do(
        self,
        engine: socket.socket,
        method: str,
        params: dict[str, Any],
        descriptors: list[int],
        out: list[int],
    ) -> Any:
        application = self.application
        match method:
            case "hello":
                if params.get("protocol") != PROTOCOL:
                    raise Refused(f"this host speaks protocol {PROTOCOL}; start it anew")
                self._engine = engine
                self.stay = False
                return {"pid": os.getpid(), "addresses": list(self.front.sockets())}
            case "listen":
                for address, descriptor in zip(params["addresses"], descriptors, strict=True):
                    self.front.listen(address, socket.socket(fileno=descriptor))
                return None
            case "sockets":
                found = self.front.sockets()
                out.extend(one.fileno() for one in found.values())
                return {"addresses": list(found)}
            case "apply":
                deliverables = msgspec.convert(params["deliverables"], dict[str, Deliverable])
                outcome = application.apply(params["manifest"], deliverables, params["off"])
                self.front.accept()
                return msgspec.to_builtins(outcome)
            case "reload":
                deliverable = msgspec.convert(params["deliverable"], Deliverable)
                return msgspec.to_builtins(application.reload(params["component"], deliverable))
            case "release":
                application.release(params["component"])
                return None
            case "call":
                return {
                    "result": application.call(params["component"], params["export"], params["arguments"])
                }
            case "undeploy":
                application.undeploy()
                return None
            case "stay":
                self.stay = bool(params["stay"])
                return None
            case "stop":
                self._stopped.set()
                return None
        raise Refused(f"this host has no method {method}")


def bind(path: Path) -> socket.socket:
    """A listening unix socket at `path` (0600), in place of one that nobody listens on."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    beside = path.with_name(f"{path.name}.{os.getpid()}"[-20:])
    beside.unlink(missing_ok=True)
    listener.bind(str(beside))
    beside.chmod(0o600)
    listener.listen(8)
    beside.replace(path)
    return listener


def inode_of(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def same_user(peer: socket.socket) -> bool:
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # the socket's mode keeps others out
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    uid: int = struct.unpack("3i", credentials)[1]
    return uid == os.getuid()
