"""wasmcloud:messaging over the session's broker and, where it is installed, a NATS server."""

from __future__ import annotations

import queue
import threading
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from engine.hosts.embedded.context import Deployment, Link
from engine.hosts.embedded.interfaces.broker import (
    LARGEST,
    BrokerFault,
    SessionBroker,
    check_pattern,
    matches,
)
from engine.hosts.embedded.interfaces.delivery import MOST_WAITING, Deliveries
from engine.hosts.embedded.values import Err, Ok
from tests.hosts.interfaces.deployments import Guest, guest

C = "wasmcloud:messaging/consumer@0.2.0"
T = "wasmcloud:messaging/types@0.3.0"
P = "wasmcloud:messaging/producer@0.3.0"
R = "wasmcloud:messaging/request-reply@0.3.0"
SECONDS = 10.0


class Handled:
    """A component with handlers: what they get is put in `calls`, `answer` decides what they give."""

    def __init__(self, folder: Path, link: dict[str, str], exports: tuple[str, ...]) -> None:
        self.calls: queue.Queue[tuple[str, str, tuple[Any, ...]]] = queue.Queue()
        self.answer: Any = Ok()
        self.lines: queue.Queue[tuple[str, str, str]] = queue.Queue()
        linked = Link("linked", config=link)
        names = ("consumer", "producer", "request-reply", "handler", "incoming-handler")
        links = {f"wasmcloud:messaging/{name}": linked for name in names}
        links["wasi:keyvalue/watcher"] = linked
        links["wasi:keyvalue/store"] = Link("linked")
        self.deployment = Deployment(
            "app", folder, lambda *line: self.lines.put(line), links=links, call_export=self.call
        )
        self.guest = Guest(self.deployment)
        self.deliveries = Deliveries(self.deployment, exports)
        self.deliveries.start()

    def call(self, interface: str, function: str, arguments: tuple[Any, ...]) -> Any:
        self.calls.put((interface, function, arguments))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer(*arguments) if callable(self.answer) else self.answer

    def publish(self, subject: str, body: bytes = b"", reply_to: str | None = None) -> None:
        self.guest.ok(f"{C}#publish", {"subject": subject, "body": body, "reply-to": reply_to})

    def next(self) -> tuple[str, str, tuple[Any, ...]]:
        return self.calls.get(timeout=SECONDS)

    def close(self) -> None:
        self.deliveries.close()
        self.deployment.close()


@pytest.fixture(params=["session", "nats"])
def server(request: pytest.FixtureRequest) -> dict[str, str]:
    """The link configuration of each broker."""
    return {} if request.param == "session" else {"cluster_uris": request.getfixturevalue("nats_url")}


@pytest.mark.parametrize(
    ("pattern", "subject", "expected"),
    [
        ("a.b", "a.b", True),
        ("a.b", "a.b.c", False),
        ("a.b.c", "a.b", False),
        ("a.*", "a.b", True),
        ("a.*", "a.b.c", False),
        ("*.b", "a.b", True),
        ("a.>", "a.b.c", True),
        ("a.>", "a", False),
        (">", "a", True),
        ("*", "a.b", False),
    ],
)
def test_wildcards(pattern: str, subject: str, expected: bool) -> None:
    assert matches(pattern, subject) is expected


@pytest.mark.parametrize("pattern", ["", "a..b", ".a", "a.>.b", "a b"])
def test_patterns_that_are_none(pattern: str) -> None:
    with pytest.raises(BrokerFault, match="not a subject"):
        check_pattern(pattern)


def test_a_queue_group_gets_each_message_once() -> None:
    from engine.hosts.embedded.interfaces.broker import Message

    broker = SessionBroker()
    group: list[str] = []
    others: list[str] = []
    alone: list[str] = []
    broker.subscribe("jobs.*", "workers", lambda message: group.append(message.subject))
    broker.subscribe("jobs.*", "workers", lambda message: others.append(message.subject))
    end = broker.subscribe("jobs.>", None, lambda message: alone.append(message.subject))
    for number in range(20):
        broker.publish(Message(f"jobs.{number}", b""))
    end()
    end()
    broker.publish(Message("jobs.last", b""))
    assert len(group) + len(others) == 21
    assert group
    assert others
    assert len(alone) == 20


def test_messages_reach_the_handler(tmp_path: Path, server: dict[str, str]) -> None:
    subscriptions = {"subscriptions": "one.*, two.>|group,bad..subject"}
    app = Handled(tmp_path, server | subscriptions, ("wasmcloud:messaging/handler@0.2.0",))
    assert "bad..subject" in app.lines.get(timeout=SECONDS)[2]
    app.publish("one.a", b"1", "back.here")
    interface, function, (message,) = app.next()
    assert (interface, function) == ("wasmcloud:messaging/handler", "handle-message")
    assert message == {"subject": "one.a", "body": b"1", "reply-to": "back.here"}
    app.publish("two.b.c", b"2")
    assert app.next()[2][0] == {"subject": "two.b.c", "body": b"2", "reply-to": None}
    app.publish("three")
    app.answer = Err("not today")
    app.publish("one.z")
    assert app.next()[2][0]["subject"] == "one.z"
    assert "not today" in app.lines.get(timeout=SECONDS)[2]
    app.answer = RuntimeError("trapped")
    app.publish("one.y")
    assert app.next()[2][0]["subject"] == "one.y"
    assert "trapped" in app.lines.get(timeout=SECONDS)[2]
    app.answer = Ok()
    app.publish("one.x")
    assert app.next()[2][0]["subject"] == "one.x"
    app.close()


def test_a_request_is_answered(tmp_path: Path, server: dict[str, str]) -> None:
    app = Handled(tmp_path, server | {"subscriptions": "ask"}, ("wasmcloud:messaging/handler",))

    def answer(message: dict[str, Any]) -> Ok[None]:
        app.publish(message["reply-to"], message["body"].upper())
        return Ok()

    app.answer = answer
    reply = app.guest.ok(f"{C}#request", "ask", b"hello", 10_000)
    assert reply["body"] == b"HELLO"
    app.close()


def test_a_request_that_nobody_answers(tmp_path: Path, server: dict[str, str]) -> None:
    app = Handled(tmp_path, server | {"subscriptions": "ask"}, ("wasmcloud:messaging/handler",))
    assert "no responders" in app.guest.err(f"{C}#request", "nobody.here", b"", 10_000)
    assert "no reply to 'ask' in 20 ms" in app.guest.err(f"{C}#request", "ask", b"", 20)
    app.close()


@pytest.mark.parametrize("subject", ["", "a b", "a..b", "a.*", "a.>", "a\r\nPUB b 0\r\n"])
def test_subjects_that_cannot_be_sent_to(tmp_path: Path, server: dict[str, str], subject: str) -> None:
    app = Handled(tmp_path, server, ())
    assert repr(subject) in app.guest.err(f"{C}#publish", {"subject": subject, "body": b"", "reply-to": None})
    assert repr(subject) in app.guest.err(f"{C}#request", subject, b"", 100)
    if subject:
        message = {"subject": "a", "body": b"", "reply-to": subject}
        assert repr(subject) in app.guest.err(f"{C}#publish", message)
    app.close()


def test_messages_are_bounded(tmp_path: Path, server: dict[str, str]) -> None:
    app = Handled(tmp_path, server, ())
    message = {"subject": "a", "body": bytes(LARGEST + 1), "reply-to": None}
    assert app.guest.err(f"{C}#publish", message)
    app.close()


def test_what_a_slow_handler_cannot_take_is_lost_and_said(tmp_path: Path) -> None:
    app = Handled(tmp_path, {"subscriptions": "a"}, ("wasmcloud:messaging/handler",))
    go = threading.Event()

    def wait(message: dict[str, Any]) -> Ok[None]:
        go.wait(SECONDS)
        return Ok()

    app.answer = wait
    for _ in range(MOST_WAITING + 50):
        app.publish("a")
    assert "slow handler" in app.lines.get(timeout=SECONDS)[2]
    assert app.lines.empty()
    go.set()
    for _ in range(MOST_WAITING):
        app.next()
    app.close()
    assert app.calls.empty()


def test_a_server_that_is_away_is_an_error_and_said(tmp_path: Path, free_port: Any) -> None:
    app = Handled(tmp_path, {"cluster_uris": f"127.0.0.1:{free_port()}"}, ("wasmcloud:messaging/handler",))
    assert "cannot subscribe" in app.lines.get(timeout=SECONDS)[2]
    assert "127.0.0.1" in app.guest.err(f"{C}#publish", {"subject": "a", "body": b"", "reply-to": None})
    app.close()


def test_the_newer_interfaces(tmp_path: Path, server: dict[str, str]) -> None:
    app = Handled(
        tmp_path, server | {"subscriptions": "jobs"}, ("wasmcloud:messaging/incoming-handler@0.3.0",)
    )
    call, ok = app.guest.call, app.guest.ok

    def answer(message: Any) -> Ok[None]:
        for text in (b"1", b"2", b"3"):
            ok(f"{R}#reply", message, call(f"{T}#[constructor]message", text))
        return Ok()

    app.answer = answer
    client = ok(f"{T}#[static]client.connect", "default")
    message = call(f"{T}#[constructor]message", b"x")
    assert call(f"{T}#[method]message.topic", message) == ""
    assert call(f"{T}#[method]message.content-type", message) is None
    assert call(f"{T}#[method]message.metadata", message) is None
    call(f"{T}#[method]message.set-content-type", message, "text/plain")
    call(f"{T}#[method]message.set-data", message, b"body")
    call(f"{T}#[method]message.set-metadata", message, [("a", "1"), ("b", "2")])
    call(f"{T}#[method]message.add-metadata", message, "a", "3")
    call(f"{T}#[method]message.remove-metadata", message, "b")
    ok(f"{P}#send", client, "jobs", message)
    interface, function, (found,) = app.next()
    assert (interface, function) == ("wasmcloud:messaging/incoming-handler", "handle")
    assert call(f"{T}#[method]message.topic", found) == "jobs"
    assert call(f"{T}#[method]message.data", found) == b"body"
    assert call(f"{T}#[method]message.content-type", found) == "text/plain"
    assert call(f"{T}#[method]message.metadata", found) == [("a", "3")]

    options = call(f"{R}#[constructor]request-options")
    call(f"{R}#[method]request-options.set-timeout-ms", options, 10_000)
    call(f"{R}#[method]request-options.set-expected-replies", options, 3)
    assert "topic" in app.guest.err(f"{R}#request", client, message, options)[1]
    call(f"{T}#[method]message.add-metadata", message, "topic", "jobs")
    replies = ok(f"{R}#request", client, message, options)
    assert [reply.data for reply in replies] == [b"1", b"2", b"3"]
    app.answer = Ok()
    call(f"{R}#[method]request-options.set-timeout-ms", options, 20)
    assert app.guest.err(f"{R}#request", client, message, options) == ("timeout", None)
    assert app.guest.err(f"{P}#send", client, "a b", message)[0] == "connection"
    bad = call(f"{T}#[constructor]message", b"")
    for key, value in (("a b", ""), ("a:", ""), ("", ""), ("a", "1\r\nb: 2")):
        call(f"{T}#[method]message.set-metadata", bad, [(key, value)])
        assert "metadata" in app.guest.err(f"{P}#send", client, "jobs", bad)[1]

    ok(f"{T}#[method]client.disconnect", client)
    assert app.guest.err(f"{T}#[method]client.disconnect", client)[0] == "connection"
    assert app.guest.err(f"{P}#send", client, "jobs", message)[0] == "connection"
    app.close()


def test_a_refusal_of_the_newer_handler_is_logged(tmp_path: Path) -> None:
    app = Handled(tmp_path, {"subscriptions": "jobs"}, ("wasmcloud:messaging/incoming-handler",))
    app.answer = Err(("other", "full"))
    app.publish("jobs")
    assert "full" in app.lines.get(timeout=SECONDS)[2]
    app.close()


@pytest.mark.parametrize("state", ["off", "unresolved"])
def test_without_a_provider_the_error_names_the_interface(tmp_path: Path, state: str) -> None:
    names = ("consumer", "producer", "request-reply", "handler")
    app = guest(tmp_path, links={f"wasmcloud:messaging/{name}": Link(state) for name in names})  # type: ignore[arg-type]
    text = app.err(f"{C}#publish", {"subject": "a", "body": b"", "reply-to": None})
    assert "wasmcloud:messaging/consumer" in text
    assert state in text
    assert state in app.err(f"{C}#request", "a", b"", 10)
    assert state in app.err(f"{T}#[static]client.connect", "default")[1]
    message = app.call(f"{T}#[constructor]message", b"")
    for call in (
        (f"{P}#send", None, "a", message),
        (f"{R}#request", None, message, None),
        (f"{R}#reply", message, message),
    ):
        case, text = app.err(*call)
        assert case == "other"
        assert state in text
    deliveries = Deliveries(app.deployment, ("wasmcloud:messaging/handler",))
    deliveries.start()
    deliveries.close()
    assert state in app.lines[-1][2]


def test_a_watcher_is_told_of_changes(tmp_path: Path) -> None:
    store, atomics, batch = (f"wasi:keyvalue/{name}@0.2.0-draft" for name in ("store", "atomics", "batch"))
    app = Handled(tmp_path, {}, ("wasi:keyvalue/watcher@0.2.0-draft",))
    for name in ("atomics", "batch"):
        app.deployment.links[f"wasi:keyvalue/{name}"] = Link("linked")
    bucket = app.guest.ok(f"{store}#open", "default")

    def change() -> tuple[str, Any, Any]:
        interface, function, (given, *rest) = app.next()
        assert interface == "wasi:keyvalue/watcher"
        assert given is not bucket
        assert (given.name, given.store) == (bucket.name, bucket.store)
        return (function, *rest) if len(rest) == 2 else (function, rest[0], None)

    app.guest.ok(f"{store}#[method]bucket.set", bucket, "k", b"1")
    assert change() == ("on-set", "k", b"1")
    app.guest.ok(f"{store}#[method]bucket.delete", bucket, "k")
    assert change() == ("on-delete", "k", None)
    app.guest.ok(f"{atomics}#increment", bucket, "n", 2)
    assert change() == ("on-set", "n", b"2")
    app.guest.ok(f"{batch}#set-many", bucket, [("m", b"3")])
    assert change() == ("on-set", "m", b"3")
    app.guest.ok(f"{batch}#delete-many", bucket, ["m"])
    assert change() == ("on-delete", "m", None)
    cas = app.guest.ok("wasi:keyvalue/atomics#[static]cas.new", bucket, "c")
    app.guest.call("wasi:keyvalue/atomics#swap", cas, b"4")
    assert change() == ("on-set", "c", b"4")
    app.close()
    assert app.calls.empty()


@pytest.mark.parametrize("server", ["redis_url", "nats_url"])
def test_a_watcher_is_told_what_others_change_in_a_server(
    tmp_path: Path, request: pytest.FixtureRequest, server: str
) -> None:
    link = {
        "url": request.getfixturevalue(server),
        "bucket": "watched",
        "enable_bucket_auto_create": "true",
        "watch": "SET@mine, DEL@mine",
    }
    app = Handled(tmp_path, link, ("wasi:keyvalue/watcher",))
    other = guest(tmp_path, link=link)
    store = "wasi:keyvalue/store"
    bucket = other.ok(f"{store}#open", "default")
    other.ok(f"{store}#[method]bucket.set", bucket, "other", b"0")
    other.ok(f"{store}#[method]bucket.set", bucket, "mine", b"1")
    interface, function, (given, key, value) = app.next()
    assert (interface, function, key, value) == ("wasi:keyvalue/watcher", "on-set", "mine", b"1")
    assert given.store.get(given.name, "mine") == b"1"
    other.ok(f"{store}#[method]bucket.delete", bucket, "mine")
    assert app.next()[1:] == ("on-delete", (ANY, "mine"))
    app.close()
    assert app.calls.empty()
    other.deployment.close()


def test_a_watcher_is_told_of_the_keys_its_link_names(tmp_path: Path) -> None:
    store = "wasi:keyvalue/store"
    app = Handled(tmp_path, {"watch": "SET@a, DEL@b"}, ("wasi:keyvalue/watcher",))
    bucket = app.guest.ok(f"{store}#open", "default")
    app.guest.ok(f"{store}#[method]bucket.set", bucket, "b", b"1")
    app.guest.ok(f"{store}#[method]bucket.delete", bucket, "a")
    app.guest.ok(f"{store}#[method]bucket.set", bucket, "a", b"2")
    app.guest.ok(f"{store}#[method]bucket.delete", bucket, "b")
    assert {app.next()[1], app.next()[1]} == {"on-set", "on-delete"}
    assert app.calls.empty()
    app.close()
