"""Manifests as this host reads them, and components that serve each other's imports by a manifest's links."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.hosts.embedded import plan as plans
from engine.hosts.embedded.application import Application
from engine.hosts.embedded.cache import CodeCache
from engine.hosts.embedded.calling import CallError
from engine.hosts.embedded.compile import Compiler
from engine.hosts.embedded.instance import live
from engine.hosts.embedded.plan import Route
from engine.model.host_settings import HostSettings
from tests.hosts.embedded import wat
from tests.hosts.embedded.test_host import components
from tests.hosts.embedded.test_linker import PING, PONG


def part(name: str, kind: str, image: str, *links: dict[str, Any], **properties: Any) -> dict[str, Any]:
    traits = [{"type": "link", "properties": link} for link in links]
    return {"name": name, "type": kind, "properties": {"image": image, **properties}, "traits": traits}


def link(target: Any, package: str, *interfaces: str, **more: Any) -> dict[str, Any]:
    namespace, _, name = package.partition(":")
    return {"target": target, "namespace": namespace, "package": name, "interfaces": list(interfaces), **more}


def config(**properties: str) -> list[dict[str, Any]]:
    return [{"name": "named", "properties": properties}]


def application(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "app"}, "spec": {"components": list(parts)}}


def test_links_configs_and_routes_are_read() -> None:
    plan = plans.read(
        application(
            part(
                "hello",
                "component",
                "file://hello.wasm",
                link(
                    {"name": "kv", "config": config(bucket="b")},
                    "wasi:keyvalue",
                    "store",
                    "atomics",
                    name="far",
                ),
                config=config(greeting="hi"),
            ),
            part("kv", "capability", "ghcr.io/wasmcloud/keyvalue-nats:0.3.1"),
            part(
                "http",
                "capability",
                "ghcr.io/wasmcloud/http-server:0.24.0",
                link(
                    {"name": "hello"},
                    "wasi:http",
                    "incoming-handler",
                    source={"config": config(address="0.0.0.0:80")},
                ),
            ),
        )
    )
    hello = plan.components["hello"]
    assert hello.config == {"greeting": "hi"}
    assert hello.links["wasi:keyvalue/store"].config == {"bucket": "b"}
    assert hello.links["wasi:keyvalue/atomics"].name == "far"
    assert hello.links["wasi:http/incoming-handler"].config == {"address": "0.0.0.0:80"}
    assert plan.routes == [Route("0.0.0.0:80", "hello")]
    assert len(plan.providers) == 2


def test_the_older_form_of_a_link_is_read() -> None:
    old = link("hello", "wasi:http", "incoming-handler", source_config=config(address="127.0.0.1:81"))
    plan = plans.read(
        application(
            part("hello", "component", "file://hello.wasm"), part("http", "capability", "http-server:1", old)
        )
    )
    assert plan.routes == [Route("127.0.0.1:81", "hello")]


@pytest.mark.parametrize(
    ("address", "path", "host", "component"),
    [
        ("a:1", "/", "x", "plain"),
        ("a:1", "/api", "x", "api"),
        ("a:1", "/api/users", "x", "api"),
        ("a:1", "/apis", "x", "plain"),
        ("a:1", "/api/deep/er", "x", "deep"),
        ("a:1", "/api", "named.example:1", "named"),
        ("b:1", "/", "x", None),
    ],
)
def test_a_request_finds_its_component(address: str, path: str, host: str, component: str | None) -> None:
    routes = [
        Route("a:1", "plain"),
        Route("a:1", "api", path="/api"),
        Route("a:1", "deep", path="/api/deep"),
        Route("a:1", "named", host="named.example"),
    ]
    found = plans.choose(routes, address, path, host)
    assert (found.component if found else None) == component


def test_a_component_deployed_beside_another_serves_its_import(tmp_path: Path) -> None:
    running = Application(
        tmp_path,
        Compiler(CodeCache(tmp_path / "code")),
        HostSettings(),
        lambda *line: None,
        lambda event: True,
    )
    code = components(tmp_path, ping=wat.component(PING), pong=wat.component(PONG))
    linked = application(
        part("ping", "component", "file://ping.wasm", link({"name": "pong"}, "example:pong", "pingpong")),
        part("pong", "component", "file://pong.wasm"),
    )
    assert running.apply(linked, code, {}).ok
    assert running.call("ping", "greet", ['"ab"']) == '"po"'
    assert running.call("ping", "boxed", ["7"]) == "7"
    assert running.reload("pong", code["pong"]).ok
    assert running.call("ping", "greet", ['"abcd"']) == '"pong"'

    apart = application(
        part("ping", "component", "file://ping.wasm"), part("pong", "component", "file://pong.wasm")
    )
    assert running.apply(apart, code, {}).ok
    with pytest.raises(CallError, match="example:pong/pingpong is unresolved"):
        running.call("ping", "greet", ['"ab"'])
    assert running.apply(apart, code, {"example:pong/pingpong": "pong"}).ok
    with pytest.raises(CallError, match="example:pong/pingpong is off"):
        running.call("ping", "greet", ['"ab"'])
    running.undeploy()


def test_an_application_that_cannot_start_leaves_no_instance_behind(tmp_path: Path) -> None:
    running = Application(
        tmp_path,
        Compiler(CodeCache(tmp_path / "code")),
        HostSettings(),
        lambda *line: None,
        lambda event: True,
    )
    before = len(live)
    code = components(tmp_path, pong=wat.component(PONG), bad=b"no component")
    parts = [part("pong", "component", "file://pong.wasm"), part("bad", "component", "file://bad.wasm")]
    outcome = running.apply(application(*parts), code, {})
    assert not outcome.ok
    assert outcome.error is not None
    assert outcome.error.startswith("bad cannot be run")
    assert len(live) == before
