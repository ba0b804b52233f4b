"""The socket, spoken to over the socket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream

from engine.client.client import Client
from engine.places.places import Places
from engine.protocol.messages import RemoteError
from engine.session.session import Session
from tests.session.fake_host import FakeHost
from tests.session.running import make_project, running

pytestmark = pytest.mark.anyio


class Raw:
    """A connection without manners."""

    def __init__(self, stream: SocketStream) -> None:
        self.stream = stream
        self.reader = BufferedByteReceiveStream(stream)

    async def say(self, text: str) -> None:
        await self.stream.send(text.encode() + b"\n")

    async def hear(self) -> dict[str, Any]:
        with anyio.fail_after(20):
            found: dict[str, Any] = json.loads(await self.reader.receive_until(b"\n", 1 << 24))
        return found

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        await self.say(json.dumps({"jsonrpc": "2.0", "id": method, "method": method, "params": params}))
        while (answer := await self.hear()).get("id") != method:
            pass
        return answer


@asynccontextmanager
async def raw(places: Places, session: Session) -> AsyncIterator[Raw]:
    async with await anyio.connect_unix(places.socket(session.id)) as stream:
        yield Raw(stream)


async def test_manners(tmp_path: Path, places: Places) -> None:
    root = make_project(tmp_path / "it")
    async with running(root, places, FakeHost()) as session, raw(places, session) as peer:
        assert "say hello first" in (await peer.ask("state"))["error"]["message"]
        assert "protocol 1" in (await peer.ask("hello", protocol=99))["error"]["message"]
        assert (await peer.ask("hello", protocol=1))["result"]["session"] == session.id
        await peer.say("{nonsense")
        assert (await peer.hear())["error"]["code"] == -32700
        await peer.say('{"jsonrpc": "2.0", "id": 1, "method": 7}')
        assert (await peer.hear())["error"]["code"] == -32600
        assert (await peer.ask("fly"))["error"]["code"] == -32601
        assert (await peer.ask("toggle"))["error"]["code"] == -32602
        unknown = (await peer.ask("toggle", name="x"))["error"]
        assert "there is no dependency" in unknown["message"]
        assert "custom-test-it" in unknown["data"]["hint"]
        assert (await peer.ask("state"))["result"]["phase"] == "ready"


async def test_the_socket_is_the_users_alone(tmp_path: Path, places: Places) -> None:
    root = make_project(tmp_path / "it")
    async with running(root, places, FakeHost()) as session:
        path = places.socket(session.id)
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_a_subscriber_misses_nothing_that_is_newest(tmp_path: Path, places: Places) -> None:
    root = make_project(tmp_path / "it")
    async with running(root, places, FakeHost()) as session:
        client = await Client.connect(places.socket(session.id))
        states = client.states()
        first = await anext(states)
        assert first == session.publisher.state
        for number in range(2000):
            session.publisher.replace(error=f"number {number}")
        last = session.publisher.state.revision
        with anyio.fail_after(20):
            async for state in states:
                assert state.revision > first.revision
                if state.revision == last:
                    break
        assert state.error == "number 1999"
        await client.close()


async def test_events_are_all_told(tmp_path: Path, places: Places) -> None:
    root = make_project(tmp_path / "it")
    async with running(root, places, FakeHost()) as session:
        client = await Client.connect(places.socket(session.id))
        events = client.events()
        with anyio.fail_after(30):
            async with anyio.create_task_group() as group:
                group.start_soon(session.wait_ready)
                heard: list[dict[str, Any]] = []

                async def listen() -> None:
                    async for event in events:
                        heard.append(event)
                        if len(heard) == 500:
                            return

                group.start_soon(listen)
                await client.call("state")
                for number in range(500):
                    session.publisher.event("request", number=number)
        assert [event["number"] for event in heard] == list(range(500))
        await client.close()


async def test_everything_that_can_be_asked(tmp_path: Path, places: Places) -> None:
    root = make_project(tmp_path / "it")
    async with running(root, places, host := FakeHost()) as session:
        client = await Client.connect(places.socket(session.id))
        assert (await client.call("wait"))["urls"] == ["http://127.0.0.1:1"]
        name = next(item.name for item in session.publisher.state.dependencies if item.direction == "import")
        assert await client.call("toggle", {"name": name, "off": True}) == {"name": name, "off": True}
        assert (await client.call("state"))["pending"] is not None
        await client.call("discard")
        assert (await client.call("state"))["pending"] is None
        assert (await client.call("reload", {"rebuild": True}))["ok"]
        assert [item["number"] for item in await client.call("timeline")] == [1, 2]
        assert (await client.call("call", {"export": "f", "arguments": ["1"]}))[
            "result"
        ] == f"{session.id}-it f 1"
        await client.call("pause")
        assert (await client.call("state"))["paused"]
        await client.call("resume")
        session.log("build", "error", "an \x1b[2J escape")
        view = await client.call("logs.view", {"sources": ["build"], "level": "error"})
        window = await client.call("logs.window", {"view": view["view"], "from": 0, "count": 10})
        assert len(window["lines"]) == window["total"] == 1
        assert "\x1b" not in window["lines"][0]["text"]
        with pytest.raises(RemoteError, match="there is no view"):
            await client.call("logs.window", {"view": 99})
        with pytest.raises(RemoteError):
            await client.call("logs.view", {"match": "(", "regex": True})
        assert await client.call("stop") == {}
        await client.close()
    assert host.stopped


async def test_hostile_peers_end_their_own_conversation_only(tmp_path: Path, places: Places) -> None:
    root = make_project(tmp_path / "it")
    async with running(root, places, FakeHost()) as session:
        for line in (
            b'{"id": 1, "method": "hello", "params": ' + b'{"a":' * 100_000,
            b"[" * 200_000,
            b"\xff\xfe\x00",
            b'{"id": 1, "method": "h\xff"}',
            b'{"id": 1, "method": "\\ud800"}',
            b"[]",
            b"null",
            b'{"id": {}, "method": "hello"}',
        ):
            async with raw(places, session) as peer:
                await peer.stream.send(line + b"\n")
                assert (await peer.hear())["error"]["code"] in (-32700, -32600)
        async with raw(places, session) as peer:
            await peer.ask("hello", protocol=1)
            view = (await peer.ask("logs.view"))["result"]["view"]
            for params in ({"view": [1]}, {"view": view, "count": "x"}, {}):
                assert (await peer.ask("logs.window", **params))["error"]["code"] == -32602
            assert (await peer.ask("state"))["result"]["phase"] == "ready"


async def test_a_fault_of_ours_is_an_answer_and_a_line_in_the_log(
    tmp_path: Path, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken() -> None:
        raise RuntimeError("a bug")

    root = make_project(tmp_path / "it")
    async with running(root, places, FakeHost()) as session, raw(places, session) as peer:
        monkeypatch.setattr(session, "apply", broken)
        await peer.ask("hello", protocol=1)
        assert (await peer.ask("apply"))["error"] == {"code": -32603, "message": "RuntimeError: a bug"}
        assert (await peer.ask("state"))["result"]["phase"] == "ready"
    assert "a bug" in (places.session(session.id) / "journal.log").read_bytes().decode(errors="replace")


async def test_who_asks_without_reading_is_not_read_any_further(tmp_path: Path, places: Places) -> None:
    from engine.server.connection import REPLY_LIMIT

    root = make_project(tmp_path / "it")
    async with running(root, places, FakeHost()) as session, raw(places, session) as peer:
        await peer.ask("hello", protocol=1)
        asked = 0

        async def flood() -> None:
            nonlocal asked
            while True:
                await peer.stream.send(b'{"id": 7, "method": "state"}\n' * 100)
                asked += 100

        async with anyio.create_task_group() as group:
            group.start_soon(flood)
            # The loop serves others meanwhile: each of these is a round trip.
            client = await Client.connect(places.socket(session.id))
            for _ in range(300):
                await client.call("state")
            await client.close()
            group.cancel_scope.cancel()
        # What is unread lies in the sockets' buffers, and they are finite.
        assert asked < REPLY_LIMIT + 20_000
