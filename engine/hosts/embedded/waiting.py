"""Waiting, on the thread that runs the guest: for events set by other threads, for descriptors, for a time.

A :class:`Source` is anything that becomes ready: `ready()` looks without blocking, `watch(waiter)` tells a
:class:`Waiter` what would change the answer. :func:`wait` looks, sleeps, and looks again; it ends early, with a
:class:`Trap`, when the guest's time is up or its request is given up.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from engine.hosts.embedded.values import Trap

if TYPE_CHECKING:
    from engine.hosts.embedded.context import Context

READ = select.POLLIN | select.POLLHUP | select.POLLERR
# Milliseconds of one sleep: poll(2) takes an int. Who waits looks again after each.
LONGEST = 3_600_000
WRITE = select.POLLOUT | select.POLLHUP | select.POLLERR


class Source(Protocol):
    """Something that becomes ready."""

    def ready(self) -> bool:
        """Whether it is ready now. Must not block; may take in what is at hand."""

    def watch(self, waiter: Waiter) -> None:
        """Names to `waiter` the events, descriptors or times after which `ready` is worth another look."""


class Always:
    """Ready from the start."""

    def ready(self) -> bool:
        return True

    def watch(self, waiter: Waiter) -> None:
        pass


class Deadline:
    """Ready from `at` on, in nanoseconds of the monotonic clock."""

    def __init__(self, at: int) -> None:
        self.at = at

    def ready(self) -> bool:
        return time.monotonic_ns() >= self.at

    def watch(self, waiter: Waiter) -> None:
        waiter.at(self.at)


class Descriptor:
    """Ready when a file descriptor is: `events` is :data:`READ`, :data:`WRITE` or both."""

    def __init__(self, fd: int, events: int) -> None:
        self.fd = fd
        self.events = events

    def ready(self) -> bool:
        look = select.poll()
        look.register(self.fd, self.events)
        return bool(look.poll(0))

    def watch(self, waiter: Waiter) -> None:
        waiter.fd(self.fd, self.events)


class Event:
    """A flag that one thread sets and others wait for."""

    __slots__ = ("_flag", "_lock", "_waiters")

    def __init__(self) -> None:
        self._flag = False
        self._lock = threading.Lock()
        self._waiters: set[Waiter] = set()

    def set(self) -> None:
        with self._lock:
            self._flag = True
            for waiter in self._waiters:
                waiter.wake()

    def clear(self) -> None:
        with self._lock:
            self._flag = False

    def ready(self) -> bool:
        return self._flag

    def watch(self, waiter: Waiter) -> None:
        waiter.event(self)

    def join(self, waiter: Waiter) -> None:
        with self._lock:
            self._waiters.add(waiter)
            if self._flag:
                waiter.wake()

    def leave(self, waiter: Waiter) -> None:
        with self._lock:
            self._waiters.discard(waiter)


class Waiter:
    """What one wait is woken by. Each thread has one, used again and again: :func:`thread_waiter`."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._until: int | None = None
        self._fds: dict[int, int] = {}
        self._events: set[Event] = set()

    def at(self, monotonic_ns: int) -> None:
        """Wake at this time at the latest."""
        if self._until is None or monotonic_ns < self._until:
            self._until = monotonic_ns

    def fd(self, fd: int, events: int) -> None:
        """Wake when `fd` is ready for `events`."""
        self._fds[fd] = self._fds.get(fd, 0) | events

    def event(self, event: Event) -> None:
        """Wake when `event` is set."""
        if event not in self._events:
            self._events.add(event)
            event.join(self)

    def wake(self) -> None:
        """Ends the sleep, from any thread."""
        try:
            os.write(self._write, b"\0")
        except OSError:
            pass  # the pipe is full or closed: the sleeper wakes anyway, or is gone

    def sleep(self) -> None:
        poll = select.poll()
        poll.register(self._read, select.POLLIN)
        for fd, events in self._fds.items():
            poll.register(fd, events)
        timeout = None
        if self._until is not None:
            # Rounded up: a sleep that ends early would spin until the time is there.
            timeout = min(LONGEST, max(0, -((time.monotonic_ns() - self._until) // 1_000_000)))
        poll.poll(timeout)
        self.reset()

    def reset(self) -> None:
        for event in self._events:
            event.leave(self)
        self._events.clear()
        self._fds.clear()
        self._until = None
        try:
            while os.read(self._read, 4096):
                pass
        except BlockingIOError:
            pass

    def close(self) -> None:
        self.reset()
        os.close(self._read)
        os.close(self._write)

    def __del__(self) -> None:
        try:
            self.close()
        except OSError:
            pass


class _Threads(threading.local):
    waiter: Waiter | None = None


_threads = _Threads()


def thread_waiter() -> Waiter:
    """The calling thread's waiter."""
    if _threads.waiter is None:
        _threads.waiter = Waiter()
    return _threads.waiter


def wait(cx: Context | None, sources: Sequence[Source], until: int | None = None) -> list[int]:
    """Blocks until at least one of `sources` is ready and gives the indexes of those that are.

    Empty when `until` (monotonic, ns) came first. Raises :class:`Trap` when the guest's deadline passes or its
    request is cancelled; `cx` is the guest's context, None for a thread of the host's own.
    """
    ready = [index for index, source in enumerate(sources) if source.ready()]
    if ready:
        if cx is not None:
            cx.paused()
        return ready
    waiter = thread_waiter()
    while True:
        for source in sources:
            source.watch(waiter)
        if until is not None:
            waiter.at(until)
        if cx is not None:
            waiter.event(cx.cancelled)
            if cx.deadline is not None:
                waiter.at(cx.deadline)
        # Looked at again after the events know us: one set in between would not wake anybody.
        ready = [index for index, source in enumerate(sources) if source.ready()]
        if ready:
            waiter.reset()
            if cx is not None:
                cx.paused()
            return ready
        if cx is not None:
            try:
                cx.check()
            except Trap:
                waiter.reset()
                raise
        if until is not None and time.monotonic_ns() >= until:
            waiter.reset()
            return []
        waiter.sleep()
