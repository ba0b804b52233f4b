"""wadm's rules for a manifest, with its words and severities, and the place of each finding.

The rules and texts are those of `wadm-types` 0.8 (wadm 0.21), `validation.rs`. A file that wadm would not even read
has errors of :mod:`engine.manifest.decode` instead. Beyond wadm's, notes (`info`) tell of keys that it passes over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from engine.manifest.decode import Decoding, decode_text
from engine.manifest.links import Link, link_of, scaler_error
from engine.manifest.model import Application, Component, SecretRef, Trait
from engine.manifest.problems import ManifestError
from engine.manifest.secrets import POLICY_TYPE
from engine.manifest.yaml_reader import KEY, Path
from engine.model.diagnostic import Diagnostic

NAME = re.compile(r"[-\w]+")
SCALERS = ("spreadscaler", "daemonscaler")

_KNOWN: dict[str, dict[str, set[str]]] = {
    "wrpc": {
        "blobstore": {"blobstore"},
        "keyvalue": {"atomics", "store"},
        "http": {"incoming-handler", "outgoing-handler"},
    },
    "wasi": {
        "blobstore": {"blobstore"},
        "config": {"runtime"},
        "keyvalue": {"atomics", "store", "batch", "watch"},
        "http": {"incoming-handler", "outgoing-handler"},
        "logging": {"logging"},
    },
    "wasmcloud": {"messaging": {"consumer", "handler"}},
}


def validate_text(text: str, file: str) -> tuple[Diagnostic, ...]:
    """Everything there is to say of a WADM file, in the order of its lines. No error: wadm takes it."""
    try:
        decoding = decode_text(text, file)
    except ManifestError as problem:
        return (problem.diagnostic(),)
    if decoding.app is not None and not decoding.errors:
        _Rules(decoding).all()
    return tuple(sorted(decoding.diagnostics, key=lambda item: (item.line or 0, item.column or 0)))


def validate(app: Application) -> tuple[Diagnostic, ...]:
    """As :func:`validate_text`, for an application that is in no file."""
    from engine.manifest.document import to_yaml

    found = validate_text(to_yaml(app), "")
    return tuple(msgspec.structs.replace(item, file=None, line=None, column=None) for item in found)


class _Rules:
    def __init__(self, decoding: Decoding) -> None:
        assert decoding.app is not None
        self.decoding = decoding
        self.app = decoding.app
        # An entry that could not be decoded is an error before; so indexes here are those of the file.
        self.components = list(enumerate(self.app.spec.components))
        self.names = {component.name for component in self.app.spec.components}

    def all(self) -> None:
        self.metadata()
        self.duplicates()
        self.traits()
        self.missing_targets()
        self.misnamed_interfaces()
        self.dangling_links()
        self.policies()
        self.images()
        self.duplicate_links()
        self.link_configs()
        self.deprecated_keys()

    def error(self, message: str, path: Path) -> None:
        self.decoding.tell("error", message, path)

    def warning(self, message: str, path: Path) -> None:
        self.decoding.tell("warning", message, path)

    def each_trait(self) -> Iterator[tuple[int, Component, Trait, Path]]:
        for index, component in self.components:
            for number, trait in enumerate(component.traits):
                yield index, component, trait, ("spec", "components", index, "traits", number)

    def links(self) -> Iterator[tuple[Component, Link, Path]]:
        """Links whose properties are a link's, with the path of their properties."""
        for _, component, trait, path in self.each_trait():
            if trait.type == "link":
                link = link_of(trait.properties)
                if isinstance(link, Link):
                    yield component, link, (*path, "properties")

    def metadata(self) -> None:
        metadata = self.app.metadata
        if not NAME.fullmatch(metadata.name):
            self.error(
                f"manifest name [{metadata.name}] is not allowed (should match regex [^[-\\w]+$])",
                ("metadata", "name"),
            )
        if metadata.annotations.get("version") == "latest":
            self.error("latest is not allowed in wadm", ("metadata", "annotations", "version"))
        for kind, pairs in (("label", metadata.labels), ("annotation", metadata.annotations)):
            for key, value in sorted(pairs.items()):
                if not valid_label(key):
                    text = f"({_debug(key)}, {_debug(value)})"
                    self.error(f"Invalid OAM {kind}: {text}", ("metadata", f"{kind}s", key, KEY))

    def duplicates(self) -> None:
        names: set[str] = set()
        ids: set[str] = set()
        for index, component in self.components:
            path: Path = ("spec", "components", index)
            if component.name in names:
                self.error(f"Duplicate component name in manifest: {component.name}", (*path, "name"))
            names.add(component.name)
            identifier = component.properties.id
            if identifier is not None:
                if identifier in ids:
                    self.error(
                        f"Duplicate component identifier in manifest: {identifier}",
                        (*path, "properties", "id"),
                    )
                ids.add(identifier)

    def missing_targets(self) -> None:
        missing: dict[str, Path] = {}
        for _, link, path in self.links():
            if link.target not in self.names:
                missing.setdefault(link.target, (*path, "target"))
        if missing:
            names = ", ".join(_debug(name) for name in sorted(missing))
            self.error(
                f"The following capability component(s) are missing from the manifest: [{names}]",
                next(iter(missing.values())),
            )

    def misnamed_interfaces(self) -> None:
        for _, link, path in self.links():
            packages = _KNOWN.get(link.namespace)
            if packages is None:
                continue
            for number, interface in enumerate(link.interfaces):
                if interface not in packages.get(link.package, set()):
                    self.warning(
                        f"unrecognized interface [{link.namespace}:{link.package}/{interface}]",
                        (*path, "interfaces", number),
                    )

    def dangling_links(self) -> None:
        for _, link, path in self.links():
            if link.target not in self.names:
                which = f"(name [{link.name}])" if link.name is not None else f"(target [{link.target}])"
                self.warning(
                    f"link {which} target [{link.target}] is not a listed component", (*path, "target")
                )

    def traits(self) -> None:
        """Links and scalers whose properties are neither's: wadm takes them for somebody's own and refuses them."""
        for _, _, trait, path in self.each_trait():
            place = (*path, "properties")
            if trait.type == "link":
                link = link_of(trait.properties)
                if not isinstance(link, Link):
                    self.custom_link(trait, place)
                    self.error(
                        "Link trait deserialized as custom trait, ensure fields are correct: "
                        f"{_json(trait.properties)}{_why(link)}",
                        place,
                    )
            elif trait.type in SCALERS:
                problem = scaler_error(trait.properties)
                # wadm looks at properties, not at the type: a link's under a scaler's name pass.
                if problem is not None and not isinstance(link_of(trait.properties), Link):
                    self.error(
                        "Scaler trait deserialized as custom trait, ensure fields are correct: "
                        f"{_json(trait.properties)}{_why(problem)}",
                        place,
                    )

    def custom_link(self, trait: Trait, path: Path) -> None:
        target = trait.properties.get("target")
        if "target" not in trait.properties:
            self.error("custom link is missing 'target' property", path)
            return
        name = target.get("name") if isinstance(target, dict) else None
        if not isinstance(name, str):
            self.error("custom link is missing 'target' name property", (*path, "target"))
        elif name not in self.names:
            self.warning(f"custom link target [{name}] is not a listed component", (*path, "target"))

    def policies(self) -> None:
        policies = {policy.name: policy for policy in self.app.spec.policies}
        for secret, path in self.secrets():
            name = secret.properties.policy
            policy = policies.get(name)
            about = f"secret '{secret.name}' is mapped to"
            if policy is None:
                self.error(f"{about} unknown policy '{name}'", path)
            elif policy.type != POLICY_TYPE:
                self.error(
                    f"{about} policy '{name}' which is not a secret policy. Expected type '{POLICY_TYPE}'",
                    path,
                )
            elif "backend" not in policy.properties:
                self.error(f"{about} policy '{name}' which does not include a 'backend' property", path)

    def secrets(self) -> Iterator[tuple[SecretRef, Path]]:
        for _, link, path in self.links():
            for side, secrets in (("target", link.target_secrets), ("source", link.source_secrets)):
                for number, secret in enumerate(secrets):
                    yield secret, (*path, side, "secrets", number)
        for index, component in self.components:
            for number, secret in enumerate(component.properties.secrets):
                yield secret, ("spec", "components", index, "properties", "secrets", number)

    def images(self) -> None:
        for index, component in self.components:
            properties = component.properties
            path: Path = ("spec", "components", index, "properties")
            shared = properties.application
            if properties.image is not None and shared is not None:
                self.error("Component cannot have both 'image' and 'application' properties", path)
            elif properties.image is None and shared is None:
                self.error("Component must have either 'image' or 'application' property", path)
            elif properties.image is None and shared is not None:
                about = f"Shared component '{shared.name}' cannot"
                if properties.config:
                    self.error(f"{about} specify additional 'config'", (*path, "config"))
                elif properties.secrets:
                    self.error(f"{about} specify additional 'secrets'", (*path, "secrets"))
                elif any(trait.type in SCALERS for trait in component.traits):
                    self.error(f"{about} include a scaler trait", ("spec", "components", index, "traits"))

    def duplicate_links(self) -> None:
        seen: dict[str, set[tuple[str, str, str, str]]] = {}
        for component, link, path in self.links():
            name = link.name if link.name is not None else "default"
            mine = seen.setdefault(component.name, set())
            for number, interface in enumerate(link.interfaces):
                key = (name, link.namespace, link.package, interface)
                if key in mine:
                    self.error(
                        f"Duplicate link found inside component '{component.name}': {name} "
                        f"({link.namespace}:{link.package}/{interface})",
                        (*path, "interfaces", number),
                    )
                mine.add(key)

    def link_configs(self) -> None:
        """Only configs that the manifest defines: one that is there already may be named by many links."""
        seen: set[str] = set()
        for _, link, path in self.links():
            for side, configs in (("target", link.target_config), ("source", link.source_config)):
                for number, config in enumerate(configs):
                    if config.properties is None:
                        continue
                    if config.name in seen:
                        self.error(
                            f"Duplicate link config name found: '{config.name}'",
                            (*path, side, "config", number, "name"),
                        )
                    seen.add(config.name)

    def deprecated_keys(self) -> None:
        for _, _, trait, path in self.each_trait():
            if trait.type != "link":
                continue
            for key in ("source_config", "target_config"):
                if key in trait.properties:
                    side = key.partition("_")[0]
                    self.warning(
                        f"one of the components' link trait contains a {key} key, please use {side}:config: rather",
                        (*path, "properties", key, KEY),
                    )


def valid_label(key: str) -> bool:
    """OAM's rule for keys of labels and annotations: `name`, or `dns.prefix/name`."""
    prefix, slash, name = key.partition("/")
    return (_dns(prefix) and _label(name)) if slash else _label(key)


def _dns(text: str) -> bool:
    part = r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    return 0 < len(text) <= 253 and re.fullmatch(rf"{part}(?:\.{part})*", text) is not None


def _label(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", text) is not None


def _debug(text: str) -> str:
    """As Rust's `{:?}` has it."""
    return (
        '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'
    )


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def _why(problem: str | Link | None) -> str:
    return f" ({problem})" if isinstance(problem, str) else ""
