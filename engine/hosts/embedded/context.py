"""What a host function knows about the guest that calls it: one :class:`Context` an instance, one
:class:`Deployment` for all instances of a component."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from time import monotonic_ns
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from engine.hosts.embedded.values import Trap
from engine.hosts.embedded.waiting import Event
from engine.model.deliverable import Mount

if TYPE_CHECKING:
    from engine.hosts.embedded.instance import Instance

Service = TypeVar("Service")


@dataclass(frozen=True)
class Link:
    """How the deployed manifest joins one interface of the component to its provider.

    `config` is the link's configuration for that side; `provider` the image or built-in name. An interface the
    manifest does not link is *off* when the user toggled it off, else *unresolved*.
    """

    state: Literal["linked", "off", "unresolved"]
    provider: str = ""
    name: str = "default"
    config: Mapping[str, str] = field(default_factory=dict)
    target: Target | None = None
    """The component that serves the interface, where it is a component that is linked."""


class Target(Protocol):
    """A component whose exports serve another's imports."""

    def call_for(self, cx: Context, interface: str, function: str, arguments: tuple[Any, ...]) -> Any:
        """Calls the exported function for the instance of `cx`. Raises :class:`Trap`."""


class Services:
    """Objects that all components of a session share: stores, brokers. They outlast every reload."""

    def __init__(self) -> None:
        self._found: dict[object, Any] = {}
        self._lock = RLock()

    def service(self, key: object, make: Callable[[], Service]) -> Service:
        """The one object under `key`, made at first use."""
        with self._lock:
            if key not in self._found:
                self._found[key] = make()
            found: Service = self._found[key]
            return found

    def close(self) -> None:
        """Closes every service that has a `close`."""
        with self._lock:
            services, self._found = self._found, {}
        for service in services.values():
            if hasattr(service, "close"):
                service.close()


class Deployment:
    """A component as deployed: its links and limits, and the services its instances share.

    `folder` is the session's own (key-value and blob data live there and outlast every reload); `log` takes
    `(source, level, line)` with level one of `trace debug info warn error critical`. `call_export(interface,
    function, arguments)` calls an export on an instance of this component: GuestTrap when it traps, KeyError when
    there is no such export.
    """

    def __init__(
        self,
        component: str,
        folder: Path,
        log: Callable[[str, str, str], None],
        links: Mapping[str, Link] | None = None,
        config: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        arguments: tuple[str, ...] = (),
        mounts: tuple[Mount, ...] = (),
        settings: Mapping[str, Any] | None = None,
        services: Services | None = None,
        call_export: Callable[[str, str, tuple[Any, ...]], Any] | None = None,
    ) -> None:
        self.component = component
        self.folder = folder
        self.log = log
        self.links = dict(links or {})
        self.config = dict(config or {})
        self.environment = dict(environment or {})
        self.arguments = arguments
        self.mounts = mounts
        self.settings = dict(settings or {})
        self.services = services or Services()
        self.call_export = call_export or _no_exports

    def renewed(self, mounts: tuple[Mount, ...], environment: Mapping[str, str]) -> Deployment:
        """The same deployment with other code: links, configuration and services stay."""
        return Deployment(
            self.component,
            self.folder,
            self.log,
            self.links,
            self.config,
            environment,
            self.arguments,
            mounts,
            self.settings,
            self.services,
            self.call_export,
        )

    def link(self, interface: str, name: str = "default") -> Link:
        """The link of this name that serves `interface` (`ns:pkg/iface`, no version)."""
        found = self.links.get(interface)
        if name != "default" and (found is None or found.state != "off"):
            found = self.links.get(labelled(interface, name))
        return found or Link("unresolved", name=name)

    def service(self, key: object, make: Callable[[], Service]) -> Service:
        """The one object under `key` in this session (a store, a broker), made at first use."""
        return self.services.service(key, make)

    def close(self) -> None:
        """Closes every service that has a `close`."""
        self.services.close()


def _no_exports(interface: str, function: str, arguments: tuple[Any, ...]) -> Any:
    raise KeyError(f"{interface}#{function}")


class Context:
    """One instance's view of its host. The linker keeps the instance's resource table elsewhere.

    `request` is what the instance is called for (an HTTP exchange, a message), `deadline` the monotonic time in
    nanoseconds at which its time is up, `cancelled` set when nobody waits for the answer any more.
    """

    __slots__ = (
        "cancelled",
        "deadline",
        "deployment",
        "instance",
        "labels",
        "output",
        "output_cut",
        "output_size",
        "request",
        "why",
    )

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.instance: Instance | None = None
        self.request: Any = None
        self.labels: dict[str, str] = {}
        self.deadline: int | None = None
        self.cancelled = Event()
        self.why = ""
        self.output: dict[str, bytearray] = {}
        self.output_size = 0
        self.output_cut = False

    def link(self, interface: str) -> Link:
        """The link that serves `interface` for this guest, which may have chosen another than the default one."""
        if not self.labels:
            return self.deployment.link(interface)
        return self.deployment.link(interface, self.labels.get(interface, "default"))

    def linked(self, interface: str) -> Link:
        """The link behind `interface`, for functions whose WIT has no error to return.

        Raises :class:`Trap` naming the interface and what would provide it, when there is none.
        """
        link = self.link(interface)
        if link.state != "linked":
            raise Trap(missing(interface, link))
        return link

    def cancel(self, why: str) -> None:
        """Ends the guest's waits, from any thread: each raises a :class:`Trap` that says `why`."""
        self.why = why
        self.cancelled.set()

    def paused(self) -> None:
        """The guest waited, or moved data: it may compute again for as long as it may at a stretch.

        Raises :class:`Trap` as :meth:`check`.
        """
        self.check()
        if self.instance is not None:
            self.instance.limit_time()

    def check(self) -> None:
        """Raises :class:`Trap` when the guest was cancelled or its time is up."""
        if self.cancelled.ready():
            raise Trap(self.why)
        if self.deadline is not None and monotonic_ns() >= self.deadline:
            raise Trap("the time limit of one call is up")


def labelled(interface: str, name: str) -> str:
    """The key of a link that has a name."""
    return f"{interface} as {name}"


def missing(interface: str, link: Link) -> str:
    """The sentence a guest or a client gets about an interface that nothing serves."""
    if link.state == "off":
        return f"{interface} is off: it was toggled off in this session; toggle it on to serve it again"
    if link.name != "default":
        return f"{interface} is unresolved: no link in the deployed manifest is named {link.name!r}; add one"
    return f"{interface} is unresolved: nothing in the deployed manifest provides it; link a provider to it"
