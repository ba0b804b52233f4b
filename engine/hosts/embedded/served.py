"""A component in service: its generations, its instances, calls into it."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.hosts.embedded.context import Context, Deployment
from engine.hosts.embedded.http.exchange import Exchange
from engine.hosts.embedded.instance import GuestTrap, Instance
from engine.hosts.embedded.interfaces.cli import Exit, end_output
from engine.hosts.embedded.interfaces.http_incoming import IncomingRequest
from engine.hosts.embedded.interfaces.http_outgoing import ResponseOutparam
from engine.hosts.embedded.linker import Export, Linked
from engine.hosts.embedded.values import Err, Trap
from engine.model.deliverable import Deliverable, TrackedFile
from engine.model.host_settings import HostSettings

HANDLER = ("wasi:http/incoming-handler", "handle")
LOADER = ("wake:shell/loader", "warm")
SECOND = 1_000_000_000
# A call that waits for a free instance gives up after this.
QUEUE_SECONDS = 10.0
# Components that call each other in a ring would nest for ever.
DEPTH = 16
KEPT_LIMIT = 16
FILL_PAUSE = 0.02


class LoadFailed(Exception):
    """The dev shell could not load the user's code. `diagnostics` is the JSON text that `warm` gave."""

    def __init__(self, diagnostics: str) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics


class Busy(Exception):
    """Every instance that the limits allow is at work."""


@dataclass
class Stamp:
    """A tracked file as last seen: changed when any of the three differ."""

    path: str
    seen: tuple[int, int, int] | None


def look(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class Generation:
    """One state of a component's code: instances of it are made here, and kept ready."""

    def __init__(
        self, linked: Linked, deployment: Deployment, deliverable: Deliverable, settings: HostSettings
    ) -> None:
        self.linked = linked
        self.deployment = deployment
        self.deliverable = deliverable
        self.settings = settings
        self.idle: deque[Instance] = deque()
        self.retired = False
        self.target = settings.pool if deliverable.shell or settings.instances == "warm" else 0

    def make(self) -> Instance:
        """A new instance, the user's code loaded where a dev shell loads it.

        Raises :class:`GuestTrap` and :class:`LoadFailed`.
        """
        instance = Instance(self.linked, self.deployment, self.settings.memory_mb << 20)
        if self.deliverable.shell:
            warm = self.linked.export(*LOADER)
            if warm is not None:
                try:
                    instance.cx.deadline = time.monotonic_ns() + int(self.settings.request_seconds * SECOND)
                    outcome = instance.call(warm, ())
                except BaseException:
                    end_output(instance.cx)
                    instance.close()
                    raise
                if isinstance(outcome, Err):
                    end_output(instance.cx)
                    instance.close()
                    raise LoadFailed(outcome.value)
        return instance

    def acquire(self) -> Instance:
        try:
            return self.idle.popleft()
        except IndexError:
            return self.make()

    def release(self, instance: Instance) -> None:
        """Takes an instance back after a call; it serves again only where the settings say *reuse*."""
        end_output(instance.cx)
        if (
            self.settings.instances == "reuse"
            and not instance.poisoned
            and not self.retired
            and len(self.idle) < KEPT_LIMIT
        ):
            instance.cx.request = None
            self.idle.append(instance)
        else:
            instance.close()

    def retire(self) -> None:
        """No more calls come; those at work end on their own."""
        self.retired = True
        while self.idle:
            try:
                self.idle.popleft().close()
            except IndexError:
                break


class Served:
    """A deployed component. Its generation is swapped whole; calls at work keep theirs."""

    def __init__(
        self, name: str, generation: Generation, dirty: Callable[[str, tuple[str, ...]], bool] | None = None
    ) -> None:
        """`dirty(name, paths)` tells the engine; false when there is none to tell."""
        self.name = name
        self.generation = generation
        self._dirty = dirty
        self._slots = threading.BoundedSemaphore(generation.settings.concurrency)
        self._stamps: tuple[Stamp, ...] = ()
        self._reloaded = threading.Event()
        self._reloaded.set()
        self._look_lock = threading.Lock()
        self._refill = threading.Event()
        self._ended = False
        self._left: deque[Generation] = deque()
        self._filler: threading.Thread | None = None
        self.track(generation.deliverable.tracked)

    # -- generations

    def swap(self, generation: Generation) -> None:
        """Puts `generation` in service."""
        before, self.generation = self.generation, generation
        before.retired = True
        self._left.append(before)
        if self._filler is None:
            self._sweep()
        self.fill()

    def end(self) -> None:
        self._ended = True
        self._refill.set()
        self.generation.retire()

    def fill(self) -> None:
        """Lets the pool be filled, in the background."""
        if self.generation.target:
            if self._filler is None:
                self._filler = threading.Thread(
                    target=self._keep_filled, name=f"pool {self.name}", daemon=True
                )
                self._filler.start()
            self._refill.set()

    def _sweep(self) -> None:
        while self._left:
            self._left.popleft().retire()

    def _keep_filled(self) -> None:
        pause = threading.Event()
        while not self._ended:
            self._refill.wait()
            # The request that waits for new code goes first.
            pause.wait(FILL_PAUSE)
            self._refill.clear()
            self._sweep()
            generation = self.generation
            while not self._ended and not generation.retired and len(generation.idle) < generation.target:
                try:
                    generation.idle.append(generation.make())
                except (GuestTrap, LoadFailed):
                    break  # told by the request that meets it
            if generation.retired:
                generation.retire()

    # -- changed files

    def track(self, files: tuple[TrackedFile, ...]) -> None:
        """The files that the code now in service was made from."""
        self._stamps = tuple(Stamp(file.path, (file.mtime_ns, file.size, file.inode)) for file in files)

    def hold(self) -> None:
        """A reload is under way that was not told from here: requests wait for it as well."""
        self._reloaded.clear()

    def reloaded(self) -> None:
        """A reload is done, well or not: held requests go on. A file that changed meanwhile is told at once."""
        self._reloaded.set()
        self._look()

    def _look(self) -> bool:
        """Tells the engine of files that changed since they were last seen; true when it was told."""
        stamps = self._stamps
        if all(look(stamp.path) == stamp.seen for stamp in stamps):
            return False
        with self._look_lock:
            changed = []
            for stamp in self._stamps:
                now = look(stamp.path)
                if now != stamp.seen:
                    # Told once: a change that cannot be loaded must not hold every later request.
                    stamp.seen = now
                    changed.append(stamp.path)
            if not changed or self._dirty is None:
                return False
            self._reloaded.clear()
            if not self._dirty(self.name, tuple(changed)):
                self._reloaded.set()
                return False
        return True

    def fresh_code(self) -> Generation:
        """The generation for a request that comes now: waits, bounded, for the reload of files that changed."""
        if self._stamps:
            self._look()
            if not self._reloaded.is_set() and not self._reloaded.wait(self.generation.settings.hold_seconds):
                self._reloaded.set()
        return self.generation

    # -- calls

    def answer(self, exchange: Exchange) -> str | None:
        """Serves one HTTP request; gives what went wrong, for the log of requests."""
        if not self._slots.acquire(timeout=QUEUE_SECONDS):
            exchange.reply(
                503, f"{self.name}: {self.generation.settings.concurrency} requests are at work already"
            )
            return "busy"
        try:
            return self._answer(exchange)
        finally:
            self._slots.release()

    def _answer(self, exchange: Exchange) -> str | None:
        generation = self.fresh_code()
        export = generation.linked.export(*HANDLER)
        if export is None:
            exchange.reply(501, f"{self.name} does not export wasi:http/incoming-handler")
            return "no handler"
        try:
            instance = generation.acquire()
        except (GuestTrap, LoadFailed, Trap) as problem:
            exchange.reply(500, f"{self.name} cannot be started: {problem}")
            self._log("error", f"an instance cannot be started: {detail(problem)}")
            return str(problem)
        param = ResponseOutparam(exchange)
        cx = instance.cx
        cx.request = exchange
        cx.deadline = time.monotonic_ns() + int(generation.settings.request_seconds * SECOND)
        problem_text: str | None = None
        try:
            instance.call(export, (IncomingRequest(exchange), param))
        except GuestTrap as trap:
            problem_text = self._trapped(trap, f"{exchange.method} {exchange.target}")
            if not exchange.begun or not exchange.ended:
                exchange.reply(
                    504 if "computed for more" in trap.reason else 500, f"{self.name}: {trap.reason}"
                )
        else:
            if param.failure is not None:
                problem_text = f"the component answered with the error {said(param.failure)}"
                exchange.reply(500, f"{self.name}: {problem_text}")
            elif not param.used:
                problem_text = "the component returned without an answer"
                exchange.reply(500, f"{self.name}: {problem_text}")
        finally:
            generation.release(instance)
            if generation.target and not generation.retired:
                self._refill.set()
        if not exchange.ended and not exchange.aborted:
            exchange.abort()
        if exchange.aborted and problem_text is None:
            problem_text = "the answer was cut off: its body was not finished, or the client left"
        return problem_text

    def call(self, export: Export, arguments: tuple[Any, ...]) -> Any:
        """Calls any export on an instance of its own. Raises :class:`GuestTrap`, :class:`LoadFailed`, :class:`Busy`."""
        if not self._slots.acquire(timeout=QUEUE_SECONDS):
            raise Busy(f"{self.name}: every instance is at work")
        try:
            generation = self.fresh_code()
            instance = generation.acquire()
            try:
                instance.cx.deadline = time.monotonic_ns() + int(generation.settings.request_seconds * SECOND)
                return instance.call(export, arguments)
            except GuestTrap as trap:
                if not isinstance(trap.cause, Exit):
                    self._trapped(trap, export.name)
                raise
            finally:
                generation.release(instance)
                self.fill()
        finally:
            self._slots.release()

    def call_export(self, interface: str, function: str, arguments: tuple[Any, ...]) -> Any:
        """As :meth:`call`, by names; raises KeyError when the component has no such export."""
        export = self.generation.linked.export(interface, function)
        if export is None:
            raise KeyError(f"{self.name} does not export {interface}#{function}")
        return self.call(export, arguments)

    def call_for(self, cx: Context, interface: str, function: str, arguments: tuple[Any, ...]) -> Any:
        """Serves another component's import. The caller's instance keeps one instance of this component, so that
        resources it got stay good. Raises :class:`Trap`."""
        caller = cx.instance
        assert caller is not None
        if caller.depth >= DEPTH:
            raise Trap(f"components call each other more than {DEPTH} deep")
        peer = caller.peers.get(self.name)
        if peer is None or peer.poisoned:
            try:
                peer = self.generation.acquire()
            except (GuestTrap, LoadFailed) as problem:
                raise Trap(f"{self.name}, which serves {interface}, cannot be started: {problem}") from None
            peer.depth = caller.depth + 1
            caller.peers[self.name] = peer
        export = peer.linked.export(interface, function)
        if export is None:
            raise Trap(f"{self.name} is linked to {interface} but does not export {interface}#{function}")
        peer.cx.deadline = cx.deadline
        peer.cx.cancelled = cx.cancelled
        try:
            return peer.call(export, arguments)
        except GuestTrap as trap:
            self._trapped(trap, export.name)
            raise Trap(f"{self.name}, which serves {interface}#{function}, trapped: {trap.reason}") from None
        finally:
            end_output(peer.cx)

    def _trapped(self, trap: GuestTrap, during: str) -> str:
        self._log("error", f"trapped during {during}: {detail(trap)}")
        return trap.reason

    def _log(self, level: str, text: str) -> None:
        self.generation.deployment.log(self.name, level, text)


def detail(problem: Exception) -> str:
    """The whole story of a problem, for the log."""
    if isinstance(problem, GuestTrap) and problem.backtrace:
        return f"{problem.reason}\n{problem.backtrace}"
    return str(problem)


def said(error: tuple[str, Any]) -> str:
    """A wasi:http error code as text."""
    name, payload = error
    return name if payload is None else f"{name}: {payload}"
