"""What the layers choose for one interface: catalogue, then `[dev]`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from engine.dependencies.catalogue import Catalogue, Entry
from engine.dependencies.overrides import DEFAULT_LINK
from engine.model.dependency import DependencyState, Direction, Provider, Source
from engine.project.config import ConfigSpec, Override, SecretSpec

if TYPE_CHECKING:
    from engine.dependencies.world import Need
    from engine.project.project import Project

Kind = Literal["provider", "component"]
Identity = tuple[Provider | None, Kind, str]
"""What makes two providers the same: who, what, and how configured."""


class Choice(msgspec.Struct, frozen=True):
    """Interfaces of one package with equal choices are one dependency.

    `base` is the name that the catalogue has for the usual provider; `replaced` says that overrides put another in its
    place. `setup` is the provider's own configuration and `config` the link's: key, value, layer.
    """

    base: str
    kind: Kind
    provider: Provider | None
    state: DependencyState
    source: Source
    link_name: str
    replaced: bool
    setup: str
    references: tuple[str, ...]
    config: tuple[tuple[str, str, str], ...]
    origins: tuple[tuple[str, str], ...]

    @property
    def identity(self) -> Identity:
        return (self.provider, self.kind, self.setup)


def choose_provider(
    project: Project,
    need: Need,
    link_name: str,
    overrides: tuple[Override, ...],
    host_part: str | None,
    catalogue: Catalogue,
    kinds: dict[str, Kind],
) -> Choice:
    """`overrides` are those of the link, `host_part` the host's name for what supplies the interface, and `kinds` what
    is known of packages' own projects."""
    interface = need.interface
    usual = None
    if project.kind == "component" and host_part is None:
        usual = catalogue.provider_of(interface, need.direction)
    usual_image = catalogue.image_of(usual) if usual else None
    image = usual_image
    origin = usual.source if usual else "wit"
    origins = {"state": origin, "image": origin, "link_name": "default"}
    for override in overrides:
        # One without an image is about something else and leaves the image that there is.
        if override.image_ref is not None:
            image = override.image_ref
            origins["image"] = origins["state"] = override.key
        if override.link_name is not None:
            origins["link_name"] = override.key
    entry = usual if image == usual_image else _known(image, catalogue)
    kind = _kind(project, image, entry, kinds.get(interface.package_key))
    builtin = entry.builtin if entry else None
    host = host_part is not None and image is None
    if host:
        builtin = host_part or None
    base = usual.name if usual else f"custom-{interface.namespace}-{interface.package}"
    if host:
        base = f"{interface.namespace}-{interface.package}"
    state: DependencyState = "host" if host else "resolved" if image or builtin else "unresolved"
    config = {} if host else _config(project, usual, entry, need.direction, overrides)
    return Choice(
        base=base,
        kind=kind,
        provider=Provider(image, builtin) if image or builtin else None,
        state=state,
        source="override" if overrides and not host else "wit",
        link_name=link_name,
        replaced=image != usual_image or link_name != DEFAULT_LINK,
        setup=_setup(
            [spec for o in overrides for spec in o.config], [spec for o in overrides for spec in o.secrets]
        ),
        references=tuple(spec.name for o in overrides for spec in o.link_config if spec.name is not None),
        config=tuple(sorted((key, value, source) for key, (value, source) in config.items())),
        origins=tuple(sorted(origins.items())),
    )


def _known(image: str | None, catalogue: Catalogue) -> Entry | None:
    """The catalogue's entry for an image. One that it does not know stands for itself: what the embedded host has in
    a known provider's place need not do what somebody's own provider does."""
    return catalogue.entry_of_image(image) if image is not None else None


def _config(
    project: Project,
    usual: Entry | None,
    entry: Entry | None,
    direction: Direction,
    overrides: tuple[Override, ...],
) -> dict[str, tuple[str, str]]:
    """Link configuration with the layer that each value is from. An unknown image gets the usual provider's, unless
    that is of use to that provider alone."""
    found: dict[str, tuple[str, str]] = {}
    like = entry or (usual if usual and not usual.own_image_only else None)
    if like is not None:
        found = {key: (value, like.source) for key, value in like.config.get(direction, {}).items()}
    layers = [("dev.link_config", project.dev.link_config), *((o.key, o.link_config) for o in overrides)]
    for source, specs in layers:
        for spec in specs:
            found.update({key: (value, source) for key, value in spec.values.items()})
    return found


def _kind(project: Project, image: str | None, entry: Entry | None, sibling: Kind | None) -> Kind:
    """By the image where it tells, else by the project that the package's WIT lies in. A provider's other side is a
    component."""
    if image is not None:
        name = image.lower().partition("@")[0]
        if name.endswith(".wasm") or "/components/" in name:
            return "component"
        if entry is not None or name.endswith((".par", ".par.gz")):
            return "provider"
    if sibling is not None:
        return sibling
    return "component" if project.kind == "provider" else "provider"


def _setup(configs: list[ConfigSpec], secrets: list[SecretSpec]) -> str:
    """A provider's own configuration as a text to compare; empty for none."""
    if not configs and not secrets:
        return ""
    return msgspec.json.encode([configs, secrets], order="deterministic").decode()
