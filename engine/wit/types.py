"""Types and functions as written, to those of the model, within the scope of one interface or world."""

from __future__ import annotations

from engine.component.model import (
    Alias,
    Borrow,
    Case,
    Enum,
    Field,
    FixedList,
    Flags,
    Function,
    Future,
    List,
    Map,
    Option,
    Own,
    Record,
    Resource,
    Result,
    Span,
    Stream,
    Tuple,
    TypeDef,
    Unknown,
    Variant,
)
from engine.wit.draft import Draft
from engine.wit.errors import Skip, WitError, meant
from engine.wit.gates import external_id, stability
from engine.wit.syntax import FuncDecl, Id, TypeNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from engine.component.model import Kind, Stability, Type

    Scope: TypeAlias = "dict[str, TypeDef | str | None]"

_MAP_KEYS = frozenset(("bool", "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "char", "string"))


class Types:
    """Makes types and adds them to the draft. `scope` has the names that count here: a type, what else it is
    (`function`), or `None` for a name that is known to be wrong and reported."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.scope: Scope = {}
        self.compounds: dict[tuple[object, ...], TypeDef] = {}

    def named(self, id: Id) -> TypeDef:
        found = self.scope.get(id.name)
        if isinstance(found, TypeDef):
            return found
        if found is not None:
            raise WitError(f"cannot use {found} `{id.name}` as a type", id)
        if id.name in self.scope:
            raise Skip
        raise WitError(f"name `{id.name}` does not exist", id, hint=meant(id.name, self.scope))

    def resource(self, id: Id) -> TypeDef:
        """The type `id`, which a handle is made of: a resource, an alias of one, or not known yet."""
        found = typedef = self.named(id)
        while not isinstance(typedef.kind, Resource):
            kind = typedef.kind
            if isinstance(kind, Alias) and isinstance(kind.type, TypeDef):
                typedef = kind.type
            elif isinstance(kind, Unknown):
                self.draft.must_be_resources.append((typedef, id))
                break
            else:
                raise WitError(f"type `{id.name}` used in a handle must be a resource", id)
        return found

    def kind(self, node: TypeNode, gate: Stability) -> Kind:
        """What a type, as written, is made of; its parts are turned into types of their own."""
        what = node.kind
        if what == "name":
            assert node.id is not None
            return Alias(self.named(node.id))
        make = _KINDS.get(what)
        return Alias(what) if make is None else make(self, node, gate)

    def list_kind(self, node: TypeNode, gate: Stability) -> Kind:
        item = self.part(node.types[0], gate)
        return List(item) if node.size is None else FixedList(item, node.size)

    def map_kind(self, node: TypeNode, gate: Stability) -> Kind:
        key, value = (self.part(part, gate) for part in node.types)
        if not isinstance(key, str) or key not in _MAP_KEYS:
            raise WitError(
                "invalid map key type: map keys must be bool, u8, u16, u32, u64, s8, s16, s32, s64, char, or string",
                node,
            )
        return Map(key, value)

    def record_kind(self, node: TypeNode, gate: Stability) -> Kind:
        fields = []
        for member in node.members:
            assert member.type is not None
            fields.append(Field(member.id.name, self.part(member.type, gate), member.docs, member.id))
        return Record(tuple(fields))

    def variant_kind(self, node: TypeNode, gate: Stability) -> Kind:
        if not node.members:
            raise WitError("empty variant", node)
        return Variant(
            tuple(
                [
                    Case(
                        member.id.name,
                        None if member.type is None else self.part(member.type, gate),
                        member.docs,
                    )
                    for member in node.members
                ]
            )
        )

    def enum_kind(self, node: TypeNode, gate: Stability) -> Kind:
        if not node.members:
            raise WitError("empty enum", node)
        return Enum(tuple([Case(member.id.name, None, member.docs) for member in node.members]))

    def flags_kind(self, node: TypeNode, gate: Stability) -> Kind:
        return Flags(tuple([Case(member.id.name, None, member.docs) for member in node.members]))

    def part(self, node: TypeNode | None, gate: Stability) -> Type:
        """A type inside another, or of a parameter or result: the same compound is the same object all over."""
        assert node is not None
        what = node.kind
        if what == "name":
            assert node.id is not None
            return self.named(node.id)
        make = _KINDS.get(what)
        return what if make is None else self.compound(make(self, node, gate), gate, node)

    def maybe(self, node: TypeNode | None, gate: Stability) -> Type | None:
        return None if node is None else self.part(node, gate)

    def compound(self, kind: Kind, gate: Stability, span: Span) -> Type:
        if isinstance(kind, Own):
            # `own<r>` in place is the same as `r`; appending makes one handle type of both.
            return kind.type
        parts: tuple[object, ...]
        if isinstance(kind, Result):
            parts = (kind.ok, kind.err)
        elif isinstance(kind, FixedList):
            parts = (kind.type, kind.size)
        else:
            parts = kind.types()
        key = (kind.__class__, *parts)
        found = self.compounds.get(key)
        if found is None:
            if gate is None:
                gate = next(
                    (p.stability for p in kind.types() if isinstance(p, TypeDef) and p.stability is not None),
                    None,
                )
            found = self.compounds[key] = TypeDef(None, kind, None, None, gate, span)
            self.draft.types.append(found)
        return found

    # -- functions --

    def function(self, declaration: FuncDecl, resource: Id | None) -> Function:
        func = declaration.func
        plain = declaration.id.name
        gate = stability(declaration.attributes)
        kind = declaration.kind
        owner: TypeDef | None = None
        params: list[Field] = []
        name = plain
        if resource is not None:
            found = self.scope.get(resource.name)
            if not isinstance(found, TypeDef):
                raise Skip
            owner = found
            name = (
                f"[constructor]{resource.name}"
                if kind == "constructor"
                else f"[{kind}]{resource.name}.{plain}"
            )
            if kind == "method":
                params.append(Field("self", self.compound(Borrow(owner), None, func)))
        names = {param.name for param in params}
        for id, node in func.params:
            if id.name in names:
                raise WitError(f"param `{id.name}` is defined more than once", id)
            names.add(id.name)
            params.append(Field(id.name, self.part(node, None)))
        result: Type | None
        if kind == "constructor":
            assert owner is not None
            result = owner if func.result is None else self.constructed(owner, func.result)
        else:
            result = self.maybe(func.result, None)
        return Function(
            name,
            kind,
            owner,
            tuple(params),
            result,
            func.is_async,
            declaration.docs,
            gate,
            declaration.id,
            external_id(declaration.attributes),
        )

    def constructed(self, resource: TypeDef, node: TypeNode) -> Type:
        """The result of a constructor that says one: `result<resource, …>`."""
        type = self.part(node, None)
        kind = type.kind if isinstance(type, TypeDef) else None
        if not isinstance(kind, Result):
            raise WitError("if a constructor return type is declared it must be a `result`", node)
        if kind.ok is not resource:
            span = node.types[0] if node.kind == "result" and node.types[0] is not None else node
            raise WitError("the `ok` type must be the resource being constructed", span)
        return type


_RESOURCE = Resource()

_KINDS: dict[str, Callable[[Types, TypeNode, Stability], Kind]] = {
    "list": Types.list_kind,
    "map": Types.map_kind,
    "record": Types.record_kind,
    "variant": Types.variant_kind,
    "enum": Types.enum_kind,
    "flags": Types.flags_kind,
    "resource": lambda names, node, gate: _RESOURCE,
    "option": lambda names, node, gate: Option(names.part(node.types[0], gate)),
    "tuple": lambda names, node, gate: Tuple(tuple([names.part(part, gate) for part in node.types])),
    "result": lambda names, node, gate: Result(
        names.maybe(node.types[0], gate) if node.types else None,
        names.maybe(node.types[1], gate) if node.types else None,
    ),
    "future": lambda names, node, gate: Future(names.part(node.types[0], gate) if node.types else None),
    "stream": lambda names, node, gate: Stream(names.part(node.types[0], gate) if node.types else None),
    "own": lambda names, node, gate: Own(names.resource(_handled(node))),
    "borrow": lambda names, node, gate: Borrow(names.resource(_handled(node))),
}


def _handled(node: TypeNode) -> Id:
    assert node.id is not None
    return node.id
