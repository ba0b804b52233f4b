"""From a WADM document to an :class:`Application`, as wadm's types would have it.

Everything wrong is noted with its place. wadm reads each file strictly in most blocks: unknown keys of `properties`
and configs are errors. Where it passes an unknown key over, we tell (`info`). A trait whose properties are neither a
link's nor a scaler's is somebody's own, and stays as written.
"""

from __future__ import annotations

from typing import Any

from engine.manifest.model import (
    Application,
    Component,
    ConfigRef,
    Metadata,
    Policy,
    Properties,
    SecretRef,
    SecretSource,
    SharedApplication,
    Spec,
    Trait,
)
from engine.manifest.problems import ManifestError
from engine.manifest.yaml_reader import KEY, Document, Path, read_yaml
from engine.model.diagnostic import Diagnostic, Severity


class Decoding:
    """An application as read, where its parts stand, and what is wrong; `app` is None when nothing could be made."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.app: Application | None = None
        self.diagnostics: list[Diagnostic] = []

    def tell(self, severity: Severity, message: str, path: Path) -> None:
        line, column = self.document.place(path)
        self.diagnostics.append(Diagnostic(severity, message, self.document.file, line, column))

    @property
    def errors(self) -> list[Diagnostic]:
        return [item for item in self.diagnostics if item.severity == "error"]


def decode_text(text: str, file: str) -> Decoding:
    """Raises :class:`ManifestError` only for text that is no YAML."""
    decoding = Decoding(read_yaml(text, file))
    _Decoder(decoding).application()
    return decoding


def read_application(text: str, file: str) -> Application:
    """The application in `text`. Raises :class:`ManifestError` for the first thing wrong, others in its notes."""
    decoding = decode_text(text, file)
    errors = decoding.errors
    if errors or decoding.app is None:
        first, *others = errors
        raise ManifestError(
            first.message,
            file=file,
            line=first.line,
            column=first.column,
            source=decoding.document.line(first.line),
            notes=tuple(f"also at line {item.line}: {item.message}" for item in others),
        )
    return decoding.app


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"boolean `{'true' if value else 'false'}`"
    if isinstance(value, int):
        return f"integer `{value}`"
    if isinstance(value, float):
        return f"floating point `{value}`"
    return "a string" if isinstance(value, str) else "a sequence" if isinstance(value, list) else "a map"


class _Decoder:
    def __init__(self, decoding: Decoding) -> None:
        self.decoding = decoding

    def wrong(self, message: str, path: Path) -> None:
        self.decoding.tell("error", message, path)

    def application(self) -> None:
        data = self.decoding.document.data
        if not isinstance(data, dict):
            self.wrong(f"a manifest must be a map, not {_kind(data)}", ())
            return
        known = ("apiVersion", "kind", "metadata", "spec")
        self.unknown(data, known, ())
        version = self.text(data, "apiVersion", (), loose=True)
        kind = self.text(data, "kind", (), loose=True)
        metadata = self.metadata(self.mapping(data, "metadata", ()))
        spec = self.spec(self.mapping(data, "spec", ()))
        if metadata is not None and spec is not None:
            self.decoding.app = Application(metadata, spec, version or "", kind or "")

    def metadata(self, data: dict[str, Any] | None) -> Metadata | None:
        if data is None:
            return None
        path: Path = ("metadata",)
        self.passed_over(data, ("name", "annotations", "labels"), path)
        name = self.text(data, "name", path, loose=True)
        if "annotations" not in data:
            self.wrong("missing field `annotations`", path)
        annotations = self.strings(data, "annotations", path, loose=True)
        labels = self.strings(data, "labels", path, loose=True)
        return Metadata(name or "", annotations or {}, labels or {})

    def spec(self, data: dict[str, Any] | None) -> Spec | None:
        if data is None:
            return None
        path: Path = ("spec",)
        self.passed_over(data, ("components", "policies"), path)
        if "components" not in data:
            self.wrong("missing field `components`", path)
        components = [
            self.component(item, (*path, "components", index))
            for index, item in enumerate(self.items(data, "components", path))
        ]
        policies = [
            self.policy(item, (*path, "policies", index))
            for index, item in enumerate(self.items(data, "policies", path))
        ]
        return Spec(
            tuple(item for item in components if item is not None),
            tuple(item for item in policies if item is not None),
        )

    def policy(self, data: Any, path: Path) -> Policy | None:
        if not self.is_map(data, "a policy", path):
            return None
        self.passed_over(data, ("name", "type", "properties"), path)
        name, type_ = self.text(data, "name", path, loose=True), self.text(data, "type", path, loose=True)
        if "properties" not in data:
            self.wrong("missing field `properties`", path)
        properties = self.strings(data, "properties", path, loose=True)
        return Policy(name or "", type_ or "", properties or {})

    def component(self, data: Any, path: Path) -> Component | None:
        if not self.is_map(data, "a component", path):
            return None
        self.passed_over(data, ("name", "type", "properties", "traits"), path)
        name = self.text(data, "name", path, loose=True)
        type_ = self.text(data, "type", path)
        if type_ is not None and type_ not in ("component", "capability", "actor"):
            self.wrong(f"unknown variant `{type_}`, expected `component` or `capability`", (*path, "type"))
            type_ = None
        properties = self.mapping(data, "properties", path)
        traits = self.items(data, "traits", path)
        if name is None or type_ is None or properties is None:
            return None
        return Component(
            name=name,
            type=type_,  # type: ignore[arg-type]
            properties=self.properties(properties, (*path, "properties")),
            traits=tuple(
                found
                for index, item in enumerate(traits)
                if (found := self.trait(item, (*path, "traits", index)))
            ),
        )

    def properties(self, data: dict[str, Any], path: Path) -> Properties:
        self.unknown(data, ("image", "application", "id", "config", "secrets"), path)
        shared = None
        if data.get("application") is not None:
            application = self.mapping(data, "application", path)
            if application is not None:
                inner = (*path, "application")
                self.passed_over(application, ("name", "component"), inner)
                shared = SharedApplication(
                    self.text(application, "name", inner) or "",
                    self.text(application, "component", inner) or "",
                )
        return Properties(
            image=self.text(data, "image", path, required=False),
            application=shared,
            id=self.text(data, "id", path, required=False),
            config=self.configs(data, "config", path),
            secrets=self.secrets(data, "secrets", path),
        )

    def configs(self, data: dict[str, Any], key: str, path: Path) -> tuple[ConfigRef, ...]:
        found = []
        for index, item in enumerate(self.items(data, key, path)):
            inner = (*path, key, index)
            if not self.is_map(item, "a config", inner):
                continue
            self.unknown(item, ("name", "properties"), inner)
            name = self.text(item, "name", inner)
            properties = None
            if item.get("properties") is not None:
                properties = self.strings(item, "properties", inner)
            if name is not None:
                found.append(ConfigRef(name, properties))
        return tuple(found)

    def secrets(self, data: dict[str, Any], key: str, path: Path) -> tuple[SecretRef, ...]:
        found = []
        for index, item in enumerate(self.items(data, key, path)):
            inner = (*path, key, index)
            if not self.is_map(item, "a secret", inner):
                continue
            self.passed_over(item, ("name", "properties"), inner)
            name = self.text(item, "name", inner)
            properties = self.mapping(item, "properties", inner)
            if name is None or properties is None:
                continue
            place = (*inner, "properties")
            self.passed_over(properties, ("policy", "key", "field", "version"), place)
            policy, secret_key = self.text(properties, "policy", place), self.text(properties, "key", place)
            if policy is not None and secret_key is not None:
                source = SecretSource(
                    policy,
                    secret_key,
                    self.text(properties, "field", place, required=False),
                    self.text(properties, "version", place, required=False),
                )
                found.append(SecretRef(name, source))
        return tuple(found)

    def trait(self, data: Any, path: Path) -> Trait | None:
        if not self.is_map(data, "a trait", path):
            return None
        self.unknown(data, ("type", "properties"), path)
        type_ = self.text(data, "type", path)
        if "properties" not in data:
            self.wrong("missing field `properties`", path)
        properties = data.get("properties")
        if type_ is None or "properties" not in data:
            return None
        return Trait(type_, properties if isinstance(properties, dict) else {"": properties})

    # -- the questions -------------------------------------------------------------------------------------------

    def is_map(self, data: Any, what: str, path: Path) -> bool:
        if isinstance(data, dict):
            return True
        self.wrong(f"{what} must be a map, not {_kind(data)}", path)
        return False

    def mapping(self, data: dict[str, Any], key: str, path: Path) -> dict[str, Any] | None:
        if key not in data:
            self.wrong(f"missing field `{key}`", path)
            return None
        value = data[key]
        if not isinstance(value, dict):
            self.wrong(f"`{key}` must be a map, not {_kind(value)}", (*path, key))
            return None
        return value

    def items(self, data: dict[str, Any], key: str, path: Path) -> list[Any]:
        value = data.get(key)
        if isinstance(value, list):
            return value
        if value is not None or (key in data and key != "traits"):
            self.wrong(f"`{key}` must be a sequence, not {_kind(value)}", (*path, key))
        return []

    def text(
        self, data: dict[str, Any], key: str, path: Path, *, required: bool = True, loose: bool = False
    ) -> str | None:
        """A string. With `loose`, any scalar as it stands: there wadm's reader does not look at its kind."""
        if key not in data:
            if required:
                self.wrong(f"missing field `{key}`", path)
            return None
        value = data[key]
        if isinstance(value, str):
            return value
        if loose and not isinstance(value, list | dict):
            return self.decoding.document.written.get((*path, key), str(value))
        if value is None and not required:
            return None
        self.wrong(f"`{key}` must be a string, not {_kind(value)}{_quotes(value)}", (*path, key))
        return None

    def strings(
        self, data: dict[str, Any], key: str, path: Path, *, loose: bool = False
    ) -> dict[str, str] | None:
        if key not in data:
            return None
        value = data[key]
        if not isinstance(value, dict):
            self.wrong(f"`{key}` must be a map, not {_kind(value)}", (*path, key))
            return None
        found = {}
        for name in value:
            text = self.text(value, name, (*path, key), loose=loose)
            if text is not None:
                found[name] = text
        return found

    def unknown(self, data: dict[str, Any], known: tuple[str, ...], path: Path) -> None:
        """Keys that wadm refuses."""
        for key in data:
            if key not in known:
                expected = ", ".join(f"`{name}`" for name in known)
                self.wrong(
                    f"unknown field `{key}`, expected one of {expected}{_meant(key, known)}",
                    (*path, key, KEY),
                )

    def passed_over(self, data: dict[str, Any], known: tuple[str, ...], path: Path) -> None:
        """Keys that wadm does not look at."""
        for key in data:
            if key not in known:
                self.decoding.tell("info", f"wadm passes over `{key}`{_meant(key, known)}", (*path, key, KEY))


def _quotes(value: object) -> str:
    return "; put it in quotes" if isinstance(value, bool | int | float) else ""


def _meant(key: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(key, known, n=1, cutoff=0.7)
    return f"; did you mean `{close[0]}`?" if close else ""
