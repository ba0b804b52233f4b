"""`wasmcloud.toml` as typed structs: every key of wash 0.33 to 0.43. Paths are as written.

Field names are the file's. `read.py` makes these from a file; `find.py` makes a project from them.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.model.host_settings import HostSettings
from engine.project.interface_spec import InterfaceSpec

WasmTarget = Literal["wasm32-unknown-unknown", "wasm32-wasip1", "wasm32-wasip2"]
Scheduler = Literal["none", "tasks", "asyncify"]
GarbageCollector = Literal["none", "conservative", "leaking"]


class ComponentConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`[component]`. `claims`, `call_alias` and `push_insecure` are 0.33's and mean nothing any more."""

    wit_world: str | None = None
    wasm_target: WasmTarget = "wasm32-unknown-unknown"
    wasip1_adapter_path: str | None = None
    build_command: str | None = None
    build_artifact: str | None = None
    destination: str | None = None
    key_directory: str | None = None
    tags: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    call_alias: str | None = None
    push_insecure: bool = False


class ProviderConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`[provider]`. `os` and `arch` None: the machine's own."""

    vendor: str = "NoVendor"
    wit_world: str | None = None
    os: str | None = None
    arch: str | None = None
    rust_target: str | None = None
    bin_name: str | None = None
    key_directory: str | None = None


class RustConfig(msgspec.Struct, frozen=True, kw_only=True):
    cargo_path: str | None = None
    target_path: str | None = None
    debug: bool = False


class GoConfig(msgspec.Struct, frozen=True, kw_only=True):
    go_path: str | None = None
    disable_go_generate: bool = False


class TinyGoConfig(msgspec.Struct, frozen=True, kw_only=True):
    tinygo_path: str | None = None
    disable_go_generate: bool = False
    scheduler: Scheduler | None = None
    garbage_collector: GarbageCollector | None = None


class PullSource(msgspec.Struct, frozen=True):
    """Where packages that match `target` (`ns`, `ns:pkg`, `ns:pkg@version`) come from."""

    target: str
    source: str


class RegistryConfig(msgspec.Struct, frozen=True, kw_only=True):
    url: str | None = None
    credentials: str | None = None
    push_insecure: bool = False
    sources: tuple[PullSource, ...] = ()


class PackageOverride(msgspec.Struct, frozen=True, kw_only=True):
    """wkg's override of one WIT package: a folder, or a version requirement."""

    path: str | None = None
    version: str | None = None


class Composition(msgspec.Struct, frozen=True, kw_only=True):
    socket: str | None = None
    plugs: tuple[str, ...] = ()


class ConfigSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Configuration for a provider or a link: an existing one by name, or values."""

    name: str | None = None
    values: dict[str, str] = {}


class SecretSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A secret: where a backend keeps it (`policy` and `key`), or values, of which `$NAME` come from the
    environment."""

    name: str
    policy: str | None = None
    key: str | None = None
    field: str | None = None
    version: str | None = None
    values: dict[str, str] = {}


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """One of `[[dev.overrides.imports]]` or `exports`. `place` is `file:line` of where it stands."""

    spec: InterfaceSpec
    image_ref: str | None = None
    link_name: str | None = None
    config: tuple[ConfigSpec, ...] = ()
    link_config: tuple[ConfigSpec, ...] = ()
    secrets: tuple[SecretSpec, ...] = ()
    key: str = ""
    line: int | None = None
    column: int | None = None


class ManifestTarget(msgspec.Struct, frozen=True, kw_only=True):
    """One of `dev.manifests`: a WADM file, and which component in it is this project's."""

    path: str
    component_name: str | None = None
    component_id: str | None = None
    component_ref: str | None = None


class DevConfig(msgspec.Struct, frozen=True, kw_only=True):
    manifests: tuple[ManifestTarget, ...] = ()
    config: tuple[ConfigSpec, ...] = ()
    link_config: tuple[ConfigSpec, ...] = ()
    secrets: tuple[SecretSpec, ...] = ()
    imports: tuple[Override, ...] = ()
    exports: tuple[Override, ...] = ()


class CatalogueProvider(msgspec.Struct, frozen=True, kw_only=True):
    """A provider that the user adds to the catalogue or puts in place of one of its own."""

    image: str | None = None
    imports: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()
    config: dict[str, str] = {}
    builtin: str | None = None


class CatalogueConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`[wake.catalogue]`: which generation of images, and providers by name."""

    images: str | None = None
    providers: dict[str, CatalogueProvider] = {}


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file. None: not said."""

    language: str | None = None
    type: Literal["component", "provider"] | None = None
    name: str | None = None
    version: str | None = None
    revision: int = 0
    path: str | None = None
    wit: str | None = None
    build: str | None = None
    component: ComponentConfig = ComponentConfig()
    provider: ProviderConfig = ProviderConfig()
    rust: RustConfig = RustConfig()
    tinygo: TinyGoConfig = TinyGoConfig()
    go: GoConfig = GoConfig()
    dev: DevConfig = DevConfig()
    registry: RegistryConfig = RegistryConfig()
    composition: Composition = Composition()
    overrides: dict[str, PackageOverride] = {}
    metadata: dict[str, str] = {}
    catalogue: CatalogueConfig = CatalogueConfig()
    host: HostSettings = HostSettings()
