"""The original's faults in working out dependencies, each with what is right instead."""

from __future__ import annotations

from pathlib import Path

from engine.component.model import Resolve
from engine.dependencies.confirm import confirm
from engine.wit.load import load
from tests.workplace import look, make, project, wanted

KEYVALUE = "import wasi:keyvalue/store@0.2.0-draft;\nimport wasi:keyvalue/atomics@0.2.0-draft;"


def resolve(folder: Path) -> Resolve:
    wit = project(folder).wit
    assert wit is not None
    return load(wit)


def test_a_dependency_overwrites_the_one_before(tmp_path: Path) -> None:
    """0.33 kept one dependency per project. All are there."""
    world = (
        f"{KEYVALUE}\nimport wasmcloud:messaging/consumer@0.2.0;\nexport wasi:http/incoming-handler@0.2.0;"
    )
    names = [(item.direction, item.name) for item in wanted(make(tmp_path, world))]
    assert names == [("export", "http-server"), ("import", "keyvalue-nats"), ("import", "messaging-nats")]


def test_an_unknown_export_gets_the_messaging_provider(tmp_path: Path) -> None:
    """0.33 gave every unknown export messaging-nats. It is named and has nobody."""
    (item,) = wanted(make(tmp_path, "export acme:shop/orders@1.0.0;"))
    assert (item.name, item.direction, item.state, item.provider) == (
        "custom-acme-shop",
        "export",
        "unresolved",
        None,
    )


def test_an_unknown_import_stops_everything(tmp_path: Path) -> None:
    """0.33 failed on an import without an image, wasi:logging among them. Host's ones are the host's, others named."""
    world = "import wasi:logging/logging@0.1.0-draft;\nimport acme:shop/stock@1.0.0;"
    items = look(make(tmp_path, world)).dependencies
    assert {item.name: item.state for item in items} == {
        "custom-acme-shop": "unresolved",
        "wasi-logging": "host",
    }


def test_the_wit_folder_is_always_wit(tmp_path: Path) -> None:
    """0.33 read `<project>/wit` whatever the file said."""
    make(tmp_path, KEYVALUE, 'wit = "interfaces"\n')
    (tmp_path / "wit").rename(tmp_path / "interfaces")
    assert [item.name for item in wanted(tmp_path)] == ["keyvalue-nats"]


def test_dependencies_are_never_checked_against_the_built_component(tmp_path: Path) -> None:
    """0.33 knew the WIT alone. The artifact confirms: unused imports go, those of libraries come, and both are told."""
    folder = make(tmp_path, KEYVALUE)
    built = confirm(
        project(folder),
        resolve(folder),
        ["wasi:keyvalue/store@0.2.0-draft", "wasi:http/outgoing-handler@0.2.3"],
        [],
    )
    assert built.unused == (("import", "wasi:keyvalue/atomics@0.2.0-draft"),)
    assert built.added == (("import", "wasi:http/outgoing-handler@0.2.3"),)
    assert [item.name for item in built.survey.dependencies] == ["http-client", "keyvalue-nats"]


def test_a_link_name_is_never_applied(tmp_path: Path) -> None:
    override = '[[dev.overrides.imports]]\ninterface = "wasi:keyvalue/*"\nlink_name = "sessions"\n'
    (item,) = wanted(make(tmp_path, KEYVALUE, override))
    assert (item.link_name, item.name, item.state) == ("sessions", "keyvalue-nats", "resolved")


def test_two_link_names_make_two_links(tmp_path: Path) -> None:
    toml = """
[[dev.overrides.imports]]
interface = "wasi:keyvalue/store"
link_name = "cache"
[[dev.overrides.imports]]
interface = "wasi:keyvalue/store"
link_name = "archive"
image_ref = "ghcr.io/wasmcloud/keyvalue-redis:0.30.0"
"""
    items = wanted(make(tmp_path, "import wasi:keyvalue/store@0.2.0-draft;", toml))
    images = {item.link_name: item.provider.image for item in items if item.provider}
    assert images == {
        "cache": "ghcr.io/wasmcloud/keyvalue-nats:0.4.1",
        "archive": "ghcr.io/wasmcloud/keyvalue-redis:0.30.0",
    }
    assert len({item.name for item in items}) == 2


def test_a_wildcard_override_without_an_image_drops_the_dependency(tmp_path: Path) -> None:
    override = '[[dev.overrides.imports]]\ninterface = "wasi:keyvalue/*"\nlink_config = { values = { bucket = "mine" } }\n'
    (item,) = wanted(make(tmp_path, KEYVALUE, override))
    assert item.provider is not None and item.provider.image == "ghcr.io/wasmcloud/keyvalue-nats:0.4.1"
    assert item.config == {"bucket": "mine", "enable_bucket_auto_create": "true"}


def test_an_override_for_one_of_several_interfaces_is_ignored(tmp_path: Path) -> None:
    """It splits the link: the others stay where they were."""
    override = (
        '[[dev.overrides.imports]]\ninterface = "wasi:keyvalue/store"\nimage_ref = "file://./my.par.gz"\n'
    )
    items = wanted(make(tmp_path, KEYVALUE, override))
    assert {item.interfaces: item.provider.image for item in items if item.provider} == {
        ("wasi:keyvalue/atomics@0.2.0-draft",): "ghcr.io/wasmcloud/keyvalue-nats:0.4.1",
        ("wasi:keyvalue/store@0.2.0-draft",): "file://./my.par.gz",
    }
    assert [item.name for item in items] == ["keyvalue-nats", "keyvalue-nats-store"]


def test_an_override_for_one_of_a_custom_packages_interfaces(tmp_path: Path) -> None:
    toml = '[[dev.overrides.imports]]\ninterface = "acme:shop/orders"\nimage_ref = "file://./shop.wasm"\n'
    items = wanted(make(tmp_path, "import acme:shop/orders@1.0.0;\nimport acme:shop/stock@1.0.0;", toml))
    assert [(item.name, item.state) for item in items] == [
        ("custom-acme-shop-orders", "resolved"),
        ("custom-acme-shop", "unresolved"),
    ]


def test_a_star_is_taken_for_the_name_of_an_interface(tmp_path: Path) -> None:
    override = '[[dev.overrides.imports]]\ninterface = "wasi:keyvalue/*"\nimage_ref = "file://./my.par.gz"\n'
    (item,) = wanted(make(tmp_path, KEYVALUE, override))
    assert item.provider is not None and item.provider.image == "file://./my.par.gz"
    assert item.interfaces == ("wasi:keyvalue/atomics@0.2.0-draft", "wasi:keyvalue/store@0.2.0-draft")


def test_overrides_that_match_nothing_are_silent(tmp_path: Path) -> None:
    override = '[[dev.overrides.imports]]\ninterface = "wasi:blobstore"\nimage_ref = "file://./my.par.gz"\n'
    (warning,) = look(make(tmp_path, KEYVALUE, override)).warnings
    assert "dev.overrides.imports[0]" in warning.message and "wasi:blobstore" in warning.message
    assert (warning.line, warning.column) == (6, 1)


def test_the_direction_of_an_override_is_not_looked_at(tmp_path: Path) -> None:
    override = (
        '[[dev.overrides.exports]]\ninterface = "wasi:keyvalue/store"\nimage_ref = "file://./my.par.gz"\n'
    )
    found = look(make(tmp_path, KEYVALUE, override))
    assert "belongs in `dev.overrides.imports`" in found.warnings[0].message
    assert found.dependencies[0].provider is not None
    assert found.dependencies[0].provider.image == "ghcr.io/wasmcloud/keyvalue-nats:0.4.1"


def test_an_override_for_another_version_says_so(tmp_path: Path) -> None:
    override = '[[dev.overrides.imports]]\ninterface = "wasi:keyvalue/store@0.3.0"\nimage_ref = "file://./my.par.gz"\n'
    (warning,) = look(make(tmp_path, KEYVALUE, override)).warnings
    assert "it has 0.2.0-draft, and the override asks for 0.3.0" in warning.message


def test_config_is_not_known_as_the_hosts(tmp_path: Path) -> None:
    """The list of ignored interfaces had `wasi:runtime/config` for `wasi:config/runtime`."""
    world = "import wasi:config/runtime@0.2.0-draft;\nimport wasi:config/store@0.2.0-draft;"
    (item,) = look(make(tmp_path, world)).dependencies
    assert (item.name, item.state, len(item.interfaces)) == ("wasi-config", "host", 2)


def test_identity_and_rpc_are_not_known_as_the_hosts(tmp_path: Path) -> None:
    world = "import wasmcloud:identity/store@0.0.1;\nimport wrpc:rpc/transport@0.1.0;"
    assert {item.state for item in look(make(tmp_path, world)).dependencies} == {"host"}


def test_known_interfaces_that_nobody_provided(tmp_path: Path) -> None:
    """Left unresolved by wash: keyvalue/watcher, messaging 0.3, postgres."""
    world = """
export wasi:keyvalue/watcher@0.2.0-draft;
export wasmcloud:messaging/incoming-handler@0.3.0;
import wasmcloud:messaging/request-reply@0.3.0;
import wasmcloud:messaging/producer@0.3.0;
import wasmcloud:postgres/query@0.1.1-draft;
"""
    items = wanted(make(tmp_path, world))
    assert {item.state for item in items} == {"resolved"}
    assert {item.name for item in items} == {"keyvalue-redis", "messaging-nats", "sqldb-postgres"}


def test_a_package_without_an_interface_becomes_an_interface(tmp_path: Path) -> None:
    """`ns:pkg` alone went into lists as an interface's name. It means all of the package's."""
    override = '[[dev.overrides.imports]]\ninterface = "wasi:keyvalue"\nimage_ref = "file://./my.par.gz"\n'
    (item,) = wanted(make(tmp_path, KEYVALUE, override))
    assert item.interfaces == ("wasi:keyvalue/atomics@0.2.0-draft", "wasi:keyvalue/store@0.2.0-draft")


def test_versions_are_dropped(tmp_path: Path) -> None:
    """Kept; compatible ones are one dependency, others are told apart."""
    world = "import acme:shop/orders@1.0.0;\nimport acme:shop/orders@1.2.0;\nimport acme:shop/orders@2.0.0;"
    items = wanted(make(tmp_path, world))
    assert [(item.interfaces, item.link_name) for item in items] == [
        (("acme:shop/orders@1.0.0", "acme:shop/orders@1.2.0"), "default"),
        (("acme:shop/orders@2.0.0",), "v2"),
    ]


def test_a_wildcard_export_receives(tmp_path: Path) -> None:
    """A wildcard among exports was taken for an import."""
    override = '[[dev.overrides.exports]]\ninterface = "acme:shop/*"\nimage_ref = "file://./shop.wasm"\n'
    (item,) = wanted(make(tmp_path, "export acme:shop/orders@1.0.0;", override))
    assert (item.direction, item.kind, item.state) == ("export", "component", "resolved")


def test_a_wildcard_takes_the_hosts_own_interfaces_too(tmp_path: Path) -> None:
    """`wasi:http/*` is about the handler; the types stay the host's. By name, even a host's interface is overridden."""
    wildcard = '[[dev.overrides.imports]]\ninterface = "wasi:http/*"\nimage_ref = "file://./my.par.gz"\n'
    world = "import wasi:http/types@0.2.0;\nimport wasi:http/outgoing-handler@0.2.0;\nimport wasi:logging/logging@0.1.0-draft;"
    by_name = (
        '[[dev.overrides.imports]]\ninterface = "wasi:logging/logging"\nimage_ref = "file://./log.par.gz"\n'
    )
    states = {item.name: item.state for item in look(make(tmp_path, world, wildcard + by_name)).dependencies}
    assert states == {"custom-wasi-logging": "resolved", "http-client": "resolved", "wasi-http": "host"}


def test_the_order_of_things_changes_what_is_found(tmp_path: Path) -> None:
    lines = [
        "import wasi:keyvalue/store@0.2.0-draft;",
        "import wasmcloud:messaging/consumer@0.2.0;",
        "import acme:shop/stock@1.0.0;",
        "export wasmcloud:messaging/handler@0.2.0;",
    ]
    one = look(make(tmp_path / "a", "\n".join(lines))).dependencies
    other = look(make(tmp_path / "b", "\n".join(reversed(lines)))).dependencies
    assert one == other
