"""How an interface module offers its functions to the linker.

    keyvalue = Interface("wasi:keyvalue/store")

    @keyvalue.function("open")
    def open_bucket(cx: Context, identifier: str) -> Ok[Bucket] | Err[StoreError]: ...

    @keyvalue.function("[method]bucket.get")
    def get(cx: Context, bucket: Bucket, key: str) -> Ok[bytes | None] | Err[StoreError]: ...

Names are the WIT's. A guest is matched by interface name without version, so one function serves every 0.2.x; where
a draft's signature differs, `function(name, version="0.2.0-draft")` serves that version alone.
Functions run on the thread that runs the guest and may block; the lock of the interpreter is theirs meanwhile only
as long as they compute.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

HostFunction = Callable[..., Any]
Function = TypeVar("Function", bound=HostFunction)

# The module that provides a package is named like it; it is imported when a guest first asks for the package.
_ROOM = "engine.hosts.embedded.interfaces"
_NAMESPACES = ("wasi", "wasmcloud")


class Interface:
    """One WIT interface and the host functions that stand behind it."""

    known: ClassVar[dict[str, Interface]] = {}

    def __init__(self, name: str) -> None:
        self.name = name
        self.functions: dict[str, HostFunction] = {}
        self.drafts: dict[tuple[str, str], HostFunction] = {}
        Interface.known[name] = self

    def function(self, name: str, version: str | None = None) -> Callable[[Function], Function]:
        """Registers the decorated function as `name`; called as `(context, *arguments)`."""

        def register(function: Function) -> Function:
            if version is not None:
                assert (name, version) not in self.drafts, f"{self.name}@{version}#{name} is defined twice"
                self.drafts[name, version] = function
                return function
            assert name not in self.functions, f"{self.name}#{name} is defined twice"
            self.functions[name] = function
            return function

        return register


def find(interface: str, function: str) -> HostFunction | None:
    """The host function behind an import; `interface` with or without its version."""
    name, _, version = interface.partition("@")
    known = interface_named(name)
    if known is None:
        return None
    return known.drafts.get((function, version)) or known.functions.get(function)


def interface_named(name: str) -> Interface | None:
    """The interface `ns:pkg/iface`, its module imported if need be; None where this host has none."""
    known = Interface.known.get(name)
    if known is None:
        namespace, _, rest = name.partition(":")
        module = f"{_ROOM}.{rest.partition('/')[0].replace('-', '_')}"
        if namespace in _NAMESPACES and importlib.util.find_spec(module) is not None:
            importlib.import_module(module)
            known = Interface.known.get(name)
    return known


__all__ = ["Interface", "find", "interface_named"]
