"""Joins a component to the host: everything it imports is defined, what nobody provides traps with a sentence."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.hosts.embedded import native
from engine.hosts.embedded.abi import Abi
from engine.hosts.embedded.context import Context, missing
from engine.hosts.embedded.instance import Instance, live
from engine.hosts.embedded.layout import Lifter, Lowerer
from engine.hosts.embedded.machine import Tier, engine
from engine.hosts.embedded.native import CALLBACK, DESTRUCTOR, VALUE, error_new
from engine.hosts.embedded.registry import HostFunction, find
from engine.hosts.embedded.signature import Shape, Signature, surface
from engine.hosts.embedded.values import Trap

if TYPE_CHECKING:
    from engine.hosts.embedded.compile import Code


@dataclass(frozen=True, slots=True)
class Export:
    """An exported function, ready to be called."""

    name: str
    index: int
    signature: Signature
    lowerers: tuple[Lowerer, ...]
    lifter: Lifter | None


def unversioned(interface: str) -> str:
    return interface.partition("@")[0]


class Linked:
    """A component in one tier's code with everything it imports defined. Shared by all its instances.

    `busy_seconds` is how long a guest may compute between two waits.
    """

    def __init__(self, code: Code, busy_seconds: float = 30.0) -> None:
        self.code = code
        self.tier: Tier = code.tier
        self.engine = engine(code.tier)
        self.component = code.component
        self.busy_seconds = busy_seconds
        self.surface = surface(self.engine, self.component)
        self.linker = native.linker_new(self.engine)
        self._keep: list[Any] = []
        imported = {number for shape in self.surface.imports.values() for number in shape.resources.values()}
        self.abi = Abi([number in imported for number in range(len(self.surface.resources))])
        self.exports: dict[tuple[str, str], Export] = {}
        self._define()
        self._find_exports()

    def __del__(self) -> None:
        # Instances hold on to it, so no callback of it can be called any more.
        if hasattr(self, "linker"):
            native.linker_delete(self.linker)

    # -- imports

    def _define(self) -> None:
        root = native.linker_root(self.linker)
        for module_name, module in self.code.modules.items():
            text = module_name.encode()
            native.check(native.linker_add_module(root, text, len(text), module))
        for interface, shape in self.surface.imports.items():
            if not interface:
                self._define_shape(root, interface, shape)
                continue
            name = interface.encode()
            place = native.out_pointer(native.linker_add_instance, root, name, len(name))
            self._define_shape(place, interface, shape)
            native.linker_instance_delete(place)
        native.linker_instance_delete(root)

    def _define_shape(self, place: int, interface: str, shape: Shape) -> None:
        for name, number in shape.resources.items():
            self._define_resource(place, name, number)
        for name, signature in shape.functions.items():
            function = find(interface, name)
            if unversioned(interface) in ALWAYS and function is not None:
                self._define_function(place, interface, name, signature, function)
            else:
                self._define_function(place, interface, name, signature, provided(interface, name, function))
        for name in shape.unsupported:
            text = f"{interface}#{name} has types of the asynchronous component model, which this host does not run"
            self._add(place, name, _refuse(text))

    def _define_resource(self, place: int, name: str, number: int) -> None:
        type_ = native.resource_type_new_host(number)

        def destroy(data: int, context: int, key: int) -> int | None:
            resource = live[context].table.pop(key, None)
            if resource is not None:
                resource.drop()
            return None

        callback = DESTRUCTOR(destroy)
        self._keep.append(callback)
        text = name.encode()
        native.check(native.linker_add_resource(place, text, len(text), type_, callback, None, None))

    def _define_function(
        self, place: int, interface: str, name: str, signature: Signature, function: HostFunction
    ) -> None:
        lifters = [
            (index * VALUE, self.abi.lifter(type_)) for index, (_, type_) in enumerate(signature.parameters)
        ]
        lower = None if signature.result is None else self.abi.lowerer(signature.result)

        def call(
            data: int, context: int, type_: int, arguments: int, count: int, results: int, result_count: int
        ) -> int | None:
            instance = live[context]
            try:
                value = function(instance.cx, *[lift(arguments + at, instance) for at, lift in lifters])
                if lower is not None:
                    lower(results, value, instance)
                return None
            except BaseException as problem:  # nothing may pass through wasmtime's frames
                return fail(instance, interface, name, problem)

        self._add(place, name, call)

    def _add(self, place: int, name: str, call: Callable[..., int | None]) -> None:
        callback = CALLBACK(call)
        self._keep.append(callback)
        text = name.encode()
        native.check(native.linker_add_func(place, text, len(text), callback, None, None))

    # -- exports

    def _find_exports(self) -> None:
        for interface, shape in self.surface.exports.items():
            parent = None
            if interface:
                text = interface.encode()
                parent = native.component_export_index(self.component, None, text, len(text))
            for name, signature in shape.functions.items():
                text = name.encode()
                index = native.component_export_index(self.component, parent, text, len(text))
                if not index:
                    continue
                self.exports[unversioned(interface), name] = Export(
                    f"{interface}#{name}" if interface else name,
                    index,
                    signature,
                    tuple(self.abi.lowerer(type_) for _, type_ in signature.parameters),
                    None if signature.result is None else self.abi.lifter(signature.result),
                )

    def export(self, interface: str, function: str) -> Export | None:
        """The exported function; `interface` without version, empty for the world's own functions."""
        return self.exports.get((interface, function))

    def exported_interfaces(self) -> list[str]:
        """Full names."""
        return [name for name in self.surface.exports if name]


# Interfaces that are the host's whatever the manifest says: nothing can be linked in their place.
ALWAYS = frozenset(
    f"wasi:{package}/{interface}"
    for package, interfaces in {
        "io": "error poll streams",
        "clocks": "monotonic-clock wall-clock timezone",
        "random": "random insecure insecure-seed",
        "cli": "environment exit stdin stdout stderr terminal-input terminal-output terminal-stdin "
        "terminal-stdout terminal-stderr",
        "filesystem": "types preopens",
        "sockets": "network instance-network tcp tcp-create-socket udp udp-create-socket ip-name-lookup",
        "http": "types",
    }.items()
    for interface in interfaces.split()
)


def provided(interface: str, name: str, builtin: HostFunction | None) -> HostFunction:
    """The function behind an import that a manifest can link: another component's export, or the host's own."""
    plain = unversioned(interface)

    def call(cx: Context, *arguments: Any) -> Any:
        link = cx.link(plain)
        if link.target is not None:
            return link.target.call_for(cx, plain, name, arguments)
        if builtin is not None:
            return builtin(cx, *arguments)
        raise Trap(nobody(cx, plain, name))

    return call


def nobody(cx: Context, interface: str, name: str) -> str:
    """What a guest is told that calls a function nobody provides."""
    link = cx.link(interface) if interface else None
    if link is None:
        return f"the world imports the function {name}, which this host does not provide"
    if link.state == "linked":
        return (
            f"{interface}#{name} is linked to {link.provider or 'a provider'}, which the embedded host does not "
            "run; a wasmCloud lattice would, or a component that exports the interface"
        )
    return f"{missing(interface, link)} ({interface}#{name} was called)"


def fail(instance: Instance, interface: str, name: str, problem: BaseException) -> int:
    """Remembers why a host function ended the guest, and makes wasmtime's error of it."""
    instance.failure = problem
    if isinstance(problem, Trap):
        text = str(problem)
    else:
        text = f"the host's {interface}#{name} failed: {type(problem).__name__}: {problem}"
        instance.failure = Trap(text)
        deployment = instance.cx.deployment
        deployment.log(
            "host", "error", text + "\n" + "".join(traceback.format_exception(problem)).rstrip("\n")
        )
    error: int = error_new(text.encode().replace(b"\0", b" "))
    return error


def _refuse(text: str) -> Callable[..., int | None]:
    def call(data: int, context: int, *rest: int) -> int | None:
        return fail(live[context], "", "", Trap(text))

    return call
