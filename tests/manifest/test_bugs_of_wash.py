"""The original's faults in making manifests, each with what is right instead."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.manifest.document import VERSION, to_document, to_yaml
from engine.manifest.generate import generate
from engine.manifest.links import Link, link_of
from engine.manifest.model import Application
from engine.manifest.problems import ManifestError
from engine.manifest.secrets import secret_values
from engine.manifest.validate import validate
from tests.workplace import look, make, manifest, project

HTTP = "export wasi:http/incoming-handler@0.2.0;"
STORE = "import wasi:keyvalue/store@0.2.0-draft;"
BOTH = f"{HTTP}\n{STORE}\nimport wasi:keyvalue/atomics@0.2.0-draft;"


def links(app: Application) -> dict[tuple[str, str], Link]:
    """Links by source and first interface."""
    found = {}
    for component in app.spec.components:
        for trait in component.traits:
            if trait.type == "link":
                link = link_of(trait.properties)
                assert isinstance(link, Link)
                found[component.name, link.interfaces[0]] = link
    return found


def version(app: Application) -> str:
    return app.metadata.annotations[VERSION]


def test_the_api_version_is_0_0_0(tmp_path: Path) -> None:
    assert to_document(manifest(make(tmp_path, HTTP)))["apiVersion"] == "core.oam.dev/v1beta1"


def test_a_changed_manifest_has_the_version_of_the_old_one(tmp_path: Path) -> None:
    """`v0.0.0` for ever: wadm then refuses the change. A change is a new version, no change is none."""
    first = manifest(make(tmp_path, HTTP))
    assert version(manifest(make(tmp_path, HTTP))) == version(first)
    assert version(manifest(make(tmp_path, BOTH))) != version(first)
    with_config = make(tmp_path, HTTP, '[dev]\nconfig = [{ values = { a = "b" } }]\n')
    assert version(manifest(with_config)) not in (version(first), "latest")


def test_every_link_config_is_named_default(tmp_path: Path) -> None:
    toml = """
[[dev.overrides.imports]]
interface = "wasi:keyvalue/store"
link_config = { values = { bucket = "other" } }
"""
    app = manifest(make(tmp_path, BOTH + "\nexport wasmcloud:messaging/handler@0.2.0;", toml))
    names = [
        config.name for link in links(app).values() for config in (*link.source_config, *link.target_config)
    ]
    assert len(names) == 4 and len(set(names)) == 4, names


def test_links_of_both_generations_of_messaging_share_nothing(tmp_path: Path) -> None:
    """A wasmCloud host calls `handler` for both; two links of it would be refused."""
    world = "export wasmcloud:messaging/handler@0.2.0;\nexport wasmcloud:messaging/incoming-handler@0.3.0;"
    app = manifest(make(tmp_path, world))
    assert [item for item in validate(app) if item.severity == "error"] == []
    assert {link.interfaces for link in links(app).values()} == {("handler",), ("incoming-handler",)}
    alone = manifest(make(tmp_path, "import wasmcloud:messaging/request-reply@0.3.0;"))
    assert {link.interfaces for link in links(alone).values()} == {("consumer", "request-reply")}


def test_the_secrets_policy_is_always_there(tmp_path: Path) -> None:
    assert manifest(make(tmp_path, HTTP)).spec.policies == ()
    toml = '[dev]\nsecrets = [{ name = "s", source = { policy = "nats-kv", key = "k" } }]\n'
    (policy,) = manifest(make(tmp_path, HTTP, toml)).spec.policies
    assert (policy.name, policy.type, policy.properties) == (
        "nats-kv",
        "policy.secret.wasmcloud.dev/v1alpha1",
        {"backend": "nats-kv"},
    )


def test_config_and_secrets_of_dev_need_a_manifest(tmp_path: Path) -> None:
    toml = """
[dev]
config = [{ name = "there" }, { values = { a = "1" } }, { values = { b = "2" } }]
secrets = [{ name = "s", source = { policy = "nats-kv", key = "k" } }]
"""
    component = manifest(make(tmp_path, HTTP, toml)).spec.components[0]
    assert [(item.name, item.properties) for item in component.properties.config] == [
        ("there", None),
        ("thing-config", {"a": "1", "b": "2"}),
    ]
    assert [secret.name for secret in component.properties.secrets] == ["s"]


def test_link_config_of_dev_is_never_used(tmp_path: Path) -> None:
    toml = '[dev]\nlink_config = [{ name = "there" }, { values = { extra = "1" } }]\n'
    app = manifest(make(tmp_path, STORE, toml))
    (link,) = links(app).values()
    assert [(item.name, item.properties) for item in link.target_config] == [
        ("wasi-keyvalue-config", {"bucket": "wasmcloud", "enable_bucket_auto_create": "true", "extra": "1"}),
        ("there", None),
    ]


def test_a_link_name_is_never_applied(tmp_path: Path) -> None:
    toml = '[[dev.overrides.imports]]\ninterface = "wasi:keyvalue"\nlink_name = "sessions"\n'
    (link,) = links(manifest(make(tmp_path, STORE, toml))).values()
    assert link.name == "sessions"


def test_link_config_goes_to_the_side_of_the_provider(tmp_path: Path) -> None:
    """0.43 put a receiving provider's default configuration on the link's source."""
    found = links(manifest(make(tmp_path, BOTH)))
    for (_, interface), link in found.items():
        provider_is_source = interface == "incoming-handler"
        assert bool(link.source_config) is provider_is_source
        assert bool(link.target_config) is not provider_is_source


def test_an_override_for_one_of_several_interfaces_is_ignored(tmp_path: Path) -> None:
    toml = '[[dev.overrides.imports]]\ninterface = "wasi:keyvalue/store"\nimage_ref = "file://./my.par.gz"\n'
    app = manifest(make(tmp_path, BOTH, toml))
    found = {link.interfaces: link.target for link in links(app).values()}
    assert found[("atomics",)] != found[("store",)]
    images = {item.name: item.properties.image for item in app.spec.components}
    assert images[found[("store",)]] == f"file://{tmp_path}/my.par.gz"


def test_paths_of_manifests_are_relative_to_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "p", HTTP, '[dev]\nmanifests = [{ path = "own.yaml" }]\n', {"own.yaml": OWN})
    monkeypatch.chdir(os.sep)
    assert "my-server" in {item.name for item in manifest(tmp_path / "p").spec.components}


def test_edits_of_an_own_manifest_never_arrive(tmp_path: Path) -> None:
    """The same version annotation kept wadm from taking them. The version follows the content."""
    toml = '[dev]\nmanifests = [{ path = "own.yaml" }]\n'
    first = manifest(make(tmp_path, HTTP, toml, {"own.yaml": OWN}))
    second = manifest(make(tmp_path, HTTP, toml, {"own.yaml": OWN.replace("9000", "9001")}))
    assert version(first) != version(second)


def test_the_order_of_the_output_changes_from_run_to_run(tmp_path: Path) -> None:
    folder = make(tmp_path, BOTH + "\nimport wasi:http/outgoing-handler@0.2.0;")
    dependencies = look(folder).dependencies
    texts = {
        to_yaml(generate(project(folder), items)) for items in (dependencies, tuple(reversed(dependencies)))
    }
    assert len(texts) == 1


def test_an_own_manifest_is_joined(tmp_path: Path) -> None:
    """The file's server stays, with its address; what it does not link is generated."""
    toml = '[dev]\nmanifests = [{ path = "own.yaml", component_name = "app" }]\n'
    folder = make(tmp_path, BOTH, toml, {"own.yaml": OWN})
    app = manifest(folder)
    session = project(folder).session
    component, *others = app.spec.components
    assert component.name == f"{session}-thing"
    assert {item.name for item in others} == {"my-server", f"{session}-dep-keyvalue-nats"}
    assert component.properties.image == f"file://{tmp_path}/build/thing.wasm"
    assert [item.name for item in component.properties.config] == ["mine"]
    (server,) = [link for (source, _), link in links(app).items() if source == "my-server"]
    assert server.target == f"{session}-thing"
    assert server.source_config[0].properties == {"address": "127.0.0.1:9000"}
    assert [trait.properties for trait in component.traits if trait.type == "spreadscaler"] == [
        {"instances": 7}
    ]


def test_what_is_turned_off_leaves_an_own_manifest_too(tmp_path: Path) -> None:
    folder = make(tmp_path, BOTH, '[dev]\nmanifests = [{ path = "own.yaml" }]\n', {"own.yaml": OWN})
    app = generate(project(folder), look(folder, {"http-server": False}).dependencies)
    assert {item.name.rpartition("-dep-")[2] for item in app.spec.components[1:]} == {"keyvalue-nats"}
    assert "incoming-handler" not in to_yaml(app)


def test_an_own_manifest_without_the_component_says_which_there_are(tmp_path: Path) -> None:
    toml = '[dev]\nmanifests = [{ path = "own.yaml", component_name = "ap" }]\n'
    with pytest.raises(ManifestError) as caught:
        manifest(make(tmp_path, HTTP, toml, {"own.yaml": OWN}))
    assert caught.value.notes == ("its components: app, my-server",)


def test_secrets_with_values_fail(tmp_path: Path) -> None:
    """`not supported yet`. Values come from the environment at the last moment and never stand in the manifest."""
    toml = """
[dev]
secrets = [{ name = "db", values = { password = "$DB_PASSWORD" } }, { name = "api", values = { key = "hidden" } }]
"""
    folder = make(tmp_path, HTTP, toml)
    app = manifest(folder)
    assert "hidden" not in to_yaml(app)
    assert {policy.name for policy in app.spec.policies} == {"env", "project"}
    values = secret_values(project(folder), app, {"DB_PASSWORD": "s3cret"})
    assert values == {"env:$DB_PASSWORD": "s3cret", "project:api.values.key": "hidden"}
    with pytest.raises(ManifestError, match="not set"):
        secret_values(project(folder), app, {})


OWN = """
apiVersion: core.oam.dev/v1beta1
kind: Application
metadata:
  name: mine
  annotations:
    version: v1
spec:
  components:
    - name: app
      type: component
      properties:
        image: file://./build/elsewhere.wasm
        config:
          - name: mine
            properties:
              a: b
      traits:
        - type: spreadscaler
          properties:
            instances: 7
    - name: my-server
      type: capability
      properties:
        image: ghcr.io/wasmcloud/http-server:0.27.0
      traits:
        - type: link
          properties:
            target:
              name: app
            namespace: wasi
            package: http
            interfaces: [incoming-handler]
            source:
              config:
                - name: http
                  properties:
                    address: 127.0.0.1:9000
"""
