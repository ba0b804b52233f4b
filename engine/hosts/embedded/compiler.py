"""The compiling child: `python -m engine.hosts.embedded.compiler TIER COMPONENT DIGEST CACHE NICE`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from engine.hosts.embedded import native
from engine.hosts.embedded.cache import CodeCache
from engine.hosts.embedded.compile import compile_component
from engine.hosts.embedded.machine import Tier


def main(arguments: list[str]) -> int:
    tier, path, digest, folder, nice = arguments
    if int(nice):
        os.nice(int(nice))
    try:
        component = compile_component(Path(path).read_bytes(), Tier(tier))
    except (native.NativeError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    CodeCache(Path(folder)).store(digest, tier, native.out_bytes(native.component_serialize, component))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
