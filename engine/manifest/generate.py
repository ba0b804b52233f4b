"""From a project and its dependencies to the WADM application that runs them.

The same inputs give the same application, byte for byte, in whatever order they come.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from engine.dependencies.catalogue import shipped
from engine.dependencies.interface import Interface, parse_interface
from engine.dependencies.overrides import DEFAULT_LINK, layers
from engine.manifest.document import with_version
from engine.manifest.images import image_url
from engine.manifest.model import (
    Application,
    Component,
    ConfigRef,
    Metadata,
    Properties,
    SecretRef,
    Spec,
    Trait,
)
from engine.manifest.names import Names
from engine.manifest.secrets import policies, references
from engine.model.dependency import Dependency
from engine.project.config import ConfigSpec, Override

if TYPE_CHECKING:
    from engine.project.project import Project

COMPONENT_INSTANCES = 100
PROVIDER_INSTANCES = 1
INCOMING = "wasi:http/incoming-handler"
BUILTIN_IMAGE = "wasmcloud+builtin://"


def generate(
    project: Project,
    dependencies: Iterable[Dependency],
    artifact: str | None = None,
    *,
    address: str | None = None,
) -> Application:
    """The application `dev-<session>-<name>`: the project's component and every resolved dependency, linked.

    `artifact` is an image reference, a `file://` URL or a path; by default the file that the project's build writes.
    `address` (host:port) takes the place of the HTTP server's configured one. The project's own WADM files
    (`dev.manifests`) are joined in; raises
    :class:`~engine.manifest.problems.ManifestError` when one cannot be read or has no component that fits.
    """
    dependencies = tuple(dependencies)
    resolved = sorted(
        (item for item in dependencies if item.state == "resolved"),
        key=lambda item: (item.name, item.direction, item.link_name, item.interfaces),
    )
    plan = _Plan(project, artifact, address)
    plan.claimed = {_place(item, text.partition("@")[0]) for item in resolved for text in item.interfaces}
    for dependency in resolved:
        plan.add(dependency)
    app = plan.application()
    if project.dev.manifests:
        from engine.manifest.own import join

        off: set[tuple[str, str]] = {
            (item.direction, text.partition("@")[0])
            for item in dependencies
            if item.state == "off"
            for text in item.interfaces
        }
        app = join(project, app, off)
    return with_version(app, f"v{project.version}-")


def _place(dependency: Dependency, interface: str) -> tuple[str, str, str]:
    """What no two links of one source may share: the source, the link's name and the interface."""
    source = dependency.name if dependency.direction == "export" else ""
    return source, dependency.link_name, interface


class _Provider:
    """A provider, or component, that dependencies name; it has one place in the manifest however many they are."""

    def __init__(self, type_: str, properties: Properties) -> None:
        self.type = type_
        self.properties = properties
        self.traits: list[Trait] = []


class _Plan:
    def __init__(self, project: Project, artifact: str | None, address: str | None) -> None:
        self.project = project
        self.address = address
        self.names = Names()
        self.providers: dict[str, _Provider] = {}
        self.links: list[Trait] = []
        self.claimed: set[tuple[str, str, str]] = set()
        self.image = image_url(artifact or f"file://{project.artifact}", project.root)
        self.own_config = _config_blocks(project.dev.config, f"{project.slug}-config", self.names)

    def add(self, dependency: Dependency) -> None:
        interfaces = [found for text in dependency.interfaces if (found := parse_interface(text))]
        overrides = self._overrides(dependency, interfaces)
        name = f"{self.project.session}-dep-{dependency.name}"
        if name not in self.providers:
            self.providers[name] = self._provider(dependency, overrides)
        provider = self.providers[name]
        properties = self._link(dependency, interfaces, overrides)
        if dependency.direction == "import":
            properties["target"] = {"name": name, **properties.pop("config")}
            self.links.append(Trait("link", properties))
        else:
            config = properties.pop("config")
            properties["target"] = {"name": self.project.component_id}
            if config:
                properties["source"] = config
            provider.traits.append(Trait("link", properties))

    def _overrides(self, dependency: Dependency, interfaces: list[Interface]) -> tuple[Override, ...]:
        found: dict[str, Override] = {}
        for interface in interfaces:
            by_link = layers(self.project.dev, dependency.direction, interface)
            for override in by_link.get(dependency.link_name, by_link.get(DEFAULT_LINK, ())):
                found[override.key] = override
        return tuple(found.values())

    def _provider(self, dependency: Dependency, overrides: tuple[Override, ...]) -> _Provider:
        supplied = dependency.provider
        image = supplied.image if supplied else None
        if image is None:
            image = f"{BUILTIN_IMAGE}{supplied.builtin if supplied else dependency.name}"
        specs = [spec for override in overrides for spec in override.config]
        properties = Properties(
            image=image_url(image, self.project.root),
            config=_config_blocks(specs, f"{dependency.name}-config", self.names),
            secrets=references(spec for override in overrides for spec in override.secrets),
        )
        provider = _Provider("component" if dependency.kind == "component" else "capability", properties)
        if dependency.kind == "component":
            provider.traits.append(_scaler(COMPONENT_INSTANCES))
        return provider

    def _link(
        self, dependency: Dependency, interfaces: list[Interface], overrides: tuple[Override, ...]
    ) -> dict[str, Any]:
        """A link's properties, with the provider's side of its configuration under `config`."""
        first = interfaces[0]
        linked = self._linked(dependency, interfaces)
        properties: dict[str, Any] = {
            "namespace": first.namespace,
            "package": first.package,
            "interfaces": linked,
        }
        if dependency.link_name != DEFAULT_LINK:
            properties["name"] = dependency.link_name
        values = dict(sorted(dependency.config.items()))
        if (
            self.address is not None
            and any(i.key == INCOMING for i in interfaces)
            and dependency.direction == "export"
        ):
            values["address"] = self.address
        refs = []
        if values:
            stem = f"{first.namespace}-{first.package}"
            name = self.names.new(
                f"{stem}-config", f"{stem}-{'-'.join(linked)}-config", f"{stem}-{dependency.link_name}-config"
            )
            refs.append({"name": name, "properties": values})
        named = [spec.name for spec in self.project.dev.link_config if spec.name]
        named += [spec.name for override in overrides for spec in override.link_config if spec.name]
        refs += [{"name": name} for name in dict.fromkeys(named)]
        properties["config"] = {"config": refs} if refs else {}
        return properties

    def _linked(self, dependency: Dependency, interfaces: list[Interface]) -> list[str]:
        """The names that the link has: those of the interfaces, and those that a wasmCloud host calls in their place,
        unless another link from the same side has them."""
        aliases = shipped().links
        names = {interface.name for interface in interfaces}
        for interface in interfaces:
            alias = aliases.get(interface.key)
            place = _place(dependency, f"{interface.package_key}/{alias}")
            if alias is not None and place not in self.claimed:
                self.claimed.add(place)
                names.add(alias)
        return sorted(names)

    def application(self) -> Application:
        project = self.project
        component = project.kind == "component"
        own = Component(
            name=project.component_id,
            type="component" if component else "capability",
            properties=Properties(
                image=self.image,
                id=project.component_id,
                config=self.own_config,
                secrets=references(project.dev.secrets),
            ),
            traits=(_scaler(COMPONENT_INSTANCES if component else PROVIDER_INSTANCES), *self.links),
        )
        others = [
            Component(name=name, type=item.type, properties=item.properties, traits=tuple(item.traits))  # type: ignore[arg-type]
            for name, item in sorted(self.providers.items())
        ]
        secrets: list[SecretRef] = [secret for item in (own, *others) for secret in item.properties.secrets]
        return Application(
            metadata=Metadata(
                name=project.application,
                annotations={"wasmcloud.dev/session-id": project.session},
                labels={"wasmcloud.dev/generated-by": "wake"},
            ),
            spec=Spec(components=(own, *others), policies=policies(secrets)),
        )


def _scaler(instances: int) -> Trait:
    return Trait("spreadscaler", {"instances": instances})


def _config_blocks(specs: Iterable[ConfigSpec], name: str, names: Names) -> tuple[ConfigRef, ...]:
    """`specs` in their order, as later ones count more: runs of values are one config, existing ones by name."""
    found: list[ConfigRef] = []
    for spec in specs:
        if spec.name is not None:
            found.append(ConfigRef(spec.name))
        if spec.values:
            last = found[-1] if found else None
            if last is not None and last.properties is not None:
                values = dict(sorted({**last.properties, **spec.values}.items()))
                found[-1] = msgspec.structs.replace(last, properties=values)
            else:
                found.append(ConfigRef(names.new(name), dict(sorted(spec.values.items()))))
    return tuple(found)
