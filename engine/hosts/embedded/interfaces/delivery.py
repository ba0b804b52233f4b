"""Brings messages and key-value changes to a component's handlers: its exports that nobody calls but the host.

`wasmcloud:messaging/handler` (0.2.0) and `incoming-handler` (0.3.0) get the messages of the subjects in their link's
`subscriptions` (`subject` or `subject|queue`, joined by commas); `wasi:keyvalue/watcher` gets the changes of the keys
in its link's `watch` (`SET@key`, `DEL@key`, joined by commas), or all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from engine.hosts.embedded.context import Deployment, Link, missing
from engine.hosts.embedded.interfaces.broker import BrokerFault, Message, broker_of, check_pattern
from engine.hosts.embedded.interfaces.keyvalue import Bucket, Change, changes_of
from engine.hosts.embedded.interfaces.messaging import GuestMessage, record
from engine.hosts.embedded.interfaces.stores.base import (
    AccessDenied,
    NoSuchStore,
    StoreFault,
    address,
    store_of,
)
from engine.hosts.embedded.values import Err

HANDLER = "wasmcloud:messaging/handler"
INCOMING = "wasmcloud:messaging/incoming-handler"
WATCHER = "wasi:keyvalue/watcher"
# What manifests written for wash call it.
WATCH = "wasi:keyvalue/watch"

# What wasmCloud's development loop subscribes a handler to that says nothing.
DEFAULT_SUBSCRIPTIONS = "wasmcloud.dev"

# Handlers that run at once, and messages that may wait for one: as a NATS client, a slow handler loses the rest.
WORKERS = 8
MOST_WAITING = 1000

RETRY_SECONDS = 2.0


class Deliveries:
    """What one component's handlers get, from `start` to `close`. `call_export` of the deployment finds the newest
    code, so a reload needs no new one unless exports or links change."""

    def __init__(self, deployment: Deployment, exports: Collection[str]) -> None:
        """`exports`: the component's exported interfaces, with or without versions."""
        self._deployment = deployment
        self._exports = {name.partition("@")[0] for name in exports}
        self._ends: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._waiting = 0
        self._losing = False
        self._closed = threading.Event()
        self._pool: ThreadPoolExecutor | None = None

    def start(self) -> None:
        """Subscribes. A server that is away is tried again in the background until `close`."""
        if HANDLER in self._exports:
            self._subscribe_all(HANDLER, self._handle_message)
        if INCOMING in self._exports:
            self._subscribe_all(INCOMING, self._handle)
        if WATCHER in self._exports:
            self._watch()

    def close(self) -> None:
        """Ends the subscriptions; what waits is dropped, what runs ends by itself."""
        self._closed.set()
        with self._lock:
            ends, self._ends = self._ends, []
            pool, self._pool = self._pool, None
        for end in ends:
            end()
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    # -- subscribing

    def _link(self, interface: str) -> Link | None:
        link = self._deployment.link(interface)
        if link.state != "linked":
            self._log("info", f"{missing(interface, link)}; nothing is delivered to it")
            return None
        return link

    def _subscribe_all(self, interface: str, deliver: Callable[[Message, Link], None]) -> None:
        link = self._link(interface)
        if link is None:
            return
        for entry in link.config.get("subscriptions", DEFAULT_SUBSCRIPTIONS).split(","):
            pattern, _, queue = entry.strip().partition("|")
            if not pattern:
                continue
            try:
                check_pattern(pattern)
            except BrokerFault as error:
                self._log("error", f"{interface}: subscriptions: {error}")
                continue
            take = partial(self._take, lambda message: deliver(message, link))
            join = partial(self._join, link, pattern, queue.strip() or None, take)
            self._attempt(join)

    def _join(self, link: Link, pattern: str, queue: str | None, take: Callable[[Message], None]) -> bool:
        try:
            end = broker_of(self._deployment, link).subscribe(pattern, queue, take)
        except BrokerFault as error:
            self._log(
                "warn", f"cannot subscribe to {pattern}: {error}; trying again every {RETRY_SECONDS:g} s"
            )
            return False
        return self._keep(end)

    def _keep(self, end: Callable[[], None]) -> bool:
        """Has `end` called by `close`, or now if that was before."""
        with self._lock:
            if not self._closed.is_set():
                self._ends.append(end)
                return True
        end()
        return True

    def _attempt(self, join: Callable[[], bool]) -> None:
        if not join():
            threading.Thread(target=self._join_later, args=(join,), daemon=True).start()

    def _join_later(self, join: Callable[[], bool]) -> None:
        while not self._closed.wait(RETRY_SECONDS):
            if join():
                return

    def _watch(self) -> None:
        named = WATCH if self._deployment.link(WATCHER).state == "unresolved" else WATCHER
        link = self._link(named)
        if link is None:
            return
        wanted = {entry.strip() for entry in link.config.get("watch", "").split(",") if entry.strip()}

        def tell(change: Change) -> None:
            operation = "DEL" if change.value is None else "SET"
            if not wanted or f"{operation}@{change.key}" in wanted:
                self._take(self._tell_change, change)

        if address(link) is None:
            self._ends.append(changes_of(self._deployment).watch(tell))
            return

        def join() -> bool:
            try:
                store = store_of(self._deployment, link)
                end = store.watch(lambda bucket, key, value: tell(Change(Bucket(store, bucket), key, value)))
            except (StoreFault, NoSuchStore, AccessDenied) as error:
                text = str(error) or type(error).__name__
                self._log("warn", f"cannot watch keys: {text}; trying again every {RETRY_SECONDS:g} s")
                return False
            return end is None or self._keep(end)

        self._attempt(join)

    # -- delivering

    def _take(self, deliver: Callable[[Any], None], item: Any) -> None:
        """Has `deliver(item)` run by a worker; called on the sender's thread."""
        with self._lock:
            if self._closed.is_set():
                return
            if self._waiting >= MOST_WAITING:
                if not self._losing:
                    self._losing = True
                    self._log(
                        "warn", f"{MOST_WAITING} messages wait for a slow handler: further ones are lost"
                    )
                return
            self._losing = False
            self._waiting += 1
            if self._pool is None:
                self._pool = ThreadPoolExecutor(
                    WORKERS, thread_name_prefix=f"deliver-{self._deployment.component}"
                )
            self._pool.submit(self._work, deliver, item)

    def _work(self, deliver: Callable[[Any], None], item: Any) -> None:
        try:
            deliver(item)
        except Exception as error:
            # Whatever a guest did, the next message is delivered; call_export has told a trap's backtrace already.
            self._log("error", f"a message was not handled: {error}")
        finally:
            with self._lock:
                self._waiting -= 1

    def _handle_message(self, message: Message, link: Link) -> None:
        result = self._deployment.call_export(HANDLER, "handle-message", (record(message),))
        if isinstance(result, Err):
            self._log("error", f"the handler refused a message to {message.subject}: {result.value}")

    def _handle(self, message: Message, link: Link) -> None:
        given = GuestMessage(message, broker_of(self._deployment, link))
        result = self._deployment.call_export(INCOMING, "handle", (given,))
        if isinstance(result, Err):
            case, text = result.value
            self._log("error", f"the handler refused a message to {message.subject}: {text or case}")

    def _tell_change(self, change: Change) -> None:
        bucket = Bucket(change.bucket.store, change.bucket.name)
        if change.value is None:
            self._deployment.call_export(WATCHER, "on-delete", (bucket, change.key))
        else:
            self._deployment.call_export(WATCHER, "on-set", (bucket, change.key, change.value))

    def _log(self, level: str, text: str) -> None:
        self._deployment.log(self._deployment.component, level, text)
