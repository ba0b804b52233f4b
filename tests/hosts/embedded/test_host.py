"""The host as a session uses it: a real child process, real sockets, hand-written components that compile at once."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from engine.hosts.base import HostError, HostEvent, Note, ProcessChanged, RequestServed
from engine.hosts.embedded import host as hosts
from engine.hosts.embedded.host import EmbeddedHost
from engine.logs.record import parse
from engine.model.deliverable import Deliverable
from engine.model.host_settings import HostSettings
from engine.places.places import Places
from tests.hosts.embedded import wat

pytestmark = pytest.mark.anyio

IMAGES = {"http": "ghcr.io/wasmcloud/http-server:0.27.0"}


def manifest(address: str, *components: str) -> dict[str, Any]:
    """An application whose first component answers at `address`."""
    link = {
        "namespace": "wasi",
        "package": "http",
        "interfaces": ["incoming-handler"],
        "source": {"config": [{"name": "http", "properties": {"address": address}}]},
        "target": {"name": components[0]},
    }
    items = [
        {"name": name, "type": "component", "properties": {"image": f"file://{name}.wasm"}, "traits": []}
        for name in components
    ]
    server = {
        "name": "http-server",
        "type": "capability",
        "properties": {"image": IMAGES["http"]},
        "traits": [{"type": "link", "properties": link}],
    }
    return {"metadata": {"name": "test"}, "spec": {"components": [*items, server]}}


def listen() -> tuple[str, socket.socket]:
    opened = socket.create_server(("127.0.0.1", 0))
    host, port = opened.getsockname()
    return f"{host}:{port}", opened


class Used:
    """A started host, its address and the events it told."""

    def __init__(self, host: EmbeddedHost, address: str) -> None:
        self.host = host
        self.address = address
        self.events: list[HostEvent] = []
        self._news = anyio.Event()

    async def hear(self) -> None:
        async with aclosing(self.host.events()) as events:
            async for event in events:
                self.events.append(event)
                self._news.set()
                self._news = anyio.Event()

    async def heard(self, wanted: Callable[[HostEvent], bool]) -> HostEvent:
        while True:
            for event in self.events:
                if wanted(event):
                    return event
            await self._news.wait()

    async def get(self, path: str = "/") -> tuple[int, str]:
        return await ask(
            self.address, f"GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n".encode()
        )


async def ask(address: str, request: bytes) -> tuple[int, str]:
    host, _, port = address.rpartition(":")
    async with await anyio.connect_tcp(host, int(port)) as stream:
        await stream.send(request)
        answer = b""
        try:
            async for part in stream:
                answer += part
        except anyio.BrokenResourceError:
            pass
    if not answer:
        return 0, ""
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode()


@asynccontextmanager
async def used(places: Places, settings: HostSettings | None = None, **stop: bool) -> AsyncIterator[Used]:
    host = EmbeddedHost(places, "abcdef", settings=settings)
    async with anyio.create_task_group() as tasks:
        made = Used(host, await host.start(listen))
        tasks.start_soon(made.hear)
        try:
            yield made
        finally:
            await host.stop(**stop)
            tasks.cancel_scope.cancel()


def journal(places: Places) -> list[str]:
    path = places.session("abcdef") / "journal"
    return [str(parse(line).text) for line in path.read_bytes().splitlines()] if path.exists() else []


HELLO = wat.http()
OTHER = wat.http("nop")
LOOPS = wat.http("(loop $l (br $l))")
TRAPS = wat.http("unreachable")


def components(folder: Path, **binaries: bytes) -> dict[str, Deliverable]:
    return {name: wat.deliverable(folder, data, name) for name, data in binaries.items()}


async def test_an_application_is_applied_answers_and_is_taken_out(places: Places, tmp_path: Path) -> None:
    async with used(places) as one:
        outcome = await one.host.apply(manifest(one.address, "hello"), components(tmp_path, hello=HELLO), {})
        assert outcome.ok, outcome
        assert one.host.endpoints() == (f"http://{one.address}",)
        assert await one.get() == (200, "")
        served = await one.heard(lambda event: isinstance(event, RequestServed))
        assert isinstance(served, RequestServed)
        assert (served.method, served.path, served.status) == ("GET", "/", 200)
        await one.host.undeploy()
        assert await one.get() == (503, "nothing is deployed yet\n")
    assert one.host.processes()[0].state == "exited"


async def test_a_reload_puts_new_code_in_service_and_bad_code_does_not(
    places: Places, tmp_path: Path
) -> None:
    async with used(places) as one:
        await one.host.apply(manifest(one.address, "hello"), components(tmp_path, hello=TRAPS), {})
        status, text = await one.get()
        assert status == 500
        assert "unreachable" in text
        assert (await one.host.reload("hello", wat.deliverable(tmp_path, HELLO))).ok
        assert (await one.get())[0] == 200
        broken = tmp_path / "broken.wasm"
        broken.write_bytes(b"\0asm\x0d\0\x01\0nonsense")
        outcome = await one.host.reload("hello", Deliverable(str(broken), "0" * 64))
        assert not outcome.ok
        assert outcome.error is not None
        assert "hello cannot be run" in outcome.error
        assert (await one.get())[0] == 200


async def test_a_trap_is_told_with_its_backtrace_and_harms_no_other_request(
    places: Places, tmp_path: Path
) -> None:
    async with used(places, HostSettings(busy_seconds=0.2)) as one:
        await one.host.apply(manifest(one.address, "bad"), components(tmp_path, bad=LOOPS), {})
        status, text = await one.get("/loop")
        assert status == 504
        assert "computed for more than 0.2 s" in text
        assert (await one.host.reload("bad", wat.deliverable(tmp_path, TRAPS))).ok
        assert (await one.get("/trap"))[0] == 500
    said = "\n".join(journal(places))
    assert "trapped during GET /loop: the component computed for more than 0.2 s" in said
    assert "trapped during GET /trap" in said
    assert "wasm backtrace" in said


async def test_what_is_off_is_said_over_http(places: Places, tmp_path: Path) -> None:
    async with used(places) as one:
        await one.host.apply(manifest(one.address, "hello"), components(tmp_path, hello=HELLO), {})
        without = manifest(one.address, "hello")
        without["spec"]["components"].pop()
        off = {"wasi:http/incoming-handler": "http-server"}
        assert (await one.host.apply(without, components(tmp_path, hello=HELLO), off)).ok
        status, text = await one.get()
        assert status == 503
        assert "http-server is off" in text


async def test_a_manifest_without_its_component_is_refused_and_the_one_before_serves_on(
    places: Places, tmp_path: Path
) -> None:
    async with used(places) as one:
        await one.host.apply(manifest(one.address, "hello"), components(tmp_path, hello=HELLO), {})
        outcome = await one.host.apply(manifest(one.address, "other"), {}, {})
        assert not outcome.ok
        assert "nothing was built for the component other" in (outcome.error or "")
        assert (await one.get())[0] == 200


async def test_a_crash_is_survived_without_a_refused_connection(places: Places, tmp_path: Path) -> None:
    async with used(places) as one:
        await one.host.apply(manifest(one.address, "hello"), components(tmp_path, hello=HELLO), {})
        pid = one.host.processes()[0].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert (await one.get())[0] == 200
        note = await one.heard(lambda event: isinstance(event, Note) and "SIGKILL" in event.text)
        assert isinstance(note, Note)
        assert "requests in flight were cut off" in note.text
        await one.heard(lambda event: isinstance(event, Note) and "runs again" in event.text)
        assert one.host.processes()[0].restarts == 1
        assert one.host.processes()[0].pid != pid


async def test_after_repeated_crashes_it_rests_until_the_next_save(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "CRASHES", 1)
    monkeypatch.setattr(hosts, "FIRST_PAUSE", 0.001)
    async with used(places) as one:
        code = components(tmp_path, hello=HELLO)
        await one.host.apply(manifest(one.address, "hello"), code, {})
        for restart in (1, 2):
            pid = one.host.processes()[0].pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            await one.heard(restarted(restart))
        assert one.host.processes()[0].state == "resting"
        assert (await one.host.reload("hello", wat.deliverable(tmp_path, OTHER))).ok
        assert (await one.get())[0] == 200


def restarted(times: int) -> Callable[[HostEvent], bool]:
    return lambda event: (
        isinstance(event, ProcessChanged)
        and event.process.restarts == times
        and event.process.state in ("ready", "resting")
    )


async def test_a_new_engine_adopts_the_host_with_its_listening_socket(places: Places, tmp_path: Path) -> None:
    async with used(places, leave_running=True) as one:
        await one.host.apply(manifest(one.address, "hello"), components(tmp_path, hello=HELLO), {})
        pid = one.host.processes()[0].pid
    assert (await one.get())[0] == 200
    async with used(places) as two:
        assert two.address == one.address
        assert two.host.processes()[0].pid == pid
        assert (await two.get())[0] == 200
        assert (
            await two.host.apply(manifest(two.address, "hello"), components(tmp_path, hello=OTHER), {})
        ).ok
        assert pid is not None
        # The sockets came along: the next child serves at the same address.
        os.kill(pid, signal.SIGKILL)
        assert (await two.get())[0] == 200
    with pytest.raises(OSError):
        await two.get()


async def test_a_second_address_in_a_manifest_is_opened(places: Places, tmp_path: Path) -> None:
    async with used(places) as one:
        second, opened = listen()
        opened.close()
        assert (await one.host.apply(manifest(second, "hello"), components(tmp_path, hello=HELLO), {})).ok
        request = b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
        assert (await ask(second, request))[0] == 200
        assert (await one.get()) == (
            503,
            f"no component is linked to wasi:http/incoming-handler on {one.address}\n",
        )


CALLED = """
  (core module $M
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "fail") unreachable))
  (core instance $m (instantiate $M))
  (func $add (param "a" u8) (param "b" u8) (result u16) (canon lift (core func $m "add")))
  (func $fail (canon lift (core func $m "fail")))
  (instance $math (export "add" (func $add)))
  (export "test:math/sums@1.0.0" (instance $math))
  (export "fail" (func $fail))
"""


async def test_any_export_is_called_with_wave_values(places: Places, tmp_path: Path) -> None:
    async with used(places) as one:
        code = components(tmp_path, math=wat.component(CALLED))
        without_http = manifest(one.address, "math")
        without_http["spec"]["components"].pop()
        assert (await one.host.apply(without_http, code, {})).ok
        for export in ("test:math/sums@1.0.0#add", "test:math/sums#add", "sums#add", "add"):
            assert await one.host.call("math", export, ("200", "100")) == "300"
        for export, arguments, said in (
            ("add", ("256", "1"), "argument a at column 1: expected a u8"),
            ("add", ("1",), "takes 2 arguments"),
            ("fail", (), "trapped"),
            ("absent", (), "test:math/sums@1.0.0#add"),
        ):
            with pytest.raises(HostError, match=said):
                await one.host.call("math", export, arguments)


RUNS = """
  (import "wasi:cli/exit@0.2.0" (instance $exit (export "exit" (func (param "status" (result))))))
  (core func $exit (canon lower (func $exit "exit")))
  (core module $M
    (import "i" "exit" (func $exit (param i32)))
    (func (export "run") (result i32) {body}))
  (core instance $m (instantiate $M (with "i" (instance (export "exit" (func $exit))))))
  (func $run (result (result)) (canon lift (core func $m "run")))
  (instance $i (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $i))
"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("(i32.const 0)", "ended with exit code 0"),
        ("(i32.const 1)", "ended with exit code 1"),
        ("(call $exit (i32.const 0)) unreachable", "ended with exit code 0"),
        ("(call $exit (i32.const 1)) unreachable", "ended with exit code 1"),
        ("unreachable", "trapped"),
    ],
)
async def test_a_command_is_run_once_for_each_state_of_its_code(
    body: str, said: str, places: Places, tmp_path: Path
) -> None:
    async with used(places) as one:
        code = components(tmp_path, tool=wat.component(RUNS.format(body=body)))
        plain = manifest(one.address, "tool")
        plain["spec"]["components"].pop()
        assert (await one.host.apply(plain, code, {})).ok
        await one.heard(lambda event: isinstance(event, Note) and said in event.text)
        one.events.clear()
        assert (await one.host.reload("tool", code["tool"])).ok
        await one.heard(lambda event: isinstance(event, Note) and said in event.text)


async def test_a_command_that_runs_on_is_ended_by_the_next_reload(places: Places, tmp_path: Path) -> None:
    async with used(places) as one:
        endless = wat.component(RUNS.format(body="(loop $l (br $l)) (i32.const 0)"))
        plain = manifest(one.address, "tool")
        plain["spec"]["components"].pop()
        assert (await one.host.apply(plain, components(tmp_path, tool=endless), {})).ok
        done = wat.deliverable(tmp_path, wat.component(RUNS.format(body="(i32.const 0)")))
        assert (await one.host.reload("tool", done)).ok
        note = await one.heard(lambda event: isinstance(event, Note))
        assert isinstance(note, Note)
        assert note.text == "tool: wasi:cli/run ended with exit code 0"
