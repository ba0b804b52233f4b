"""wasmcloud:messaging: 0.2.0 (`types`, `consumer`, `handler`) and 0.3.0 (`producer`, `request-reply`,
`incoming-handler`), over the session's broker or a NATS server. Handlers are fed by `delivery.py`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from engine.hosts.embedded.context import Context
from engine.hosts.embedded.interfaces.access import refusal
from engine.hosts.embedded.interfaces.broker import (
    Broker,
    BrokerFault,
    Message,
    TimedOut,
    broker_of,
)
from engine.hosts.embedded.registry import HostFunction, Interface
from engine.hosts.embedded.values import Err, Ok, Resource

CONSUMER = "wasmcloud:messaging/consumer"
PRODUCER = "wasmcloud:messaging/producer"
REQUEST_REPLY = "wasmcloud:messaging/request-reply"
TYPES = "wasmcloud:messaging/types"

# A request without a time of its own would hold its caller for ever; links and settings end it here.
DEFAULT_SECONDS = 30.0

consumer = Interface(CONSUMER)
types = Interface(TYPES)
producer = Interface(PRODUCER)
request_reply = Interface(REQUEST_REPLY)


# -- 0.2.0


def record(message: Message) -> dict[str, Any]:
    """A `broker-message`."""
    return {"subject": message.subject, "body": message.body, "reply-to": message.reply_to}


@consumer.function("request")
def request(cx: Context, subject: str, body: bytes, timeout_ms: int) -> Ok[dict[str, Any]] | Err[str]:
    reason = refusal(cx, CONSUMER)
    if reason is not None:
        return Err(reason)
    try:
        broker = broker_of(cx.deployment, cx.link(CONSUMER))
        return Ok(record(broker.request(cx, Message(subject, body), timeout_ms / 1000)[0]))
    except BrokerFault as error:
        return Err(str(error))


@consumer.function("publish")
def publish(cx: Context, message: dict[str, Any]) -> Ok[None] | Err[str]:
    reason = refusal(cx, CONSUMER)
    if reason is not None:
        return Err(reason)
    try:
        broker = broker_of(cx.deployment, cx.link(CONSUMER))
        broker.publish(Message(message["subject"], message["body"], message["reply-to"]))
    except BrokerFault as error:
        return Err(str(error))
    return Ok()


# -- 0.3.0


class Client(Resource):
    """`wasmcloud:messaging/types.client`: the link's broker until it is disconnected."""

    wit = "wasmcloud:messaging/types.client"

    def __init__(self, broker: Broker) -> None:
        self._broker: Broker | None = broker

    @property
    def broker(self) -> Broker:
        if self._broker is None:
            raise BrokerFault("the client is disconnected")
        return self._broker

    def disconnect(self) -> None:
        self._broker = None


class GuestMessage(Resource):
    """`wasmcloud:messaging/types.message`. `broker` and `reply_to` are set on those that came in."""

    wit = "wasmcloud:messaging/types.message"

    def __init__(self, message: Message, broker: Broker | None = None) -> None:
        self.topic = message.subject
        self.data = message.body
        self.reply_to = message.reply_to
        self.broker = broker
        self.metadata = [pair for pair in message.headers if pair[0].lower() != "content-type"]
        self.content_type = next(
            (value for key, value in message.headers if key.lower() == "content-type"), None
        )

    def to(self, topic: str) -> Message:
        """The message as sent to `topic`."""
        headers = list(self.metadata)
        if self.content_type is not None:
            headers.append(("Content-Type", self.content_type))
        return Message(topic, self.data, None, tuple(headers))


class RequestOptions(Resource):
    """`wasmcloud:messaging/request-reply.request-options`."""

    wit = "wasmcloud:messaging/request-reply.request-options"

    def __init__(self) -> None:
        self.seconds: float | None = None
        self.replies = 1


Error = tuple[str, str | None]


def _guarded(
    interface: Interface, name: str, linked: str | None
) -> Callable[[Callable[..., Any]], HostFunction]:
    """Registers a function of 0.3.0 whose result is what it gives or the variant `error`."""

    def decorate(function: Callable[..., Any]) -> HostFunction:
        @wraps(function)
        def call(cx: Context, *arguments: Any) -> Any:
            reason = refusal(cx, linked) if linked else None
            if reason is not None:
                return Err(("other", reason))
            try:
                return Ok(function(cx, *arguments))
            except TimedOut:
                return Err(("timeout", None))
            except BrokerFault as error:
                return Err(("connection", str(error)))

        return interface.function(name)(call)

    return decorate


@_guarded(types, "[static]client.connect", None)
def connect(cx: Context, name: str) -> Client:
    """`name` is the link's; a component has one broker here, so every name means it."""
    for interface in (PRODUCER, REQUEST_REPLY):
        link = cx.link(interface)
        if link.state == "linked":
            return Client(broker_of(cx.deployment, link))
    raise BrokerFault(refusal(cx, PRODUCER) or "")


@_guarded(types, "[method]client.disconnect", None)
def disconnect(cx: Context, client: Client) -> None:
    assert client.broker
    client.disconnect()


@types.function("[constructor]message")
def new_message(cx: Context, data: bytes) -> GuestMessage:
    return GuestMessage(Message("", data))


@types.function("[method]message.topic")
def topic(cx: Context, message: GuestMessage) -> str:
    return message.topic


@types.function("[method]message.content-type")
def content_type(cx: Context, message: GuestMessage) -> str | None:
    return message.content_type


@types.function("[method]message.set-content-type")
def set_content_type(cx: Context, message: GuestMessage, value: str) -> None:
    message.content_type = value


@types.function("[method]message.data")
def data(cx: Context, message: GuestMessage) -> bytes:
    return message.data


@types.function("[method]message.set-data")
def set_data(cx: Context, message: GuestMessage, value: bytes) -> None:
    message.data = value


@types.function("[method]message.metadata")
def metadata(cx: Context, message: GuestMessage) -> list[tuple[str, str]] | None:
    return message.metadata or None


@types.function("[method]message.add-metadata")
def add_metadata(cx: Context, message: GuestMessage, key: str, value: str) -> None:
    message.metadata = [pair for pair in message.metadata if pair[0] != key] + [(key, value)]


@types.function("[method]message.set-metadata")
def set_metadata(cx: Context, message: GuestMessage, value: list[tuple[str, str]]) -> None:
    message.metadata = value


@types.function("[method]message.remove-metadata")
def remove_metadata(cx: Context, message: GuestMessage, key: str) -> None:
    message.metadata = [pair for pair in message.metadata if pair[0] != key]


@_guarded(producer, "send", PRODUCER)
def send(cx: Context, client: Client, topic: str, message: GuestMessage) -> None:
    client.broker.publish(message.to(topic))


@request_reply.function("[constructor]request-options")
def new_options(cx: Context) -> RequestOptions:
    return RequestOptions()


@request_reply.function("[method]request-options.set-timeout-ms")
def set_timeout_ms(cx: Context, options: RequestOptions, value: int) -> None:
    options.seconds = value / 1000


@request_reply.function("[method]request-options.set-expected-replies")
def set_expected_replies(cx: Context, options: RequestOptions, value: int) -> None:
    options.replies = value


@_guarded(request_reply, "request", REQUEST_REPLY)
def request_many(
    cx: Context, client: Client, message: GuestMessage, options: RequestOptions | None
) -> list[GuestMessage]:
    """The WIT gives `request` no topic; a message goes to the one it carries in its metadata as `topic`, or the one
    it came in on."""
    wanted = options or RequestOptions()
    target = next((value for key, value in message.metadata if key == "topic"), message.topic)
    if not target:
        raise BrokerFault("the message has no topic: add one to its metadata as `topic`")
    found = client.broker.request(cx, message.to(target), wanted.seconds or DEFAULT_SECONDS, wanted.replies)
    return [GuestMessage(one, client.broker) for one in found]


@_guarded(request_reply, "reply", REQUEST_REPLY)
def reply(cx: Context, asked: GuestMessage, message: GuestMessage) -> None:
    """Without a reply subject there is nobody to tell, which is no error."""
    if asked.reply_to is not None and asked.broker is not None:
        asked.broker.publish(message.to(asked.reply_to))
