"""The names at the top of a package's files: its interfaces and worlds, what is brought in by `use`, and what is
mentioned of other packages."""

from __future__ import annotations

from engine.component.model import (
    Interface,
    Source,
    TypeDef,
    Unknown,
    World,
)
from engine.wit.draft import Draft, Foreign
from engine.wit.errors import MOST_PROBLEMS, Enough, Skip, WitError
from engine.wit.gates import stability
from engine.wit.mentions import Mention, mentions
from engine.wit.syntax import (
    Id,
    InterfaceDecl,
    Path,
    TopUse,
    WorldDecl,
)
from engine.wit.toposort import toposort

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.wit.syntax import Declaration
    from engine.wit.types import Scope

_UNKNOWN = Unknown()


class TopLevel:
    """Fills the draft with interfaces and worlds that are still empty, and with placeholders for other packages'."""

    def __init__(
        self,
        draft: Draft,
        files: list[tuple[Source, tuple[Declaration, ...]]],
        problems: list[WitError],
    ) -> None:
        self.draft = draft
        self.files = [declarations for _, declarations in files]
        self.problems = problems
        self.reported: set[tuple[str | None, int | None, int | None]] = set()
        self.file_items: list[dict[str, Interface | World]] = []
        self.items: dict[str, Interface | World] = {}
        self.here: dict[str, Interface | World] = {}
        self.names_of: dict[Interface, Scope] = {}

    # -- problems --

    def report(self, problem: WitError) -> None:
        """Keeps a problem, unless one at the same place is kept already: that one is its cause."""
        where = (problem.file, problem.line, problem.column)
        if where not in self.reported:
            self.reported.add(where)
            self.problems.append(problem)
            if len(self.problems) >= MOST_PROBLEMS:
                raise Enough

    def attempt(self, work: Callable[..., None], *arguments: object) -> None:
        """Does `work`; what is wrong there does not stop the rest."""
        try:
            work(*arguments)
        except WitError as problem:
            self.report(problem)
        except Skip:
            pass

    # -- items --

    def foreign(self, mention: Mention) -> None:
        """Keeps a placeholder for what is mentioned of another package."""
        path = mention.path
        if path.package is None or path.package_span is None:
            return
        of_package = self.draft.foreign.setdefault(path.package, {})
        found = of_package.get(path.name)
        if found is None:
            item: Interface | World
            if mention.wants == "world":
                item = world = World(path.name, span=path)
                self.draft.worlds.append(world)
            else:
                item = interface = Interface(None, span=path)
                self.draft.interfaces.append(interface)
                self.names_of[interface] = {}
            found = of_package[path.name] = Foreign(path.package, path.package_span, path.name, item)
        found.gates.append(stability(mention.attributes))

    def declared(self) -> tuple[list[str], dict[str, tuple[int, InterfaceDecl | WorldDecl]]]:
        """The package's interfaces and worlds in order of need, made but empty, and which file declares each."""
        owners: dict[str, tuple[int, InterfaceDecl | WorldDecl]] = {}
        for index, declarations in enumerate(self.files):
            for declaration in declarations:
                if isinstance(declaration, InterfaceDecl | WorldDecl):
                    id = declaration.id
                    if id.name in owners:
                        # In one file the name is also twice in the file; upstream tells of the package first.
                        self.report(WitError(f"duplicate item named `{id.name}`", id))
                    else:
                        owners[id.name] = (index, declaration)
        needs: dict[str, list[Id]] = {name: [] for name in owners}
        for declarations in self.files:
            self.needed(declarations, owners, needs)
        order = toposort("interface or world", needs, self.problems)
        for name in order:
            _, declaration = owners[name]
            if isinstance(declaration, WorldDecl):
                self.items[name] = world = World(name, span=declaration.id)
                self.draft.worlds.append(world)
            else:
                self.items[name] = interface = Interface(name, span=declaration.id)
                self.draft.interfaces.append(interface)
        for declarations in self.files:
            self.file_items.append(self.file_scope(declarations))
        return order, owners

    def needed(
        self,
        declarations: tuple[Declaration, ...],
        owners: dict[str, tuple[int, InterfaceDecl | WorldDecl]],
        needs: dict[str, list[Id]],
    ) -> None:
        """Adds to `needs` what the declarations of one file need of their own package."""
        local: dict[str, Id | None] = {}
        for declaration in declarations:
            source: Id | None
            if isinstance(declaration, TopUse):
                name = declaration.alias or declaration.path
                path = declaration.path
                source = (
                    None if path.package is not None else Id(path.source, path.start, path.end, path.name)
                )
            elif isinstance(declaration, InterfaceDecl | WorldDecl):
                name = source = declaration.id
            else:
                continue
            if name.name in local:
                self.report(WitError(f"duplicate name `{name.name}` in this file", name))
                continue
            local[name.name] = source
        for mention in mentions(declarations):
            path = mention.path
            if mention.owner is None or path.package is not None or mention.owner not in needs:
                continue
            if path.name in local:
                target = local[path.name]
                if target is not None:
                    needs[mention.owner].append(target)
            elif path.name in owners:
                needs[mention.owner].append(Id(path.source, path.start, path.end, path.name))
            else:
                self.report(_no_item(path))

    def file_scope(self, declarations: tuple[Declaration, ...]) -> dict[str, Interface | World]:
        """What the names at the top of one file stand for."""
        scope: dict[str, Interface | World] = {}
        for declaration in declarations:
            if isinstance(declaration, TopUse):
                if declaration.attributes:
                    self.report(WitError("attributes not allowed on top-level use", declaration))
                path = declaration.path
                name = (declaration.alias or path).name
                if path.package is None:
                    item = self.items.get(path.name)
                    if item is None:
                        self.report(_no_item(path))
                        continue
                else:
                    item = self.draft.foreign[path.package][path.name].item
                scope[name] = item
            elif isinstance(declaration, InterfaceDecl | WorldDecl):
                scope[declaration.id.name] = self.items[declaration.id.name]
        return scope

    def foreign_types(self, mention: Mention) -> None:
        """Placeholders for the types that a `use` takes from another package."""
        assert mention.names is not None
        gate = stability(mention.attributes)
        interface = self.interface_at(mention.path)
        if interface.name is not None:
            return
        scope = self.names_of[interface]
        for id, _ in mention.names:
            if id.name in scope:
                continue
            typedef = TypeDef(id.name, _UNKNOWN, interface, None, gate, id)
            self.draft.foreign_types.append((typedef, id))
            scope[id.name] = typedef

    # -- paths --

    def item_at(self, path: Path) -> Interface | World:
        if path.package is not None:
            return self.draft.foreign[path.package][path.name].item
        item = self.here.get(path.name) or self.items.get(path.name)
        if item is None:
            raise _no_item(path)
        return item

    def interface_at(self, path: Path) -> Interface:
        item = self.item_at(path)
        if not isinstance(item, Interface):
            raise WitError(f"name `{path.name}` is defined as a world, not an interface", path)
        return item

    def world_at(self, path: Path) -> World:
        item = self.item_at(path)
        if not isinstance(item, World):
            raise WitError(f"name `{path.name}` is defined as an interface, not a world", path)
        return item


def _no_item(path: Path) -> WitError:
    return WitError(f"interface or world `{path.name}` does not exist", path)
