"""The user's own WADM files (`dev.manifests`), joined with what is generated.

Such a file has the project's component in it, with the links and providers that the user wants. Its target component
becomes ours: our name, our image, its configuration, links and scaler. Its other components come as they are. What is
generated is added only for interfaces that the file does not link.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from engine.dependencies.discover import Survey
from engine.dependencies.interface import Interface, parse_interface
from engine.manifest.images import image_url
from engine.manifest.links import Link, link_of, link_properties
from engine.manifest.model import Application, Component, Policy, Properties, Trait
from engine.manifest.problems import ManifestError
from engine.model.dependency import Dependency, Provider
from engine.project.config import ManifestTarget

if TYPE_CHECKING:
    from engine.project.project import Project

Linked = set[tuple[str, str]]
"""Direction and `ns:pkg/iface`, from the target component's side."""


class Own(msgspec.Struct, frozen=True):
    """One of the user's files, its target under our name: the target, the others, its policies."""

    file: str
    target: Component
    others: tuple[Component, ...]
    policies: tuple[Policy, ...]


def read_own(project: Project) -> tuple[Own, ...]:
    """Raises :class:`ManifestError` for a file that cannot be read, or has no component that fits."""
    return tuple(_read(project, target) for target in project.dev.manifests)


def join(project: Project, app: Application, off: Linked) -> Application:
    """`app` with the user's files joined in, but for links over what the user turned `off`. Raises
    :class:`ManifestError`, also where two files have components of one name that are not the same."""
    own = tuple(_without_off(item, off, project.component_id) for item in read_own(project))
    ours = next(item for item in app.spec.components if item.name == project.component_id)
    linked: Linked = set().union(*(_linked(item, project.component_id) for item in own))
    generated = _without(app.spec.components, linked, project.component_id)
    traits: list[Trait] = []
    properties = ours.properties
    for item in own:
        traits += [trait for trait in item.target.traits if trait not in traits]
        properties = _merged(properties, item.target.properties)
    mine = next(item for item in generated if item.name == project.component_id)
    scaled = any(trait.type != "link" for trait in traits)
    traits += [trait for trait in mine.traits if trait.type == "link" or not scaled]
    others: dict[str, tuple[Component, str]] = {}
    for item in own:
        for component in item.others:
            _add(others, component, item.file)
    for component in generated:
        if component.name != project.component_id:
            _add(others, component, "what is generated")
    policies = {policy.name: policy for item in own for policy in item.policies}
    policies = {**{policy.name: policy for policy in app.spec.policies}, **policies}
    component = msgspec.structs.replace(ours, properties=properties, traits=tuple(traits))
    spec = msgspec.structs.replace(
        app.spec,
        components=(component, *(others[name][0] for name in sorted(others))),
        policies=tuple(policies[name] for name in sorted(policies)),
    )
    return msgspec.structs.replace(app, spec=spec)


def with_manifests(project: Project, found: Survey) -> Survey:
    """`found` with what the user's own files say of the dependencies. Raises :class:`ManifestError`."""
    if not project.dev.manifests:
        return found
    return msgspec.structs.replace(
        found, dependencies=supplied(project, found.dependencies, read_own(project))
    )


def supplied(
    project: Project, dependencies: tuple[Dependency, ...], own: tuple[Own, ...]
) -> tuple[Dependency, ...]:
    """`dependencies` with what the user's files say of them: who is at the other end of the target's links."""
    found = []
    for dependency in dependencies:
        other = None
        if dependency.state in ("resolved", "unresolved"):
            interfaces = [item for text in dependency.interfaces if (item := parse_interface(text))]
            other = _other_end(own, dependency.direction, interfaces, project.component_id)
        if other is not None:
            provider = dependency.provider
            image = other.properties.image
            builtin = provider.builtin if provider and dependency.kind == "provider" else None
            dependency = msgspec.structs.replace(
                dependency,
                state="resolved",
                kind="provider" if other.type == "capability" else "component",
                provider=Provider(image, builtin if other.type == "capability" else None),
                source="override",
            )
        found.append(dependency)
    return tuple(found)


def _read(project: Project, target: ManifestTarget) -> Own:
    from engine.manifest.decode import read_application
    from engine.manifest.file import read_manifest_text

    path = project.root / target.path
    app = read_application(read_manifest_text(path), str(path))
    component = _target(app, target, str(path), project)
    renamed = {component.name: project.component_id}
    components = [_renamed(item, renamed, project) for item in app.spec.components]
    index = app.spec.components.index(component)
    mine = components.pop(index)
    return Own(str(path), mine, tuple(components), app.spec.policies)


def _target(app: Application, target: ManifestTarget, file: str, project: Project) -> Component:
    wishes = (target.component_name, target.component_id, target.component_ref)
    for component in app.spec.components:
        names = (component.name, component.properties.id, component.properties.image)
        if any(wish is not None and wish == name for wish, name in zip(wishes, names, strict=True)):
            return component
    type_ = "capability" if project.kind == "provider" else "component"
    fitting = [item for item in app.spec.components if (item.type == "capability") == (type_ == "capability")]
    if wishes == (None, None, None) and len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(item.name for item in app.spec.components) or "none"
    said = " or ".join(wish for wish in wishes if wish is not None)
    raise ManifestError(
        f"no component of the manifest is {said}"
        if said
        else "several components of the manifest could be the project's",
        file=file,
        notes=(f"its components: {listed}",),
        hint="say which one in wasmcloud.toml: dev.manifests = [{ path = …, component_name = … }]",
    )


def _renamed(component: Component, names: dict[str, str], project: Project) -> Component:
    """`component` with links to renamed ones following, and paths from the project's folder."""
    traits = []
    for trait in component.traits:
        link = link_of(trait.properties) if trait.type == "link" else None
        if isinstance(link, Link):
            link = msgspec.structs.replace(link, target=names.get(link.target, link.target))
            trait = Trait("link", link_properties(link))
        traits.append(trait)
    properties = component.properties
    if properties.image is not None:
        properties = msgspec.structs.replace(properties, image=image_url(properties.image, project.root))
    return Component(names.get(component.name, component.name), component.type, properties, tuple(traits))


def _linked(own: Own, name: str) -> Linked:
    found: Linked = set()
    for component in (own.target, *own.others):
        for trait in component.traits:
            link = link_of(trait.properties) if trait.type == "link" else None
            if isinstance(link, Link) and name in (component.name, link.target):
                direction = "import" if component.name == name else "export"
                found |= {(direction, f"{link.namespace}:{link.package}/{item}") for item in link.interfaces}
    return found


def _without(components: Iterable[Component], gone: Linked, name: str) -> list[Component]:
    """`components` without their links with `name` over the interfaces in `gone`, and without those that had links
    with it and then have none."""
    had: set[str] = set()
    have: set[str] = set()
    found = []
    for component in components:
        traits = []
        for trait in component.traits:
            link = link_of(trait.properties) if trait.type == "link" else None
            if isinstance(link, Link) and name in (component.name, link.target):
                outward = component.name == name
                other = link.target if outward else component.name
                direction, package = "import" if outward else "export", f"{link.namespace}:{link.package}"
                left = tuple(item for item in link.interfaces if (direction, f"{package}/{item}") not in gone)
                had.add(other)
                if not left:
                    continue
                have.add(other)
                if left != link.interfaces:
                    trait = Trait("link", link_properties(msgspec.structs.replace(link, interfaces=left)))
            traits.append(trait)
        found.append(msgspec.structs.replace(component, traits=tuple(traits)))
    return [item for item in found if item.name == name or item.name not in had - have]


def _without_off(own: Own, off: Linked, name: str) -> Own:
    target, *others = _without((own.target, *own.others), off, name)
    return msgspec.structs.replace(own, target=target, others=tuple(others))


def _merged(ours: Properties, theirs: Properties) -> Properties:
    """The image is what the build made; the rest is the user's where the user says it."""
    configs = {config.name: config for config in (*theirs.config, *ours.config)}
    secrets = {secret.name: secret for secret in (*theirs.secrets, *ours.secrets)}
    return msgspec.structs.replace(
        ours, id=theirs.id or ours.id, config=tuple(configs.values()), secrets=tuple(secrets.values())
    )


def _add(others: dict[str, tuple[Component, str]], component: Component, file: str) -> None:
    known = others.get(component.name)
    if known is not None and known[0] != component:
        raise ManifestError(
            f"the component `{component.name}` is in {known[1]} already, and not the same",
            file=file,
            hint="give one of them another name",
        )
    others[component.name] = (component, file)


def _other_end(
    own: tuple[Own, ...], direction: str, interfaces: list[Interface], name: str
) -> Component | None:
    """The component that the user's files link `interfaces` with; None unless all of them go to one."""
    ends: dict[str, Component] = {}
    covered: set[str] = set()
    for item in own:
        by_name = {component.name: component for component in item.others}
        for component in (item.target, *item.others):
            for trait in component.traits:
                link = link_of(trait.properties) if trait.type == "link" else None
                if not isinstance(link, Link):
                    continue
                outward = component.name == name
                other = by_name.get(link.target) if outward else component
                if (
                    other is None
                    or outward != (direction == "import")
                    or (not outward and link.target != name)
                ):
                    continue
                hit = {
                    interface.key
                    for interface in interfaces
                    if (interface.namespace, interface.package) == (link.namespace, link.package)
                    and interface.name in link.interfaces
                }
                if hit:
                    covered |= hit
                    ends[other.name] = other
    whole = covered == {interface.key for interface in interfaces}
    return next(iter(ends.values())) if whole and len(ends) == 1 else None
