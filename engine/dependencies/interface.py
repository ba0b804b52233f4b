"""An interface's full name, in parts."""

from __future__ import annotations

import msgspec


class Interface(msgspec.Struct, frozen=True):
    """`namespace:package/name@version`."""

    namespace: str
    package: str
    name: str
    version: str | None = None

    def __str__(self) -> str:
        return f"{self.key}@{self.version}" if self.version else self.key

    @property
    def key(self) -> str:
        """The name without the version: what a link knows."""
        return f"{self.namespace}:{self.package}/{self.name}"

    @property
    def package_key(self) -> str:
        return f"{self.namespace}:{self.package}"


def parse_interface(text: str) -> Interface | None:
    """None for what is no interface: a world's own function, an interface in line."""
    name, _, version = text.partition("@")
    namespace, colon, rest = name.partition(":")
    package, slash, interface = rest.rpartition("/")
    if not (colon and slash and namespace and package and interface):
        return None
    return Interface(namespace, package, interface, version or None)
