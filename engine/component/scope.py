"""A component's definitions, followed just far enough to know the types of what it imports and exports.

A binary is read the way it would be instantiated: each component, component type and instance type is a range of
bytes with the scope around it, and is gone through again for every use, with what it is given. So types need no
substitution, and nothing is kept but what is named. Code is never looked at. Terms and encodings are those of the
component model's `Binary.md`.

Hostile input is bounded by a budget of bytes gone through, and a limit on depth.
"""

from __future__ import annotations

from engine.component.cursor import Cursor
from engine.component.errors import ComponentError
from engine.component.extern import Name, read_name
from engine.component.model import (
    Alias,
    Resource,
    TypeDef,
)
from engine.component.sections import (
    ALIAS,
    CANON,
    COMPONENT_SECTION,
    DEEPEST,
    EXPORT,
    IMPORT,
    INSTANCE,
    TYPE,
    sections,
)
from engine.component.skip import skip_core_type, skip_declarations, skip_description, skip_options
from engine.component.valtypes import FuncType, TypeReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias, TypeVar

    from engine.component.cursor import Binary

    Entry = TypeVar("Entry")

    Item: TypeAlias = "FuncType | Instance | TypeDef | Closure | None"

# Real components have some ten thousand bytes of types, each gone through a few times. Going through anything at all
# costs as much as some bytes do.
BUDGET = 2_000_000
OVERHEAD = 100


FUNC, TYPES, COMPONENTS, INSTANCES = "func", "type", "component", "instance"
_SORTS = {0x01: FUNC, 0x03: TYPES, 0x04: COMPONENTS, 0x05: INSTANCES}


class Instance:
    """What an instance exports, in order."""

    __slots__ = ("exports", "names")

    def __init__(self) -> None:
        self.exports: dict[str, Item] = {}
        self.names: dict[str, Name] = {}

    def add(self, name: Name, item: Item) -> None:
        self.exports[name.text] = item
        self.names[name.text] = name


class Closure:
    """A component (`kind` `component`), component type or instance type: bytes, and the scope around them."""

    __slots__ = ("end", "kind", "scope", "start")

    def __init__(self, kind: str, scope: Scope, start: int, end: int) -> None:
        self.kind = kind
        self.scope = scope
        self.start = start
        self.end = end


class Budget:
    """How many bytes may be gone through for one binary."""

    __slots__ = ("left",)

    def __init__(self, size: int = BUDGET) -> None:
        self.left = size

    def spend(self, start: int, end: int) -> None:
        self.left -= end - start + OVERHEAD
        if self.left < 0:
            raise ComponentError("this binary's types take too much work to read", start)


class Scope(TypeReader):
    """The index spaces of one component, component type or instance type, and what it imports and exports."""

    def __init__(self, data: Binary, budget: Budget, parent: Scope | None = None) -> None:
        self.data = data
        self.budget = budget
        self.parent = parent
        self.depth: int = 0 if parent is None else parent.depth + 1
        if self.depth > DEEPEST:
            raise ComponentError("components or types are nested too deep")
        self.types: list[TypeDef | FuncType | Closure] = []
        self.funcs: list[FuncType] = []
        self.instances: list[Instance] = []
        self.components: list[Closure] = []
        self.given: Mapping[str, Item] | None = None
        self.imports = Instance()
        self.exports = Instance()

    # -- whole bodies --

    def component(self, start: int, end: int, given: Mapping[str, Item] | None = None) -> None:
        """Goes through a component's definitions. `given` has what it is instantiated with; without, each import is
        new and abstract."""
        self.given = given
        for section in sections(self.data, start, end, nested=False):
            cursor = Cursor(self.data, section.start, section.end)
            if section.id == COMPONENT_SECTION:
                self.components.append(Closure(COMPONENTS, self, section.start, section.end))
                continue
            read = _SECTIONS.get(section.id)
            if read is None:
                continue
            self.budget.spend(section.start, section.end)
            for _ in range(cursor.count()):
                read(self, cursor)

    def type_body(self, cursor: Cursor) -> None:
        """Goes through the declarations of a component type or instance type."""
        self.budget.spend(cursor.at, cursor.end)
        for _ in range(cursor.count()):
            what = cursor.byte()
            if what == 0x00:
                skip_core_type(cursor)
            elif what == 0x01:
                self.add_type(cursor)
            elif what == 0x02:
                self.alias(cursor)
            elif what == 0x03:
                self.import_(cursor)
            elif what == 0x04:
                name = read_name(cursor)
                self.exports.add(name, self.declared(cursor, name))
            else:
                raise cursor.fail(f"a declaration of unknown kind {what:#x}")

    def made(self, closure: Closure, cursor: Cursor, given: Mapping[str, Item] | None = None) -> Scope:
        """A closure gone through."""
        scope = Scope(self.data, self.budget, closure.scope)
        # The depth that counts is that of the going through, not only that of the text.
        scope.depth = max(scope.depth, self.depth + 1)
        if scope.depth > DEEPEST:
            raise cursor.fail("components or types are nested too deep")
        if closure.kind == COMPONENTS:
            scope.component(closure.start, closure.end, given)
        else:
            scope.type_body(Cursor(self.data, closure.start, closure.end))
        return scope

    # -- types --

    def add_type(self, cursor: Cursor) -> None:
        self.types.append(self.deftype(cursor))

    def deftype(self, cursor: Cursor) -> TypeDef | FuncType | Closure:
        code = cursor.byte()
        if code in (0x41, 0x42):
            start = cursor.at
            skip_declarations(cursor, self.depth)
            return Closure("component-type" if code == 0x41 else "instance-type", self, start, cursor.at)
        return self.type_of(code, cursor)

    # -- aliases, instances, canonical functions --

    def alias(self, cursor: Cursor) -> None:
        sort = cursor.byte()
        if sort == 0x00:
            cursor.byte()
        how = cursor.byte()
        if how == 0x00:
            instance = cursor.u32()
            name = cursor.name()
            if sort in _SORTS:
                found = self.at(self.instances, instance, cursor).exports.get(name)
                self.define(_SORTS[sort], found, cursor)
        elif how == 0x01:
            cursor.u32()
            cursor.name()
        elif how == 0x02:
            count, index = cursor.u32(), cursor.u32()
            if sort == 0x03:
                self.types.append(self.at(self.outer(count, cursor).types, index, cursor))
            elif sort == 0x04:
                self.components.append(self.at(self.outer(count, cursor).components, index, cursor))
        else:
            raise cursor.fail(f"an alias of unknown kind {how:#x}")

    def outer(self, count: int, cursor: Cursor) -> Scope:
        scope: Scope | None = self
        for _ in range(min(count, DEEPEST + 1)):
            scope = None if scope is None else scope.parent
        if scope is None:
            raise cursor.fail("an alias goes out further than there is anything")
        return scope

    def define(self, sort: str, item: Item, cursor: Cursor) -> None:
        """Adds `item` to its index space."""
        if sort == FUNC and isinstance(item, FuncType):
            self.funcs.append(item)
        elif sort == INSTANCES and isinstance(item, Instance):
            self.instances.append(item)
        elif sort == COMPONENTS and isinstance(item, Closure):
            self.components.append(item)
        elif sort == TYPES and isinstance(item, TypeDef | FuncType | Closure):
            self.types.append(item)
        else:
            raise cursor.fail(f"there is no such {sort} to refer to")

    def sorted_item(self, cursor: Cursor) -> tuple[str | None, Item]:
        """What a `sortidx` refers to; nothing, for core items and values."""
        sort = cursor.byte()
        if sort == 0x00:
            cursor.byte()
        index = cursor.u32()
        if sort == 0x01:
            return FUNC, self.at(self.funcs, index, cursor)
        if sort == 0x03:
            return TYPES, self.at(self.types, index, cursor)
        if sort == 0x04:
            return COMPONENTS, self.at(self.components, index, cursor)
        if sort == 0x05:
            return INSTANCES, self.at(self.instances, index, cursor)
        return None, None

    def instance(self, cursor: Cursor) -> None:
        how = cursor.byte()
        if how == 0x00:
            component = self.at(self.components, cursor.u32(), cursor)
            given: dict[str, Item] = {}
            for _ in range(cursor.count()):
                name = cursor.name()
                given[name] = self.sorted_item(cursor)[1]
            self.instances.append(self.made(component, cursor, given).exports)
        elif how == 0x01:
            instance = Instance()
            for _ in range(cursor.count()):
                label = read_name(cursor)
                _, item = self.sorted_item(cursor)
                if item is not None:
                    instance.add(label, item)
            self.instances.append(instance)
        else:
            raise cursor.fail(f"an instance of unknown kind {how:#x}")

    def canon(self, cursor: Cursor) -> None:
        code = cursor.byte()
        if code == 0x00:
            cursor.byte()
            cursor.u32()
            skip_options(cursor)
            func = self.at(self.types, cursor.u32(), cursor)
            if not isinstance(func, FuncType):
                raise cursor.fail("a function is lifted to what is no function type")
            self.funcs.append(func)
            return
        shape = _CANON.get(code)
        if shape is None:
            raise cursor.fail(f"a canonical function of unknown kind {code:#x}")
        for part in shape:
            if part == "b":
                cursor.byte()
            elif part == "i":
                cursor.u32()
            elif part == "v":
                self.maybe(cursor)
            elif part == "r":
                # A result list: one value, or an empty list of named ones.
                if cursor.byte():
                    self.labelled(cursor)
                else:
                    self.valtype(cursor)
            else:
                skip_options(cursor)

    # -- imports and exports --

    def import_(self, cursor: Cursor) -> None:
        name = read_name(cursor)
        item = self.declared(cursor, name, self.given)
        self.imports.add(name, item)

    def export(self, cursor: Cursor) -> None:
        name = read_name(cursor)
        sort, item = self.sorted_item(cursor)
        if cursor.byte():
            # What an export is said to be is what its users see; only a type stays what it is.
            if sort == TYPES or sort is None:
                skip_description(cursor)
            else:
                self.exports.add(name, self.declared(cursor, name))
                return
        if isinstance(item, TypeDef):
            item = _renamed(name.text, item)
        if item is not None and sort is not None:
            self.define(sort, item, cursor)
            self.exports.add(name, item)

    def declared(self, cursor: Cursor, name: Name, given: Mapping[str, Item] | None = None) -> Item:
        """An `externdesc` as a new item, added to its index space; taken from `given` where that has the name."""
        what = cursor.byte()
        if what == 0x00:
            cursor.byte()
            cursor.u32()
            return None
        if what == 0x02:
            if cursor.byte():
                self.valtype(cursor)
            else:
                cursor.u32()
            return None
        item = self.described(cursor, what, name, given)
        sort = _DESCRIBED[what]
        if given is not None and given.get(name.text) is not None:
            item = given[name.text]
        self.define(sort, item, cursor)
        return item

    def described(self, cursor: Cursor, what: int, name: Name, given: Mapping[str, Item] | None) -> Item:
        if what == 0x03:
            if cursor.byte():
                return TypeDef(name.text, Resource())
            found = self.at(self.types, cursor.u32(), cursor)
            return _renamed(name.text, found) if isinstance(found, TypeDef) else found
        index = cursor.u32()
        found = self.at(self.types, index, cursor)
        if what == 0x01 and isinstance(found, FuncType):
            return found
        if what == 0x04 and isinstance(found, Closure):
            return found
        if what == 0x05 and isinstance(found, Closure) and found.kind == "instance-type":
            # Not gone through where the instance is given: its types are known.
            return (
                Instance() if given is not None and name.text in given else self.made(found, cursor).exports
            )
        raise cursor.fail(f"type {index} is not what is declared with it")


def _renamed(name: str, typedef: TypeDef) -> TypeDef:
    """`typedef` under a name: another name for it if it has one, else it gets this one."""
    if typedef.name is not None:
        return TypeDef(name, Alias(typedef))
    return TypeDef(name, typedef.kind)


_SECTIONS: dict[int, Callable[[Scope, Cursor], None]] = {
    INSTANCE: Scope.instance,
    ALIAS: Scope.alias,
    TYPE: Scope.add_type,
    CANON: Scope.canon,
    IMPORT: Scope.import_,
    EXPORT: Scope.export,
}
_DESCRIBED = {0x01: FUNC, 0x03: TYPES, 0x04: COMPONENTS, 0x05: INSTANCES}
# What follows each code of a canonical function: b a byte, i an index, v an optional type, o options, r a result list.
_CANON = {
    0x01: "bio",
    0x02: "i",
    0x03: "i",
    0x04: "i",
    0x05: "",
    0x06: "b",
    0x07: "i",
    0x08: "",
    0x09: "ro",
    0x0A: "bi",
    0x0B: "bi",
    0x0C: "b",
    0x0D: "",
    0x0E: "i",
    0x0F: "io",
    0x10: "io",
    0x11: "ib",
    0x12: "ib",
    0x13: "i",
    0x14: "i",
    0x15: "i",
    0x16: "io",
    0x17: "io",
    0x18: "ib",
    0x19: "ib",
    0x1A: "i",
    0x1B: "i",
    0x1C: "o",
    0x1D: "o",
    0x1E: "",
    0x1F: "",
    0x20: "bi",
    0x21: "bi",
    0x22: "",
    0x23: "",
    0x24: "",
    0x25: "",
    0x26: "",
    0x27: "ii",
    0x28: "b",
    0x29: "b",
    0x2A: "",
    0x2B: "b",
    0x40: "i",
    0x41: "ii",
    0x42: "",
}
