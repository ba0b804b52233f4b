"""Linking: unknown imports, what is off, components that serve components, and the borrow bug of wasmtime 50."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.hosts.embedded import machine, native
from engine.hosts.embedded.context import Deployment, Link
from engine.hosts.embedded.instance import GuestTrap, Instance, live
from engine.hosts.embedded.linker import Linked
from engine.hosts.embedded.served import Generation, Served
from engine.model.deliverable import Deliverable
from engine.model.host_settings import HostSettings
from tests.hosts.embedded import wat

CALLER = """
  (import "{interface}" (instance $i (export "{function}" (func (result u32)))))
  (core func $f (canon lower (func $i "{function}")))
  (core module $M (import "i" "f" (func $f (result i32))) (func (export "run") (result i32) (call $f)))
  (core instance $m (instantiate $M (with "i" (instance (export "f" (func $f))))))
  (func $run (result u32) (canon lift (core func $m "run")))
  (export "run" (func $run))
"""


def caller(interface: str, function: str) -> Linked:
    return Linked(wat.load(wat.component(CALLER.format(interface=interface, function=function))))


def run(linked: Linked, deployment: Deployment) -> Any:
    instance = Instance(linked, deployment)
    try:
        export = linked.export("", "run")
        assert export is not None
        return instance.call(export, ())
    finally:
        instance.close()


def deployment(folder: Path, **links: Link) -> Deployment:
    named = {name.replace("__", "/").replace("_", ":", 1): link for name, link in links.items()}
    return Deployment("guest", folder, lambda *line: None, named)


def test_an_unknown_import_links_and_its_call_names_the_interface_and_what_would_help(tmp_path: Path) -> None:
    linked = caller("acme:billing/invoices@1.2.0", "count")
    with pytest.raises(GuestTrap, match=r"acme:billing/invoices is unresolved.*link a provider to it"):
        run(linked, deployment(tmp_path))


def test_an_interface_that_is_off_says_so(tmp_path: Path) -> None:
    linked = caller("acme:billing/invoices@1.2.0", "count")
    off = deployment(tmp_path, acme_billing__invoices=Link("off", "billing"))
    with pytest.raises(GuestTrap, match=r"acme:billing/invoices is off.*toggle it on"):
        run(linked, off)


def test_a_provider_that_this_host_cannot_run_is_named_with_what_would_run_it(tmp_path: Path) -> None:
    linked = caller("acme:billing/invoices@1.2.0", "count")
    foreign = deployment(tmp_path, acme_billing__invoices=Link("linked", "ghcr.io/acme/billing:1"))
    with pytest.raises(GuestTrap, match=r"ghcr\.io/acme/billing:1.*does not run; a wasmCloud lattice would"):
        run(linked, foreign)


def test_a_missing_function_of_a_known_interface_is_named(tmp_path: Path) -> None:
    linked = caller("wasi:clocks/monotonic-clock@0.2.9", "backwards")
    with pytest.raises(GuestTrap, match="wasi:clocks/monotonic-clock"):
        run(linked, deployment(tmp_path))


def test_after_a_trap_the_instance_is_refused_and_the_next_one_is_fine(tmp_path: Path) -> None:
    linked = caller("acme:billing/invoices@1.2.0", "count")
    instance = Instance(linked, deployment(tmp_path))
    export = linked.export("", "run")
    assert export is not None
    with pytest.raises(GuestTrap):
        instance.call(export, ())
    with pytest.raises(GuestTrap, match="cannot be entered again"):
        instance.call(export, ())
    instance.close()
    assert instance.context not in live


# -- components that serve components

PONG = """
  (core module $M
    (memory (export "memory") 1)
    (data (i32.const 8) "pong")
    (global $made (mut i32) (i32.const 0))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "ping") (param i32 i32) (result i32)
      (i32.store (i32.const 64) (i32.const 8)) (i32.store (i32.const 68) (local.get 1))
      (i32.const 64))
    (func (export "set") (param i32) (result i32) (global.set $made (local.get 0)) (local.get 0)))
  (core instance $m (instantiate $M))
  (type $box' (resource (rep i32)))
  (core func $new (canon resource.new $box'))
  (core module $R
    (import "r" "new" (func $new (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "get") (param i32) (result i32) (local.get 0)))
  (core instance $r (instantiate $R (with "r" (instance (export "new" (func $new))))))
  (func $ping (param "text" string) (result string)
    (canon lift (core func $m "ping") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
  (func $make (param "value" u32) (result (own $box')) (canon lift (core func $r "make")))
  (func $get (param "self" (borrow $box')) (result u32) (canon lift (core func $r "get")))
  (component $Pong
    (import "box" (type $b (sub resource)))
    (import "ping" (func $ping (param "text" string) (result string)))
    (import "make" (func $make (param "value" u32) (result (own $b))))
    (import "get" (func $get (param "self" (borrow $b)) (result u32)))
    (export $b2 "box" (type $b))
    (export "ping" (func $ping))
    (export "[constructor]box" (func $make) (func (param "value" u32) (result (own $b2))))
    (export "[method]box.get" (func $get) (func (param "self" (borrow $b2)) (result u32))))
  (instance $pong (instantiate $Pong (with "box" (type $box')) (with "ping" (func $ping))
    (with "make" (func $make)) (with "get" (func $get))))
  (export "example:pong/pingpong@0.1.0" (instance $pong))
"""

PING = f"""
  (import "example:pong/pingpong@0.1.0" (instance $pong
    (export "box" (type $b (sub resource)))
    (export "ping" (func (param "text" string) (result string)))
    (export "[constructor]box" (func (param "value" u32) (result (own $b))))
    (export "[method]box.get" (func (param "self" (borrow $b)) (result u32)))))
  (alias export $pong "box" (type $box))
  {wat.MEMORY}
  (core func $ping (canon lower (func $pong "ping") (memory $mem) (realloc $realloc)))
  (core func $make (canon lower (func $pong "[constructor]box")))
  (core func $get (canon lower (func $pong "[method]box.get")))
  (core func $drop (canon resource.drop $box))
  (core module $M
    (import "p" "ping" (func $ping (param i32 i32 i32)))
    (import "p" "make" (func $make (param i32) (result i32)))
    (import "p" "get" (func $get (param i32) (result i32)))
    (import "p" "drop" (func $drop (param i32)))
    (func (export "greet") (param i32 i32) (result i32)
      (call $ping (local.get 0) (local.get 1) (i32.const 128)) (i32.const 128))
    (func (export "boxed") (param i32) (result i32)
      (local $box i32) (local $got i32)
      (local.set $box (call $make (local.get 0)))
      (local.set $got (call $get (local.get $box)))
      (call $drop (local.get $box))
      (local.get $got)))
  (core instance $m (instantiate $M (with "p" (instance (export "ping" (func $ping))
    (export "make" (func $make)) (export "get" (func $get)) (export "drop" (func $drop))))))
  (func $greet (param "text" string) (result string)
    (canon lift (core func $m "greet") (memory $mem) (realloc $realloc)))
  (func $boxed (param "value" u32) (result u32) (canon lift (core func $m "boxed")))
  (export "greet" (func $greet))
  (export "boxed" (func $boxed))
"""


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Instance, Linked]:
    """An instance of PING whose import PONG serves."""
    pong = Generation(
        Linked(wat.load(wat.component(PONG))), deployment(tmp_path), Deliverable("", ""), HostSettings()
    )
    served = Served("pong", pong)
    linked = Linked(wat.load(wat.component(PING)))
    links = deployment(tmp_path, example_pong__pingpong=Link("linked", "pong", target=served))
    return Instance(linked, links), linked


def test_a_component_serves_the_import_of_another(pair: tuple[Instance, Linked]) -> None:
    instance, linked = pair
    greet = linked.export("", "greet")
    assert greet is not None
    assert instance.call(greet, ("abc",)) == "pon"
    assert instance.call(greet, ("abcd",)) == "pong"
    instance.close()


def test_resources_of_one_component_live_in_another_and_end_with_it(pair: tuple[Instance, Linked]) -> None:
    instance, linked = pair
    boxed = linked.export("", "boxed")
    assert boxed is not None
    assert instance.call(boxed, (42,)) == 42
    assert instance.table == {}
    peer = instance.peers["pong"]
    instance.close()
    assert not peer.alive


# -- wasmtime 50

TWO_BORROWS = f"""
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $p (sub resource)))
    (export "poll" (func (param "in" (list (borrow $p))) (result (list u32))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (alias outer 1 $pollable (type $p))
    (export "subscribe-duration" (func (param "when" u64) (result (own $p))))))
  {wat.MEMORY}
  (core func $poll (canon lower (func $poll "poll") (memory $mem) (realloc $realloc)))
  (core func $wait (canon lower (func $clock "subscribe-duration")))
  (core module $M
    (import "i" "poll" (func $poll (param i32 i32 i32)))
    (import "i" "wait" (func $wait (param i64) (result i32)))
    (import "i" "mem" (memory 1))
    (func (export "run") (result i32)
      (i32.store (i32.const 16) (call $wait (i64.const 3600000000000)))
      (i32.store (i32.const 20) (call $wait (i64.const 0)))
      (call $poll (i32.const 16) (i32.const 2) (i32.const 32))
      (i32.load (i32.load (i32.const 32)))))
  (core instance $m (instantiate $M (with "i" (instance (export "poll" (func $poll))
    (export "wait" (func $wait)) (export "mem" (memory $mem))))))
  (func $run (result u32) (canon lift (core func $m "run")))
  (export "run" (func $run))
"""


def test_a_host_function_takes_two_borrows(tmp_path: Path) -> None:
    assert run(Linked(wat.load(wat.component(TWO_BORROWS))), deployment(tmp_path)) == 1


def test_the_borrow_bug_is_still_there_with_concurrency_support(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason for the setting in `machine.py`. When this fails, wasmtime has mended it: the setting may go."""
    switched: list[bool] = []
    monkeypatch.setattr(machine, "_engines", {})
    monkeypatch.setattr(native, "config_concurrency", lambda config, on: switched.append(on))
    with pytest.raises(GuestTrap) as trap:
        run(Linked(wat.load(wat.component(TWO_BORROWS))), deployment(tmp_path))
    assert "deferred host scope has no call context" in trap.value.backtrace
    assert switched == [False]
