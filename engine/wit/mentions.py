"""What the declarations of a file mention: paths to interfaces and worlds, and names of types."""

from __future__ import annotations

from engine.wit.syntax import (
    Attribute,
    Extern,
    Id,
    Include,
    InterfaceDecl,
    Path,
    TopUse,
    TypeNode,
    Use,
    WorldDecl,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.wit.syntax import Declaration


class Mention:
    """A path in a file. `owner` is the interface or world that cannot be resolved before it; `wants` what it names."""

    __slots__ = ("attributes", "names", "owner", "path", "wants")

    def __init__(
        self,
        owner: str | None,
        attributes: tuple[Attribute, ...],
        path: Path,
        names: tuple[tuple[Id, Id | None], ...] | None,
        wants: str,
    ) -> None:
        self.owner = owner
        self.attributes = attributes
        self.path = path
        self.names = names
        self.wants = wants


def mentions(declarations: tuple[Declaration, ...]) -> Iterator[Mention]:
    """Every path, in the order in which upstream looks at them: a world's imports before its exports."""
    for declaration in declarations:
        if isinstance(declaration, InterfaceDecl):
            for member in declaration.members:
                if isinstance(member, Use):
                    yield Mention(
                        declaration.id.name, member.attributes, member.path, member.names, "interface"
                    )
        elif isinstance(declaration, WorldDecl):
            yield from _world_mentions(declaration)
        elif isinstance(declaration, TopUse):
            yield Mention(None, (), declaration.path, None, "interface")


def _world_mentions(declaration: WorldDecl) -> Iterator[Mention]:
    externs: tuple[list[Extern], list[Extern]] = [], []
    for member in declaration.members:
        if isinstance(member, Use):
            yield Mention(None, member.attributes, member.path, member.names, "interface")
        elif isinstance(member, Include):
            yield Mention(declaration.id.name, member.attributes, member.path, None, "world")
        elif isinstance(member, Extern):
            externs[member.direction == "export"].append(member)
    for extern in (*externs[0], *externs[1]):
        if extern.path is not None:
            yield Mention(None, extern.attributes, extern.path, None, "interface")
        for inner in extern.members or ():
            if isinstance(inner, Use):
                yield Mention(None, inner.attributes, inner.path, inner.names, "interface")


def collect_names(node: TypeNode, into: list[Id]) -> None:
    """The names that a type needs, in order."""
    if node.id is not None:
        into.append(node.id)
    for part in node.types:
        if part is not None:
            collect_names(part, into)
    for member in node.members:
        if member.type is not None:
            collect_names(member.type, into)
