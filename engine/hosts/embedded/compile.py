"""Component binaries to machine code, in tiers: something that runs soon, then something that runs fast.

Compiling takes hundreds of megabytes for a moment, so large components are compiled by a child process
(`compiler.py`) and only mapped here.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from engine.hosts.embedded import native
from engine.hosts.embedded.cache import CodeCache
from engine.hosts.embedded.machine import Tier, engine
from engine.hosts.embedded.native import NativeError

# Smaller than this compiles in this process in less time than a child takes to start.
SMALL = 256 * 1024
NICE = 10


class CompileError(Exception):
    """The component is no valid component, or uses what no compiler here supports."""


@dataclass
class Code:
    """A component's machine code, loaded. `modules` are core modules that were compiled apart, by import name."""

    tier: Tier
    component: int
    modules: dict[str, int] = field(default_factory=dict)


def compile_component(data: bytes, tier: Tier) -> int:
    """Compiles in this process. Raises NativeError."""
    buffer = (ctypes.c_uint8 * len(data)).from_buffer_copy(data)
    return native.out_pointer(native.component_new, engine(tier), buffer, len(data))


def load_component(path: Path, tier: Tier) -> int:
    """Maps code that was compiled before. Raises NativeError when this wasmtime cannot use it."""
    return native.out_pointer(native.component_deserialize_file, engine(tier), str(path).encode())


class Compiler:
    """Gives code for components, from the cache where it can. May be used from any thread."""

    def __init__(self, cache: CodeCache) -> None:
        self.cache = cache
        self._upgrades: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._closed = False

    def code(self, path: Path, digest: str) -> Code:
        """The best code that is there now; compiles with the quickest compiler when there is none.

        Raises :class:`CompileError`.
        """
        for tier in (Tier.CRANELIFT, Tier.WINCH, Tier.SINGLE_PASS):
            found = self._cached(digest, tier)
            if found is not None:
                return found
        size = path.stat().st_size
        if size < SMALL:
            return self._compile_here(path, digest)
        problem = ""
        for tier in (Tier.WINCH, Tier.SINGLE_PASS):
            problem = self._compile_apart(path, digest, tier)
            if not problem:
                found = self._cached(digest, tier)
                if found is not None:
                    return found
        raise CompileError(problem)

    def upgrade(self, name: str, path: Path, digest: str, done: Callable[[Code], None]) -> None:
        """Compiles for speed in the background, at low priority; `done` is called on a thread of its own.

        A later upgrade of the same `name` ends this one.
        """

        def run() -> None:
            if not self._compile_apart(path, digest, Tier.CRANELIFT, upgrade=name):
                code = self._cached(digest, Tier.CRANELIFT)
                if code is not None and not self._closed:
                    done(code)

        self.abandon(name)
        threading.Thread(target=run, name=f"upgrade {name}", daemon=True).start()

    def abandon(self, name: str) -> None:
        """Ends a background compile that is not wanted any more."""
        with self._lock:
            running = self._upgrades.pop(name, None)
        if running is not None:
            running.kill()

    def close(self) -> None:
        self._closed = True
        for name in tuple(self._upgrades):
            self.abandon(name)

    def _cached(self, digest: str, tier: Tier) -> Code | None:
        path = self.cache.find(digest, tier.value)
        if path is None:
            return None
        try:
            return Code(tier, load_component(path, tier))
        except NativeError:
            # Made by another build of wasmtime or for another machine: made anew.
            path.unlink(missing_ok=True)
            return None

    def _compile_here(self, path: Path, digest: str) -> Code:
        try:
            component = compile_component(path.read_bytes(), Tier.CRANELIFT)
        except NativeError as problem:
            raise CompileError(str(problem)) from None
        self.cache.store(
            digest, Tier.CRANELIFT.value, native.out_bytes(native.component_serialize, component)
        )
        return Code(Tier.CRANELIFT, component)

    def _compile_apart(self, path: Path, digest: str, tier: Tier, upgrade: str = "") -> str:
        """Fills the cache by a child process; gives what went wrong."""
        command = [sys.executable, "-m", "engine.hosts.embedded.compiler"]
        child = subprocess.Popen(
            [*command, tier.value, str(path), digest, str(self.cache.folder), str(NICE if upgrade else 0)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        if upgrade:
            with self._lock:
                self._upgrades[upgrade] = child
        _, errors = child.communicate()
        if upgrade:
            with self._lock:
                if self._upgrades.get(upgrade) is child:
                    del self._upgrades[upgrade]
        if child.returncode == 0:
            return ""
        return errors.decode("utf-8", "replace").strip() or f"the compiler ended with {child.returncode}"
