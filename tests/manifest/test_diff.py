"""How differences read."""

from __future__ import annotations

from engine.manifest.decode import read_application
from engine.manifest.diff import diff
from tests.manifest.test_validate import GOOD


def told(*pairs: tuple[str, str]) -> list[tuple[str, str, str, str]]:
    text = GOOD
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    changes = diff(read_application(GOOD, "a"), read_application(text, "b"))
    return [(item.action, item.subject, item.name, item.detail) for item in changes]


def test_one_of_each() -> None:
    assert told(("acme/kv:1", "acme/kv:2")) == [
        ("changed", "provider", "kv", "image: ghcr.io/acme/kv:1 → ghcr.io/acme/kv:2")
    ]
    assert told(("[atomics, store]", "[store, batch]")) == [
        ("changed", "link", "counter → kv wasi:keyvalue", "+batch, -atomics")
    ]
    assert told(("0.0.0.0:8000", "0.0.0.0:9000")) == [
        (
            "changed",
            "config",
            "address of server → counter wasi:http, source",
            "address: 0.0.0.0:8000 → 0.0.0.0:9000",
        )
    ]
    assert told(("replicas: 1", "instances: 5")) == [
        ("changed", "scaler", "spreadscaler of counter", "instances: 1 → 5")
    ]
    assert told(("name: good", "name: other")) == [("changed", "application", "other", "name: good → other")]


def test_what_means_the_same_is_no_difference() -> None:
    older = """            target: counter
            source_config:
                - name: address
"""
    newer = """            target:
              name: counter
            source:
              config:
                - name: address
"""
    assert told((newer, older)) == []
    assert told(("replicas: 1", "instances: 1"), ("[atomics, store]", "[store, atomics]")) == []
    assert told(("version: v0.0.1", "version: v0.0.2")) == []
    assert told(("type: component", "type: actor")) == []


def test_added_and_removed() -> None:
    start = GOOD.index("    - name: server")
    assert told((GOOD[start:], "")) == [
        ("removed", "provider", "server", "ghcr.io/acme/server:1"),
        ("removed", "link", "server → counter wasi:http", "incoming-handler"),
        ("removed", "config", "address of server → counter wasi:http, source", "address: 0.0.0.0:8000"),
    ]
    everything = diff(None, read_application(GOOD, "a"))
    assert {item.action for item in everything} == {"added"}
    assert {item.subject for item in everything} == {
        "application",
        "component",
        "provider",
        "scaler",
        "link",
        "config",
    }


def test_the_order_of_configs_counts() -> None:
    two = "                - name: address\n                  properties:\n                    address: 0.0.0.0:8000\n"
    other = "                - name: other\n"
    one = GOOD.replace(two, two + other)
    assert one != GOOD
    changes = diff(read_application(one, "a"), read_application(GOOD.replace(two, other + two), "b"))
    assert [(item.subject, item.detail) for item in changes] == [
        ("config", "later ones count more; now other, address")
    ]
