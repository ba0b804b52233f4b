"""The compiling child: `python -m engine.hosts.embedded.compiler KIND COMPONENT DIGEST CACHE NICE`.

KIND is a tier, or `outlined` for fast code with the core modules apart.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from engine.hosts.embedded import native
from engine.hosts.embedded.cache import CodeCache
from engine.hosts.embedded.compile import FAST, MODULE, OUTLINED, compile_component, compile_module
from engine.hosts.embedded.machine import Tier
from engine.hosts.embedded.outline import CannotOutline, outline, shares


def main(arguments: list[str]) -> int:
    kind, path, digest, folder, nice = arguments
    if int(nice):
        stand_back(int(nice))
    cache = CodeCache(Path(folder))
    try:
        data = Path(path).read_bytes()
        if kind == OUTLINED and compile_outlined(cache, data, digest):
            return 0
        tier = FAST if kind == OUTLINED else Tier(kind)
        component = compile_component(data, tier)
    except (native.NativeError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    cache.store(digest, tier.value, native.out_bytes(native.component_serialize, component))
    return 0


def stand_back(nice: int) -> None:
    """Has this process compute only when nobody else wants to, on half of the cores: requests and saves are served
    meanwhile, and the caches that all cores share are theirs too."""
    os.nice(nice)
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[: max(1, len(cores) // 2)])


def compile_outlined(cache: CodeCache, data: bytes, digest: str) -> bool:
    """Fills the cache with the component's modules and the component around them; false where that cannot be."""
    if not shares(data):
        return False
    try:
        outlined = outline(data)
    except CannotOutline:
        return False
    for name, module in outlined.modules.items():
        if cache.find(name, MODULE) is None:
            made = compile_module(module, FAST)
            cache.store(name, MODULE, native.out_bytes(native.module_serialize, made))
            native.module_delete(made)
    component = compile_component(outlined.component, FAST)
    cache.store(digest, OUTLINED, native.out_bytes(native.component_serialize, component))
    return True


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
