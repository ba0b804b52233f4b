"""Bodies between a guest and whatever carries them: a client's connection, or a request sent out."""

from __future__ import annotations

from typing import Protocol

from engine.hosts.embedded.http.exchange import Exchange, Headers
from engine.hosts.embedded.streams import CHUNK, Closed, Failed, InputStream, OutputStream, Pipe
from engine.hosts.embedded.waiting import Event, Waiter


class Incoming(Protocol):
    """Where an incoming body comes from."""

    def take(self, limit: int) -> bytes: ...
    def readable(self) -> bool: ...
    def watch_body(self, waiter: Waiter) -> None: ...
    def trailers_now(self) -> Headers | None:
        """The trailers, None while the body goes on. Raises Failed."""

    def abandon(self) -> None:
        """Nobody will read the rest."""


class Carrier(Protocol):
    """Where an outgoing body goes to."""

    def room(self) -> int: ...
    def put(self, data: bytes) -> None: ...
    def flush(self) -> None: ...
    def flushed(self) -> bool: ...
    def watch_answer(self, waiter: Waiter) -> None: ...
    def finish(self, trailers: Headers | None = None) -> None: ...
    def abort(self) -> None: ...


class ExchangeBody:
    """The request's body of a served exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.take = exchange.take
        self.readable = exchange.readable
        self.watch_body = exchange.watch_body

    def trailers_now(self) -> Headers | None:
        """Reads on, past what the guest left of the body, as far as bytes are there."""
        while True:
            try:
                if not self.exchange.take(CHUNK):
                    return None
            except Closed:
                return self.exchange.trailers

    def abandon(self) -> None:
        pass  # the front reads it or ends the connection


class PipeBody:
    """The body of an answer that a client thread fills in."""

    def __init__(self, pipe: Pipe) -> None:
        self.pipe = pipe
        self.trailers: Headers = []
        self.take = pipe.take
        self.readable = pipe.readable.ready
        self.watch_body = pipe.readable.watch

    def trailers_now(self) -> Headers | None:
        while True:
            try:
                if not self.pipe.take(CHUNK):
                    return None
            except Closed:
                return self.trailers

    def abandon(self) -> None:
        self.pipe.abandon()


class PipeCarrier:
    """The body of a request that a client thread sends. `trailers` are good once the pipe has ended."""

    def __init__(self, pipe: Pipe) -> None:
        self.pipe = pipe
        self.trailers: Headers | None = None
        self.room = pipe.room
        self.put = pipe.put
        self.watch_answer = pipe.writable.watch

    def flush(self) -> None:
        pass

    def flushed(self) -> bool:
        return True

    def finish(self, trailers: Headers | None = None) -> None:
        self.trailers = trailers
        self.pipe.finish()

    def abort(self) -> None:
        self.pipe.fail("the request's body was dropped before it was finished")


class BodyInput(InputStream):
    """The stream of an incoming body."""

    def __init__(self, source: Incoming) -> None:
        self.source = source
        self.take = source.take  # type: ignore[method-assign]  # one call less for each read
        self.ready = source.readable  # type: ignore[method-assign]
        self.watch = source.watch_body  # type: ignore[method-assign]


class Outlet:
    """The writing half of an outgoing body: kept in memory until its message is on its way."""

    def __init__(self) -> None:
        self.carrier: Carrier | None = None
        self.early: list[bytes] = []
        self.size = 0
        self.done = False
        self.trailers: Headers | None = None
        self.dropped = False
        self.attached = Event()

    def attach(self, carrier: Carrier) -> None:
        """Sends the message's body to `carrier` from now on. Raises Closed or Failed."""
        self.carrier = carrier
        early, self.early = self.early, []
        for part in early:
            carrier.put(part)
        self.attached.set()
        if self.done:
            carrier.finish(self.trailers)
        elif self.dropped:
            carrier.abort()

    def finish(self, trailers: Headers | None) -> None:
        """Raises Failed when the body is not what its headers say."""
        self.done, self.trailers = True, trailers
        if self.carrier is not None:
            self.carrier.finish(trailers)

    def drop(self) -> None:
        """The body was dropped; without finish the message is cut off, so that nobody takes it for whole."""
        self.dropped = True
        if self.carrier is not None and not self.done:
            self.carrier.abort()


class BodyOutput(OutputStream):
    """The stream of an outgoing body."""

    def __init__(self, outlet: Outlet) -> None:
        self.outlet = outlet

    def room(self) -> int:
        outlet = self.outlet
        if outlet.done or outlet.dropped:
            raise Closed
        if outlet.carrier is not None:
            # A byte takes 32 on its way out of the guest: pieces stay small.
            return min(CHUNK, outlet.carrier.room())
        return max(0, CHUNK - outlet.size)

    def put(self, data: bytes) -> None:
        outlet = self.outlet
        if outlet.done or outlet.dropped:
            raise Closed
        if outlet.carrier is not None:
            outlet.carrier.put(data)
        else:
            outlet.early.append(data)
            outlet.size += len(data)

    def flush(self) -> None:
        if self.outlet.carrier is not None:
            self.outlet.carrier.flush()

    def flushed(self) -> bool:
        return self.outlet.carrier is None or self.outlet.carrier.flushed()

    def ready(self) -> bool:
        try:
            return self.room() > 0
        except (Closed, Failed):
            return True

    def watch(self, waiter: Waiter) -> None:
        if self.outlet.carrier is not None:
            self.outlet.carrier.watch_answer(waiter)
        else:
            self.outlet.attached.watch(waiter)
