"""One package, its own names looked up, other packages' not yet: what is between syntax and the whole.

A draft's interfaces, worlds and types are objects of the model already. What belongs to other packages stands in as
placeholders, which `engine.wit.append` replaces once those packages are there. Drafts are made anew for each load,
since appending changes them; syntax is what is kept.
"""

from __future__ import annotations

from engine.component.model import Interface, PackageName, Span, TypeDef, World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.component.model import Stability
    from engine.wit.syntax import Id


class Foreign:
    """An interface or world of another package that this one mentions, with the gates on each mention."""

    __slots__ = ("gates", "item", "name", "package", "package_span")

    def __init__(self, package: PackageName, package_span: Span, name: str, item: Interface | World) -> None:
        self.package = package
        self.package_span = package_span
        self.name = name
        self.item = item
        self.gates: list[Stability] = []


class Inclusion:
    """An `include` of a world, to be carried out when everything it needs is there."""

    __slots__ = ("names", "span", "stability", "world")

    def __init__(
        self, world: World, stability: Stability, names: tuple[tuple[Id, Id], ...], span: Span
    ) -> None:
        self.world = world
        self.stability = stability
        self.names = names
        self.span = span


class Draft:
    """A package in the making."""

    __slots__ = (
        "docs",
        "files",
        "foreign",
        "foreign_types",
        "includes",
        "interfaces",
        "must_be_resources",
        "name",
        "span",
        "types",
        "worlds",
    )

    def __init__(self, name: PackageName, span: Span) -> None:
        self.name = name
        self.span = span
        self.docs: str | None = None
        self.files: tuple[str, ...] = ()
        self.foreign: dict[PackageName, dict[str, Foreign]] = {}
        """By package, then by name; both in the order of first mention."""
        self.foreign_types: list[tuple[TypeDef, Span]] = []
        """Placeholders for types of other packages, each with where its name was first asked for."""
        self.types: list[TypeDef] = []
        self.interfaces: list[Interface] = []
        self.worlds: list[World] = []
        self.includes: dict[World, list[Inclusion]] = {}
        self.must_be_resources: list[tuple[TypeDef, Span]] = []
        """Placeholders used in handles."""
