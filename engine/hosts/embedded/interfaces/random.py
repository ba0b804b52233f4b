"""`wasi:random` (0.2). The insecure flavours are as good as the others: nothing is gained by worse."""

from __future__ import annotations

import os

from engine.hosts.embedded.context import Context
from engine.hosts.embedded.registry import Interface
from engine.hosts.embedded.values import Trap

random = Interface("wasi:random/random")
insecure = Interface("wasi:random/insecure")
insecure_seed = Interface("wasi:random/insecure-seed")

# The WIT has no error to return; more than this at once is a slip, and would be the host's memory.
LARGEST = 64 * 1024 * 1024


@insecure.function("get-insecure-random-bytes")
@random.function("get-random-bytes")
def get_random_bytes(cx: Context, length: int) -> bytes:
    if length > LARGEST:
        raise Trap(f"{length} random bytes were asked for at once; this host gives up to {LARGEST}")
    return os.urandom(length)


@insecure.function("get-insecure-random-u64")
@random.function("get-random-u64")
def get_random_u64(cx: Context) -> int:
    return int.from_bytes(os.urandom(8), "little")


@insecure_seed.function("insecure-seed")
def seed(cx: Context) -> tuple[int, int]:
    return get_random_u64(cx), get_random_u64(cx)
