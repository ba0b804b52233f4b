"""wadm's rules, with its words, severities, and the place of each finding."""

from __future__ import annotations

import pytest

from engine.manifest.validate import valid_label, validate_text
from engine.model.diagnostic import Diagnostic

GOOD = """\
apiVersion: core.oam.dev/v1beta1
kind: Application
metadata:
  name: good
  annotations:
    version: v0.0.1
spec:
  components:
    - name: counter
      type: component
      properties:
        image: ghcr.io/acme/counter:1
        id: counter
      traits:
        - type: spreadscaler
          properties:
            replicas: 1
        - type: link
          properties:
            namespace: wasi
            package: keyvalue
            interfaces: [atomics, store]
            target:
              name: kv
              config:
                - name: bucket
                  properties:
                    bucket: b
    - name: kv
      type: capability
      properties:
        image: ghcr.io/acme/kv:1
        id: kv
    - name: server
      type: capability
      properties:
        image: ghcr.io/acme/server:1
      traits:
        - type: link
          properties:
            namespace: wasi
            package: http
            interfaces: [incoming-handler]
            target:
              name: counter
            source:
              config:
                - name: address
                  properties:
                    address: 0.0.0.0:8000
"""


def told(text: str) -> list[tuple[str, str, int | None, int | None]]:
    return [(item.severity, item.message, item.line, item.column) for item in validate_text(text, "w.yaml")]


def changed(*pairs: tuple[str, str]) -> str:
    text = GOOD
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def test_nothing_to_tell() -> None:
    assert told(GOOD) == []


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        (
            [("name: good", "name: not.good")],
            [("error", r"manifest name [not.good] is not allowed (should match regex [^[-\w]+$])", 4, 9)],
        ),
        ([("v0.0.1", "latest")], [("error", "latest is not allowed in wadm", 6, 14)]),
        (
            [("    version: v0.0.1", '    "a b": "x\\"y"')],
            [("error", 'Invalid OAM annotation: ("a b", "x\\"y")', 6, 5)],
        ),
        (
            [("spec:", "  labels:\n    9a.b/c: d\nspec:")],
            [("error", 'Invalid OAM label: ("9a.b/c", "d")', 8, 5)],
        ),
        (
            [("name: kv\n      type", "name: counter\n      type")],
            [
                (
                    "error",
                    'The following capability component(s) are missing from the manifest: ["kv"]',
                    24,
                    15,
                ),
                ("warning", "link (target [kv]) target [kv] is not a listed component", 24, 15),
                ("error", "Duplicate component name in manifest: counter", 29, 13),
            ],
        ),
        (
            [("id: kv", "id: counter")],
            [("error", "Duplicate component identifier in manifest: counter", 33, 13)],
        ),
        (
            [("[atomics, store]", "[atomic, store]")],
            [("warning", "unrecognized interface [wasi:keyvalue/atomic]", 22, 26)],
        ),
        (
            [("package: keyvalue", "package: keyvalues")],
            [
                ("warning", "unrecognized interface [wasi:keyvalues/atomics]", 22, 26),
                ("warning", "unrecognized interface [wasi:keyvalues/store]", 22, 35),
            ],
        ),
        (
            [
                (
                    "namespace: wasi\n            package: keyvalue",
                    "namespace: acme\n            package: shop",
                )
            ],
            [],
        ),
        (
            [("[atomics, store]", "[atomics, store, store]")],
            [
                (
                    "error",
                    "Duplicate link found inside component 'counter': default (wasi:keyvalue/store)",
                    22,
                    42,
                )
            ],
        ),
        (
            [("- name: address", "- name: bucket")],
            [("error", "Duplicate link config name found: 'bucket'", 48, 25)],
        ),
        (
            [
                (
                    "- name: address\n                  properties:\n                    address: 0.0.0.0:8000",
                    "- name: bucket",
                )
            ],
            [],
        ),
        (
            [("        image: ghcr.io/acme/kv:1\n", "")],
            [("error", "Component must have either 'image' or 'application' property", 32, 9)],
        ),
        (
            [
                (
                    "        image: ghcr.io/acme/kv:1\n",
                    "        image: x\n        application: {name: a, component: b}\n",
                )
            ],
            [("error", "Component cannot have both 'image' and 'application' properties", 32, 9)],
        ),
        (
            [
                (
                    "image: ghcr.io/acme/kv:1",
                    "application: {name: a, component: b}\n        config: [{name: c}]",
                )
            ],
            [("error", "Shared component 'a' cannot specify additional 'config'", 33, 17)],
        ),
        (
            [
                (
                    "        image: ghcr.io/acme/kv:1\n        id: kv\n",
                    (
                        "        application: {name: a, component: b}\n      traits: "
                        "[{type: daemonscaler, properties: {instances: 1}}]\n"
                    ),
                )
            ],
            [("error", "Shared component 'a' cannot include a scaler trait", 33, 15)],
        ),
        (
            [
                (
                    "            namespace: wasi\n            package: keyvalue\n",
                    "            package: keyvalue\n",
                )
            ],
            [
                (
                    "error",
                    (
                        "Link trait deserialized as custom trait, ensure fields are correct: "
                        '{"interfaces":["atomics","store"],"package":"keyvalue","target":{"config":[{"name":"bucket",'
                        '"properties":{"bucket":"b"}}],"name":"kv"}} (namespace is required)'
                    ),
                    20,
                    13,
                )
            ],
        ),
        (
            [("replicas: 1", "replicas: 1\n            source_config: []")],
            [
                (
                    "error",
                    (
                        "Scaler trait deserialized as custom trait, ensure fields are correct: "
                        '{"replicas":1,"source_config":[]} (unknown field `source_config`, expected `instances` or `spread`)'
                    ),
                    17,
                    13,
                )
            ],
        ),
        (
            [
                (
                    "            target:\n              name: counter\n            source:\n              config:\n",
                    "            target: counter\n            source_config:\n",
                ),
            ],
            [
                (
                    "warning",
                    "one of the components' link trait contains a source_config key, please use source:config: rather",
                    45,
                    13,
                )
            ],
        ),
    ],
)
def test_rules(pairs: list[tuple[str, str]], expected: list[tuple[str, str, int | None, int | None]]) -> None:
    assert told(changed(*pairs)) == expected


@pytest.mark.parametrize(
    ("properties", "why"),
    [
        ("instances: 1, spread: [{name: a, requirements: {zone: b}, weight: 80}]", None),
        ("instances: 1, spread: [{name: a}]", "Object missing required field `requirements` - at `$[0]`"),
        ("instances: -1", "instances must be a whole number, zero or more"),
        ("instances: true", "instances must be a whole number, zero or more"),
        ("spread: []", "missing field `instances`"),
        ("instances: 1, replicas: 2", "duplicate field `instances`"),
    ],
)
def test_scalers(properties: str, why: str | None) -> None:
    text = changed(
        ("          properties:\n            replicas: 1", f"          properties: {{{properties}}}")
    )
    found = [message for _, message, _, _ in told(text)]
    assert [message.rpartition(" (")[2].rstrip(")") for message in found] == ([] if why is None else [why])


SECRET = """\
        id: kv
        secrets:
          - name: s
            properties:
              policy: p
              key: k
"""
POLICY = """\
spec:
  policies:
    - name: p
      type: {type}
      properties: {properties}
"""


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("spec:\n", "secret 's' is mapped to unknown policy 'p'"),
        (
            POLICY.format(type="other", properties="{}"),
            (
                "secret 's' is mapped to policy 'p' which is not a secret policy. "
                "Expected type 'policy.secret.wasmcloud.dev/v1alpha1'"
            ),
        ),
        (
            POLICY.format(type="policy.secret.wasmcloud.dev/v1alpha1", properties="{}"),
            "secret 's' is mapped to policy 'p' which does not include a 'backend' property",
        ),
        (POLICY.format(type="policy.secret.wasmcloud.dev/v1alpha1", properties="{backend: x}"), None),
    ],
)
def test_policies(spec: str, message: str | None) -> None:
    found = told(changed(("        id: kv\n", SECRET), ("spec:\n", spec)))
    assert [(severity, text) for severity, text, _, _ in found] == (
        [] if message is None else [("error", message)]
    )


@pytest.mark.parametrize(
    ("pairs", "message", "line"),
    [
        ([("  annotations:\n    version: v0.0.1\n", "")], "missing field `annotations`", 4),
        ([("kind: Application\n", "")], "missing field `kind`", 1),
        ([("kind: Application\n", "kind: Application\nstatus: x\n")], "unknown field `status`", 3),
        ([("        id: kv\n", "        di: kv\n")], "unknown field `di`, expected one of", 33),
        (
            [("        id: kv\n", "        id: 7\n")],
            "`id` must be a string, not integer `7`; put it in quotes",
            33,
        ),
        ([("replicas: 1", "replicas: 1\n          incorrect: true")], "unknown field `incorrect`", 18),
        (
            [("type: capability", "type: provider")],
            "unknown variant `provider`, expected `component` or `capability`",
            30,
        ),
        ([("  components:\n", "  component:\n")], "missing field `components`", 8),
    ],
)
def test_files_that_wadm_would_not_read(pairs: list[tuple[str, str]], message: str, line: int) -> None:
    found = validate_text(changed(*pairs), "w.yaml")
    errors = [item for item in found if item.severity == "error"]
    assert message in errors[0].message
    assert errors[0].line == line and errors[0].file == "w.yaml"


def test_keys_that_wadm_passes_over_are_noted() -> None:
    found = told(changed(("    - name: kv\n", "    - name: kv\n      trait: []\n")))
    assert found == [("info", "wadm passes over `trait`; did you mean `traits`?", 30, 7)]


def test_scalars_at_the_top_are_strings_however_they_look() -> None:
    """wadm's reader asks for strings there and takes any scalar; within `properties` it does not."""
    assert told(changed(("v0.0.1", "1.0"), ("name: good", "name: 0777"))) == []


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: [1, 2\nb: 3\n", 2, 2),
        ("a: 1\na: 2\n", 2, 1),
        ("a: *b\n", 1, 4),
        ("{{.Name}}: 1\n", 1, 1),
        ("a: \tb: c\n", None, None),
        ("- a\n", 1, 1),
        ("a: 1\n---\nb: 2\n", 2, 1),
        ("", None, None),
    ],
)
def test_text_that_is_no_manifest(text: str, line: int | None, column: int | None) -> None:
    found = validate_text(text, "w.yaml")
    assert found and found[0].severity == "error"
    if line is not None:
        assert (found[0].line, found[0].column) == (line, column)


def test_json_is_taken_too() -> None:
    import json

    from engine.manifest.yaml_reader import read_yaml

    document = read_yaml(changed(("id: kv", "id: counter")), "w.yaml").data
    (found,) = validate_text(json.dumps(document, indent=2), "w.json")
    assert isinstance(found, Diagnostic) and found.line is not None
    assert found.message == "Duplicate component identifier in manifest: counter"
    (found,) = validate_text('{"kind": "a", "kind": "b"}', "w.json")
    assert found.message == "the key `kind` stands twice in one mapping"


def test_a_bomb_of_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    (found,) = validate_text("\n".join(lines), "w.yaml")
    assert "more than" in found.message
    (found,) = validate_text("[" * 100_000, "w.yaml")
    assert "nested deeper" in found.message


@pytest.mark.parametrize(
    ("key", "valid"),
    [
        ("version", True),
        ("wasmcloud.dev/authors", True),
        ("prefix.dns.prefix/name-for_a.123", True),
        ("", False),
        ("/a", False),
        ("a/", False),
        ("a/b/c", False),
        ("-a", False),
        ("9.dev/a", False),
        ("a" * 63, True),
        ("a" * 64, False),
        ("a..b/c", False),
    ],
)
def test_keys_of_labels(key: str, valid: bool) -> None:
    assert valid_label(key) is valid
