"""An application as a plain document, its text, and the version that its content gives it."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from engine.manifest.model import Application
from engine.manifest.yaml_text import to_text
from engine.model.state import Manifest

VERSION = "version"


def to_document(app: Application) -> dict[str, Any]:
    """Keys in the order that WADM files have them."""
    spec = _lists(msgspec.to_builtins(app.spec))
    metadata: dict[str, Any] = {
        "name": app.metadata.name,
        "annotations": dict(sorted(app.metadata.annotations.items())),
    }
    if app.metadata.labels:
        metadata["labels"] = dict(sorted(app.metadata.labels.items()))
    return {"apiVersion": app.api_version, "kind": app.kind, "metadata": metadata, "spec": spec}


def _lists(value: Any) -> Any:
    """`value` with lists for tuples, as every reader of a document has them."""
    if isinstance(value, dict):
        return {key: _lists(item) for key, item in value.items()}
    return [_lists(item) for item in value] if isinstance(value, list | tuple) else value


def to_yaml(app: Application) -> str:
    return to_text(to_document(app))


def to_json(app: Application) -> str:
    return msgspec.json.format(msgspec.json.encode(to_document(app)), indent=2).decode() + "\n"


def digest(app: Application) -> str:
    """Twelve hex digits that change when, and only when, anything but the version does."""
    document = to_document(app)
    document["metadata"]["annotations"] = {
        key: value for key, value in app.metadata.annotations.items() if key != VERSION
    }
    return hashlib.sha256(msgspec.json.encode(document, order="sorted")).hexdigest()[:12]


def with_version(app: Application, prefix: str = "v") -> Application:
    """`app` with its content's version as the `version` annotation: wadm takes an equal version for an equal manifest,
    and a new one for a new manifest."""
    version = f"{prefix}{digest(app)}"
    annotations = {**app.metadata.annotations, VERSION: version}
    metadata = msgspec.structs.replace(app.metadata, annotations=dict(sorted(annotations.items())))
    return msgspec.structs.replace(app, metadata=metadata)


def as_manifest(app: Application) -> Manifest:
    """What the session's state shows of it."""
    return Manifest(app.metadata.name, app.metadata.annotations.get(VERSION, ""), to_yaml(app))
