"""Attributes: the gates on an item (`WIT.md`, "Feature gates"), and its external id."""

from __future__ import annotations

from engine.component.model import Stable, Unstable
from engine.wit.errors import WitError
from engine.wit.syntax import Attribute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.component.model import Stability


def stability(attributes: tuple[Attribute, ...]) -> Stability:
    """What the gates on an item say together. Raises for combinations that mean nothing."""
    if not attributes:
        return None
    gates = [attribute for attribute in attributes if attribute.name != "external-id"]
    if not gates:
        return None
    by_name = {gate.name: gate.value for gate in gates}
    if len(by_name) < len(gates) or len(gates) > 2 or {"since", "unstable"} <= by_name.keys():
        raise WitError(
            "unsupported combination of attributes",
            gates[1],
            hint="an item has `@since` or `@unstable`, once, and perhaps `@deprecated`",
        )
    deprecated = by_name.get("deprecated")
    if "since" in by_name:
        return Stable(by_name["since"], deprecated)
    if "unstable" in by_name:
        return Unstable(by_name["unstable"], deprecated)
    raise WitError("must pair @deprecated with either @since or @unstable", gates[0])


def external_id(attributes: tuple[Attribute, ...]) -> str | None:
    for attribute in attributes:
        if attribute.name == "external-id":
            return attribute.value
    return None
