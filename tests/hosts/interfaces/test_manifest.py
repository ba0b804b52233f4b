"""A WADM manifest put in service: its links reach the interfaces, and what they keep outlasts a deployment."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.hosts.embedded.application import Application
from engine.hosts.embedded.cache import CodeCache
from engine.hosts.embedded.compile import Compiler
from engine.model.deliverable import Deliverable, Mount
from engine.model.host_settings import HostSettings
from tests.hosts.interfaces.probe import CASES, build, control

pytestmark = pytest.mark.xdist_group("probe")

pytest.importorskip("componentize_py")


class Unhurried(Compiler):
    """Compiles what is asked for and leaves it at that."""

    def upgrade(self, *_: Any) -> None:
        pass


def link(namespace: str, package: str, interfaces: list[str], target: str, **config: str) -> dict[str, Any]:
    return {
        "type": "link",
        "properties": {
            "namespace": namespace,
            "package": package,
            "interfaces": interfaces,
            "target": {"name": target, "config": [{"name": "c", "properties": config}]},
        },
    }


def handler(subscriptions: str) -> dict[str, Any]:
    made = link("wasmcloud", "messaging", ["handler"], "probe")
    made["properties"]["source"] = {"config": [{"name": "s", "properties": {"subscriptions": subscriptions}}]}
    return made


def provider(name: str, *traits: dict[str, Any]) -> dict[str, Any]:
    image = f"ghcr.io/wasmcloud/{name}:0.1.0"
    return {"name": name, "type": "capability", "properties": {"image": image}, "traits": list(traits)}


def manifest(root: Path) -> dict[str, Any]:
    traits = [
        link("wasi", "keyvalue", ["store", "atomics", "batch"], "keyvalue-nats", bucket="wasmcloud"),
        link("wasi", "blobstore", ["blobstore"], "blobstore-fs", root=str(root)),
        link("wasmcloud", "messaging", ["consumer"], "messaging-nats"),
    ]
    config = [{"name": "c", "properties": {"color": "green"}}]
    properties = {"image": "file://probe.wasm", "config": config}
    probe = {"name": "probe", "type": "component", "properties": properties, "traits": traits}
    providers = [
        provider("keyvalue-nats"),
        provider("blobstore-fs"),
        provider("messaging-nats", handler("probe.>")),
    ]
    return {"metadata": {"name": "test"}, "spec": {"components": [probe, *providers]}}


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    path = build()
    compiler = Unhurried(CodeCache(path.parent / "code"))
    made = Application(tmp_path / "session", compiler, HostSettings(), lambda *_: None, lambda _: True)
    yield made
    made.undeploy()
    compiler.close()


def test_links_reach_the_interfaces(application: Application, tmp_path: Path) -> None:
    path = build()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    deliverables = {"probe": Deliverable(str(path), digest, (Mount(str(CASES), "/cases"),))}
    facts = {"keyvalue": "on", "before": ""}
    control.functions["fact"] = lambda cx, name: facts[name]
    wanted = manifest(tmp_path / "blobs")

    def call() -> str:
        return application.call("probe", "tests:probe/cases#run", ['"deployed"'])

    assert application.apply(wanted, deliverables, {}).ok
    assert call() == "ok"
    assert (tmp_path / "session" / "keyvalue.sqlite3").exists()
    assert (tmp_path / "blobs" / "deployed").is_dir()

    off = {f"wasi:keyvalue/{name}": "keyvalue-nats" for name in ("store", "atomics", "batch")}
    facts["keyvalue"] = "off"
    assert application.apply(wanted, deliverables, off).ok
    assert call() == "ok"

    application.undeploy()
    facts |= {"keyvalue": "on", "before": "kept"}
    assert application.apply(wanted, deliverables, {}).ok
    assert call() == "ok"
