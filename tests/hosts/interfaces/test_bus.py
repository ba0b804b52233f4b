"""wasmcloud:bus/lattice: links by name."""

from __future__ import annotations

from pathlib import Path

from engine.hosts.embedded import plan
from engine.hosts.embedded.context import Link, labelled
from tests.hosts.interfaces.deployments import guest

BUS = "wasmcloud:bus/lattice@1.0.0"
BLOBSTORE = "wasi:blobstore/blobstore"


def test_a_guest_chooses_a_link_by_name(tmp_path: Path) -> None:
    def link(name: str) -> Link:
        return Link("linked", name=name, config={"root": str(tmp_path / name)})

    app = guest(tmp_path, links={BLOBSTORE: link("default"), labelled(BLOBSTORE, "other"): link("other")})
    target = app.call(f"{BUS}#[constructor]call-target-interface", "wasi", "blobstore", "blobstore")
    app.ok(f"{BLOBSTORE}#create-container", "box")
    app.ok(f"{BUS}#set-link-name", "other", [target])
    assert app.ok(f"{BLOBSTORE}#container-exists", "box") is False
    app.ok(f"{BLOBSTORE}#create-container", "crate")
    app.ok(f"{BUS}#set-link-name", "nowhere", [target])
    assert "no link in the deployed manifest is named 'nowhere'" in app.err(
        f"{BLOBSTORE}#container-exists", "box"
    )
    app.ok(f"{BUS}#set-link-name", "default", [target])
    assert app.ok(f"{BLOBSTORE}#container-exists", "box") is True
    assert (tmp_path / "other" / "crate").is_dir()
    app.deployment.links[BLOBSTORE] = Link("off")
    app.ok(f"{BUS}#set-link-name", "other", [target])
    assert "is off" in app.err(f"{BLOBSTORE}#container-exists", "box")


def test_a_plan_keeps_links_by_name_and_a_providers_own_configuration() -> None:
    def link(name: str, **config: str) -> dict[str, object]:
        target = {"name": "kv", "config": [{"name": "c", "properties": config}]}
        properties = {"namespace": "wasi", "package": "keyvalue", "interfaces": ["store"], "target": target}
        return {"type": "link", "properties": properties | {"name": name}}

    traits = [link("cache", bucket="cache"), link("default", url="redis://mine"), link("third")]
    components = [
        {"name": "app", "type": "component", "properties": {"image": "app"}, "traits": traits},
        {
            "name": "kv",
            "type": "capability",
            "properties": {"image": "kv:1", "config": [{"name": "d", "properties": {"url": "redis://all"}}]},
        },
    ]
    links = plan.read({"metadata": {"name": "a"}, "spec": {"components": components}}).components["app"].links
    store = "wasi:keyvalue/store"
    assert links[store].config == {"url": "redis://mine"}
    assert links[labelled(store, "cache")].config == {"bucket": "cache", "url": "redis://all"}
    assert links[labelled(store, "third")].config == {"url": "redis://all"}
