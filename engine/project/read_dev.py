"""The `[dev]` table: manifests, configuration, secrets and overrides by interface."""

from __future__ import annotations

from engine.project.config import ConfigSpec, DevConfig, ManifestTarget, Override, SecretSpec
from engine.project.interface_spec import InterfaceSpec, SpecError, parse_spec
from engine.project.toml_file import Section


def read_dev(section: Section) -> DevConfig:
    """What is wrong is noted in the section's file."""
    overrides = section.table("overrides")
    config = DevConfig(
        manifests=_manifests(section),
        config=_configs(section, "config", "configs"),
        link_config=_configs(section, "link_config", "link_configs"),
        secrets=_secrets(section),
        imports=_overrides(overrides, "imports"),
        exports=_overrides(overrides, "exports"),
    )
    overrides.end()
    section.end()
    return config


def _manifests(section: Section) -> tuple[ManifestTarget, ...]:
    found = []
    for item in section.tables("manifests"):
        path = item.text("path")
        target = ManifestTarget(
            path=path or "",
            component_name=item.text("component_name", "wadm_component_name"),
            component_id=item.text("component_id"),
            component_ref=item.text("component_ref"),
        )
        item.end()
        if path is None:
            section.file.error(
                item.path,
                f"`{item.name('path')}` is missing; it names the WADM file, relative to the project",
            )
        else:
            found.append(target)
    return tuple(found)


def _overrides(section: Section, key: str) -> tuple[Override, ...]:
    found = []
    for item in section.tables(key):
        spec = _spec(item)
        line, column = item.file.place(item.path)
        override = Override(
            spec=spec or InterfaceSpec("", "", None),
            image_ref=item.text("image_ref", "uri"),
            link_name=item.text("link_name"),
            config=_configs(item, "config"),
            link_config=_configs(item, "link_config"),
            secrets=_secrets(item),
            key=f"dev.overrides.{key}[{item.path[-1]}]",
            line=line,
            column=column,
        )
        item.end()
        if spec is not None:
            found.append(override)
    return tuple(found)


def _spec(item: Section) -> InterfaceSpec | None:
    key, value = item.value("interface_spec", "interface")
    if value is None:
        item.file.error(
            item.path,
            f'`{item.name("interface_spec")}` is missing; it names the interfaces, such as "wasi:keyvalue/store"',
        )
        return None
    if isinstance(value, dict):
        return _spec_table(item, Section(item.file, (*item.path, key), value))
    if not isinstance(value, str):
        item.wrong(key, 'a string such as "wasi:keyvalue/store"', value)
        return None
    try:
        return parse_spec(value)
    except SpecError as error:
        item.error(key, str(error))
        return None


def _spec_table(item: Section, table: Section) -> InterfaceSpec | None:
    """The long form: a table of namespace, package, interface and version."""
    namespace, package = table.text("namespace"), table.text("package")
    interface, version = table.text("interface"), table.text("version")
    table.known.add("function")
    if "function" in table.data:
        table.error("function", "an override can take interfaces only, not functions")
    table.end()
    if namespace is None or package is None:
        missing = "namespace" if namespace is None else "package"
        item.file.error(table.path, f"`{table.name(missing)}` is missing")
        return None
    text = (
        f"{namespace}:{package}" + (f"/{interface}" if interface else "") + (f"@{version}" if version else "")
    )
    try:
        return parse_spec(text)
    except SpecError as error:
        item.file.error(table.path, str(error))
        return None


def _configs(section: Section, *keys: str) -> tuple[ConfigSpec, ...]:
    found = []
    for item in section.tables(*keys, single=True):
        name, values = item.text("name"), item.strings("values")
        item.end()
        if name is None and "values" not in item.data:
            section.file.error(
                item.path,
                f"`{item.name('name')}` is missing; expected the name of an existing config, or `values`",
            )
            continue
        found.append(ConfigSpec(name=name, values=values))
    return tuple(found)


def _secrets(section: Section) -> tuple[SecretSpec, ...]:
    found = []
    for item in section.tables("secrets", single=True):
        name = item.text("name")
        source = item.table("source")
        spec = SecretSpec(
            name=name or "",
            policy=source.text("policy"),
            key=source.text("key"),
            field=source.text("field"),
            version=source.text("version"),
            values=item.strings("values"),
        )
        source.end()
        item.end()
        if name is None:
            section.file.error(item.path, f"`{item.name('name')}` is missing; a secret is known by its name")
        elif "values" not in item.data and "source" not in item.data:
            section.file.error(
                item.path,
                f"`{item.name('source')}` is missing; expected where the secret is kept, or `values`",
            )
        elif (
            "source" in item.data
            and isinstance(item.data["source"], dict)
            and (spec.policy is None or spec.key is None)
        ):
            missing = "policy" if spec.policy is None else "key"
            if missing not in source.data:
                section.file.error(source.path, f"`{source.name(missing)}` is missing")
        else:
            found.append(spec)
    return tuple(found)
