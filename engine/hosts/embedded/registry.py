"""How an interface module offers its functions to the linker.

    keyvalue = Interface("wasi:keyvalue/store")

    @keyvalue.function("open")
    def open_bucket(cx: Context, identifier: str) -> Ok[Bucket] | Err[StoreError]: ...

    @keyvalue.function("[method]bucket.get")
    def get(cx: Context, bucket: Bucket, key: str) -> Ok[bytes | None] | Err[StoreError]: ...

Names are the WIT's. A guest is matched by interface name without version, so one function serves every 0.2.x.
Functions run on the thread that runs the guest and may block; the lock of the interpreter is theirs meanwhile only
as long as they compute.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

HostFunction = Callable[..., Any]
Function = TypeVar("Function", bound=HostFunction)


class Interface:
    """One WIT interface and the host functions that stand behind it."""

    known: ClassVar[dict[str, Interface]] = {}

    def __init__(self, name: str) -> None:
        self.name = name
        self.functions: dict[str, HostFunction] = {}
        Interface.known[name] = self

    def function(self, name: str) -> Callable[[Function], Function]:
        """Registers the decorated function as `name`; called as `(context, *arguments)`."""

        def register(function: Function) -> Function:
            assert name not in self.functions, f"{self.name}#{name} is defined twice"
            self.functions[name] = function
            return function

        return register


def find(interface: str, function: str) -> HostFunction | None:
    """The host function behind an import; `interface` with or without its version."""
    known = Interface.known.get(interface.partition("@")[0])
    return known.functions.get(function) if known else None


__all__ = ["Interface", "find"]
