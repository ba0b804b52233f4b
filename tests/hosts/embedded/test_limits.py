"""What a bad guest can do: loop, eat memory, leak handles, recurse. Its call ends; nothing else is harmed."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from engine.hosts.embedded import instance as instances
from engine.hosts.embedded.context import Deployment
from engine.hosts.embedded.instance import GuestTrap, Instance
from engine.hosts.embedded.linker import Linked
from engine.hosts.embedded.machine import Tier
from tests.hosts.embedded import wat

BAD = """
  (core module $M
    (memory 1)
    (func $deep (export "recurse") (call $deep))
    (func (export "loop") (loop $l (br $l)))
    (func (export "trap") unreachable)
    (func (export "fine") (result i32) (i32.const 7))
    (func (export "grow") (result i32) (memory.grow (i32.const 2048))))
  (core instance $m (instantiate $M))
  (func $loop (canon lift (core func $m "loop")))
  (func $trap (canon lift (core func $m "trap")))
  (func $recurse (canon lift (core func $m "recurse")))
  (func $fine (result u32) (canon lift (core func $m "fine")))
  (func $grow (result s32) (canon lift (core func $m "grow")))
  (export "loop" (func $loop))
  (export "trap" (func $trap))
  (export "recurse" (func $recurse))
  (export "fine" (func $fine))
  (export "grow" (func $grow))
"""

LEAK = """
  (import "wasi:io/poll@0.2.0" (instance $poll (export "pollable" (type (sub resource)))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (alias outer 1 $pollable (type $p))
    (export "subscribe-duration" (func (param "when" u64) (result (own $p))))))
  (core func $wait (canon lower (func $clock "subscribe-duration")))
  (core module $M
    (import "i" "wait" (func $wait (param i64) (result i32)))
    (func (export "leak") (loop $l (drop (call $wait (i64.const 1))) (br $l))))
  (core instance $m (instantiate $M (with "i" (instance (export "wait" (func $wait))))))
  (func $leak (canon lift (core func $m "leak")))
  (export "leak" (func $leak))
"""

SLEEP = """
  (import "wasi:io/poll@0.2.0" (instance $poll (export "pollable" (type $p (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $p))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (alias outer 1 $pollable (type $p))
    (export "subscribe-duration" (func (param "when" u64) (result (own $p))))))
  (core func $wait (canon lower (func $clock "subscribe-duration")))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core module $M
    (import "i" "wait" (func $wait (param i64) (result i32)))
    (import "i" "block" (func $block (param i32)))
    (func (export "sleep") (param i64) (call $block (call $wait (local.get 0)))))
  (core instance $m (instantiate $M (with "i" (instance
    (export "wait" (func $wait)) (export "block" (func $block))))))
  (func $sleep (param "ns" u64) (canon lift (core func $m "sleep")))
  (export "sleep" (func $sleep))
"""


def deployment(folder: Path) -> Deployment:
    return Deployment("bad", folder, lambda *line: None)


def call(linked: Linked, folder: Path, name: str, *arguments: Any, memory: int = -1) -> Any:
    instance = Instance(linked, deployment(folder), memory)
    try:
        export = linked.export("", name)
        assert export is not None
        return instance.call(export, arguments)
    finally:
        instance.close()


@pytest.fixture(params=list(Tier), ids=lambda tier: tier.value)
def bad(request: pytest.FixtureRequest) -> Linked:
    return Linked(wat.load(wat.component(BAD), request.param), busy_seconds=0.1)


def test_an_endless_loop_is_ended_and_the_reason_told(bad: Linked, tmp_path: Path) -> None:
    with pytest.raises(GuestTrap, match=r"computed for more than 0\.1 s without a pause"):
        call(bad, tmp_path, "loop")
    assert call(bad, tmp_path, "fine") == 7


def test_others_run_while_one_loops(bad: Linked, tmp_path: Path) -> None:
    ended: list[str] = []

    def loop() -> None:
        try:
            call(bad, tmp_path, "loop")
        except GuestTrap as trap:
            ended.append(trap.reason)

    thread = threading.Thread(target=loop)
    thread.start()
    assert [call(bad, tmp_path, "fine") for _ in range(20)] == [7] * 20
    thread.join()
    assert len(ended) == 1


def test_a_trap_comes_with_its_backtrace(bad: Linked, tmp_path: Path) -> None:
    with pytest.raises(GuestTrap, match="unreachable") as trap:
        call(bad, tmp_path, "trap")
    assert "wasm backtrace" in trap.value.backtrace
    assert call(bad, tmp_path, "fine") == 7


def test_endless_recursion_is_a_trap(bad: Linked, tmp_path: Path) -> None:
    with pytest.raises(GuestTrap, match="stack"):
        call(bad, tmp_path, "recurse")
    assert call(bad, tmp_path, "fine") == 7


def test_memory_ends_at_its_limit(bad: Linked, tmp_path: Path) -> None:
    assert call(bad, tmp_path, "grow", memory=64 << 20) == -1
    assert call(bad, tmp_path, "grow", memory=256 << 20) == 1


def test_leaked_handles_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instances, "HANDLE_LIMIT", 1000)
    with pytest.raises(GuestTrap, match="more than 1000 handles are open"):
        call(Linked(wat.load(wat.component(LEAK))), tmp_path, "leak")


def test_a_waiting_guest_is_ended_when_its_request_is_given_up(tmp_path: Path) -> None:
    linked = Linked(wat.load(wat.component(SLEEP)))
    instance = Instance(linked, deployment(tmp_path))
    export = linked.export("", "sleep")
    assert export is not None
    threading.Timer(0, instance.cx.cancel, ("the client left",)).start()
    with pytest.raises(GuestTrap, match="the client left"):
        instance.call(export, (3_600_000_000_000,))
    instance.close()


def test_a_waiting_guest_ends_at_its_deadline(tmp_path: Path) -> None:
    linked = Linked(wat.load(wat.component(SLEEP)))
    instance = Instance(linked, deployment(tmp_path))
    export = linked.export("", "sleep")
    assert export is not None
    instance.cx.deadline = 1
    with pytest.raises(GuestTrap, match="time limit"):
        instance.call(export, (3_600_000_000_000,))
    instance.close()


def test_waiting_does_not_count_as_computing(tmp_path: Path) -> None:
    linked = Linked(wat.load(wat.component(SLEEP)), busy_seconds=0.1)
    assert call(linked, tmp_path, "sleep", 300_000_000) is None


def test_a_guest_without_limit_computes_until_it_is_cancelled(tmp_path: Path) -> None:
    linked = Linked(wat.load(wat.component(BAD)), busy_seconds=0.1)
    instance = Instance(linked, deployment(tmp_path))
    instance.run_until_cancelled()
    export = linked.export("", "loop")
    assert export is not None
    threading.Timer(0.5, instance.cx.cancel, ("reloaded",)).start()
    with pytest.raises(GuestTrap, match="reloaded"):
        instance.call(export, ())
    instance.close()
