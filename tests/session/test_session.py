"""The pipeline and its rules, with a fake host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from engine.build.builder import Built
from engine.build.toolchains.python import PythonApp
from engine.hosts.base import Dirty, Outcome
from engine.model.deliverable import Deliverable
from engine.model.reload import Reload
from engine.places.places import Places
from engine.session.session import NotReady, Session
from tests.session.fake_host import FakeHost
from tests.session.running import make_project, running

pytestmark = pytest.mark.anyio


async def reload_after(session: Session, number: int, ok: bool | None = None) -> Reload:
    """The first reload after `number` (that went as `ok` says)."""

    def found(reloads: tuple[Reload, ...]) -> list[Reload]:
        return [item for item in reloads if item.number > number and (ok is None or item.ok is ok)]

    with anyio.fail_after(60):
        state = await session.publisher.until(lambda state: bool(found(state.reloads)))
    return found(state.reloads)[0]


async def test_start_change_and_failure(tmp_path: Path, places: Places) -> None:
    root, host = make_project(tmp_path / "it"), FakeHost()
    events: list[dict[str, Any]] = []
    async with running(root, places, host) as session:
        session.publisher.listen(events.append)
        assert session.publisher.state.phase == "ready"
        first = host.deliverables[-1][f"{session.id}-it"]
        assert Path(first.component).read_bytes().endswith(b"one")

        (root / "source.txt").write_text("two")
        done = await reload_after(session, 1)
        assert (done.kind, done.ok, done.cause.kind, done.cause.paths) == (
            "artifact",
            True,
            "file",
            ("source.txt",),
        )
        assert {"detect", "discover", "build", "plan", "apply"} <= set(done.stages)

        (root / "source.txt").write_text("bad")
        failed = await reload_after(session, 2)
        assert (failed.ok, failed.error) == (False, "source.txt:1:2: it is bad")
        state = session.publisher.state
        assert state.phase == "failed"
        assert state.deployed is not None
        assert len(host.applied) == 2

        (root / "source.txt").write_text("three")
        assert (await reload_after(session, 3)).ok
        assert session.publisher.state.diagnostics == ()
    names = [event["event"] for event in events]
    assert names.count("build_started") == names.count("build_finished") == 3
    assert host.stopped
    assert not list(places.runtime.iterdir())


async def test_a_newer_save_cancels_the_build_and_is_not_lost(tmp_path: Path, places: Places) -> None:
    root, host = make_project(tmp_path / "it"), FakeHost()
    async with running(root, places, host) as session:
        (root / "source.txt").write_text("slow")
        with anyio.fail_after(60):
            await session.publisher.until(
                lambda state: state.progress is not None and "build.py" in state.progress.text
            )
        (root / "source.txt").write_text("quick")
        done = await reload_after(session, 1)
        assert done.ok
        [deliverable] = host.deliverables[-1].values()
        assert Path(deliverable.component).read_bytes().endswith(b"quick")
        assert [item.number for item in session.publisher.state.reloads] == [1, 2]


async def test_what_the_host_refuses_is_not_deployed(tmp_path: Path, places: Places) -> None:
    root, host = make_project(tmp_path / "it"), FakeHost()
    async with running(root, places, host) as session:
        before = session.publisher.state.deployed
        host.next.append(Outcome(False, error="it does not link"))
        (root / "source.txt").write_text("two")
        failed = await reload_after(session, 1)
        assert (failed.ok, failed.error) == (False, "it does not link")
        assert session.publisher.state.deployed == before


async def test_toggles_are_pending_until_applied(tmp_path: Path, places: Places) -> None:
    root, host = make_project(tmp_path / "it"), FakeHost()
    async with running(root, places, host) as session:
        [name] = [item.name for item in session.publisher.state.dependencies if item.direction == "import"]
        assert await session.toggle(name, None) is True
        state = session.publisher.state
        assert state.pending is not None
        assert {(change.action, change.subject) for change in state.changes} >= {
            ("removed", "provider"),
            ("removed", "link"),
        }
        assert len(host.applied) == 1

        # A save meanwhile deploys code, not the toggle.
        (root / "source.txt").write_text("two")
        assert (await reload_after(session, 1)).kind == "artifact"
        assert host.off[-1] == {}
        assert session.publisher.state.pending == state.pending

        assert (await session.apply())["ok"]
        assert host.off[-1] == {"test:it/names": name}
        assert session.publisher.state.pending is None
        assert session.publisher.state.reloads[-1].kind == "deploy"

        await session.toggle(name, False)
        await session.discard()
        assert session.publisher.state.pending is None
    async with running(root, places, again := FakeHost()) as session:
        assert again.off[-1] == {"test:it/names": name}


async def test_pausing_keeps_changes_for_later(tmp_path: Path, places: Places) -> None:
    root, host = make_project(tmp_path / "it"), FakeHost()
    async with running(root, places, host) as session:
        await session.pause(True)
        (root / "source.txt").write_text("two")
        with anyio.move_on_after(0.3):
            await reload_after(session, 1)
        assert len(host.applied) == 1
        await session.pause(False)
        assert (await reload_after(session, 1)).cause.paths == ("source.txt",)


async def test_bad_configuration_is_told_and_the_loop_goes_on(tmp_path: Path, places: Places) -> None:
    root, host = make_project(tmp_path / "it"), FakeHost()
    config = root / "wasmcloud.toml"
    good = config.read_text()
    async with running(root, places, host) as session:
        config.write_text(good.replace('version = "0.1.0"', "version = 7"))
        failed = await reload_after(session, 1)
        assert not failed.ok
        assert failed.diagnostics[0].file == "wasmcloud.toml"
        assert failed.diagnostics[0].line == 2
        config.write_text(good.replace("0.1.0", "0.2.0"))
        done = await reload_after(session, 2)
        assert (done.ok, done.kind) == (True, "deploy")


async def test_a_project_that_takes_no_files_is_served_all_the_same(tmp_path: Path, places: Places) -> None:
    root, host = make_project(tmp_path / "it"), FakeHost()
    (root / ".wake").write_text("not a folder")
    async with running(root, places, host) as session:
        assert session.publisher.state.phase == "ready"
        name = next(item.name for item in session.publisher.state.dependencies if item.state == "resolved")
        await session.toggle(name, True)
        assert (await session.apply())["ok"]
        assert host.off[-1] == {"test:it/names": name}
    assert b".wake/dev cannot be written" in (places.session(session.id) / "journal.log").read_bytes()


async def test_a_fault_of_ours_ends_the_reload_and_not_the_session(
    tmp_path: Path, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, host = make_project(tmp_path / "it"), FakeHost()
    async with running(root, places, host) as session:
        with monkeypatch.context() as patch:
            patch.setattr("engine.session.pipeline.load_wit", lambda _: 1 / 0)
            (root / "source.txt").write_text("two")
            failed = await reload_after(session, 1)
        assert not failed.ok
        assert "ZeroDivisionError" in (failed.error or "")
        (root / "source.txt").write_text("three")
        assert (await reload_after(session, 2)).ok


SHELL = Built(Deliverable("shell.wasm", "0", shell=True))


def serve_as_a_shell(session: Session, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the session treat every file of its project but WIT and configuration as a dev shell's source."""

    async def dev(*_: object) -> Built:
        return SHELL

    monkeypatch.setattr(session.builder, "dev", dev)
    monkeypatch.setattr(session.builder, "app", lambda _: PythonApp("app", root, (root / "wit",)))
    monkeypatch.setattr(session.builder, "sources", lambda _: root)
    monkeypatch.setattr(session.builder, "outdated", lambda _: False)
    monkeypatch.setattr(session.builder, "stage", lambda _: SHELL.deliverable)


async def test_what_changes_while_a_shell_is_built_is_not_lost(
    tmp_path: Path, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, host = make_project(tmp_path / "it"), FakeHost()
    async with running(root, places, host) as session:
        serve_as_a_shell(session, root, monkeypatch)
        again = session.builder.dev

        async def dev(*_: object) -> Built:
            # Too late for this build, and too early for the watcher to have told.
            (root / "wit" / "it.wit").write_text((root / "wit" / "it.wit").read_text() + "\n// later")
            (root / "app.py").write_text("x = 2")
            monkeypatch.setattr(session.builder, "dev", again)
            return SHELL

        monkeypatch.setattr(session.builder, "dev", dev)
        first = await session.reload()
        assert first["ok"]
        follows = await reload_after(session, first["number"])
        assert "wit/it.wit" in follows.cause.paths


async def test_a_request_sees_new_files_beside_the_one_it_found_changed(
    tmp_path: Path, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, host = make_project(tmp_path / "it"), FakeHost()
    async with running(root, places, host) as session:
        serve_as_a_shell(session, root, monkeypatch)
        (root / "source.txt").write_text("import new")
        (root / "new.py").write_text("")
        await host.happen(Dirty("it", (str(root / "source.txt"),)))
        assert (await reload_after(session, 1)).cause.paths == ("new.py", "source.txt")


async def test_a_reload_that_fails_is_tried_again_with_what_came_meanwhile(
    tmp_path: Path, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, host = make_project(tmp_path / "it"), FakeHost()
    async with running(root, places, host) as session:
        serve_as_a_shell(session, root, monkeypatch)
        (root / "source.txt").write_text("import new")
        (root / "new.py").write_text("")
        host.next = [Outcome(False, error="there is no module new")]
        assert session.tree.look(["source.txt"]) == ["source.txt"]
        await session.conductor.changed(["source.txt"])
        done = await reload_after(session, 1)
        assert (done.ok, done.cause.paths) == (True, ("new.py", "source.txt"))


async def test_waiting_means_the_save_just_made(tmp_path: Path, places: Places) -> None:
    root, host = make_project(tmp_path / "it"), FakeHost()
    async with running(root, places, host) as session:
        for text in ("two", "three"):
            (root / "source.txt").write_text(text)
            with anyio.fail_after(60):
                await session.wait_ready()
            built = host.deliverables[-1][f"{session.id}-it"]
            assert Path(built.component).read_bytes().endswith(text.encode())
        (root / "source.txt").write_text("bad")
        with pytest.raises(NotReady, match="it is bad"):
            await session.wait_ready()


async def test_what_is_wrong_with_an_artifact_or_a_tool_is_said_in_the_users_words(
    tmp_path: Path, places: Places
) -> None:
    root, host = make_project(tmp_path / "it"), FakeHost()
    build = root / "build.py"
    async with running(root, places, host) as session:
        build.write_text("open('out/it.wasm', 'wb').write(b'\\0asm\\x0d\\0\\1\\0garbage')")
        failed = await reload_after(session, 1)
        assert not failed.ok
        assert failed.diagnostics[0].file == "out/it.wasm"
        build.write_text("print('first'); print('why it failed'); raise SystemExit(3)")
        failed = await reload_after(session, failed.number)
        assert (failed.error or "").endswith(" ended with 3: why it failed")


async def test_a_configuration_that_goes_is_a_project_without_one(tmp_path: Path, places: Places) -> None:
    root, host = make_project(tmp_path / "it"), FakeHost()
    config = root / "wasmcloud.toml"
    text = config.read_text()
    async with running(root, places, host) as session:
        config.unlink()
        failed = await reload_after(session, 1)
        assert "nothing says how to build" in (failed.error or "")
        config.write_text(text)
        assert (await reload_after(session, failed.number, ok=True)).ok


async def test_an_error_stands_until_it_is_mended(
    tmp_path: Path, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, host = make_project(tmp_path / "it"), FakeHost()
    config = root / "wasmcloud.toml"
    text = config.read_text()
    async with running(root, places, host) as session:
        serve_as_a_shell(session, root, monkeypatch)
        config.write_text("nonsense =")
        failed = await reload_after(session, 1)
        (root / "source.txt").write_text("two")
        served = await reload_after(session, failed.number)
        assert (served.kind, served.ok) == ("source", True)
        state = session.publisher.state
        assert (state.phase, state.error) == ("failed", failed.error)
        config.write_text(text)
        assert (await reload_after(session, served.number)).ok
        assert session.publisher.state.phase == "ready"


async def test_sources_do_not_go_to_what_could_not_be_deployed(
    tmp_path: Path, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, host = make_project(tmp_path / "it"), FakeHost()
    async with running(root, places, host) as session:
        serve_as_a_shell(session, root, monkeypatch)
        host.next = [Outcome(False, error="refused")]
        assert not (await session.reload())["ok"]
        (root / "source.txt").write_text("two")
        mended = await reload_after(session, 2)
        assert (mended.ok, mended.kind != "source", host.reloads) == (True, True, [])


async def test_what_the_hosts_process_prints_is_in_the_log(tmp_path: Path, places: Places) -> None:
    root = make_project(tmp_path / "it")
    async with running(root, places, FakeHost()) as session:
        with (session.folder / "host.out").open("a") as spool:
            spool.write("Fatal Python error: Segmentation fault\n")
    assert "Fatal Python error" in (session.folder / "journal.log").read_text()
