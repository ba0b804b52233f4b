"""What a person is told to do with a running application."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.manifest.decode import read_application
from engine.manifest.generate import generate
from engine.manifest.hints import hints, urls
from tests.manifest.test_validate import GOOD
from tests.workplace import look, make, manifest, project

WORLD = """
export wasi:http/incoming-handler@0.2.0;
export wasmcloud:messaging/handler@0.2.0;
import wasi:keyvalue/store@0.2.0-draft;
import wasi:blobstore/blobstore@0.2.0-draft;
"""


def test_what_is_generated(tmp_path: Path) -> None:
    folder = make(tmp_path, WORLD)
    session = project(folder).session
    assert set(hints(manifest(folder))) == {
        "HTTP: http://127.0.0.1:8000",
        "Messages: listening on wasmcloud.dev",
        f"Key-value: bucket wasmcloud in {session}-dep-keyvalue-nats",
        "Blobs: containers are folders under /tmp",
    }


def test_the_session_chooses_the_port(tmp_path: Path) -> None:
    folder = make(tmp_path, WORLD)
    app = generate(project(folder), look(folder).dependencies, address="127.0.0.1:8017")
    assert "HTTP: http://127.0.0.1:8017" in hints(app)


def test_what_is_configured(tmp_path: Path) -> None:
    toml = """
[[dev.overrides.exports]]
interface = "wasmcloud:messaging/handler"
link_config = { values = { subscriptions = "a, b,c" } }
[[dev.overrides.imports]]
interface = "wasi:keyvalue/store"
image_ref = "ghcr.io/wasmcloud/keyvalue-redis:0.30.0"
link_config = { values = { url = "redis://x:6379" } }
"""
    found = hints(manifest(make(tmp_path, WORLD, toml)))
    assert "Messages: listening on a, b, c" in found and "Key-value: redis://x:6379" in found


def test_anybodys_manifest() -> None:
    assert hints(read_application(GOOD, "x")) == ("Key-value: bucket b in kv", "HTTP: http://127.0.0.1:8000")


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("0.0.0.0:80", "http://127.0.0.1:80"),
        ("[::]:80", "http://127.0.0.1:80"),
        ("localhost:80", "http://localhost:80"),
        ("[::1]:80", "http://[::1]:80"),
        ("https://a.b", "https://a.b"),
        (":80", "http://127.0.0.1:80"),
    ],
)
def test_addresses(address: str, url: str) -> None:
    assert urls(address) == url
