"""The catalogue: which provider stands behind an interface. Its data are in `catalogue.toml`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from engine.dependencies.interface import Interface
from engine.model.dependency import Direction
from engine.project.config import CatalogueConfig
from engine.project.interface_spec import InterfaceSpec, SpecError, parse_spec
from engine.project.problems import ConfigError
from engine.project.toml_file import meant

NEWEST = "newest"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One provider. `config` is the link's by direction; `source` says which layer it is from."""

    name: str
    imports: tuple[InterfaceSpec, ...] = ()
    exports: tuple[InterfaceSpec, ...] = ()
    images: dict[str, str] = {}
    builtin: str | None = None
    config: dict[str, dict[str, str]] = {}
    own_image_only: bool = False
    source: str = "catalogue"

    def serves(self, interface: Interface, direction: Direction) -> bool:
        specs = self.imports if direction == "import" else self.exports
        return any(matches(spec, interface) for spec in specs)


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Providers in order of precedence, and what needs none."""

    entries: tuple[Entry, ...]
    host: tuple[tuple[InterfaceSpec, str], ...]
    carried: tuple[InterfaceSpec, ...]
    links: dict[str, str]
    generation: str = NEWEST

    def provider_of(self, interface: Interface, direction: Direction) -> Entry | None:
        return next((e for e in self.entries if e.serves(interface, direction)), None)

    def host_part(self, interface: Interface) -> str | None:
        """The embedded host's name for what supplies `interface`, when every wasmCloud host does; empty where the
        embedded one does not."""
        return next((name for spec, name in self.host if matches(spec, interface)), None)

    def is_carried(self, interface: Interface) -> bool:
        return any(matches(spec, interface) for spec in self.carried)

    def image_of(self, entry: Entry) -> str | None:
        return entry.images.get(self.generation) or entry.images.get(NEWEST)

    def entry_of_image(self, image: str) -> Entry | None:
        """The provider whose image `image` is, whatever its tag."""
        repository = repository_of(image)
        for entry in self.entries:
            if any(repository_of(known) == repository for known in entry.images.values()):
                return entry
        return None


def matches(spec: InterfaceSpec, interface: Interface) -> bool:
    return spec.matches(interface.namespace, interface.package, interface.name, interface.version)


def repository_of(image: str) -> str:
    """`image` without its tag and digest."""
    image = image.partition("@")[0]
    head, slash, last = image.rpartition("/")
    return head + slash + last.partition(":")[0]


@lru_cache(maxsize=1)
def shipped() -> Catalogue:
    """The catalogue as shipped."""
    import tomllib

    data = tomllib.loads(Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8"))
    return Catalogue(
        entries=tuple(_shipped_entry(name, item) for name, item in data["providers"].items()),
        host=tuple((parse_spec(spec), name) for spec, name in data["host"].items()),
        carried=tuple(parse_spec(spec) for spec in data["carried"]["interfaces"]),
        links=data["links"],
    )


def _shipped_entry(name: str, item: dict[str, Any]) -> Entry:
    return Entry(
        name=name,
        imports=tuple(parse_spec(spec) for spec in item.get("imports", ())),
        exports=tuple(parse_spec(spec) for spec in item.get("exports", ())),
        images=item["images"],
        builtin=item.get("builtin"),
        config=item.get("config", {}),
        own_image_only=item.get("own_image_only", False),
    )


def generations() -> tuple[str, ...]:
    """The generations of images that can be selected."""
    return tuple(dict.fromkeys(name for entry in shipped().entries for name in entry.images))


def layered(*layers: tuple[str, CatalogueConfig]) -> Catalogue:
    """The shipped catalogue under `layers`, each with the name it goes by; later ones count more.

    Raises :class:`ConfigError` for a generation that there is not, and for text that names no interface.
    """
    catalogue = shipped()
    entries = list(catalogue.entries)
    generation = NEWEST
    for source, layer in layers:
        if layer.images is not None:
            if layer.images not in generations():
                raise ConfigError(
                    f'{source}: `catalogue.images` is "{layer.images}"; '
                    f"expected one of {', '.join(generations())}{meant(layer.images, generations())}"
                )
            generation = layer.images
        for name in reversed(layer.providers):
            entry = _added(name, source, layer, next((e for e in entries if e.name == name), None))
            # In front: what the user says of an interface counts before what is shipped.
            entries = [entry, *(e for e in entries if e.name != name)]
    return msgspec.structs.replace(catalogue, entries=tuple(entries), generation=generation)


def _added(name: str, source: str, layer: CatalogueConfig, before: Entry | None) -> Entry:
    """The user's entry; what it leaves out is taken from the one that it replaces."""
    item = layer.providers[name]
    try:
        imports = tuple(parse_spec(spec) for spec in item.imports)
        exports = tuple(parse_spec(spec) for spec in item.exports)
    except SpecError as error:
        raise ConfigError(f"{source}: `catalogue.providers.{name}`: {error}") from None
    if before is None:
        before = Entry(name=name)
    same = item.image is None or repository_of(item.image) in map(repository_of, before.images.values())
    config = {"import": dict(item.config), "export": dict(item.config)} if item.config else before.config
    return Entry(
        name=name,
        imports=imports or (() if exports else before.imports),
        exports=exports or (() if imports else before.exports),
        images={NEWEST: item.image} if item.image is not None else before.images,
        builtin=item.builtin if item.builtin is not None else (before.builtin if same else None),
        config=config,
        own_image_only=before.own_image_only and not item.config,
        source=source,
    )
