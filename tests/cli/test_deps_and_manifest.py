"""`wake deps` and `wake manifest`, as a shell sees them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.cli.main import main
from tests.manifest.test_validate import GOOD
from tests.workplace import make, project

WORLD = "export wasi:http/incoming-handler@0.2.0;\nimport wasi:keyvalue/store@0.2.0-draft;\nimport wasi:logging/logging@0.1.0-draft;"


class Shell:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *words: str | Path) -> tuple[int, str, str]:
        self.capsys.readouterr()
        code = main([str(word) for word in words])
        out = self.capsys.readouterr()
        return code, out.out, out.err


@pytest.fixture
def wake(
    capsys: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Shell:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    return Shell(capsys)


def test_deps_as_json(wake: Shell, tmp_path: Path) -> None:
    code, out, err = wake("deps", make(tmp_path, WORLD), "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document == {
        "project": "thing",
        "world": "test:thing/thing",
        "items": [
            {
                "name": "http-server",
                "direction": "export",
                "interfaces": ["wasi:http/incoming-handler@0.2.0"],
                "state": "resolved",
                "kind": "provider",
                "provider": {"image": "ghcr.io/wasmcloud/http-server:0.27.0", "builtin": "http-server"},
                "link_name": "default",
                "config": {"address": "127.0.0.1:8000"},
                "source": "wit",
            },
            {
                "name": "keyvalue-nats",
                "direction": "import",
                "interfaces": ["wasi:keyvalue/store@0.2.0-draft"],
                "state": "resolved",
                "kind": "provider",
                "provider": {"image": "ghcr.io/wasmcloud/keyvalue-nats:0.4.1", "builtin": "keyvalue"},
                "link_name": "default",
                "config": {"bucket": "wasmcloud", "enable_bucket_auto_create": "true"},
                "source": "wit",
            },
            {
                "name": "wasi-logging",
                "direction": "import",
                "interfaces": ["wasi:logging/logging@0.1.0-draft"],
                "state": "host",
                "kind": "provider",
                "provider": {"builtin": "logging"},
                "link_name": "default",
                "config": {},
                "source": "wit",
            },
        ],
    }


def test_an_unresolved_dependency_has_no_provider(wake: Shell, tmp_path: Path) -> None:
    _, out, _ = wake("deps", make(tmp_path, "import acme:shop/stock@1.0.0;"), "--json")
    (item,) = json.loads(out)["items"]
    assert (item["provider"], item["state"]) == (None, "unresolved")


def test_deps_for_a_person(wake: Shell, tmp_path: Path) -> None:
    folder = make(tmp_path, WORLD)
    code, out, err = wake("deps", folder / "wit")
    assert code == 0 and "← http-server" in out and "    address = 127.0.0.1:8000" in out
    assert "project thing: " in err and "\x1b" not in out
    assert "    image: from catalogue" in wake("deps", folder, "--origins")[1]


def test_wit_that_does_not_resolve(wake: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make(tmp_path, "import no:such/thing@1.0.0;")
    monkeypatch.chdir(folder)
    code, out, err = wake("deps")
    assert (code, out) == (1, "") and "package 'no:such@1.0.0' not found" in err
    assert "--> wit/world.wit:3:8" in err


def test_warnings_have_their_place(wake: Shell, tmp_path: Path) -> None:
    toml = '[[dev.overrides.imports]]\ninterface = "a:b"\n'
    code, _, err = wake("deps", make(tmp_path, WORLD, toml))
    assert code == 0 and "warning: `dev.overrides.imports[0]` has no effect" in err
    assert f"  --> {tmp_path}/wasmcloud.toml:6:1" in err


def test_what_files_hold_is_never_an_escape(wake: Shell, tmp_path: Path) -> None:
    toml = '[[dev.overrides.imports]]\ninterface = "wasi:keyvalue"\nimage_ref = "x\\u001b[31m"\n'
    folder = make(tmp_path, WORLD, toml)
    for words in (["deps"], ["manifest"], ["deps", "--json"]):
        assert "\x1b" not in "".join(map(str, wake(*words, folder)))


def test_the_same_manifest_always(wake: Shell, tmp_path: Path) -> None:
    folder = make(tmp_path, WORLD)
    code, first, err = wake("manifest", folder)
    assert (code, err) == (0, "") and wake("manifest", folder)[1] == first
    assert f"name: {project(folder).application}" in first
    document: Any = json.loads(wake("manifest", folder, "--json")[1])
    assert document["metadata"]["name"] == project(folder).application


def test_an_artifact_is_a_file_a_url_or_a_reference(wake: Shell, tmp_path: Path) -> None:
    folder = make(tmp_path, WORLD, files={"out/x.wasm": ""})
    for given, image in (
        (str(folder / "out/x.wasm"), f"file://{folder}/out/x.wasm"),
        ("file:///elsewhere/x.wasm", "file:///elsewhere/x.wasm"),
        ("ghcr.io/acme/thing:1", "ghcr.io/acme/thing:1"),
    ):
        document = json.loads(wake("manifest", folder, "--artifact", given, "--json")[1])
        assert document["spec"]["components"][0]["properties"]["image"] == image


def test_check(wake: Shell, tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(GOOD)
    assert wake("manifest", "--check", file) == (0, "", f"{file}: 0 errors, 0 warnings\n")
    file.write_text(GOOD.replace("[atomics, store]", "[atomic]"))
    code, out, _ = wake("manifest", "--check", file)
    assert (code, out) == (0, f"{file}:22:26: warning: unrecognized interface [wasi:keyvalue/atomic]\n")
    file.write_text(GOOD.replace("id: kv", "id: counter"))
    code, out, _ = wake("manifest", "--check", file)
    assert code == 1 and out.startswith(f"{file}:33:13: error: Duplicate component identifier")
    code, out, _ = wake("manifest", "--check", file, "--json")
    assert code == 1 and json.loads(out)["diagnostics"][0]["line"] == 33
    code, _, err = wake("manifest", "--check", tmp_path / "no.yaml")
    assert code == 1 and "cannot be read" in err


def test_diff(wake: Shell, tmp_path: Path) -> None:
    folder = make(tmp_path / "p", WORLD)
    file = tmp_path / "before.yaml"
    file.write_text(wake("manifest", folder)[1])
    assert wake("manifest", folder, "--diff", file) == (0, "", "")
    make(tmp_path / "p", WORLD + "\nimport wasi:http/outgoing-handler@0.2.0;")
    code, out, _ = wake("manifest", folder, "--diff", file)
    session = project(folder).session
    assert code == 1 and out.splitlines() == [
        f"+ provider {session}-dep-http-client: ghcr.io/wasmcloud/http-client:0.13.1",
        f"+ link {session}-thing → {session}-dep-http-client wasi:http: outgoing-handler",
    ]
    code, out, _ = wake("manifest", folder, "--diff", file, "--json")
    assert code == 1 and json.loads(out)["changes"][0]["action"] == "added"


def test_wrong_usage(wake: Shell, tmp_path: Path) -> None:
    assert wake("manifest", "--diff", "a", "--check", "b")[0] == 2
    assert wake("deps", tmp_path / "no")[0] == 1
