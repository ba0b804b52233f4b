"""Secrets in a manifest are references. wake's own kinds are told apart by their policy:

`env`      the key is `$NAME`, a variable of the environment
`project`  the key is the place in wasmcloud.toml where the value stands

A value never stands in a manifest, since manifests are printed, logged and kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from engine.manifest.model import Application, Policy, SecretRef, SecretSource
from engine.manifest.problems import ManifestError
from engine.project.config import SecretSpec

if TYPE_CHECKING:
    from engine.project.project import Project

POLICY_TYPE = "policy.secret.wasmcloud.dev/v1alpha1"
ENVIRONMENT = "env"
PROJECT = "project"


def references(specs: Iterable[SecretSpec]) -> tuple[SecretRef, ...]:
    """`specs` as a manifest has them. One value makes a secret of the spec's name, several `name-key` each."""
    found = []
    for spec in specs:
        if spec.policy is not None and spec.key is not None:
            found.append(SecretRef(spec.name, SecretSource(spec.policy, spec.key, spec.field, spec.version)))
        for key, value in sorted(spec.values.items()):
            name = spec.name if len(spec.values) == 1 else f"{spec.name}-{key}"
            if value.startswith("$"):
                found.append(SecretRef(name, SecretSource(ENVIRONMENT, value, key)))
            else:
                found.append(SecretRef(name, SecretSource(PROJECT, f"{spec.name}.values.{key}", key)))
    return tuple(found)


def policies(secrets: Iterable[SecretRef]) -> tuple[Policy, ...]:
    """The policies that `secrets` name; none for no secrets."""
    names = sorted({secret.properties.policy for secret in secrets})
    return tuple(Policy(name, POLICY_TYPE, {"backend": name}) for name in names)


def secret_values(project: Project, app: Application, environ: Mapping[str, str]) -> dict[str, str]:
    """The values of the manifest's `env` and `project` secrets, by `policy:key`, for the embedded host.

    Raises :class:`ManifestError` for a variable that is not set.
    """
    written = {}
    dev = project.dev
    for spec in (*dev.secrets, *(s for o in (*dev.imports, *dev.exports) for s in o.secrets)):
        written.update({f"{spec.name}.values.{key}": value for key, value in spec.values.items()})
    found = {}
    for component in app.spec.components:
        for secret in component.properties.secrets:
            source = secret.properties
            if source.policy == ENVIRONMENT:
                variable = source.key.removeprefix("$").strip("{}")
                if variable not in environ:
                    raise ManifestError(
                        f"the secret '{secret.name}' is to come from {source.key}, which is not set",
                        file=str(project.config_file) if project.config_file else None,
                        hint=f"set {variable} in the environment that wake starts in",
                    )
                found[f"{ENVIRONMENT}:{source.key}"] = environ[variable]
            elif source.policy == PROJECT and source.key in written:
                found[f"{PROJECT}:{source.key}"] = written[source.key]
    return found
