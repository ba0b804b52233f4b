"""Whether an interface answers at all: the sentence for one that is toggled off or that nothing provides."""

from __future__ import annotations

from engine.hosts.embedded.context import Context, missing
from engine.hosts.embedded.values import Trap


def refusal(cx: Context, interface: str) -> str | None:
    """Why a provider's `interface` does not answer, or None where the manifest links it."""
    link = cx.link(interface)
    return None if link.state == "linked" else missing(interface, link)


def switched_off(cx: Context, interface: str) -> str | None:
    """Why an `interface` that the host itself provides does not answer: only because the user toggled it off."""
    link = cx.link(interface)
    return missing(interface, link) if link.state == "off" else None


def trap_when_off(cx: Context, interface: str) -> None:
    """As :func:`switched_off`, for functions whose WIT has no error to return."""
    reason = switched_off(cx, interface)
    if reason is not None:
        raise Trap(reason)
