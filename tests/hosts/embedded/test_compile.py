"""Compile tiers, outlined modules and the cache of code."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from engine.hosts.embedded import compile as compiling
from engine.hosts.embedded.cache import CodeCache
from engine.hosts.embedded.compile import SHARED, WHOLE, Code, CompileError, Compiler
from engine.hosts.embedded.context import Deployment
from engine.hosts.embedded.instance import Instance
from engine.hosts.embedded.linker import Linked
from engine.hosts.embedded.machine import Tier
from engine.hosts.embedded.outline import CannotOutline, outline, shares
from tests.hosts.embedded import wat

# Winch has no tail calls; the numbers make it more than a few bytes of code.
TAIL = """
  (core module $M
    (func $count (param i32) (result i32)
      (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 7))
        (else (return_call $count (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "run") (result i32) (call $count (i32.const 100000))))
  (core instance $m (instantiate $M))
  (func $run (result u32) (canon lift (core func $m "run")))
  (export "run" (func $run))
"""
PLAIN = TAIL.replace("return_call", "call").replace("100000", "10")

TWO = """
  (core module $Lib
    (type $f (func (param i32) (result i32)))
    (memory (export "memory") 1) (table 1 funcref) (global $g (export "base") i32 (i32.const 40))
    (func (export "add") (type $f) (i32.add (local.get 0) (global.get $g))))
  (core module $App
    (import "lib" "add" (func $add (param i32) (result i32)))
    (import "lib" "memory" (memory 1))
    (func (export "run") (result i32) (call $add (i32.const 2))))
  (core instance $lib (instantiate $Lib))
  (core instance $app (instantiate $App (with "lib" (instance $lib))))
  (func $run (result u32) (canon lift (core func $app "run")))
  (export "run" (func $run))
"""


def run(code: Code) -> int:
    linked = Linked(code)
    instance = Instance(linked, Deployment("c", Path(), lambda *line: None))
    export = linked.export("", "run")
    assert export is not None
    result: int = instance.call(export, ())
    instance.close()
    return result


class Arrival:
    """Waits for the code of an upgrade."""

    def __init__(self) -> None:
        self.codes: list[Code] = []
        self._arrived = threading.Event()

    def __call__(self, code: Code) -> None:
        self.codes.append(code)
        self._arrived.set()

    def wait(self) -> Code:
        assert self._arrived.wait(60)
        return self.codes[0]


@pytest.fixture
def compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Compiler:
    """One for which nothing is small."""
    monkeypatch.setattr(compiling, "SMALL", 0)
    return Compiler(CodeCache(tmp_path / "code"))


def test_code_is_there_soon_and_better_code_later(compiler: Compiler, tmp_path: Path) -> None:
    made = wat.deliverable(tmp_path, wat.component(PLAIN))
    path = Path(made.component)
    soon = compiler.code(path, made.digest)
    assert soon.tier is Tier.WINCH
    assert run(soon) == 7
    arrival = Arrival()
    compiler.upgrade("c", path, made.digest, WHOLE, arrival)
    better = arrival.wait()
    assert better.tier is Tier.CRANELIFT
    assert run(better) == 7
    assert compiler.code(path, made.digest).tier is Tier.CRANELIFT


def test_what_winch_cannot_compile_is_compiled_all_the_same(compiler: Compiler, tmp_path: Path) -> None:
    made = wat.deliverable(tmp_path, wat.component(TAIL))
    code = compiler.code(Path(made.component), made.digest)
    assert code.tier is Tier.SINGLE_PASS
    assert run(code) == 7


def test_a_small_component_is_compiled_here_and_kept(tmp_path: Path) -> None:
    compiler = Compiler(CodeCache(tmp_path / "code"))
    made = wat.deliverable(tmp_path, wat.component(PLAIN))
    assert compiler.code(Path(made.component), made.digest).tier is Tier.CRANELIFT
    Path(made.component).unlink()
    assert run(compiler.code(Path(made.component), made.digest)) == 7


def test_a_newer_upgrade_ends_the_one_before(compiler: Compiler, tmp_path: Path) -> None:
    made = wat.deliverable(tmp_path, wat.component(PLAIN))
    path = Path(made.component)
    first, second = Arrival(), Arrival()
    compiler.upgrade("c", path, made.digest, compiling.WHOLE_LATER, first)
    compiler.upgrade("c", path, made.digest, WHOLE, second)
    second.wait()
    assert not first.codes


@pytest.mark.parametrize("data", [b"", b"\0asm\x0d\0\x01\0" + b"\xff" * 50, b"not wasm at all"])
def test_what_is_no_component_is_refused(compiler: Compiler, tmp_path: Path, data: bytes) -> None:
    made = wat.deliverable(tmp_path, data)
    with pytest.raises(CompileError):
        compiler.code(Path(made.component), made.digest)


def test_code_that_this_wasmtime_cannot_use_is_made_anew(tmp_path: Path) -> None:
    compiler = Compiler(CodeCache(tmp_path / "code"))
    made = wat.deliverable(tmp_path, wat.component(PLAIN))
    compiler.code(Path(made.component), made.digest)
    path = compiler.cache.find(made.digest, "cranelift")
    assert path is not None
    path.write_bytes(b"something else")
    assert run(compiler.code(Path(made.component), made.digest)) == 7


# -- outlined modules


def test_modules_are_compiled_once_for_all_builds_that_share_them(
    compiler: Compiler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.hosts.embedded.outline.SHARED", 0)
    first = wat.component(TWO)
    second = wat.component(TWO.replace("i32.const 2", "i32.const 3"))
    shared = set(outline(first).modules) & set(outline(second).modules)
    assert len(shared) == 1
    made = wat.deliverable(tmp_path, first)
    from engine.hosts.embedded.compiler import compile_outlined

    assert compile_outlined(compiler.cache, first, made.digest)
    again = compiler.code(Path(made.component), made.digest)
    assert set(again.modules) == set(outline(first).modules)
    assert run(again) == 42
    # The other build's own module is compiled here, since little code is in it; what it shares is there.
    monkeypatch.setattr(compiling, "code_size", lambda module: -1)
    monkeypatch.setattr(compiling, "SMALL", 0)
    edited = wat.deliverable(tmp_path, second)
    code = compiler.code(Path(edited.component), edited.digest)
    assert code.tier is Tier.CRANELIFT
    assert shared <= set(code.modules)
    assert run(code) == 43


def test_what_cannot_be_outlined_is_said(tmp_path: Path) -> None:
    data = wat.component("(core type $t (module)) (core module $M)")
    with pytest.raises(CannotOutline):
        outline(data)
    with pytest.raises(CannotOutline):
        outline(wat.component(TWO)[:200])
    assert not shares(wat.component(TWO))


def test_an_upgrade_without_modules_to_share_compiles_the_whole(compiler: Compiler, tmp_path: Path) -> None:
    made = wat.deliverable(tmp_path, wat.component(PLAIN))
    arrival = Arrival()
    compiler.upgrade("c", Path(made.component), made.digest, SHARED, arrival)
    assert not arrival.wait().modules


# -- the cache


def test_the_cache_is_the_user_s_alone(tmp_path: Path) -> None:
    cache = CodeCache(tmp_path / "code")
    path = cache.store("digest", "winch", b"code")
    assert stat.S_IMODE(cache.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (tmp_path / "open").mkdir(mode=0o777)
    assert stat.S_IMODE(CodeCache(tmp_path / "open").folder.stat().st_mode) == 0o700


def test_the_cache_is_bounded_and_what_was_not_used_for_longest_goes(tmp_path: Path) -> None:
    cache = CodeCache(tmp_path / "code", limit=350)
    for number, name in enumerate("abc"):
        path = cache.store(name, "winch", bytes(100))
        os.utime(path, (number, number))
    cache.find("a", "winch")
    cache.store("d", "winch", bytes(100))
    left = [name for name in "abcd" if cache.find(name, "winch")]
    assert left == ["a", "c", "d"]


def test_two_sessions_fill_the_cache_at_once(tmp_path: Path) -> None:
    caches = [CodeCache(tmp_path / "code", limit=1000) for _ in range(2)]
    problems: list[BaseException] = []

    def fill(cache: CodeCache) -> None:
        try:
            for number in range(200):
                cache.store(str(number % 7), "winch", bytes([number % 7]) * 300)
                path = cache.find(str(number % 5), "winch")
                if path is not None:
                    try:
                        assert path.read_bytes() == bytes([number % 5]) * 300
                    except FileNotFoundError:
                        pass  # the other one made room
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=fill, args=(cache,)) for cache in caches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
