"""Every function with arguments of its types and no sense: an answer or a trap, never a failure of the host."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.component import model
from engine.hosts.embedded.registry import find
from engine.hosts.embedded.values import Err, Ok, Resource, Some, Trap
from engine.model.deliverable import Mount
from engine.wit.load import load
from tests.hosts.interfaces.deployments import INTERFACES, Guest, guest
from tests.hosts.interfaces.probe import WIT

CALLS = 2500
# Elsewhere, or the end of the guest by design.
LEFT_OUT = ("tests:", "wasi:http/", "wasi:cli/exit")
# Would speak to whatever stands at the addresses that come up.
REACH_OUT = ("[method]tcp-socket.start-connect", "[method]outgoing-datagram-stream.send", "resolve-addresses")

INTEGERS = {"bool": 0, "u8": 8, "u16": 16, "u32": 32, "u64": 64, "s8": -8, "s16": -16, "s32": -32, "s64": -64}
STRINGS = (
    "",
    "a",
    "f",
    "d/f",
    "..",
    "../x",
    "/",
    "a/",
    "\0",
    "default",
    "k",
    "x" * 300,
    "a.b",
    "a.*",
    "ö☃",
    ".",
)


class Monkey:
    """Makes values for WIT types, and keeps the resources that calls give."""

    def __init__(self, app: Guest, seed: int) -> None:
        self.app = app
        self.random = random.Random(seed)
        self.pool: dict[str, list[Resource]] = {}

    def value(self, type_: Any) -> Any:
        """Raises LookupError where there is no resource of a type."""
        if isinstance(type_, str):
            return self.primitive(type_)
        kind = type_.kind
        match kind:
            case model.Alias():
                return self.value(kind.type)
            case model.List():
                if kind.type == "u8":
                    return self.random.randbytes(self.random.choice((0, 1, 100)))
                return [self.value(kind.type) for _ in range(self.random.randrange(3))]
            case model.Option():
                return None if self.random.random() < 0.4 else self.value(kind.type)
            case model.Tuple():
                return tuple(self.value(item) for item in kind.items)
            case model.Record():
                return {field.name: self.value(field.type) for field in kind.fields}
            case model.Variant():
                case = self.random.choice(kind.cases)
                return case.name, None if case.type is None else self.value(case.type)
            case model.Enum():
                return self.random.choice(kind.cases).name
            case model.Flags():
                return frozenset(flag.name for flag in kind.flags if self.random.random() < 0.5)
            case model.Own() | model.Borrow():
                found = self.pool.get(resource(kind.type)) or []
                if not found:
                    raise LookupError(resource(kind.type))
                place = self.random.randrange(len(found))
                return found.pop(place) if isinstance(kind, model.Own) else found[place]
        raise AssertionError(kind)

    def primitive(self, name: str) -> Any:
        if name == "bool":
            return self.random.random() < 0.5
        if name == "string":
            return self.random.choice(STRINGS)
        bits = abs(INTEGERS[name])
        least = -(1 << (bits - 1)) if INTEGERS[name] < 0 else 0
        most = least + (1 << bits) - 1
        return min(most, self.random.choice((0, 1, 2, 7, 100, 5000, most, most // 2, most - 1, least)))

    def keep(self, value: Any) -> None:
        """Takes the resources out of what a call gave."""
        match value:
            case Ok(inner) | Err(inner):
                self.keep(inner)
            case Some():
                self.keep(value.value)
            case Resource():
                kept = self.pool.setdefault(value.wit, [])
                kept.append(value)
                if len(kept) > 12:
                    kept.pop(self.random.randrange(len(kept))).drop()
            case dict():
                self.keep(tuple(value.values()))
            case list() | tuple():
                for item in value:
                    self.keep(item)

    def end(self) -> None:
        for kept in self.pool.values():
            for one in kept:
                one.drop()


def resource(type_: Any) -> str:
    while isinstance(type_.kind, model.Alias):
        type_ = type_.kind.type
    return f"{type_.owner.full_name.partition('@')[0]}.{type_.name}"


def functions() -> list[tuple[str, model.Function]]:
    resolve = load(WIT, all_features=True)
    world = resolve.select_world("probe")
    found = []
    for item in world.imports.values():
        if isinstance(item, model.InterfaceItem):
            name = item.interface.full_name or ""
            if not name.startswith(LEFT_OUT):
                all_of = item.interface.functions.values()
                found += [(name, function) for function in all_of if function.name not in REACH_OUT]
    return found


@pytest.mark.parametrize("seed", range(4))
def test_any_arguments_get_an_answer(tmp_path: Path, seed: int) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "f").write_bytes(b"0123456789")
    (tmp_path / "data" / "d").mkdir()
    app = guest(
        tmp_path, mounts=(Mount(str(tmp_path / "data"), "/", writable=True),), settings={"sockets": True}
    )
    monkey = Monkey(app, seed)
    known = functions()
    answered = set()
    for _ in range(CALLS):
        name, function = monkey.random.choice(known)
        found: Callable[..., Any] | None = find(name, function.name)
        assert found is not None, f"{name}#{function.name}"
        try:
            arguments = [monkey.value(parameter.type) for parameter in function.params]
        except LookupError:
            continue
        app.context.deadline = time.monotonic_ns() + 2_000_000
        try:
            answer = found(app.context, *arguments)
        except Trap:
            continue
        except BaseException as error:
            raise AssertionError(f"{name}#{function.name}{tuple(arguments)!r}") from error
        answered.add((name, function.name))
        monkey.keep(answer)
    monkey.end()
    app.deployment.close()
    assert len(answered) > len(known) // 2


def test_every_interface_is_among_them() -> None:
    names = {name.partition("@")[0] for name, _ in functions()}
    assert set(INTERFACES) <= names
