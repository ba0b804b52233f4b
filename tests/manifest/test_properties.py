"""What holds for every application."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dependencies.catalogue import shipped
from engine.dependencies.discover import survey_world
from engine.dependencies.interface import Interface
from engine.dependencies.world import Need, WorldView
from engine.manifest.decode import read_application
from engine.manifest.diff import apply, diff, differences, settled
from engine.manifest.document import digest, to_document, to_json, to_yaml, with_version
from engine.manifest.generate import generate
from engine.manifest.model import Application
from engine.manifest.validate import validate
from engine.manifest.yaml_reader import read_yaml
from engine.manifest.yaml_text import to_text
from engine.project.find import find_project
from tests.manifest.applications import applications, texts

values = st.recursive(
    texts | st.integers(-(2**70), 2**70) | st.booleans() | st.none() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)


@given(applications)
def test_parse_of_print_is_the_same(app: Application) -> None:
    assert read_application(to_yaml(app), "a.yaml") == app
    assert read_application(to_json(app), "a.json") == app


@given(values)
def test_text_reads_back(value: Any) -> None:
    """Under our reader (YAML 1.2's rules) and under PyYAML's (1.1's)."""
    text = to_text(value)
    assert read_yaml(text, "x").data == value
    assert yaml.safe_load(text) == value


@given(applications)
def test_printing_is_stable(app: Application) -> None:
    text = to_yaml(app)
    assert to_yaml(read_application(text, "a.yaml")) == text
    assert "\x1b" not in text


@given(applications)
def test_nothing_differs_from_itself(app: Application) -> None:
    assert diff(app, app) == () and differences(app, app) == ()
    assert settled(settled(app)) == settled(app)
    assert diff(app, settled(app)) == ()


@given(applications, applications)
def test_a_diff_applied_gives_the_other(one: Application, other: Application) -> None:
    assert apply(one, differences(one, other)) == settled(other)
    assert diff(None, other) or not other.spec.components


@given(applications, st.randoms(use_true_random=False))
def test_order_means_nothing_to_a_diff(app: Application, random_: random.Random) -> None:
    document = to_document(app)
    random_.shuffle(document["spec"]["components"])
    for component in document["spec"]["components"]:
        random_.shuffle(component.get("traits", []))
    # Traits that are the same but for their order number are the same set.
    assert diff(app, read_application(to_text(document), "x")) == ()


@given(applications)
def test_the_version_follows_the_content(app: Application) -> None:
    versioned = with_version(app)
    assert with_version(versioned) == versioned
    assert digest(versioned) == digest(with_version(app, "x"))


# -- what is generated ---------------------------------------------------------------------------------------------

PACKAGES = {
    "wasi:http": ["incoming-handler", "outgoing-handler", "types"],
    "wasi:keyvalue": ["store", "atomics", "batch", "watcher"],
    "wasi:blobstore": ["blobstore", "container"],
    "wasmcloud:messaging": ["consumer", "handler", "incoming-handler", "types"],
    "wasmcloud:postgres": ["query"],
    "acme:shop": ["orders", "stock"],
    "wasi:logging": ["logging"],
}
interfaces = st.sampled_from(sorted(PACKAGES)).flatmap(
    lambda package: st.builds(
        Interface,
        namespace=st.just(package.partition(":")[0]),
        package=st.just(package.partition(":")[2]),
        name=st.sampled_from(PACKAGES[package]),
        version=st.sampled_from([None, "0.2.0", "0.2.1-draft", "0.3.0", "1.0.0"]),
    )
)
needs = st.lists(
    st.builds(
        Need, direction=st.sampled_from(["import", "export"]), interface=interfaces, callable=st.booleans()
    ),
    max_size=8,
    unique=True,
)
specs = st.sampled_from(
    [
        "wasi:keyvalue",
        "wasi:keyvalue/*",
        "wasi:keyvalue/store",
        "wasi:*",
        "acme:shop/{orders,stock}",
        "wasi:http",
        "wasmcloud:messaging/handler",
        "wasi:logging/logging",
        "acme:shop@1.0.0",
    ]
)
overrides = st.lists(
    st.fixed_dictionaries(
        {"interface": specs},
        optional={
            "image_ref": st.sampled_from(
                ["file://./a.par.gz", "file://b.wasm", "ghcr.io/wasmcloud/keyvalue-redis:1"]
            ),
            "link_name": st.sampled_from(["default", "one", "two"]),
            "config": st.just({"values": {"a": "yes"}})
            | st.just([{"name": "there"}, {"values": {"b": "1.0"}}]),
            "link_config": st.just({"values": {"bucket": "é"}}) | st.just({"name": "there"}),
            "secrets": st.just({"name": "s", "values": {"k": "$V"}}),
        },
    ),
    max_size=3,
)
devs = st.fixed_dictionaries(
    {},
    optional={
        "config": st.just([{"values": {"x": "on"}}]),
        "secrets": st.just([{"name": "t", "source": {"policy": "p", "key": "k"}}]),
        "link_config": st.just({"values": {"all": "1"}}),
        "overrides": st.fixed_dictionaries({"imports": overrides, "exports": overrides}),
    },
)


@settings(deadline=None, max_examples=int(os.environ.get("WAKE_EXAMPLES", "60")))
@given(needs, devs, st.sampled_from(["component", "provider"]), st.randoms(use_true_random=False))
def test_what_is_generated_is_clean_and_settled(
    tmp_path_factory: Any, needs: list[Need], dev: dict[str, Any], kind: str, random_: random.Random
) -> None:
    """wadm has no error for it, and not a byte depends on the order of anything."""
    import tomli_w

    folder: Path = tmp_path_factory.getbasetemp() / "generated"
    folder.mkdir(exist_ok=True)
    head = {"name": "The Thing", "language": "rust", "type": kind, "version": "0.1.0"}
    (folder / "wasmcloud.toml").write_text(tomli_w.dumps({**head, "dev": dev}))
    project = find_project(folder, {})
    found = survey_world(project, WorldView("a:b/c", tuple(needs)), {}, shipped())
    app = generate(project, found.dependencies)
    assert [item for item in validate(app) if item.severity == "error"] == []
    shuffled = list(needs)
    random_.shuffle(shuffled)
    again = survey_world(project, WorldView("a:b/c", tuple(shuffled)), {}, shipped())
    assert again == found
    dependencies = list(again.dependencies)
    random_.shuffle(dependencies)
    assert to_yaml(generate(project, dependencies)) == to_yaml(app)
    assert read_application(to_yaml(app), "x") == app
