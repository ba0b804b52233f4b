"""The probe: a guest built by componentize-py that calls every function of every interface, and a record of what
each call came to. Built and compiled once, kept in the system's temporary folder."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import re
import shutil
import socket
import subprocess
import sysconfig
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import wasmtime

from engine.hosts.embedded import linker
from engine.hosts.embedded.cache import CodeCache
from engine.hosts.embedded.compile import Code, Compiler, compile_component
from engine.hosts.embedded.context import Context, Deployment, Link
from engine.hosts.embedded.http.front import Front
from engine.hosts.embedded.instance import Instance
from engine.hosts.embedded.interfaces.delivery import Deliveries
from engine.hosts.embedded.interfaces.network import SocketFault
from engine.hosts.embedded.linker import Export, Linked
from engine.hosts.embedded.machine import Tier
from engine.hosts.embedded.registry import Interface, find
from engine.hosts.embedded.served import Generation, Served
from engine.hosts.embedded.streams import IoError
from engine.hosts.embedded.values import Err, Ok
from engine.model.deliverable import Deliverable, Mount
from engine.model.host_settings import HostSettings
from engine.places.places import make_private
from tests.jco import program

HERE = Path(__file__).parent
WIT = HERE / "wit"
GUEST = HERE / "guests" / "probe_guest.py"
CORNERS = HERE / "guests" / "corners.wat"
SCRIPT = HERE / "guests" / "script.js"
CASES = HERE / "guests" / "cases"
SECONDS = 20.0

# A name that nothing answers for; the resolver of this machine is not asked.
MISSING_NAME = "missing.probe.test"

control = Interface("tests:probe/control")


def settled(interface: str) -> str:
    """The name without a version of the settled 0.2 line, all of which are one here; drafts keep theirs."""
    name, _, version = interface.partition("@")
    return name if re.fullmatch(r"0\.2\.\d+", version) and name.startswith("wasi:") else interface


class Record:
    """What each call came to: `ok`, `err`, or `called` where the WIT's result is no `result`."""

    def __init__(self) -> None:
        self.outcomes: dict[tuple[str, str], set[str]] = {}
        self._changed = threading.Condition()

    def add(self, interface: str, function: str, outcome: str) -> None:
        with self._changed:
            self.outcomes.setdefault((settled(interface), function), set()).add(outcome)
            self._changed.notify_all()

    def wait(self, interface: str, function: str, outcome: str) -> bool:
        """Whether that has come, waiting for it if need be."""
        with self._changed:
            return self._changed.wait_for(
                lambda: outcome in self.outcomes.get((settled(interface), function), ()), SECONDS
            )

    def value(self, interface: str, function: str, value: Any) -> None:
        self.add(
            interface,
            function,
            "ok" if isinstance(value, Ok) else "err" if isinstance(value, Err) else "called",
        )


# Later ones cannot read the WIT folder on Node 20; earlier ones bring another generation of WASI.
JCO = "1.30.0"


def build() -> Path:
    """The probe's component, built by componentize-py unless an earlier run did."""
    tool = shutil.which("componentize-py", path=sysconfig.get_path("scripts"))
    assert tool is not None
    version = importlib.metadata.version("componentize-py")
    command = [tool, "-d", str(WIT), "-w", "probe", "componentize", GUEST.stem, "-p", str(GUEST.parent)]
    return _built("probe", version, GUEST, command)


def build_script() -> Path | None:
    """The JavaScript guest's component; None where Node is not, or jco cannot be had."""
    folder = make_private(Path(tempfile.gettempdir()) / f"wake-tests-{os.getuid()}")
    tool = os.environ.get("WAKE_JCO") or program(folder / f"jco-{JCO}", JCO)
    if tool is None:
        return None
    wit = os.path.relpath(WIT)  # jco opens the folder it runs in, and nothing outside
    command = [
        str(tool),
        "componentize",
        str(SCRIPT),
        "-w",
        wit,
        "-n",
        "script",
        "-d",
        "http",
        "-d",
        "fetch-event",
    ]
    return _built("script", str(tool), SCRIPT, command)


def _built(name: str, tool: str, source: Path, command: list[str]) -> Path:
    digest = hashlib.sha256(tool.encode())
    for path in (source, *sorted(WIT.rglob("*.wit"))):
        digest.update(path.read_bytes() + b"\0")
    folder = make_private(Path(tempfile.gettempdir()) / f"wake-tests-{os.getuid()}")
    artifact = folder / f"{name}-{digest.hexdigest()[:16]}.wasm"
    if not artifact.exists():
        beside = artifact.with_name(f".{os.getpid()}.wasm")
        subprocess.run([*command, "-o", str(beside)], check=True, stdout=subprocess.DEVNULL)
        beside.replace(artifact)
    return artifact


class Probe:
    """The probe in service, with every interface linked, over HTTP too."""

    def __init__(self, folder: Path) -> None:
        self.record = Record()
        self.lines: list[tuple[str, str, str]] = []
        self._scripts: dict[Path, Linked] = {}
        data = folder / "data"
        data.mkdir()
        os.mkfifo(data / "pipe")
        path = build()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        self._compiler = Compiler(CodeCache(path.parent / "code"))
        code = self._compiler.code(path, digest)
        control.functions["fact"] = lambda cx, name: self.facts[name]
        control.functions["failure"] = lambda cx: IoError("reset", SocketFault("connection-reset"))
        control.functions["set-link"] = self._set_link
        with self._recorded():
            linked = Linked(code)
            self.corners = Linked(Code(Tier.WINCH, compile_component(wasm(CORNERS), Tier.WINCH)))
        self.deployment = Deployment(
            "probe",
            folder,
            lambda *line: self.lines.append(line),
            links=links(linked),
            config={"color": "green"},
            environment={"PROBE": "yes"},
            arguments=("probe", "argument"),
            mounts=(Mount(str(CASES), "/cases"), Mount(str(data), "/data", writable=True)),
            settings={"sockets": True, "outgoing_hosts": ("*",)},
            call_export=lambda *call: self.call(*call),
        )
        generation = Generation(
            linked, self.deployment, Deliverable(str(path), digest), HostSettings(request_seconds=SECONDS)
        )
        self.served = Served("probe", generation)
        listener = socket.create_server(("127.0.0.1", 0))
        self.facts = {
            "address": f"127.0.0.1:{listener.getsockname()[1]}",
            "missing-name": MISSING_NAME,
            "run": "well",
        }
        self._listener = listener
        self._front = Front(lambda exchange, address: self.answer(exchange), 1 << 20)
        self._front.listen(self.facts["address"], listener)
        self._front.accept()
        self._deliveries = Deliveries(self.deployment, linked.exported_interfaces())
        self._deliveries.start()

    def case(self, name: str) -> str | None:
        """Runs a case on an instance of its own; gives what went wrong."""
        answer = self.call("tests:probe/cases", "run", (name,))
        return answer.value if isinstance(answer, Err) else None

    def call(self, interface: str, function: str, arguments: tuple[Any, ...] = ()) -> Any:
        return self.served.call_export(interface, function, arguments)

    def script(self, path: Path, name: str) -> str | None:
        """Runs a case of the JavaScript guest on an instance of its own; gives what went wrong."""
        if path not in self._scripts:
            code = self._compiler.code(path, hashlib.sha256(path.read_bytes()).hexdigest())
            self._scripts[path] = Linked(code)
        linked = self._scripts[path]
        export = linked.export("tests:probe/cases", "run")
        assert export is not None
        instance = Instance(linked, self.deployment)
        try:
            answer = instance.call(export, (name,))
        finally:
            instance.close()
        return answer.value if isinstance(answer, Err) else None

    def corner(self, function: str) -> Any:
        """Calls a function of the hand-written guest on an instance of its own."""
        export = self.corners.export("", function)
        assert export is not None
        instance = Instance(self.corners, self.deployment)
        try:
            return instance.call(export, ())
        finally:
            instance.close()

    def answer(self, exchange: Any) -> None:
        problem = self.served.answer(exchange)
        if problem is not None:
            self.lines.append(("probe", "error", problem))

    def close(self) -> None:
        self._deliveries.close()
        self._front.close()
        self._listener.close()
        self.served.end()
        self.deployment.close()
        self._compiler.close()

    def _set_link(self, cx: Context, name: str, state: str) -> None:
        self.deployment.links[name] = Link(state)  # type: ignore[arg-type]

    @contextmanager
    def _recorded(self) -> Iterator[None]:
        """Has the linker put a recorder before each host function."""

        def recorded(interface: str, name: str) -> Callable[..., Any] | None:
            function = find(interface, name)
            if function is None or interface.startswith("tests:"):
                return function
            found = function

            def call(cx: Context, *arguments: Any) -> Any:
                try:
                    value = found(cx, *arguments)
                except BaseException:
                    self.record.add(interface, name, "called")
                    raise
                self.record.value(interface, name, value)
                return value

            return call

        with patch.object(linker, "find", recorded):
            yield

    @contextmanager
    def exports_recorded(self) -> Iterator[None]:
        """Records calls into the probe as well."""
        call = Instance.call

        def recorded(instance: Instance, export: Export, arguments: tuple[Any, ...]) -> Any:
            value = call(instance, export, arguments)
            interface, _, function = export.name.partition("#")
            self.record.value(interface, function, value)
            return value

        with patch.object(Instance, "call", recorded):
            yield


def wasm(path: Path) -> bytes:
    return bytes(wasmtime.wat2wasm(path.read_text()))


def links(linked: Linked) -> dict[str, Link]:
    names = {name.partition("@")[0] for name in (*linked.surface.imports, *linked.surface.exports)}
    config = {
        "wasmcloud:messaging/handler": {"subscriptions": "probe.>"},
        "wasmcloud:messaging/incoming-handler": {"subscriptions": "new.>"},
        "wasi:keyvalue/watcher": {"watch": "SET@watched,DEL@watched"},
    }
    return {name: Link("linked", config=config.get(name, {})) for name in names if name}
