"""A binary to what can be said of it without compiling it. Start here."""

from __future__ import annotations

import os

from engine.component.build import Builder
from engine.component.errors import ComponentError
from engine.component.model import Package, PackageName, Resolve, World
from engine.component.package import decode_package, is_package
from engine.component.scope import Budget, Scope
from engine.component.sections import CORE_MODULE, Section, layer, sections

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.component.cursor import Binary
    from engine.component.model import WorldItem, WorldKey

# A wat file larger than this is not assembled: its assembler needs some fifty times as much memory.
LARGEST_TEXT = 64 * 1024 * 1024


class ComponentInfo:
    """What is known of a binary.

    `kind` is `component`, `package` (WIT in binary form) or `module`. `sections` are all sections, those of nested
    components too; `core_modules` the spans `(start, end)` of core modules in the file. `resolve` has the types in the
    model: for a component its `world` (`root`, in package `root:component`) tells imports and exports; for a package
    its packages tell all there is, and `world` is `None`.
    """

    __slots__ = ("core_modules", "kind", "resolve", "sections", "world")

    def __init__(self, kind: str, sections: list[Section], resolve: Resolve, world: World | None) -> None:
        self.kind = kind
        self.sections = sections
        self.resolve = resolve
        self.world = world
        self.core_modules = [(s.start, s.end) for s in sections if s.id == CORE_MODULE]

    @property
    def imports(self) -> dict[WorldKey, WorldItem]:
        return {} if self.world is None else self.world.imports

    @property
    def exports(self) -> dict[WorldKey, WorldItem]:
        return {} if self.world is None else self.world.exports


def read(source: str | os.PathLike[str] | Binary) -> ComponentInfo:
    """Reads a file (mapped, not copied) or bytes; a `.wat` file, or bytes that are text, is assembled first.

    Nothing is compiled and code is not looked at. Raises :class:`ComponentError` for whatever is not a binary that
    makes sense.
    """
    if isinstance(source, str | os.PathLike):
        path = os.fspath(source)
        try:
            return _read_file(path)
        except ComponentError as error:
            error.file = error.file or path
            raise
        except OSError as error:
            raise ComponentError(f"failed to read the file: {error.strerror}", file=path) from None
    return read_bytes(source)


def _read_file(path: str) -> ComponentInfo:
    import mmap

    with open(path, "rb") as file:
        if not os.fstat(file.fileno()).st_size:
            raise ComponentError("the file is empty")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return read_bytes(data)


def read_bytes(data: Binary) -> ComponentInfo:
    """As :func:`read`, for bytes."""
    if bytes(data[:4]) != b"\0asm" and _looks_like_text(data):
        data = assemble(bytes(data))
    kind = layer(data)
    found = sections(data, nested=kind == "component")
    resolve = Resolve()
    if kind == "module":
        return ComponentInfo("module", found, resolve, None)
    scope = Scope(data, Budget())
    scope.component(0, len(data))
    if is_package(scope):
        decode_package(scope, resolve)
        return ComponentInfo("package", found, resolve, None)
    builder = Builder(resolve)
    root = Package(PackageName("root", "component", None))
    world = World("root", root)
    world.imports = builder.items(world, scope.imports, root, shared=True)
    world.exports = builder.items(world, scope.exports, root, shared=False)
    resolve.add_package(root)
    root.worlds["root"] = resolve.add_world(world)
    resolve.main = root
    return ComponentInfo("component", found, resolve, world)


def _looks_like_text(data: Binary) -> bool:
    head = bytes(data[:4096]).lstrip()
    return head.startswith((b"(", b";;"))


def assemble(text: bytes) -> bytes:
    """WebAssembly text to a binary, by wasmtime's own assembler. Raises :class:`ComponentError`."""
    if len(text) > LARGEST_TEXT:
        raise ComponentError(f"a text of more than {LARGEST_TEXT} bytes is not assembled")
    from wasmtime import WasmtimeError, wat2wasm

    try:
        return bytes(wat2wasm(text))
    except WasmtimeError as error:
        raise ComponentError(f"this WebAssembly text cannot be assembled: {error}") from None
