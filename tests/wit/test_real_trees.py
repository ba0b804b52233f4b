"""Trees of others: WASI, wasmCloud's examples, and a tree in two layouts with twenty broken variants."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from engine.wit.errors import WitError
from engine.wit.load import load
from engine.wit.lock import verify_deps_lock
from engine.wit.to_json import to_json
from tests.fixtures import fixtures
from tests.wit.texts import first

INCOMPLETE = {
    "golang/components/http-client-tinygo": "package 'wasmcloud:component-go@0.1.0' not found",
    "golang/providers/custom-template/component": "package 'wasi:cli@0.2.0' not found",
    "security/secrets/component-keyvalue-counter-auth": "World `hello` not found in package `wasmcloud:example`",
}

# Each variant's own reason: where, and what is said there.
BROKEN = {
    "bad-export": ("world.wit", 3, "transitively depends on an interface in incompatible ways"),
    "bad-keyword": ("deps/core-types/types.wit", 17, "expected ':', found an identifier"),
    "bad-since": ("world.wit", 4, "feature gate cannot reference unreleased version 9.0.0"),
    "cycle": ("deps/core-types/types.wit", 5, "creates a dependency cycle"),
    "duplicate-package": ("deps/core-types-copy/types.wit", 1, "is defined in two different locations"),
    "float64": ("deps/core-types/types.wit", 7, "type `float64` does not exist"),
    "iface-cycle": ("deps/core-types/types.wit", 23, "interface or world `b` depends on itself"),
    "missing-dep": (
        "deps/core-capabilities/capabilities.wit",
        4,
        "package 'airssys:core-types@1.0.0' not found",
    ),
    "missing-interface": ("world.wit", 6, "interface 'networking' not found in package"),
    "missing-type": ("deps/ext-process/process.wit", 15, "name `grant` does not exist"),
    "mixed-packages-in-dir": (
        "world.wit",
        1,
        "does not match previous package name of `airssys:other@1.0.0`",
    ),
    "nested-deps": (
        "deps/core-capabilities/capabilities.wit",
        4,
        "package 'airssys:core-types@1.0.0' not found",
    ),
    "no-package-header": ("deps/core-types/types.wit", 1, "no `package` header was found"),
    "no-world": (None, None, "The main package `a:b` contains no worlds"),
    "seed-toplevel-use": ("deps/ext-process/process.wit", 3, "expected ';', found '.'"),
    "syntax-error": ("deps/core-host/host.wit", 10, "expected ';', found an identifier"),
    "two-worlds": (
        None,
        None,
        "There are multiple worlds in `airssys:app@1.0.0`; one must be explicitly chosen",
    ),
    "version-mismatch": (
        "deps/core-capabilities/capabilities.wit",
        4,
        "package 'airssys:core-types@1.0.0' not found",
    ),
    "version-omitted": ("world.wit", 4, "package 'airssys:core-host' not found"),
}


@pytest.mark.parametrize(
    ("tree", "worlds"),
    [
        ("wasi-http/wit", 8),
        ("wasi-http/wit-0.3.0-draft", 3),
        ("wasi-keyvalue/wit", 2),
        ("wasi-blobstore/wit", 1),
    ],
)
def test_wasi(tree: str, worlds: int) -> None:
    resolve = load(fixtures("wit-real", *tree.split("/")))
    assert len(resolve.worlds) >= worlds
    assert all(typedef.id == index for index, typedef in enumerate(resolve.types))
    json.dumps(to_json(resolve))


@pytest.mark.parametrize("folder", ["wasi-http/wit", "wasi-http/wit-0.3.0-draft", "wasi-blobstore/wit"])
def test_locked_digests(folder: str, tmp_path: Path) -> None:
    source = fixtures("wit-real", *folder.split("/"))
    assert verify_deps_lock(str(source)) == []


def test_wasmcloud_examples() -> None:
    root = fixtures("wasmcloud-examples")
    failed = {}
    seen = 0
    for config in sorted(root.rglob("wasmcloud.toml")):
        if not (config.parent / "wit").is_dir():
            continue
        seen += 1
        component = tomllib.loads(config.read_text()).get("component", {})
        try:
            load(config.parent / "wit").select_world(component.get("wit_world"))
        except WitError as one:
            failed[str(config.parent.relative_to(root))] = one
    assert seen >= 15
    assert set(failed) == set(INCOMPLETE)
    for name, problem in failed.items():
        assert problem.message.startswith(INCOMPLETE[name])
        assert problem.hint


def test_both_layouts_give_the_same() -> None:
    as_tools_want_it = load(fixtures("airssys", "wit"))
    by_manifests = load(fixtures("airssys", "seed-layout", "wit", "app"))
    assert json.dumps(to_json(as_tools_want_it)) == json.dumps(to_json(by_manifests))
    found_by_itself = load(fixtures("airssys", "seed-layout"))
    assert found_by_itself.main is not None
    assert found_by_itself.main.name.text == "airssys:app@1.0.0"


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_broken(name: str) -> None:
    folder = fixtures("airssys", "errors", name)
    file, line, message = BROKEN[name]
    with pytest.raises((WitError, ExceptionGroup)) as caught:
        load(folder).select_world()
    problem = first(caught.value)
    assert message in problem.message
    assert problem.file == (None if file is None else str(folder / file))
    assert problem.line == line


def test_a_gated_import_is_left_out() -> None:
    """`errors/unstable` is no error to any tool: its gate only takes an import away."""
    folder = fixtures("airssys", "errors", "unstable")
    without = load(folder).select_world()
    with_it = load(folder, features=["proc"]).select_world()
    gone = set(with_it.imported_names()) - set(without.imported_names())
    assert gone == {"airssys:ext-process/process@1.0.0"}
