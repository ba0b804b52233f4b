"""Reads `wasmcloud.toml` and `wkg.toml` into :class:`~engine.project.config.Config`.

Keys and aliases are those of wash 0.33 to 0.43. A wrong value is an error that names file, line, key and
expectation; an unknown key is a warning, since wash ignores it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from engine.model.diagnostic import Diagnostic
from engine.model.host_settings import HostSettings
from engine.project.config import (
    CatalogueConfig,
    CatalogueProvider,
    ComponentConfig,
    Composition,
    Config,
    GarbageCollector,
    GoConfig,
    PackageOverride,
    ProviderConfig,
    PullSource,
    RegistryConfig,
    RustConfig,
    Scheduler,
    TinyGoConfig,
    WasmTarget,
)
from engine.project.environment import apply_environment
from engine.project.interface_spec import VERSION
from engine.project.project import Kind
from engine.project.read_dev import read_dev
from engine.project.toml_file import Section, TomlFile, meant, read_text

TARGETS: dict[str, WasmTarget] = {
    "wasm32-unknown-unknown": "wasm32-unknown-unknown",
    "wasm32-wasi": "wasm32-wasip1",
    "wasm32-wasi-preview1": "wasm32-wasip1",
    "wasm32-wasip1": "wasm32-wasip1",
    "wasm32-wasip2": "wasm32-wasip2",
    "wasm32-wasi-preview2": "wasm32-wasip2",
    "wasm32-preview2": "wasm32-wasip2",
    "preview2": "wasm32-wasip2",
}
SOURCES = ("file://", "oci://", "http://", "https://", "git+ssh://", "git+http://", "git+https://")


class Reading:
    """A config as read, what looks wrong in it, and which values the environment gave."""

    def __init__(self, config: Config, warnings: tuple[Diagnostic, ...], notes: tuple[str, ...]) -> None:
        self.config = config
        self.warnings = warnings
        self.notes = notes


def read_config(path: Path, environ: Mapping[str, str]) -> Reading:
    """Reads the `wasmcloud.toml` at `path`, lays `WASMCLOUD_*` over it, and takes `wkg.toml` beside it where it says
    nothing about packages itself. Raises :class:`~engine.project.problems.ConfigError`."""
    file = TomlFile(path, read_text(path))
    notes = apply_environment(file, environ)
    config = _config(file.top())
    file.check()
    warnings = list(file.warnings)
    beside = path.parent / "wkg.toml"
    if not config.overrides and not config.metadata and beside.is_file():
        overrides, metadata, more = read_wkg(beside)
        import msgspec

        config = msgspec.structs.replace(config, overrides=overrides, metadata=metadata)
        warnings += more
    return Reading(config, tuple(warnings), notes)


def read_wkg(path: Path) -> tuple[dict[str, PackageOverride], dict[str, str], list[Diagnostic]]:
    """`wkg.toml`: overrides, metadata, warnings."""
    file = TomlFile(path, read_text(path))
    top = file.top()
    overrides, metadata = _overrides(top), top.strings("metadata")
    top.table("workspace")
    top.end()
    file.check()
    return overrides, metadata, file.warnings


def _config(top: Section) -> Config:
    kind = _kind(top)
    language = top.text("language")
    version = top.text("version")
    if version is not None and not VERSION.fullmatch(version):
        top.error("version", f'`version` is "{version}"; expected a semantic version such as "0.1.0"')
    wake = top.table("wake")
    config = Config(
        language=language.strip().lower() if language is not None else None,
        type=kind,
        name=top.text("name"),
        version=version,
        revision=top.integer("revision", 0),
        path=top.text("path"),
        wit=top.text("wit"),
        build=top.text("build"),
        component=_component(_named(top, "component", "actor")),
        provider=_provider(top.table("provider")),
        rust=_rust(top.table("rust")),
        tinygo=_tinygo(top.table("tinygo")),
        go=_go(top.table("go")),
        dev=read_dev(top.table("dev")),
        registry=_registry(top.table("registry")),
        composition=_composition(top.table("composition")),
        overrides=_overrides(top),
        metadata=top.strings("metadata"),
        catalogue=read_catalogue(wake.table("catalogue")),
        host=_host(wake.table("host")),
    )
    wake.end()
    if config.language == "":
        top.error(
            "language", "`language` is empty; expected rust, tinygo, go, python, typescript or another name"
        )
    if config.name is not None and not config.name.strip():
        top.error("name", "`name` is empty; expected the project's name")
    top.end()
    return config


def _named(top: Section, key: str, alias: str) -> Section:
    """The table under `key`, or under its older name."""
    if key not in top.data and alias in top.data:
        top.known.add(key)
        return top.table(alias)
    return top.table(key)


def _kind(top: Section) -> Kind | None:
    value = top.text("type")
    if value is None:
        return None
    kind = value.strip().lower()
    if kind in ("component", "actor"):
        return "component"
    if kind == "provider":
        return "provider"
    top.error(
        "type",
        f'unknown project type: "{value}"; expected component or provider{meant(kind, ["component", "provider"])}',
    )
    return None


def _component(section: Section) -> ComponentConfig:
    target = section.text("wasm_target")
    if target is not None and target not in TARGETS:
        section.file.warn(
            (*section.path, "wasm_target"),
            f'unknown wasm_target "{target}", taken as wasm32-unknown-unknown; '
            f"expected wasm32-wasip2 or wasm32-wasip1{meant(target, list(TARGETS))}",
        )
    config = ComponentConfig(
        wit_world=section.text("wit_world"),
        wasm_target=TARGETS.get(target or "", "wasm32-unknown-unknown"),
        wasip1_adapter_path=section.text("wasip1_adapter_path", "wasi_preview2_adapter_path"),
        build_command=section.text("build_command"),
        build_artifact=section.text("build_artifact"),
        destination=section.text("destination"),
        key_directory=section.text("key_directory"),
        tags=tuple(sorted(set(section.texts("tags")))),
        claims=section.texts("claims"),
        call_alias=section.text("call_alias"),
        push_insecure=section.flag("push_insecure"),
    )
    section.end()
    return config


def _provider(section: Section) -> ProviderConfig:
    config = ProviderConfig(
        vendor=section.text("vendor") or "NoVendor",
        wit_world=section.text("wit_world"),
        os=section.text("os"),
        arch=section.text("arch"),
        rust_target=section.text("rust_target"),
        bin_name=section.text("bin_name"),
        key_directory=section.text("key_directory"),
    )
    section.end()
    return config


def _rust(section: Section) -> RustConfig:
    config = RustConfig(
        cargo_path=section.text("cargo_path"),
        target_path=section.text("target_path"),
        debug=section.flag("debug"),
    )
    section.end()
    return config


def _tinygo(section: Section) -> TinyGoConfig:
    scheduler: Scheduler | None = section.choice("scheduler", ("none", "tasks", "asyncify"))  # type: ignore[assignment]
    collector: GarbageCollector | None = section.choice(  # type: ignore[assignment]
        "garbage_collector", ("none", "conservative", "leaking")
    )
    config = TinyGoConfig(
        tinygo_path=section.text("tinygo_path"),
        disable_go_generate=section.flag("disable_go_generate"),
        scheduler=scheduler,
        garbage_collector=collector,
    )
    section.end()
    return config


def _go(section: Section) -> GoConfig:
    config = GoConfig(
        go_path=section.text("go_path"), disable_go_generate=section.flag("disable_go_generate")
    )
    section.end()
    return config


def _registry(section: Section) -> RegistryConfig:
    pull = section.table("pull")
    sources = []
    for item in pull.tables("sources"):
        target, source = item.text("target"), item.text("source")
        item.end()
        if target is None or source is None:
            missing = "target" if target is None else "source"
            section.file.error(item.path, f"`{item.name(missing)}` is missing")
            continue
        if source != "builtin" and not source.startswith(SOURCES):
            item.error(
                "source",
                f'unrecognized registry pull source "{source}"; expected builtin or one of {", ".join(SOURCES)}',
            )
        sources.append(PullSource(target, source))
    pull.end()
    config = RegistryConfig(
        url=section.text("url"),
        credentials=section.text("credentials"),
        push_insecure=section.flag("push_insecure"),
        sources=tuple(sources),
    )
    section.end()
    return config


def _composition(section: Section) -> Composition:
    config = Composition(socket=section.text("socket"), plugs=section.texts("plugs"))
    section.end()
    return config


def _overrides(top: Section) -> dict[str, PackageOverride]:
    table = top.table("overrides")
    found = {}
    for package in table.data:
        item = table.table(package)
        override = PackageOverride(path=item.text("path"), version=item.text("version"))
        item.end()
        found[package] = override
    return found


def _host(section: Section) -> HostSettings:
    values = {}
    for field in msgspec.structs.fields(HostSettings):
        _, value = section.value(field.name)
        if value is None:
            continue
        try:
            values[field.name] = msgspec.convert(value, field.type)
        except msgspec.ValidationError as problem:
            section.error(field.name, f"`{section.name(field.name)}`: {problem}")
    section.end()
    return HostSettings(**values)


def read_catalogue(section: Section) -> CatalogueConfig:
    """A `catalogue` table, of a project or of the user's settings."""
    providers = {}
    table = section.table("providers")
    for name in table.data:
        item = table.table(name)
        providers[name] = CatalogueProvider(
            image=item.text("image"),
            imports=item.texts("imports"),
            exports=item.texts("exports"),
            config=item.strings("config"),
            builtin=item.text("builtin"),
        )
        item.end()
    config = CatalogueConfig(images=section.text("images"), providers=providers)
    section.end()
    return config
