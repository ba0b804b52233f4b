"""wasi:keyvalue over each store: SQLite always, Redis and NATS where their servers are installed."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.hosts.embedded.context import Link
from engine.hosts.embedded.interfaces.stores.base import PAGE, store_of
from engine.hosts.embedded.interfaces.stores.sqlite import SqliteStore
from engine.hosts.embedded.values import Err, Ok
from tests.hosts.interfaces.deployments import Guest, guest

STORE = "wasi:keyvalue/store@0.2.0-draft2"
DRAFT = "wasi:keyvalue/store@0.2.0-draft"
ATOMICS = "wasi:keyvalue/atomics@0.2.0-draft2"
BATCH = "wasi:keyvalue/batch@0.2.0-draft2"


@pytest.fixture(params=["sqlite", "redis", "nats"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Guest:
    """A guest with a store of the kind, its buckets empty."""
    kind = request.param
    link: dict[str, str] = {}
    if kind == "redis":
        link = {"url": request.getfixturevalue("redis_url")}
    elif kind == "nats":
        link = {
            "cluster_uri": request.getfixturevalue("nats_url"),
            "bucket": f"test-{abs(hash(tmp_path))}",
            "enable_bucket_auto_create": "true",
        }
    made = guest(tmp_path, link=link, provider=f"ghcr.io/wasmcloud/keyvalue-{kind}:0.3.1")
    request.addfinalizer(made.deployment.close)
    return made


def test_a_value_is_kept_and_forgotten(app: Guest) -> None:
    bucket = app.ok(f"{STORE}#open", "default")
    assert app.ok(f"{STORE}#[method]bucket.get", bucket, "k") is None
    assert app.ok(f"{STORE}#[method]bucket.exists", bucket, "k") is False
    app.ok(f"{STORE}#[method]bucket.set", bucket, "k", b"\x00\xff")
    app.ok(f"{STORE}#[method]bucket.set", bucket, "k", b"")
    assert app.ok(f"{STORE}#[method]bucket.get", bucket, "k") == b""
    assert app.ok(f"{STORE}#[method]bucket.exists", bucket, "k") is True
    app.ok(f"{STORE}#[method]bucket.delete", bucket, "k")
    app.ok(f"{STORE}#[method]bucket.delete", bucket, "k")
    assert app.ok(f"{STORE}#[method]bucket.get", bucket, "k") is None


def test_buckets_are_apart(app: Guest) -> None:
    one, two = app.ok(f"{STORE}#open", "default"), app.ok(f"{STORE}#open", "two")
    app.ok(f"{STORE}#[method]bucket.set", one, "k", b"1")
    assert app.ok(f"{STORE}#[method]bucket.get", two, "k") is None
    assert app.ok(f"{STORE}#[method]bucket.list-keys", two, None)["keys"] == []
    app.ok(f"{STORE}#[method]bucket.set", two, "k", b"2")
    app.ok(f"{STORE}#[method]bucket.delete", one, "k")
    assert app.ok(f"{STORE}#[method]bucket.get", two, "k") == b"2"
    app.ok(f"{STORE}#[method]bucket.delete", two, "k")


@pytest.mark.parametrize("interface", [STORE, DRAFT])
def test_every_key_is_listed_page_by_page(app: Guest, interface: str) -> None:
    bucket = app.ok(f"{interface}#open", "many")
    wanted = [f"k{number}" for number in range(PAGE + 5)]
    for start in range(0, len(wanted), 100):
        app.ok(f"{BATCH}#set-many", bucket, [(key, b"v") for key in wanted[start : start + 100]])
    found: set[str] = set()
    cursor = None
    while True:
        page = app.ok(f"{interface}#[method]bucket.list-keys", bucket, cursor)
        found.update(page["keys"])
        cursor = page["cursor"]
        if cursor is None:
            break
        assert isinstance(cursor, int if interface == DRAFT else str)
    assert found == set(wanted)
    app.ok(f"{BATCH}#delete-many", bucket, wanted)


def test_a_cursor_from_elsewhere_is_refused(tmp_path: Path) -> None:
    app = guest(tmp_path)
    bucket = app.ok(f"{STORE}#open", "default")
    case, text = app.err(f"{STORE}#[method]bucket.list-keys", bucket, "x1")
    assert case == "other"
    assert "x1" in text
    app.deployment.close()


def test_increments_of_threads_all_count(app: Guest) -> None:
    bucket = app.ok(f"{STORE}#open", "default")

    def count() -> None:
        for _ in range(10):
            app.ok(f"{ATOMICS}#increment", bucket, "n", 2)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert app.ok(f"{STORE}#[method]bucket.get", bucket, "n") == b"80"
    assert app.ok(f"{ATOMICS}#increment", bucket, "n", -81) == -1
    app.ok(f"{STORE}#[method]bucket.set", bucket, "n", b"pear")
    case, text = app.err(f"{ATOMICS}#increment", bucket, "n", 1)
    assert case == "other"
    assert text
    assert app.ok(f"{STORE}#[method]bucket.get", bucket, "n") == b"pear"


def test_a_sum_beyond_64_bits_is_refused(app: Guest) -> None:
    bucket = app.ok(f"{STORE}#open", "default")
    app.ok(f"{STORE}#[method]bucket.set", bucket, "big", b"9223372036854775807")
    assert app.err(f"{ATOMICS}#increment", bucket, "big", 1)[0] == "other"


def test_compare_and_swap(app: Guest) -> None:
    bucket = app.ok(f"{STORE}#open", "default")
    first = app.ok(f"{ATOMICS}#[static]cas.new", bucket, "c")
    assert app.ok(f"{ATOMICS}#[method]cas.current", first) is None
    assert app.call(f"{ATOMICS}#swap", first, b"1") == Ok()

    stale = app.ok(f"{ATOMICS}#[static]cas.new", bucket, "c")
    app.ok(f"{STORE}#[method]bucket.set", bucket, "c", b"2")
    match app.call(f"{ATOMICS}#swap", stale, b"3"):
        case Err(("cas-failed", fresh)):
            assert app.ok(f"{ATOMICS}#[method]cas.current", fresh) == b"2"
            assert app.call(f"{ATOMICS}#swap", fresh, b"3") == Ok()
        case other:
            raise AssertionError(other)
    assert app.ok(f"{STORE}#[method]bucket.get", bucket, "c") == b"3"


def test_a_key_deleted_and_made_anew_is_not_the_old_one(tmp_path: Path) -> None:
    app = guest(tmp_path)
    bucket = app.ok(f"{STORE}#open", "default")
    app.ok(f"{STORE}#[method]bucket.set", bucket, "c", b"1")
    stale = app.ok(f"{ATOMICS}#[static]cas.new", bucket, "c")
    app.ok(f"{STORE}#[method]bucket.delete", bucket, "c")
    app.ok(f"{STORE}#[method]bucket.set", bucket, "c", b"1")
    assert app.call(f"{ATOMICS}#swap", stale, b"2").value[0] == "cas-failed"
    app.deployment.close()


def test_many_at_once(app: Guest) -> None:
    bucket = app.ok(f"{STORE}#open", "default")
    app.ok(f"{BATCH}#set-many", bucket, [("a", b"1"), ("b", b"2"), ("a", b"3")])
    assert app.ok(f"{BATCH}#get-many", bucket, ["b", "x", "a"]) == [("b", b"2"), None, ("a", b"3")]
    app.ok(f"{BATCH}#delete-many", bucket, ["a", "b", "x"])
    assert app.ok(f"{BATCH}#get-many", bucket, ["b", "a"]) == [None, None]
    assert app.ok(f"{BATCH}#get-many", bucket, []) == []
    app.ok(f"{BATCH}#set-many", bucket, [])
    app.ok(f"{BATCH}#delete-many", bucket, [])


def test_values_outlive_the_deployment(tmp_path: Path) -> None:
    before = guest(tmp_path)
    before.ok(f"{STORE}#[method]bucket.set", before.ok(f"{STORE}#open", "default"), "k", b"v")
    after = guest(tmp_path)  # the one before is not closed: a crash closes nothing
    assert after.ok(f"{STORE}#[method]bucket.get", after.ok(f"{STORE}#open", "default"), "k") == b"v"
    before.deployment.close()
    after.deployment.close()


def test_what_killed_processes_wrote_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "keyvalue.sqlite3"
    code = (
        "import os, pathlib, sys\n"
        "from engine.hosts.embedded.interfaces.stores.sqlite import SqliteStore\n"
        "store = SqliteStore(pathlib.Path(sys.argv[1]))\n"
        "for _ in range(100): store.increment('b', 'n', 1)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(2)]
    assert [writer.wait() for writer in writers] == [-signal.SIGKILL, -signal.SIGKILL]
    store = SqliteStore(path)
    assert store.get("b", "n") == b"200"
    store.close()


@pytest.mark.parametrize("state", ["off", "unresolved"])
def test_without_a_provider_the_error_names_the_interface(tmp_path: Path, state: str) -> None:
    linked = guest(tmp_path)
    bucket = linked.ok(f"{STORE}#open", "default")
    cas = linked.ok(f"{ATOMICS}#[static]cas.new", bucket, "k")
    names = ("store", "atomics", "batch")
    app = guest(tmp_path, links={f"wasi:keyvalue/{name}": Link(state) for name in names})  # type: ignore[arg-type]
    calls: list[tuple[object, ...]] = [
        (f"{STORE}#open", "default"),
        (f"{STORE}#[method]bucket.get", bucket, "k"),
        (f"{STORE}#[method]bucket.set", bucket, "k", b""),
        (f"{STORE}#[method]bucket.delete", bucket, "k"),
        (f"{STORE}#[method]bucket.exists", bucket, "k"),
        (f"{STORE}#[method]bucket.list-keys", bucket, None),
        (f"{ATOMICS}#increment", bucket, "k", 1),
        (f"{ATOMICS}#[static]cas.new", bucket, "k"),
        (f"{ATOMICS}#[method]cas.current", cas),
        (f"{BATCH}#get-many", bucket, ["k"]),
        (f"{BATCH}#set-many", bucket, [("k", b"")]),
        (f"{BATCH}#delete-many", bucket, ["k"]),
    ]
    for name, *arguments in calls:
        case, text = app.err(str(name), *arguments)
        assert case == "other"
        assert str(name).partition("@")[0] in text
        assert state in text
    case, (inner, text) = app.err(f"{ATOMICS}#swap", cas, b"")
    assert (case, inner) == ("store-error", "other")
    linked.deployment.close()


def test_a_file_that_is_no_database_is_said_by_path(tmp_path: Path) -> None:
    (tmp_path / "keyvalue.sqlite3").write_bytes(b"not a database, long enough to be looked at" * 50)
    case, text = guest(tmp_path).err(f"{STORE}#open", "default")
    assert case == "other"
    assert str(tmp_path / "keyvalue.sqlite3") in text
    assert "remove the file" in text


def test_a_server_that_is_away_is_said_without_its_password(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    for link in (
        {"url": f"redis://user:secret@127.0.0.1:{free_port()}"},
        {"cluster_uri": f"nats://user:secret@127.0.0.1:{free_port()}"},
    ):
        app = guest(tmp_path, link=link)
        case, text = app.err(f"{STORE}#open", "default")
        assert case == "other"
        assert "127.0.0.1" in text
        assert "secret" not in text
        app.deployment.close()


@pytest.mark.parametrize(
    ("provider", "config", "expected"),
    [
        ("", {}, "SqliteStore"),
        ("ghcr.io/wasmcloud/keyvalue-nats:0.3.1", {"bucket": "wasmcloud"}, "SqliteStore"),
        ("ghcr.io/wasmcloud/keyvalue-redis:0.30.0", {}, "SqliteStore"),
        ("ghcr.io/wasmcloud/keyvalue-redis:0.30.0", {"URL": "127.0.0.1:6379"}, "RedisStore"),
        ("", {"url": "redis://127.0.0.1:6379"}, "RedisStore"),
        ("ghcr.io/wasmcloud/keyvalue-nats:0.3.1", {"cluster_uri": "127.0.0.1:4222"}, "NatsStore"),
    ],
)
def test_the_link_says_which_store(
    tmp_path: Path, provider: str, config: dict[str, str], expected: str
) -> None:
    app = guest(tmp_path, link=config, provider=provider)
    assert type(store_of(app.deployment, app.deployment.link("wasi:keyvalue/store"))).__name__ == expected
    app.deployment.close()


def test_a_store_that_stands_in_for_another_provider_is_said_once(tmp_path: Path) -> None:
    app = guest(tmp_path, provider="ghcr.io/me/keyvalue-mine:1.0.0")
    for _ in range(2):
        app.ok(f"{STORE}#open", "default")
    ((_, level, text),) = app.lines
    assert level == "warn"
    assert "ghcr.io/me/keyvalue-mine:1.0.0" in text
    app.deployment.close()
    usual = guest(tmp_path, provider="ghcr.io/wasmcloud/keyvalue-nats:0.3.1")
    usual.ok(f"{STORE}#open", "default")
    assert usual.lines == []
    usual.deployment.close()


@pytest.mark.parametrize(("package", "url"), [("redis", "redis://x"), ("nats", "nats://x")])
def test_a_library_that_is_not_installed_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, url: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    case, text = guest(tmp_path, link={"url": url}).err(f"{STORE}#open", "default")
    assert case == "other"
    assert f"wake-tui[{package}]" in text


def test_a_missing_bucket_is_made_only_where_the_link_says_so(tmp_path: Path, nats_url: str) -> None:
    app = guest(tmp_path, link={"cluster_uri": nats_url, "bucket": "never-made"})
    assert app.err(f"{STORE}#open", "default") == ("no-such-store", None)
    app.deployment.close()


def test_names_that_nats_cannot_have(tmp_path: Path, nats_url: str) -> None:
    config = {"cluster_uri": nats_url, "bucket": "names", "enable_bucket_auto_create": "true"}
    app = guest(tmp_path, link=config)
    for name in ("a b", "a\n", "a.b", "a\r\nPUB x 0\r\n\r\n"):
        assert "bucket of NATS" in app.err(f"{STORE}#open", name)[1]
    bucket = app.ok(f"{STORE}#open", "default")
    for key in ("", "a b", "a\n", ".a", "a.", "a*"):
        for call in (("get",), ("set", b""), ("delete",), ("exists",)):
            answer = app.err(f"{STORE}#[method]bucket.{call[0]}", bucket, key, *call[1:])
            assert "key of NATS" in answer[1]
        assert "key of NATS" in app.err(f"{ATOMICS}#increment", bucket, key, 1)[1]
    app.deployment.close()


@pytest.mark.parametrize("server", ["redis_url", "private_nats_url"])
def test_wrong_credentials_are_access_denied(
    tmp_path: Path, request: pytest.FixtureRequest, server: str
) -> None:
    url = request.getfixturevalue(server).replace("://", "://nobody:wrong@")
    app = guest(tmp_path, link={"url": url})
    assert app.err(f"{STORE}#open", "default") == ("access-denied", None)
    app.deployment.close()
