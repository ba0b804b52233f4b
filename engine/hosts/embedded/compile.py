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
from engine.hosts.embedded import outline as outlines
from engine.hosts.embedded.cache import CodeCache
from engine.hosts.embedded.machine import Tier, engine
from engine.hosts.embedded.native import NativeError
from engine.hosts.embedded.outline import code_size
from engine.hosts.embedded.signature import surface

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

    def __del__(self) -> None:
        # Stores and linkers hold what they use of it; nothing else here does.
        native.component_delete(self.component)
        for module in self.modules.values():
            native.module_delete(module)


def compile_component(data: bytes, tier: Tier) -> int:
    """Compiles in this process. Raises NativeError."""
    buffer = (ctypes.c_uint8 * len(data)).from_buffer_copy(data)
    return native.out_pointer(native.component_new, engine(tier), buffer, len(data))


def load_component(path: Path, tier: Tier) -> int:
    """Maps code that was compiled before. Raises NativeError when this wasmtime cannot use it."""
    return native.out_pointer(native.component_deserialize_file, engine(tier), str(path).encode())


def compile_module(data: bytes, tier: Tier) -> int:
    """Compiles a core module in this process. Raises NativeError."""
    buffer = (ctypes.c_uint8 * len(data)).from_buffer_copy(data)
    return native.out_pointer(native.module_new, engine(tier), buffer, len(data))


def load_module(path: Path, tier: Tier) -> int:
    return native.out_pointer(native.module_deserialize_file, engine(tier), str(path).encode())


OUTLINED = "outlined"
MODULE = "module"
FAST = Tier.CRANELIFT


@dataclass(frozen=True)
class Upgrade:
    """Which code comes next, and how long the code before it must have stayed."""

    kind: str
    delay: float


# A build's modules that the next build shares are compiled once, apart: the next one then runs fast at once. Joined
# anew for each instance they cost a millisecond, so code that stays is compiled whole as well.
SHARED = Upgrade(OUTLINED, 0.0)
WHOLE = Upgrade(FAST.value, 0.0)
WHOLE_LATER = Upgrade(FAST.value, 20.0)


@dataclass
class _Job:
    ended: threading.Event = field(default_factory=threading.Event)
    child: subprocess.Popen[bytes] | None = None


class _Compiling:
    """A component's compile on a thread of its own."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._component: int | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._component = compile_component(self._data, FAST)
        except NativeError:
            self._component = None

    def result(self) -> int | None:
        """The component, None where it cannot be compiled apart from its modules."""
        self._thread.join()
        return self._component


class Compiler:
    """Gives code for components, from the cache where it can. May be used from any thread."""

    def __init__(self, cache: CodeCache) -> None:
        self.cache = cache
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()

    def code(self, path: Path, digest: str) -> Code:
        """The best code that is there now; compiles with the quickest compiler when there is none.

        Raises :class:`CompileError`.
        """
        found = self._cached(digest, FAST) or self._cached_outlined(digest)
        if found is not None:
            return found
        try:
            data = path.read_bytes()
        except OSError as problem:
            raise CompileError(f"{path} cannot be read: {problem.strerror}") from None
        if len(data) < SMALL:
            return self._compile_here(data, digest)
        return self._outline(data, digest) or self._compile_soon(path, digest)

    def upgrade(self, name: str, path: Path, digest: str, how: Upgrade, done: Callable[[Code], None]) -> None:
        """Compiles for speed in the background, at low priority; `done` is called on a thread of its own.

        A later upgrade of the same `name` ends this one.
        """
        self.abandon(name)
        job = _Job()
        with self._lock:
            self._jobs[name] = job

        def run() -> None:
            if job.ended.wait(how.delay) or self._compile_apart(path, digest, how.kind, job):
                return
            code = self._cached(digest, FAST) or self._cached_outlined(digest)
            if code is not None and not job.ended.is_set():
                done(code)

        threading.Thread(target=run, name=f"upgrade {name}", daemon=True).start()

    def abandon(self, name: str) -> None:
        """Ends a background compile that is not wanted any more."""
        with self._lock:
            job = self._jobs.pop(name, None)
            if job is not None:
                job.ended.set()
                if job.child is not None:
                    job.child.kill()

    def close(self) -> None:
        for name in tuple(self._jobs):
            self.abandon(name)

    # -- from the cache

    def _cached(self, digest: str, tier: Tier) -> Code | None:
        component = self._load(digest, tier.value, lambda path: load_component(path, tier))
        return None if component is None else Code(tier, component)

    def _cached_outlined(self, digest: str) -> Code | None:
        component = self._load(digest, OUTLINED, lambda path: load_component(path, FAST))
        if component is None:
            return None
        modules = {}
        for name in surface(engine(FAST), component).modules:
            module = self._module(name)
            if module is None:
                return None
            modules[name] = module
        return Code(FAST, component, modules)

    def _module(self, name: str) -> int | None:
        return self._load(name, MODULE, lambda path: load_module(path, FAST))

    def _load(self, digest: str, kind: str, load: Callable[[Path], int]) -> int | None:
        path = self.cache.find(digest, kind)
        if path is None:
            return None
        try:
            return load(path)
        except NativeError:
            # Made by another build of wasmtime or for another machine: made anew.
            path.unlink(missing_ok=True)
            return None

    # -- anew

    def _outline(self, data: bytes, digest: str) -> Code | None:
        """Fast code at once, where all large modules were compiled for an earlier build."""
        if not outlines.shares(data):
            return None
        try:
            outlined = outlines.outline(data)
        except outlines.CannotOutline:
            return None
        modules = {}
        missing = {}
        for name, module in outlined.modules.items():
            known = self._module(name)
            if known is not None:
                modules[name] = known
            elif code_size(module) < SMALL:
                missing[name] = module
            else:
                return None
        around = _Compiling(outlined.component)
        try:
            for name, module in missing.items():
                modules[name] = compile_module(module, FAST)
        except NativeError as problem:
            raise CompileError(str(problem)) from None
        finally:
            component = around.result()
        if component is None:
            return None
        # What is kept for the next start is no part of this one.
        code = Code(FAST, component, modules)
        threading.Thread(target=self._keep, args=(digest, code, tuple(missing)), daemon=True).start()
        return code

    def _keep(self, digest: str, code: Code, new: tuple[str, ...]) -> None:
        for name in new:
            self.cache.store(name, MODULE, native.out_bytes(native.module_serialize, code.modules[name]))
        self.cache.store(digest, OUTLINED, native.out_bytes(native.component_serialize, code.component))

    def _compile_soon(self, path: Path, digest: str) -> Code:
        problem = ""
        for tier in (Tier.WINCH, Tier.SINGLE_PASS):
            found = self._cached(digest, tier)
            if found is None:
                problem = self._compile_apart(path, digest, tier.value)
                found = None if problem else self._cached(digest, tier)
            if found is not None:
                return found
        raise CompileError(problem)

    def _compile_here(self, data: bytes, digest: str) -> Code:
        try:
            component = compile_component(data, FAST)
        except NativeError as problem:
            raise CompileError(str(problem)) from None
        self.cache.store(digest, FAST.value, native.out_bytes(native.component_serialize, component))
        return Code(FAST, component)

    def _compile_apart(self, path: Path, digest: str, kind: str, job: _Job | None = None) -> str:
        """Fills the cache by a child process; gives what went wrong."""
        command = [sys.executable, "-m", "engine.hosts.embedded.compiler"]
        with self._lock:
            if job is not None and job.ended.is_set():
                return "not wanted any more"
            child = subprocess.Popen(
                [*command, kind, str(path), digest, str(self.cache.folder), str(NICE if job else 0)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
            if job is not None:
                job.child = child
        _, errors = child.communicate()
        if child.returncode == 0:
            return ""
        return errors.decode("utf-8", "replace").strip() or f"the compiler ended with {child.returncode}"
