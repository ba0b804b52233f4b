"""wasmcloud:bus/lattice: which of several links of one interface the guest means."""

from __future__ import annotations

from engine.hosts.embedded.context import Context
from engine.hosts.embedded.registry import Interface
from engine.hosts.embedded.values import Ok, Resource

lattice = Interface("wasmcloud:bus/lattice")


class CallTarget(Resource):
    """`wasmcloud:bus/lattice.call-target-interface`."""

    wit = "wasmcloud:bus/lattice.call-target-interface"

    def __init__(self, interface: str) -> None:
        self.interface = interface


@lattice.function("[constructor]call-target-interface")
def new_target(cx: Context, namespace: str, package: str, interface: str) -> CallTarget:
    return CallTarget(f"{namespace}:{package}/{interface}")


@lattice.function("set-link-name")
def set_link_name(cx: Context, name: str, targets: list[CallTarget]) -> Ok[None]:
    """From now on this instance's calls to these interfaces go by the links of this name. 1.0.0 has no result, 2.0.0
    a `result`, which is always well: a name that no link has is told by the calls that want it."""
    for target in targets:
        cx.labels[target.interface] = name
    return Ok()
