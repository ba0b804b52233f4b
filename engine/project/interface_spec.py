"""Which interfaces an override means: `ns:pkg`, `ns:pkg/iface`, `ns:pkg/{a,b}`, `ns:pkg/*`, `ns:*`, each `@version`.

Versions match as caret requirements in either direction: `0.2.0` and `0.2.3` mean each other, `0.2` and `0.3` do not.
"""

from __future__ import annotations

import re

import msgspec

_NAME = r"[a-zA-Z][a-zA-Z0-9]*(?:-[a-zA-Z0-9]+)*"
_SPEC = re.compile(
    rf"(?P<namespace>{_NAME}):(?P<package>{_NAME}|\*)"
    rf"(?:/(?P<interface>\*|{_NAME}|\{{\s*{_NAME}(?:\s*,\s*{_NAME})*\s*,?\s*\}}))?"
    rf"(?P<function>\.[\w\[\].-]+?)?"
    rf"(?:@(?P<version>[0-9][0-9A-Za-z.+-]*))?"
)
VERSION = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)


class InterfaceSpec(msgspec.Struct, frozen=True):
    """A set of interfaces. `package` or `interfaces` None: any. `text` is what the user wrote."""

    text: str
    namespace: str
    package: str | None
    interfaces: tuple[str, ...] | None = None
    version: str | None = None

    def matches(self, namespace: str, package: str, interface: str, version: str | None) -> bool:
        return (
            self.namespace == namespace
            and self.package in (None, package)
            and (self.interfaces is None or interface in self.interfaces)
            and (self.version is None or version is None or compatible(self.version, version))
        )


class SpecError(ValueError):
    """A text that names no set of interfaces; the message says why."""


def parse_spec(text: str) -> InterfaceSpec:
    """Raises :class:`SpecError`."""
    match = _SPEC.fullmatch(text.strip())
    if match is None:
        raise SpecError(
            f'"{text}" names no interface; expected "ns:pkg", "ns:pkg/iface", "ns:pkg/{{a,b}}" or "ns:pkg/*", each with "@version" or without'
        )
    if match["function"]:
        raise SpecError(f'"{text}" names a function; an override can take interfaces only')
    if match["version"] and not VERSION.fullmatch(match["version"]):
        raise SpecError(f'"{match["version"]}" is no semantic version')
    package = None if match["package"] == "*" else match["package"]
    interface = match["interface"]
    interfaces: tuple[str, ...] | None
    if interface in (None, "*"):
        interfaces = None
    else:
        interfaces = tuple(sorted({name.strip() for name in interface.strip("{}").split(",")} - {""}))
    return InterfaceSpec(text, match["namespace"], package, interfaces, match["version"])


def track(version: str) -> tuple[str, ...]:
    """What two versions must share to be compatible, by semantic versioning's caret rule.

    The major number; before 1.0 the minor one too; before 0.1 the whole version. Pre-releases count with the release
    they lead to.
    """
    core = re.split(r"[-+]", version, maxsplit=1)[0]
    major, _, rest = core.partition(".")
    minor, _, patch = rest.partition(".")
    if major != "0":
        return (major,)
    if minor != "0":
        return (major, minor)
    return (major, minor, patch)


def compatible(one: str, other: str) -> bool:
    return track(one) == track(other)
