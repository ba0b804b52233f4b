"""Reloads: what a dev shell says of code it cannot load, and requests that wait for the code that was just saved."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import anyio
import msgspec
import pytest

from engine.hosts.base import Dirty, HostEvent
from engine.hosts.embedded.application import Application
from engine.hosts.embedded.cache import CodeCache
from engine.hosts.embedded.compile import Compiler
from engine.model.deliverable import Deliverable, TrackedFile
from engine.model.host_settings import HostSettings
from engine.places.places import Places
from tests.hosts.embedded import wat
from tests.hosts.embedded.test_host import HELLO, OTHER, components, manifest, used

SHELL = """
  (core module $M
    (memory (export "memory") 1)
    (data (i32.const 64) "{text}")
    (func (export "warm") (result i32)
      (i32.store8 (i32.const 0) (i32.const {failed}))
      (i32.store (i32.const 4) (i32.const 64))
      (i32.store (i32.const 8) (i32.const {length}))
      (i32.const 0))
    (func (export "answer") (result i32) (i32.const {answer})))
  (core instance $m (instantiate $M))
  (func $warm (result (result (error string)))
    (canon lift (core func $m "warm") (memory (core memory $m "memory"))))
  (instance $loader (export "warm" (func $warm)))
  (export "wake:shell/loader" (instance $loader))
  (func $answer (result u32) (canon lift (core func $m "answer")))
  (export "answer" (func $answer))
"""


def shell(folder: Path, answer: int, problem: str = "") -> Deliverable:
    text = problem.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    data = wat.component(
        SHELL.format(text=text, failed=int(bool(problem)), length=len(problem.encode()), answer=answer)
    )
    made = wat.deliverable(folder, data)
    return msgspec.structs.replace(made, shell=True, generation=f"g{answer}{bool(problem)}")


@pytest.fixture
def application(tmp_path: Path) -> Application:
    return Application(
        tmp_path,
        Compiler(CodeCache(tmp_path / "code")),
        HostSettings(),
        lambda *line: None,
        lambda event: True,
    )


def deployed(application: Application, made: Deliverable) -> None:
    plain = manifest("nowhere", "app")
    plain["spec"]["components"].pop()
    outcome = application.apply(plain, {"app": made}, {})
    assert outcome.ok, outcome


def test_a_shell_is_warmed_and_kept_in_stock(application: Application, tmp_path: Path) -> None:
    deployed(application, shell(tmp_path, 1))
    assert application.call("app", "answer", []) == "1"
    assert application.reload("app", shell(tmp_path, 2)).ok
    assert application.call("app", "answer", []) == "2"
    served = application.served["app"]
    pause = threading.Event()
    while len(served.generation.idle) < HostSettings().pool:
        pause.wait(0.005)
    application.undeploy()


def test_code_that_cannot_be_loaded_is_told_and_the_code_before_serves_on(
    application: Application, tmp_path: Path
) -> None:
    deployed(application, shell(tmp_path, 1))
    said = json.dumps(
        [{"severity": "error", "message": "invalid syntax", "file": "/app/app.py", "line": 3, "column": 7}]
    )
    outcome = application.reload("app", shell(tmp_path, 2, said))
    assert not outcome.ok
    assert outcome.error == "invalid syntax"
    (found,) = outcome.diagnostics
    assert (found.file, found.line, found.column) == ("/app/app.py", 3, 7)
    # Pooled instances and new ones alike.
    assert [application.call("app", "answer", []) for _ in range(6)] == ["1"] * 6
    assert application.reload("app", shell(tmp_path, 3)).ok
    assert application.call("app", "answer", []) == "3"
    application.undeploy()


def test_a_loader_that_says_plain_text_is_understood(application: Application, tmp_path: Path) -> None:
    deployed(application, shell(tmp_path, 1))
    outcome = application.reload("app", shell(tmp_path, 2, "no such module"))
    assert outcome.error == "no such module"
    application.undeploy()


def test_a_provider_s_own_project_is_refused_with_what_would_run_it(
    application: Application, tmp_path: Path
) -> None:
    plan = manifest("nowhere", "app")
    plan["spec"]["components"][-1]["properties"]["image"] = "file:///build/provider.par.gz"
    outcome = application.apply(plan, {"app": shell(tmp_path, 1)}, {})
    assert not outcome.ok
    assert outcome.error is not None
    assert "the embedded host runs components only" in outcome.error
    assert "lattice" in outcome.error


# -- over HTTP, with the host's own process


def tracked(made: Deliverable, path: Path) -> Deliverable:
    found = path.stat()
    stamp = TrackedFile(str(path), found.st_mtime_ns, found.st_size, found.st_ino)
    return msgspec.structs.replace(made, tracked=(stamp,))


def is_dirty(event: HostEvent) -> bool:
    return isinstance(event, Dirty)


@pytest.mark.anyio
async def test_a_request_after_a_save_waits_for_the_saved_code(places: Places, tmp_path: Path) -> None:
    source = tmp_path / "app.py"
    source.write_text("one")
    trap = wat.http("unreachable")
    async with used(places, HostSettings(hold_seconds=60)) as one:
        code = tracked(components(tmp_path, app=trap)["app"], source)
        await one.host.apply(manifest(one.address, "app"), {"app": code}, {})
        assert (await one.get())[0] == 500
        source.write_text("two")
        answers: list[int] = []

        async def ask() -> None:
            answers.append((await one.get())[0])

        async with anyio.create_task_group() as asking:
            asking.start_soon(ask)
            asking.start_soon(ask)
            event = await one.heard(is_dirty)
            assert event == Dirty("app", (str(source),))
            assert (await one.host.reload("app", tracked(wat.deliverable(tmp_path, HELLO), source))).ok
        assert answers == [200, 200]


@pytest.mark.anyio
async def test_a_save_that_cannot_be_loaded_lets_requests_go_on_with_the_code_before(
    places: Places, tmp_path: Path
) -> None:
    source = tmp_path / "app.py"
    source.write_text("one")
    async with used(places, HostSettings(hold_seconds=60)) as one:
        code = tracked(components(tmp_path, app=HELLO)["app"], source)
        await one.host.apply(manifest(one.address, "app"), {"app": code}, {})
        for reload in (True, False):
            one.events.clear()
            source.write_text(f"broken {reload}")
            async with anyio.create_task_group() as asking:
                answers: list[int] = []

                async def ask(into: list[int]) -> None:
                    into.append((await one.get())[0])

                asking.start_soon(ask, answers)
                await one.heard(is_dirty)
                if reload:
                    broken = msgspec.structs.replace(code, component="/absent", digest="0")
                    assert not (await one.host.reload("app", tracked(broken, source))).ok
                else:
                    await one.host.release("app")
            assert answers == [200]
            # Told once: later requests do not wait for it again.
            assert (await one.get())[0] == 200


@pytest.mark.anyio
async def test_an_edit_during_a_reload_is_not_missed(places: Places, tmp_path: Path) -> None:
    source = tmp_path / "app.py"
    source.write_text("one")
    async with used(places, HostSettings(hold_seconds=60)) as one:
        code = tracked(components(tmp_path, app=HELLO)["app"], source)
        await one.host.apply(manifest(one.address, "app"), {"app": code}, {})
        staged = tracked(wat.deliverable(tmp_path, OTHER), source)
        source.write_text("edited after it was staged")
        assert (await one.host.reload("app", staged)).ok
        # No request came: the look right after the reload found it.
        await one.heard(is_dirty)


# -- the child's own end


def test_a_child_without_an_engine_ends_by_itself(places: Places, tmp_path: Path) -> None:
    options = {
        "control": str(places.runtime / "h.sock"),
        "folder": str(tmp_path),
        "journal": str(tmp_path / "journal"),
        "cache": str(tmp_path / "code"),
        "orphan_seconds": 0.01,
    }
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "engine.hosts.embedded", json.dumps(options)]
    assert subprocess.run(command, env=environ, timeout=60, check=False).returncode == 0
    assert not (places.runtime / "h.sock").exists()
