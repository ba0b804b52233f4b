"""Mutated TOML: an error of ours or a project, never another exception."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from engine.dependencies.interface import Interface
from engine.dependencies.overrides import layers
from engine.model.problem import Problem
from engine.project.find import find_project
from tests.project.test_wasmcloud_toml import HEAD

COUNT = 5000

SEED = (
    HEAD
    + """
revision = 1
[component]
wit_world = "hello"
wasm_target = "wasm32-wasip2"
build_command = "make 'a b'"
tags = ["x"]
[dev]
manifests = [{ component_name = "a", path = "a.yaml" }]
config = [{ name = "c" }, { values = { k = "v" } }]
secrets = [{ name = "s", source = { policy = "p", key = "k" } }]
[[dev.overrides.imports]]
interface = "wasi:keyvalue/{store,atomics}@0.2.0"
link_config = { values = { bucket = "b" } }
[[dev.overrides.exports]]
interface = { namespace = "wasi", package = "http" }
image_ref = "file://x.wasm"
[registry.pull]
sources = [{ target = "wasi", source = "builtin" }]
[overrides]
"a:b" = { path = ".." }
[wake.catalogue.providers.mine]
image = "x"
imports = ["a:b/c"]
"""
)
PIECES = [
    "[",
    "]",
    "{",
    "}",
    '"',
    "'",
    '"""',
    "=",
    ".",
    ",",
    "\n",
    "\\",
    "#",
    "1",
    "-1e9",
    "true",
    "\x00",
    "é",
    "@",
    "/",
    "*",
    "2020-01-01",
    "[[",
    "inf",
    "\t",
    "\ufeff",
]


def mutated(random_: random.Random, text: str, pieces: Sequence[str] = PIECES) -> str:
    for _ in range(random_.randint(1, 4)):
        at = random_.randrange(len(text) + 1)
        kind = random_.randrange(5)
        if kind == 0:
            text = text[:at] + random_.choice(pieces) + text[at:]
        elif kind == 1:
            text = text[:at] + text[at + random_.randint(1, 12) :]
        elif kind == 2:
            start = random_.randrange(len(text) + 1)
            text = text[:at] + text[start : start + random_.randint(1, 30)] + text[at:]
        elif kind == 3:
            lines = text.split("\n")
            random_.shuffle(lines)
            text = "\n".join(lines) if random_.random() < 0.2 else text
        else:
            text = text[:at] + random_.choice(pieces) + text[at + 1 :]
    return text


def test_mutations(tmp_path: Path) -> None:
    random_ = random.Random(20241121)
    file = tmp_path / "wasmcloud.toml"
    read = failed = 0
    for _ in range(COUNT):
        file.write_bytes(mutated(random_, SEED).encode("utf-8", "surrogatepass"))
        try:
            project = find_project(tmp_path, {})
        except Problem as problem:
            assert problem.message
            failed += 1
            continue
        read += 1
        layers(project.dev, "import", Interface("wasi", "keyvalue", "store", "0.2.0"))
    assert read > COUNT // 20 and failed > COUNT // 20, (read, failed)


def test_deep_and_odd_documents(tmp_path: Path) -> None:
    for text in (
        "a = " + "[" * 5000,
        "a = " + "{a=" * 5000,
        "[" + "a." * 3000 + "a]",
        "a = 9" * 9999,
        "a = 1" + "0" * 9999,
    ):
        (tmp_path / "wasmcloud.toml").write_text(text)
        try:
            find_project(tmp_path, {})
        except Problem as problem:
            assert problem.file == str(tmp_path / "wasmcloud.toml")
