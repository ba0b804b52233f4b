"""Every key and alias of `wasmcloud.toml`, and what is told of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.project.config import ConfigSpec, ManifestTarget, PackageOverride, PullSource, SecretSpec
from engine.project.find import find_project
from engine.project.problems import ConfigError, ProjectError
from engine.project.project import Project

HEAD = 'name = "thing"\nlanguage = "rust"\ntype = "component"\nversion = "0.1.0"\n'


def read(folder: Path, text: str, environ: dict[str, str] | None = None) -> Project:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "wasmcloud.toml").write_text(text)
    return find_project(folder, environ or {})


def refused(folder: Path, text: str, environ: dict[str, str] | None = None) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read(folder, text, environ)
    return caught.value


def test_every_key(tmp_path: Path) -> None:
    for name in ("sub", "interfaces"):
        (tmp_path / name).mkdir()
    text = """
name = "Thing"
language = " TinyGo "
type = "Component"
version = "1.2.3-rc.1"
revision = 7
path = "sub"
wit = "interfaces"
build = "out"

[component]
wit_world = "hello"
wasm_target = "wasm32-wasi-preview2"
wasip1_adapter_path = "adapter.wasm"
build_command = "make 'two words' \\"three more words\\""
build_artifact = "out/x.wasm"
destination = "out/x_s.wasm"
key_directory = "keys"
tags = ["b", "a"]

[tinygo]
tinygo_path = "/opt/tinygo"
disable_go_generate = true
scheduler = "asyncify"
garbage_collector = "leaking"

[registry]
url = "localhost:5000"
credentials = "creds.json"
push_insecure = true
[[registry.pull.sources]]
target = "wasi"
source = "oci://ghcr.io/webassembly"

[overrides]
"acme:shop" = { path = "../shop/wit" }
"acme:till" = { version = "=1.0.0" }

[metadata]
authors = "somebody"

[composition]
socket = "a.wasm"
plugs = ["b.wasm"]
"""
    project = read(tmp_path, text)
    config = project.config
    assert (project.name, project.slug, project.language, project.kind) == (
        "Thing",
        "thing",
        "tinygo",
        "component",
    )
    assert (project.version, config.revision, project.world) == ("1.2.3-rc.1", 7, "hello")
    assert (project.source_root, project.wit, project.build_folder) == (
        tmp_path / "sub",
        tmp_path / "interfaces",
        tmp_path / "out",
    )
    assert project.build_command == ("make", "two words", "three more words")
    assert (project.artifact, project.destination) == (
        tmp_path / "sub/out/x.wasm",
        tmp_path / "sub/out/x_s.wasm",
    )
    assert (config.component.wasm_target, config.component.tags) == ("wasm32-wasip2", ("a", "b"))
    assert (config.tinygo.scheduler, config.tinygo.garbage_collector) == ("asyncify", "leaking")
    assert (config.tinygo.tinygo_path, config.tinygo.disable_go_generate) == ("/opt/tinygo", True)
    assert config.registry.sources == (PullSource("wasi", "oci://ghcr.io/webassembly"),)
    assert (config.registry.url, config.registry.push_insecure) == ("localhost:5000", True)
    assert config.overrides == {
        "acme:shop": PackageOverride(path="../shop/wit"),
        "acme:till": PackageOverride(version="=1.0.0"),
    }
    assert config.metadata == {"authors": "somebody"}
    assert (config.composition.socket, config.composition.plugs) == ("a.wasm", ("b.wasm",))
    assert not project.warnings


def test_every_key_of_a_provider(tmp_path: Path) -> None:
    text = """
name = "KeyValue Go"
language = "go"
type = "provider"
version = "0.1.0"
[provider]
vendor = "Acme"
wit_world = "shop"
os = "linux"
arch = "x86_64"
rust_target = "x"
bin_name = "shop"
key_directory = "keys"
[go]
go_path = "/opt/go"
disable_go_generate = true
"""
    project = read(tmp_path, text)
    assert (project.kind, project.slug, project.world, project.artifact.name) == (
        "provider",
        "keyvalue-go",
        "shop",
        "shop.par.gz",
    )
    provider = project.config.provider
    assert (provider.vendor, provider.os, provider.arch, provider.rust_target) == (
        "Acme",
        "linux",
        "x86_64",
        "x",
    )
    assert project.config.go.disable_go_generate and not project.warnings


def test_every_key_of_dev(tmp_path: Path) -> None:
    text = (
        HEAD
        + """
[dev]
manifests = [
  { component_name = "a", path = "a.yaml" },
  { wadm_component_name = "b", path = "b.yaml", component_id = "i", component_ref = "r" },
]
configs = [{ name = "there" }, { values = { port = 8080, deep = true } }]
link_configs = { name = "linked" }
secrets = [
  { name = "one", source = { policy = "nats-kv", key = "k", field = "f", version = "1" } },
  { name = "two", values = { password = "$PASSWORD" } },
]

[[dev.overrides.imports]]
interface_spec = "wasi:keyvalue/{atomics, store}@0.2.0-draft"
uri = "file://./kv.par.gz"
link_name = "kv"
config = { values = { a = "b" } }
link_config = [{ name = "x" }, { values = { c = "d" } }]
secrets = { name = "s", source = { policy = "p", key = "k" } }

[[dev.overrides.exports]]
interface = { namespace = "wasi", package = "http", interface = "incoming-handler", version = "0.2.0" }
image_ref = "ghcr.io/acme/server:1"
"""
    )
    project = read(tmp_path, text)
    dev = project.dev
    assert dev.manifests == (
        ManifestTarget(path="a.yaml", component_name="a"),
        ManifestTarget(path="b.yaml", component_name="b", component_id="i", component_ref="r"),
    )
    assert dev.config == (ConfigSpec(name="there"), ConfigSpec(values={"port": "8080", "deep": "true"}))
    assert dev.link_config == (ConfigSpec(name="linked"),)
    assert dev.secrets == (
        SecretSpec(name="one", policy="nats-kv", key="k", field="f", version="1"),
        SecretSpec(name="two", values={"password": "$PASSWORD"}),
    )
    (imported,), (exported,) = dev.imports, dev.exports
    assert (
        imported.spec.namespace,
        imported.spec.package,
        imported.spec.interfaces,
        imported.spec.version,
    ) == (
        "wasi",
        "keyvalue",
        ("atomics", "store"),
        "0.2.0-draft",
    )
    assert (imported.image_ref, imported.link_name, imported.key) == (
        "file://./kv.par.gz",
        "kv",
        "dev.overrides.imports[0]",
    )
    assert imported.link_config == (ConfigSpec(name="x"), ConfigSpec(values={"c": "d"}))
    assert imported.secrets == (SecretSpec(name="s", policy="p", key="k"),)
    assert (exported.spec.interfaces, exported.image_ref) == (("incoming-handler",), "ghcr.io/acme/server:1")
    assert not project.warnings


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("wasm32-unknown-unknown", "wasm32-unknown-unknown"),
        ("wasm32-wasi", "wasm32-wasip1"),
        ("wasm32-wasi-preview1", "wasm32-wasip1"),
        ("wasm32-wasip1", "wasm32-wasip1"),
        ("wasm32-wasip2", "wasm32-wasip2"),
        ("wasm32-wasi-preview2", "wasm32-wasip2"),
        ("preview2", "wasm32-wasip2"),
    ],
)
def test_names_of_targets(tmp_path: Path, written: str, target: str) -> None:
    project = read(tmp_path, f'{HEAD}[component]\nwasm_target = "{written}"\n')
    assert project.config.component.wasm_target == target and not project.warnings


def test_an_unknown_target_is_a_core_module_and_told(tmp_path: Path) -> None:
    project = read(tmp_path, f'{HEAD}[component]\nwasm_target = "wasm32-wasip3"\n')
    assert project.config.component.wasm_target == "wasm32-unknown-unknown"
    (warning,) = project.warnings
    assert (warning.severity, warning.line) == ("warning", 6) and "did you mean" in warning.message


def test_keys_of_0_33(tmp_path: Path) -> None:
    text = f'{HEAD}[component]\nclaims = ["wasmcloud:httpserver"]\npush_insecure = true\ncall_alias = "x"\n'
    project = read(tmp_path, text + 'wasi_preview2_adapter_path = "a.wasm"\n')
    assert project.config.component.wasip1_adapter_path == "a.wasm" and not project.warnings


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ('name = 3\nlanguage = "rust"\n', 1, 1, "`name` must be a string, not a whole number"),
        (
            HEAD + "[component]\n\n  wit_world = true\n",
            7,
            3,
            "`component.wit_world` must be a string, not a boolean",
        ),
        (HEAD + "component = 1\n", 5, 1, "`component` must be a table, not a whole number"),
        (
            'language = "rust"\ntype = "componet"\n',
            2,
            1,
            'unknown project type: "componet"; expected component or',
        ),
        ('language = "rust"\ntype = "componet"\n', 2, 1, "did you mean `component`?"),
        (HEAD + 'revision = "x"\n', 5, 1, "`revision` must be a whole number of 32 bits, not a string"),
        ('version = "1.0"\n', 1, 1, '`version` is "1.0"; expected a semantic version'),
        (
            HEAD + '[tinygo]\nscheduler = "task"\n',
            6,
            1,
            "expected one of none, tasks, asyncify; did you mean `tasks`?",
        ),
        (
            HEAD + "[dev]\nmanifests = [{ component_name = 'x' }]\n",
            6,
            14,
            "`dev.manifests[0].path` is missing",
        ),
        (
            HEAD + "[[dev.overrides.imports]]\nimage_ref = 'x'\n",
            5,
            1,
            "`dev.overrides.imports[0].interface_spec` is missing",
        ),
        (HEAD + "[[dev.overrides.imports]]\ninterface = 'wasi'\n", 6, 1, '"wasi" names no interface'),
        (HEAD + "[[dev.overrides.imports]]\ninterface = 'a:b/c.d'\n", 6, 1, '"a:b/c.d" names a function'),
        (
            HEAD + "[[dev.overrides.imports]]\ninterface = 'a:b'\ninterface_spec = 'a:b'\n",
            6,
            1,
            "say the same; keep one",
        ),
        (HEAD + "[dev]\nsecrets = [{ values = {} }]\n", 6, 12, "`dev.secrets[0].name` is missing"),
        (HEAD + "[dev]\nconfig = [{ valeus = {} }]\n", 6, 11, "`dev.config[0].name` is missing"),
        (
            HEAD + "[[registry.pull.sources]]\ntarget = 'a'\nsource = 'ftp://x'\n",
            7,
            1,
            "unrecognized registry pull source",
        ),
        (
            HEAD + '[component]\nbuild_command = "a \'b"\n',
            None,
            None,
            "`component.build_command` cannot be split",
        ),
        ("name = \n", 1, 8, "wasmcloud.toml is not TOML: invalid value"),
        ('a = "x"\na = "y"\n', 2, 8, "wasmcloud.toml is not TOML: cannot overwrite a value"),
    ],
)
def test_wrong_values_name_file_line_key_and_expectation(
    tmp_path: Path, text: str, line: int | None, column: int | None, words: str
) -> None:
    error = refused(tmp_path, text)
    assert words in error.message
    assert (error.file, error.line, error.column) == (str(tmp_path / "wasmcloud.toml"), line, column)
    if line is not None:
        assert error.source == text.split("\n")[line - 1]


def test_several_errors_are_told_at_once(tmp_path: Path) -> None:
    error = refused(tmp_path, "name = 1\nlanguage = 2\nversion = 3\n")
    assert error.line == 1
    assert error.notes == (
        "also at line 2: `language` must be a string, not a whole number",
        "also at line 3: `version` must be a string, not a whole number",
    )


def test_unknown_keys_are_warned_of(tmp_path: Path) -> None:
    project = read(tmp_path, HEAD + "[component]\nwit_wrld = 'x'\n[dev.overides]\n")
    assert [(item.line, item.message) for item in project.warnings] == [
        (6, "`component.wit_wrld` is not a key that means anything here; did you mean `wit_world`?"),
        (7, "`dev.overides` is not a key that means anything here; did you mean `overrides`?"),
    ]


def test_the_environment_is_laid_over(tmp_path: Path) -> None:
    environ = {
        "WASMCLOUD_NAME": "other",
        "WASMCLOUD_COMPONENT_WIT_WORLD": "w",
        "WASMCLOUD_RUST_DEBUG": "true",
        "WASMCLOUD_REVISION": "9",
        "WASMCLOUD_LATTICE": "default",
    }
    project = read(tmp_path, HEAD, environ)
    assert (project.name, project.world, project.config.rust.debug, project.config.revision) == (
        "other",
        "w",
        True,
        9,
    )
    assert "name from WASMCLOUD_NAME" in project.inferred and not project.warnings
    error = refused(tmp_path, HEAD, {"WASMCLOUD_REVISION": "many"})
    assert error.message == 'WASMCLOUD_REVISION is "many"; expected a whole number'


def test_wkg_toml_beside_counts_where_the_file_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "wkg.toml").write_text('[overrides]\n"acme:shop" = { path = "../wit" }\n')
    assert read(tmp_path, HEAD).config.overrides == {"acme:shop": PackageOverride(path="../wit")}
    own = HEAD + '[overrides]\n"acme:till" = { path = "t" }\n'
    assert set(read(tmp_path, own).config.overrides) == {"acme:till"}
    (tmp_path / "wkg.toml").write_text("[overrides]\n'acme:shop' = 3\n")
    assert refused(tmp_path, HEAD).file == str(tmp_path / "wkg.toml")


def test_folders_that_are_not_there(tmp_path: Path) -> None:
    assert "`path` is" in refused(tmp_path, HEAD + 'path = "no"\n').message
    assert "`wit` is" in refused(tmp_path, HEAD + 'wit = "no"\n').message


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "wasmcloud.toml"
    file.write_bytes(b'name = "\xff"\n')
    with pytest.raises(ProjectError) as caught:
        find_project(tmp_path, {})
    assert (caught.value.line, caught.value.column) == (1, 9)
    file.write_bytes(b"\xef\xbb\xbf" + HEAD.encode())
    assert find_project(tmp_path, {}).name == "thing"
    file.write_bytes(b"#" * (2 << 20))
    with pytest.raises(ProjectError, match="larger than"):
        find_project(tmp_path, {})
