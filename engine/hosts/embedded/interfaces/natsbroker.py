"""Messages through a real NATS server, for links that name one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.hosts.embedded.context import Context
from engine.hosts.embedded.interfaces.broker import (
    BrokerFault,
    Message,
    Replies,
    check_message,
    check_pattern,
    check_subject,
)
from engine.hosts.embedded.interfaces.natsio import NatsConnection, NatsFault


class NatsBroker:
    """One connection for all instances of a component."""

    def __init__(self, servers: str, log: Callable[[str], None]) -> None:
        try:
            self._connection = NatsConnection(servers, log)
        except NatsFault as error:
            raise BrokerFault(str(error)) from None

    def publish(self, message: Message) -> None:
        check_message(message)

        async def send(client: Any) -> None:
            await client.publish(
                message.subject,
                message.body,
                reply=message.reply_to or "",
                headers=dict(message.headers) or None,
            )
            await client.flush()

        self._run(send)

    def subscribe(
        self, pattern: str, queue: str | None, deliver: Callable[[Message], None]
    ) -> Callable[[], None]:
        check_pattern(pattern)

        async def received(found: Any) -> None:
            deliver(
                Message(found.subject, found.data, found.reply or None, tuple((found.headers or {}).items()))
            )

        async def join(client: Any) -> Any:
            made = await client.subscribe(pattern, queue=queue or "", cb=received)
            await client.flush()
            return made

        subscription = self._run(join)

        def end() -> None:
            async def leave(client: Any) -> None:
                await subscription.unsubscribe()

            try:
                self._run(leave)
            except BrokerFault:
                pass  # a connection that is gone has no subscriptions either

        return end

    def request(
        self, cx: Context | None, message: Message, seconds: float | None, replies: int = 1
    ) -> list[Message]:
        """A server answers at once, with the status 503, where nobody subscribes."""
        check_subject(message.subject)
        answers = Replies(replies)
        inbox = self._run(self._new_inbox)
        end = self.subscribe(inbox, None, answers.add)
        try:
            self.publish(Message(message.subject, message.body, inbox, message.headers))
            found = answers.wait(cx, message.subject, seconds)
        finally:
            end()
        if dict(found[0].headers).get("Status") == "503":
            raise BrokerFault(f"no responders: nobody subscribes to {message.subject!r}")
        return found

    @staticmethod
    async def _new_inbox(client: Any) -> str:
        inbox: str = client.new_inbox()
        return inbox

    def close(self) -> None:
        self._connection.close()

    def _run(self, action: Callable[[Any], Any]) -> Any:
        import nats.errors

        try:
            return self._connection.run(action)
        except NatsFault as error:
            raise BrokerFault(str(error)) from None
        except (nats.errors.Error, ValueError) as error:
            text = str(error) or type(error).__name__
            raise BrokerFault(f"NATS at {self._connection.address}: {text}") from None
