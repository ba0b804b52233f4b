"""The broker inside a session: NATS subjects, wildcards, queue groups and requests, without a server."""

from __future__ import annotations

import itertools
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic_ns
from typing import Protocol

from engine.hosts.embedded.context import Context, Deployment, Link
from engine.hosts.embedded.interfaces.stores.base import address
from engine.hosts.embedded.waiting import Event, wait

# What a NATS server takes unless told otherwise.
LARGEST = 1 << 20


_HEADER = re.compile(r"[!-9;-~]+")  # printable, no space, no colon


class BrokerFault(Exception):
    """The broker cannot do it; the text goes to the guest."""


class TimedOut(BrokerFault):
    """No reply, or too few, within the time."""


@dataclass(frozen=True)
class Message:
    """As it travels. `headers` keep their order."""

    subject: str
    body: bytes
    reply_to: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


class Broker(Protocol):
    """Where messages go. Any thread may call; raises :class:`BrokerFault`."""

    def publish(self, message: Message) -> None: ...

    def subscribe(
        self, pattern: str, queue: str | None, deliver: Callable[[Message], None]
    ) -> Callable[[], None]:
        """Has `deliver` called with each message whose subject matches; it must not block. Gives what ends that."""

    def request(
        self, cx: Context | None, message: Message, seconds: float | None, replies: int = 1
    ) -> list[Message]:
        """Publishes with a reply subject of its own and waits for so many replies, or what came in `seconds`."""


def check_subject(subject: str) -> None:
    """Raises :class:`BrokerFault` unless a message can be sent to `subject`."""
    tokens = subject.split(".")
    if "" in tokens or any(character.isspace() or character == "\0" for character in subject):
        raise BrokerFault(
            f"{subject!r} is not a subject: tokens between dots must not be empty nor hold spaces"
        )
    if "*" in tokens or ">" in tokens:
        raise BrokerFault(f"{subject!r} has a wildcard: messages are sent to one subject")


def check_pattern(pattern: str) -> None:
    """Raises :class:`BrokerFault` unless `pattern` can be subscribed to: `*` is one token, a last `>` the rest."""
    tokens = pattern.split(".")
    if "" in tokens or ">" in tokens[:-1] or any(character.isspace() for character in pattern):
        raise BrokerFault(f"{pattern!r} is not a subject to subscribe to")


def check_message(message: Message) -> None:
    """Raises :class:`BrokerFault` unless a NATS server would take the message."""
    check_subject(message.subject)
    if message.reply_to is not None:
        check_subject(message.reply_to)
    if len(message.body) > LARGEST:
        size = len(message.body)
        raise BrokerFault(f"a message of {size} bytes is larger than {LARGEST}, what NATS servers take")
    for name, value in message.headers:
        if not _HEADER.fullmatch(name) or "\r" in value or "\n" in value:
            raise BrokerFault(f"the metadata {name[:40]!r} cannot be a header of a message")


def matches(pattern: str, subject: str) -> bool:
    """Whether a message to `subject` is for a subscription to `pattern`."""
    wanted, tokens = pattern.split("."), subject.split(".")
    for index, want in enumerate(wanted):
        if want == ">":
            return len(tokens) > index
        if index >= len(tokens) or want not in ("*", tokens[index]):
            return False
    return len(wanted) == len(tokens)


@dataclass(frozen=True, eq=False)
class _Subscription:
    pattern: str
    queue: str | None
    deliver: Callable[[Message], None] = field(repr=False)


class SessionBroker:
    """The broker that all components of one session share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscriptions: list[_Subscription] = []
        self._turns = itertools.count()

    def subscribe(
        self, pattern: str, queue: str | None, deliver: Callable[[Message], None]
    ) -> Callable[[], None]:
        check_pattern(pattern)
        subscription = _Subscription(pattern, queue, deliver)
        with self._lock:
            self._subscriptions.append(subscription)

        def end() -> None:
            with self._lock:
                if subscription in self._subscriptions:
                    self._subscriptions.remove(subscription)

        return end

    def publish(self, message: Message) -> None:
        self._deliver(message)

    def _deliver(self, message: Message) -> int:
        """To every subscription that matches, and to one of each queue group; gives how many."""
        check_message(message)
        chosen: list[_Subscription] = []
        groups: dict[str, list[_Subscription]] = {}
        with self._lock:
            for subscription in self._subscriptions:
                if matches(subscription.pattern, message.subject):
                    if subscription.queue is None:
                        chosen.append(subscription)
                    else:
                        groups.setdefault(subscription.queue, []).append(subscription)
        turn = next(self._turns)
        chosen.extend(members[turn % len(members)] for members in groups.values())
        for subscription in chosen:
            subscription.deliver(message)
        return len(chosen)

    def request(
        self, cx: Context | None, message: Message, seconds: float | None, replies: int = 1
    ) -> list[Message]:
        inbox = f"_INBOX.{os.urandom(11).hex()}"
        answers = Replies(replies)
        end = self.subscribe(inbox, None, answers.add)
        try:
            asked = Message(message.subject, message.body, inbox, message.headers)
            if not self._deliver(asked):
                raise BrokerFault(f"no responders: nothing in this session subscribes to {message.subject!r}")
            return answers.wait(cx, message.subject, seconds)
        finally:
            end()


class Replies:
    """Gathers the replies to a request, for the thread that waits."""

    def __init__(self, wanted: int) -> None:
        self._wanted = max(1, wanted)
        self._found: list[Message] = []
        self._enough = Event()

    def add(self, message: Message) -> None:
        if len(self._found) < self._wanted:
            self._found.append(message)
        if len(self._found) >= self._wanted:
            self._enough.set()

    def wait(self, cx: Context | None, subject: str, seconds: float | None) -> list[Message]:
        """All that are wanted, or those that came in time. Raises :class:`TimedOut` when none came."""
        until = None if seconds is None else monotonic_ns() + int(seconds * 1e9)
        wait(cx, [self._enough], until)
        if not self._found:
            raise TimedOut(f"no reply to {subject!r} in {(seconds or 0) * 1000:.0f} ms")
        return list(self._found)


def broker_of(deployment: Deployment, link: Link) -> Broker:
    """The NATS server that the link's configuration names, else the session's own broker."""
    servers = address(link)
    if servers is None:
        return deployment.service("broker", SessionBroker)
    from engine.hosts.embedded.interfaces.natsbroker import NatsBroker

    def log(text: str) -> None:
        deployment.log(deployment.component, "warn", text)

    broker: Broker = deployment.service(("nats", servers), lambda: NatsBroker(servers, log))
    return broker
