"""The embedded host as the session sees it: starts the child, keeps it running, and holds its listening sockets."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Coroutine, Mapping
from pathlib import Path
from typing import Any

import anyio
import msgspec

from engine.hosts.base import Host, HostError, HostEvent, Listen, Note, Outcome, ProcessChanged
from engine.hosts.embedded import plan
from engine.hosts.embedded.channel import Channel, ChannelLost, connect
from engine.model.deliverable import Deliverable
from engine.model.host_settings import HostSettings
from engine.model.process import Process, ProcessState
from engine.places.places import Places, make_private, write_atomic
from engine.supervise.identity import Identity
from engine.supervise.process import Child, adopt, spawn

PROTOCOL = 1
# A crash waits so long before the next start, doubled each time, and rests after so many in a row.
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
CRASHES = 5
# A stretch without a crash this long makes the next one a first one again.
GOOD_STRETCH = 30.0
START_SECONDS = 20.0
EVENT_LIMIT = 100_000


class StatusFile(msgspec.Struct, frozen=True):
    """What a new engine needs to adopt the child: who it is."""

    identity: Identity
    control: str


class EmbeddedHost(Host):
    """Runs components in a child process of the session.

    Listening sockets stay with the engine,
    so that no restart of the child refuses a connection.
    """

    name = "embedded"

    def __init__(
        self,
        places: Places,
        session: str,
        *,
        settings: HostSettings | None = None,
        journal: Path | None = None,
    ) -> None:
        self._places = places
        self._session = session
        self._tasks: set[asyncio.Task[None]] = set()
        self._settings = settings or HostSettings()
        self._sockets: dict[str, socket.socket] = {}
        self._folder = places.session(session)
        self._journal = journal or self._folder / "journal"
        self._control = places.host_socket(session)
        self._child: Child | None = None
        self._channel: Channel | None = None
        self._state: ProcessState = "idle"
        self._reason: str | None = None
        self._restarts = 0
        self._crashes = 0
        self._wanted = False
        self._manifest: Mapping[str, Any] | None = None
        self._deliverables: dict[str, Deliverable] = {}
        self._off: dict[str, str] = {}
        self._up = anyio.Event()
        self._wake = anyio.Event()
        self._send_event, self._events = anyio.create_memory_object_stream[HostEvent](EVENT_LIMIT)

    # -- Host

    async def start(self, listen: Listen) -> str:
        make_private(self._places.runtime)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._wanted = True
        if not await self._adopt():
            address, listening = listen()
            self._sockets[address] = listening
            await self._spawn()
        self._task(self._watch(), "watch")
        return next(iter(self._sockets))

    def _task(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Runs `work` until it ends or :meth:`stop`. Not in the session's task group: that one ends before the host
        is stopped, and the host must still be spoken to then."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def apply(
        self, manifest: Mapping[str, Any], deliverables: Mapping[str, Deliverable], off: Mapping[str, str]
    ) -> Outcome:
        opened = await self._open(manifest)
        self._manifest, self._deliverables, self._off = manifest, dict(deliverables), dict(off)
        if opened is not None:
            return Outcome(False, error=opened)
        await self._awake()
        return await self._apply()

    async def reload(self, component: str, deliverable: Deliverable) -> Outcome:
        revived = self._state == "resting"
        await self._awake()
        if revived:
            self._deliverables[component] = deliverable
            return await self._apply()
        params = {"component": component, "deliverable": msgspec.to_builtins(deliverable)}
        outcome = msgspec.convert(await self._call("reload", params), Outcome)
        if outcome.ok:
            self._deliverables[component] = deliverable
        return outcome

    async def release(self, component: str) -> None:
        """Lets requests go on that wait for a reload which will not come (its build failed)."""
        await self._call("release", {"component": component})

    async def call(self, component: str, export: str, arguments: tuple[str, ...]) -> str:
        params = {"component": component, "export": export, "arguments": list(arguments)}
        result: str = (await self._call("call", params))["result"]
        return result

    async def undeploy(self) -> None:
        self._manifest = None
        if self._channel is not None and not self._channel.lost:
            await self._call("undeploy")

    def endpoints(self) -> tuple[str, ...]:
        routes = plan.read(self._manifest).routes if self._manifest is not None else ()
        return tuple(dict.fromkeys(f"http://{route.address}" for route in routes))

    def processes(self) -> tuple[Process, ...]:
        pid = self._child.pid if self._child is not None and self._state in ("starting", "ready") else None
        return (Process("host", self._state, pid, self._restarts, self._reason),)

    async def events(self) -> AsyncGenerator[HostEvent, None]:
        with self._events.clone() as events:
            async for event in events:
                yield event

    async def stop(self, leave_running: bool = False) -> None:
        self._wanted = False
        if leave_running and self._channel is not None and not self._channel.lost:
            await self._call("stay", {"stay": True})
        for task in tuple(self._tasks):
            if task.get_name() == "watch":
                task.cancel()
        if self._channel is not None:
            if not leave_running and not self._channel.lost:
                try:
                    await self._call("stop")
                except HostError:
                    pass  # it ended before it could say so
            self._channel.close()
        if not leave_running:
            if self._child is not None:
                with anyio.move_on_after(2):
                    await self._child.wait()
                await self._child.stop(grace=2)
            self._status_file.unlink(missing_ok=True)
            self._change("exited")
        elif self._child is not None:
            self._child.let_go()
        for one in self._sockets.values():
            one.close()
        self._sockets.clear()
        self._send_event.close()
        self._events.close()

    # -- the child

    @property
    def _status_file(self) -> Path:
        return self._folder / "host.json"

    async def _adopt(self) -> bool:
        """Takes over the child that a former engine of this session left, its listening sockets included."""
        try:
            status = msgspec.json.decode(self._status_file.read_bytes(), type=StatusFile)
        except (OSError, msgspec.DecodeError):
            return False
        child = adopt("host", status.identity)
        if child is None:
            return False
        try:
            channel = self._attach(connect(Path(status.control)))
            await channel.call("hello", {"protocol": PROTOCOL})
            result, descriptors = await channel.exchange("sockets")
        except (OSError, HostError):
            await child.stop()
            return False
        theirs = dict(zip(result["addresses"], descriptors, strict=True))
        for address, descriptor in theirs.items():
            if address in self._sockets:
                os.close(descriptor)
            else:
                self._sockets[address] = socket.socket(fileno=descriptor)
        self._child = child
        missing = [address for address in self._sockets if address not in theirs]
        await self._give(missing)
        self._ready()
        return True

    async def _spawn(self) -> None:
        self._change("starting")
        for one in self._sockets.values():
            one.set_inheritable(True)
        options = {
            "control": str(self._control),
            "folder": str(self._folder),
            "journal": str(self._journal),
            "cache": str(self._places.cache / "code"),
            "listen": {address: one.fileno() for address, one in self._sockets.items()},
            "settings": msgspec.to_builtins(self._settings),
        }
        self._control.unlink(missing_ok=True)
        self._child = spawn(
            [sys.executable, "-m", "engine.hosts.embedded", msgspec.json.encode(options).decode()],
            name="host",
            output=self._folder / "host.out",
            pass_fds=tuple(one.fileno() for one in self._sockets.values()),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        status = StatusFile(self._child.identity, str(self._control))
        write_atomic(self._status_file, msgspec.json.encode(status))
        connection = await self._reach(self._child)
        channel = self._attach(connection)
        await channel.call("hello", {"protocol": PROTOCOL})
        self._ready()

    async def _reach(self, child: Child) -> socket.socket:
        """Connects as soon as the child listens. Raises HostError when it ends or takes too long."""
        with anyio.move_on_after(START_SECONDS):
            while child.alive():
                try:
                    return connect(self._control)
                except OSError:
                    await anyio.sleep(0.005)
        tail = _tail(self._folder / "host.out")
        await child.stop()
        raise HostError(f"the embedded host did not start: {tail or 'it said nothing'}")

    def _attach(self, connection: socket.socket) -> Channel:
        self._channel = Channel(connection, self._tell)
        self._task(self._channel.read(), "channel")
        return self._channel

    def _ready(self) -> None:
        self._change("ready")
        self._up.set()

    async def _watch(self) -> None:
        """Starts the child anew when it ends unasked."""
        while self._wanted:
            assert self._child is not None
            began = anyio.current_time()
            code = await self._child.wait()
            if not self._wanted:
                return
            if anyio.current_time() - began > GOOD_STRETCH:
                self._crashes = 0
            await self._restart(code)

    async def _restart(self, code: int | None) -> None:
        while True:
            self._up = anyio.Event()
            self._crashes += 1
            self._restarts += 1
            self._reason = _said(code)
            if self._channel is not None:
                self._channel.close()
            if self._child is not None and self._child.alive():
                await self._child.stop(grace=1)
            if self._crashes > CRASHES:
                self._change("resting")
                self._note("error", f"the host ended {CRASHES} times in a row: it rests until the next save")
                await self._woken()
                self._crashes = 0
            else:
                pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (self._crashes - 1))
                self._note(
                    "error",
                    f"the host {self._reason}; requests in flight were cut off; it starts again in {pause:g} s",
                )
                self._change("backoff")
                await anyio.sleep(pause)
            try:
                await self._spawn()
                if self._manifest is not None:
                    outcome = await self._apply()
                    if not outcome.ok:
                        self._note("error", f"what ran before the restart cannot run again: {outcome.error}")
                    else:
                        self._note("info", "the host runs again, with all that it ran before")
            except (HostError, OSError) as problem:
                self._note("error", str(problem))
                code = None
                continue
            return

    async def _woken(self) -> None:
        self._wake = anyio.Event()
        await self._wake.wait()

    async def _awake(self) -> None:
        """Waits until the child is up; a save ends its rest."""
        if self._state == "resting":
            self._wake.set()
        if self._state != "ready":
            with anyio.move_on_after(START_SECONDS):
                await self._up.wait()
        if self._state != "ready":
            raise HostError(f"the embedded host is not running: {self._reason or self._state}")

    # -- speaking to it

    async def _call(self, method: str, params: dict[str, Any] | None = None) -> Any:
        if self._channel is None:
            raise ChannelLost("the embedded host is not running")
        return await self._channel.call(method, params)

    async def _apply(self) -> Outcome:
        deliverables = {name: msgspec.to_builtins(one) for name, one in self._deliverables.items()}
        params = {"manifest": self._manifest, "deliverables": deliverables, "off": self._off}
        return msgspec.convert(await self._call("apply", params), Outcome)

    async def _open(self, manifest: Mapping[str, Any]) -> str | None:
        """Opens a listening socket for each address that the manifest names and that is not open yet."""
        wanted = list(dict.fromkeys(route.address for route in plan.read(manifest).routes))
        fresh = []
        for address in wanted:
            if address not in self._sockets:
                try:
                    self._sockets[address] = listening_socket(address)
                except (OSError, ValueError) as problem:
                    return f"nothing can listen on {address}: {problem}; choose another with --port"
                fresh.append(address)
        if self._state == "ready":
            await self._give(fresh)
        return None

    async def _give(self, addresses: list[str]) -> None:
        if addresses and self._channel is not None:
            give = [self._sockets[address].fileno() for address in addresses]
            await self._channel.call("listen", {"addresses": addresses}, give)

    def _tell(self, event: HostEvent) -> None:
        try:
            self._send_event.send_nowait(event)
        except (anyio.WouldBlock, anyio.ClosedResourceError, anyio.BrokenResourceError):
            pass  # nobody listens, or far too slowly

    def _note(self, level: str, text: str) -> None:
        self._tell(Note(level, text))

    def _change(self, state: ProcessState) -> None:
        self._state = state
        self._tell(ProcessChanged(self.processes()[0]))


def listening_socket(address: str) -> socket.socket:
    """A listening TCP socket on `host:port`. Raises OSError."""
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host.strip("[]"), int(port)), family=family, backlog=1024)


def _said(code: int | None) -> str:
    if code is None:
        return "ended"
    if code < 0:
        try:
            return f"was killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"was killed by signal {-code}"
    return f"ended with code {code}"


def _tail(path: Path) -> str:
    try:
        return path.read_bytes()[-2000:].decode("utf-8", "replace").strip()
    except OSError:
        return ""
