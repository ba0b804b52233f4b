"""Component binaries to machine code."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from pathlib import Path

from engine.hosts.embedded import native
from engine.hosts.embedded.machine import Tier, engine


@dataclass
class Code:
    """A component's machine code, loaded. `modules` are core modules that were compiled apart, by import name."""

    tier: Tier
    component: int
    modules: dict[str, int] = field(default_factory=dict)


def compile_component(data: bytes, tier: Tier) -> int:
    """Compiles in this process. Raises NativeError."""
    buffer = (ctypes.c_uint8 * len(data)).from_buffer_copy(data)
    return native.out_pointer(native.component_new, engine(tier), buffer, len(data))


def load_component(path: Path, tier: Tier) -> int:
    """Maps code that was compiled before. Raises NativeError when this wasmtime cannot use it."""
    return native.out_pointer(native.component_deserialize_file, engine(tier), str(path).encode())
