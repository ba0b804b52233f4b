"""One instance of a component: its store, its resource table, calls into it."""

from __future__ import annotations

import ctypes
from ctypes import addressof, create_string_buffer
from typing import TYPE_CHECKING, Any

from engine.hosts.embedded import native
from engine.hosts.embedded.context import Context, Deployment
from engine.hosts.embedded.machine import TICK, ticker
from engine.hosts.embedded.native import VALUE, NativeError, func_call, val_delete
from engine.hosts.embedded.values import Resource, Trap

if TYPE_CHECKING:
    from engine.hosts.embedded.linker import Export, Linked

# Handles that one instance may hold at once: a guest that leaks them must not grow the host without end.
HANDLE_LIMIT = 100_000

# How soon a cancelled guest without a time limit ends.
LOOK_SECONDS = 0.2

live: dict[int, Instance] = {}
"""Every instance by the address of its store's context, which is what wasmtime hands to callbacks."""


class GuestTrap(Exception):
    """A call into a guest ended in a trap. `reason` is one line, `backtrace` wasmtime's whole text.

    `cause` is what a host function raised, if that ended the guest.
    """

    def __init__(self, reason: str, backtrace: str, cause: BaseException | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.backtrace = backtrace
        self.cause = cause


def _look(context: int, data: int, delta: Any, kind: Any) -> int | None:
    """At each deadline of a guest without a time limit: goes on unless it was cancelled."""
    cx = live[context].cx
    if cx.cancelled.ready():
        error: int = native.error_new(cx.why.encode())
        return error
    delta[0] = int(LOOK_SECONDS / TICK)
    kind[0] = 0
    return None


_look_up = native.EPOCH_CALLBACK(_look)


class Instance:
    """An instance, to be used by one thread at a time. Close it: the store is not freed otherwise."""

    __slots__ = (
        "_functions",
        "_next",
        "alive",
        "busy_seconds",
        "context",
        "cx",
        "depth",
        "failure",
        "handle",
        "lent",
        "linked",
        "peers",
        "poisoned",
        "store",
        "table",
    )

    def __init__(self, linked: Linked, deployment: Deployment, memory: int = -1) -> None:
        self.linked = linked
        self.cx = Context(deployment)
        self.cx.instance = self
        self.table: dict[int, Resource] = {}
        self.lent: list[int] = []
        self.peers: dict[str, Instance] = {}
        self.failure: BaseException | None = None
        self.depth = 0
        self.poisoned = False
        self.alive = True
        self._next = 0
        self._functions: dict[int, Any] = {}
        self.store = native.store_new(linked.engine, None, None)
        self.context = native.store_context(self.store)
        self.handle = (ctypes.c_uint64 * 2)()
        live[self.context] = self
        # Code that runs while the parts are joined (start functions) is under the limits too.
        native.store_limiter(self.store, memory, -1, -1, -1, -1)
        self.busy_seconds = linked.busy_seconds
        self.limit_time()
        ticker.enter()
        try:
            native.check(
                native.linker_instantiate(
                    linked.linker, self.context, linked.component, addressof(self.handle)
                )
            )
        except NativeError as problem:
            text = str(problem)
            self.close()
            raise self._trap(text) from None
        finally:
            ticker.leave()

    def limit_time(self) -> None:
        """Lets the guest compute for `busy_seconds` from now on, until it next waits for the host."""
        native.set_epoch_deadline(self.context, int(self.busy_seconds / TICK) + 1)

    def run_until_cancelled(self) -> None:
        """Takes the time limit off: the guest computes until its context is cancelled."""
        self.cx.deadline = None
        native.epoch_callback(self.store, _look_up, None, None)

    def put(self, resource: Resource) -> int:
        """Adds to the table and gives the number that the guest's handle carries."""
        if len(self.table) >= HANDLE_LIMIT:
            raise Trap(
                f"more than {HANDLE_LIMIT} handles are open in one instance: resources are not dropped"
            )
        self._next += 1
        self.table[self._next] = resource
        return self._next

    def call(self, export: Export, arguments: tuple[Any, ...]) -> Any:
        """Calls an exported function. Raises :class:`GuestTrap`; the instance is of no use afterwards."""
        if self.poisoned or not self.alive:
            raise GuestTrap("the instance trapped before and cannot be entered again", "", None)
        function = self._functions.get(export.index)
        if function is None:
            function = (ctypes.c_uint64 * 3)()
            found = native.instance_get_func(
                addressof(self.handle), self.context, export.index, addressof(function)
            )
            assert found, export.name
            self._functions[export.index] = function
        count = len(export.lowerers)
        space = create_string_buffer(VALUE * (count + 1))
        start = addressof(space)
        place = start
        self.failure = None
        try:
            for lower, argument in zip(export.lowerers, arguments, strict=True):
                lower(place, argument, self)
                place += VALUE
            self.limit_time()
            ticker.enter()
            try:
                error = func_call(
                    addressof(function), self.context, start, count, place, 0 if export.lifter is None else 1
                )
            finally:
                ticker.leave()
            if error:
                self.poisoned = True
                raise self._trap(native.error_text(error))
            if export.lifter is None:
                return None
            try:
                return export.lifter(place, self)
            finally:
                val_delete(place)
        finally:
            while place > start:
                place -= VALUE
                val_delete(place)
            for number in self.lent:
                self.table.pop(number, None)
            self.lent.clear()

    def _trap(self, text: str) -> GuestTrap:
        cause, self.failure = self.failure, None
        if cause is not None:
            reason = str(cause)
        elif "wasm trap: interrupt" in text:
            reason = f"the component computed for more than {self.busy_seconds:g} s without a pause"
        else:
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            reason = lines[-1] if lines else "trap"
            for line in lines:
                if "wasm trap:" in line:
                    reason = line.partition(": ")[2] if line[0].isdigit() else line
        return GuestTrap(reason, text, cause)

    def poison(self) -> None:
        """Marks the instance as one that trapped."""
        self.poisoned = True

    def close(self) -> None:
        """Frees the store and drops every resource that the guest still held."""
        if not self.alive:
            return
        self.alive = False
        for peer in self.peers.values():
            peer.close()
        self.peers.clear()
        # First out of the table: the next store may get this one's address as soon as it is freed.
        live.pop(self.context, None)
        native.store_delete(self.store)
        self.cx.instance = None
        table, self.table = self.table, {}
        for resource in table.values():
            resource.drop()
