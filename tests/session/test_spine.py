"""The whole way, with real processes: a project from the template, its engine, its host, requests over HTTP."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from engine.places.places import Places
from tests.session.engine import WAKE, Engine, get

# One worker runs all of these, so that they share one built dev shell.
pytestmark = [pytest.mark.xdist_group("engine"), pytest.mark.timeout(240)]


def visits(answer: tuple[int, str]) -> int:
    found = re.search(r"number (\d+)", answer[1])
    assert found, answer
    return int(found[1])


def edit(project: Path, old: str, new: str) -> None:
    file = project / "app.py"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def leftovers(places: Places) -> list[str]:
    """What a session may not leave: sockets, locks, processes that know its folders."""
    files = [path.name for path in places.runtime.iterdir()]
    mark = str(places.runtime)
    found = [process for process in psutil.process_iter(["cmdline"]) if process.pid != os.getpid()]
    return files + [str(it) for it in found if any(mark in word for word in it.info["cmdline"] or ())]


def test_an_edit_a_mistake_a_fix_and_a_toggle(demo: Path, environ: dict[str, str], places: Places) -> None:
    with Engine(demo, environ) as engine:
        assert engine.get()[0] == 200
        first = visits(engine.get())

        edit(demo, "Hello from wake", "Edited")
        answer = engine.get()
        assert "Edited" in answer[1]
        assert visits(answer) == first + 1
        done = engine.wait("reload", holds=lambda event: event["kind"] == "source")
        assert (done["ok"], done["cause"]) == (True, {"kind": "file", "paths": ["app.py"]})

        here = engine.here
        edit(demo, "class IncomingHandler", "class class IncomingHandler")
        failed = engine.wait("reload", here)
        line = next(
            n for n, text in enumerate((demo / "app.py").read_text().splitlines(), 1) if "class class" in text
        )
        assert not failed["ok"]
        assert f"app.py:{line}" in failed["error"]
        assert failed["diagnostics"][0]["line"] == line
        assert [engine.get()[0] for _ in range(3)] == [200] * 3

        here = engine.here
        edit(demo, "class class IncomingHandler", "class IncomingHandler")
        edit(demo, "Edited", "Mended")
        assert "Mended" in engine.get()[1]
        assert engine.wait("reload", here)["ok"]

        before = visits(engine.get())
        assert engine.wake("toggle", "keyvalue-nats", "--off").returncode == 0
        status, text = engine.get()
        assert status == 500
        assert "wasi:keyvalue/store is off" in text
        assert engine.wake("toggle", "keyvalue-nats", "--on").returncode == 0
        assert visits(engine.get()) == before + 1
    assert engine.process.returncode == 0
    assert engine.events[-1]["event"] == "session_stopped"
    assert leftovers(places) == []


def test_a_save_without_a_change_reloads_nothing(demo: Path, environ: dict[str, str]) -> None:
    with Engine(demo, environ) as engine:
        engine.get()
        here = engine.here
        (demo / "app.py").touch()
        assert "Hello from wake" in engine.get()[1]
        edit(demo, "Hello from wake", "Changed")
        engine.get()
        engine.wait("reload", here)
        assert [event["number"] for event in engine.events[here:] if event["event"] == "reload"] == [2]


def test_a_changed_world_is_built_planned_and_deployed(demo: Path, environ: dict[str, str]) -> None:
    world = demo / "wit" / "world.wit"
    with Engine(demo, environ) as engine:
        first = visits(engine.get())
        here = engine.here
        world.write_text(world.read_text().replace("  export", "  nonsense\n\n  export"))
        failed = engine.wait("reload", here)
        assert not failed["ok"]
        assert "wit/world.wit:" in failed["error"]
        assert visits(engine.get()) == first + 1

        here = engine.here
        world.write_text(
            world.read_text().replace("  nonsense\n", "  import wasi:keyvalue/batch@0.2.0-draft;\n")
        )
        done = engine.wait("reload", here, lambda event: bool(event["ok"]))
        assert done["kind"] == "deploy"
        assert {"discover", "build", "plan", "apply"} <= set(done["stages"])
        assert visits(engine.get()) == first + 2
        items = engine.wait("dependencies", here, lambda event: "batch" in str(event["items"]))["items"]
        assert any("wasi:keyvalue/batch@0.2.0-draft" in item["interfaces"] for item in items)


def test_the_host_and_the_engine_may_die(demo: Path, environ: dict[str, str], places: Places) -> None:
    with Engine(demo, environ) as engine:
        first = visits(engine.get())
        here = engine.here
        host = next(
            event["pid"] for event in engine.events if event["event"] == "process" and event.get("pid")
        )
        os.kill(host, signal.SIGKILL)
        # The engine holds the listening socket: this request waits for the new host instead of being refused.
        assert visits(engine.get()) == first + 1
        assert engine.wait("reload", here)["kind"] == "restart"

        url = engine.url
        engine.process.kill()
        engine.end()
        assert visits(get(url)) == first + 2
        with Engine(demo, environ) as second:
            second.wait("reload")
            assert second.url == url
            assert visits(second.get()) == first + 3
    assert leftovers(places) == []


def test_a_second_one_attaches_and_leaves_it_running(demo: Path, environ: dict[str, str]) -> None:
    with Engine(demo, environ) as engine:
        engine.get()
        with Engine(demo, environ) as printer:
            printer.wait("session_started")
            edit(demo, "Hello from wake", "Seen by both")
            engine.get()
            assert printer.wait("reload")["ok"]
            printer.process.send_signal(signal.SIGINT)
            assert printer.end() == 0
        assert "runs on" in printer.told
        assert engine.get()[0] == 200
        assert engine.wake("stop").returncode == 0
        assert engine.end() == 0


def test_once(demo: Path, environ: dict[str, str], places: Places) -> None:
    with Engine(demo, environ, "--once") as engine:
        assert engine.end() == 0
    assert "host_ready" in engine.names()
    (demo / "app.py").write_text("import nothing_like_this\n")
    with Engine(demo, environ, "--once") as engine:
        assert engine.end() == 1
    failed = engine.wait("reload")
    assert "app.py:1" in failed["error"]
    assert leftovers(places) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "lattice"], "lattice host does not exist yet"),
        (["--host-id", "NABC"], "--host-id means nothing on the embedded host"),
        (["--port", "0"], "--port takes a number"),
        (["--manifest-output-dir", "/nowhere"], "--manifest-output-dir must be a folder"),
        (["--nonsense"], "unrecognized arguments"),
    ],
)
def test_wrong_usage(demo: Path, environ: dict[str, str], words: list[str], said: str) -> None:
    ended = subprocess.run(
        [*WAKE, "dev", str(demo), *words], env=environ, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert said in ended.stderr
    assert ended.stdout == ""


def test_a_port_that_is_taken(demo: Path, environ: dict[str, str], places: Places) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with Engine(demo, environ, "--port", str(port)) as engine:
            assert engine.end() == 1
        assert f"nothing can listen on 127.0.0.1:{port}" in engine.told
    assert leftovers(places) == []
