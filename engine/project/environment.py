"""`WASMCLOUD_*` variables over `wasmcloud.toml`: `WASMCLOUD_NAME`, `WASMCLOUD_COMPONENT_WIT_WORLD`, ….

A variable counts when its name is that of a key which takes one value. The host has variables of the same prefix
(`WASMCLOUD_LATTICE` and others); they are none of the project's keys and are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.project.toml_file import TomlFile

PREFIX = "WASMCLOUD_"

_TOP = ("language", "type", "name", "version", "revision", "path", "wit", "build")
_SECTIONS = {
    "component": (
        "key_directory",
        "wasm_target",
        "wasip1_adapter_path",
        "wit_world",
        "build_artifact",
        "build_command",
        "destination",
    ),
    "provider": ("vendor", "wit_world", "os", "arch", "rust_target", "bin_name", "key_directory"),
    "rust": ("cargo_path", "target_path", "debug"),
    "tinygo": ("tinygo_path", "disable_go_generate", "scheduler", "garbage_collector"),
    "go": ("go_path", "disable_go_generate"),
    "registry": ("url", "credentials", "push_insecure"),
}
_FLAGS = {"debug", "disable_go_generate", "push_insecure"}

KEYS: dict[str, tuple[str, ...]] = {
    **{PREFIX + key.upper(): (key,) for key in _TOP},
    **{
        f"{PREFIX}{section}_{key}".upper(): (section, key)
        for section, keys in _SECTIONS.items()
        for key in keys
    },
}


def apply_environment(file: TomlFile, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Lays the variables over `file.data`; gives a sentence for each that counted. What a variable says wrongly is an
    error that names the variable."""
    notes = []
    for variable in sorted(KEYS.keys() & environ.keys()):
        text = environ[variable]
        path = KEYS[variable]
        value = _value(path[-1], text)
        if value is None:
            file.error(
                path,
                f'{variable} is "{text}"; expected {"true or false" if path[-1] in _FLAGS else "a whole number"}',
            )
            continue
        table: Any = file.data
        for name in path[:-1]:
            table = table.setdefault(name, {}) if isinstance(table, dict) else None
        if isinstance(table, dict):
            table[path[-1]] = value
            notes.append(f"{'.'.join(path)} from {variable}")
    return tuple(notes)


def _value(key: str, text: str) -> str | int | bool | None:
    if key in _FLAGS:
        return {"true": True, "1": True, "false": False, "0": False}.get(text.strip().lower())
    if key == "revision":
        try:
            return int(text)
        except ValueError:
            return None
    return text
