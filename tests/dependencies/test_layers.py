"""Catalogue, overrides, toggles: which layer a value is from, and who wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.dependencies.catalogue import generations, repository_of, shipped
from engine.dependencies.discover import discover, survey
from engine.dependencies.problems import DependencyError
from engine.dependencies.settings import user_catalogue
from engine.dependencies.toggles import load_toggles, save_toggles
from engine.dependencies.wit import load_wit
from engine.manifest.generate import generate
from engine.manifest.own import read_own, supplied
from engine.model.dependency import Dependency, Provider
from engine.project.config import CatalogueConfig, CatalogueProvider
from engine.project.problems import ConfigError
from engine.wit.errors import WitError
from engine.wit.load import load
from tests.manifest.test_bugs_of_wash import OWN
from tests.workplace import TOML, look, make, project, wanted

STORE = "import wasi:keyvalue/store@0.2.0-draft;"
HTTP = "export wasi:http/incoming-handler@0.2.0;"


def found_with(folder: Path, settings: CatalogueConfig) -> tuple[Dependency, ...]:
    found = project(folder)
    assert found.wit is not None
    return discover(found, load(found.wit), None, settings)


def images(dependencies: tuple[Dependency, ...]) -> list[str | None]:
    return [item.provider.image if item.provider else None for item in dependencies]


def test_both_generations_of_images(tmp_path: Path) -> None:
    folder = make(tmp_path, STORE)
    assert set(generations()) == {"newest", "0.43", "0.33"}
    assert images(found_with(folder, CatalogueConfig())) == ["ghcr.io/wasmcloud/keyvalue-nats:0.4.1"]
    assert images(found_with(folder, CatalogueConfig(images="0.33"))) == [
        "ghcr.io/wasmcloud/keyvalue-nats:0.1.0"
    ]
    with pytest.raises(ConfigError, match=r'"0\.34"; expected one of .* did you mean `0\.'):
        found_with(folder, CatalogueConfig(images="0.34"))


def test_a_generation_without_an_image_falls_back(tmp_path: Path) -> None:
    folder = make(tmp_path, "import wasmcloud:postgres/query@0.1.1-draft;")
    assert images(found_with(folder, CatalogueConfig(images="0.33"))) == [
        "ghcr.io/wasmcloud/sqldb-postgres:0.10.0"
    ]


def test_the_project_counts_more_than_the_user(tmp_path: Path) -> None:
    mine = CatalogueConfig(providers={"shop": CatalogueProvider(image="user/shop:1", imports=("acme:shop",))})
    folder = make(tmp_path, "import acme:shop/stock@1.0.0;")
    (item,) = found_with(folder, mine)
    assert (item.name, item.state, images((item,))) == ("shop", "resolved", ["user/shop:1"])
    toml = '[wake.catalogue.providers.shop]\nimage = "project/shop:1"\nimports = ["acme:shop/stock"]\n'
    assert images(found_with(make(tmp_path, "import acme:shop/stock@1.0.0;", toml), mine)) == [
        "project/shop:1"
    ]


def test_a_provider_of_the_catalogue_is_replaced_in_part(tmp_path: Path) -> None:
    toml = '[wake.catalogue.providers.keyvalue-nats]\nconfig = { bucket = "ours" }\n'
    (item,) = wanted(make(tmp_path, STORE, toml))
    assert item.config == {"bucket": "ours"} and item.provider == Provider(
        "ghcr.io/wasmcloud/keyvalue-nats:0.4.1", "keyvalue"
    )


def test_the_users_settings_file(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    assert user_catalogue(file) == CatalogueConfig()
    file.write_text('theme = "x"\n[catalogue]\nimages = "0.33"\n')
    assert user_catalogue(file) == CatalogueConfig(images="0.33")
    file.write_text("[catalogue]\nimages = 3\n")
    with pytest.raises(ConfigError, match=r"`catalogue\.images` must be a string"):
        user_catalogue(file)


def test_every_builtin_and_image_of_the_catalogue_makes_sense() -> None:
    for entry in shipped().entries:
        assert entry.images["newest"].startswith("ghcr.io/wasmcloud/")
        assert {repository_of(image) for image in entry.images.values()} == {
            f"ghcr.io/wasmcloud/{entry.name}"
        }
        assert set(entry.config) <= {"import", "export"}
        assert entry.imports or entry.exports


def test_toggles_are_kept_and_layered_over_overrides(tmp_path: Path) -> None:
    override = '[[dev.overrides.imports]]\ninterface = "wasi:keyvalue"\nimage_ref = "file://./kv.par.gz"\n'
    folder = make(tmp_path, f"{STORE}\n{HTTP}", override)
    assert load_toggles(folder) == {}
    save_toggles(folder, {"keyvalue-nats": False, "http-server": True})
    assert load_toggles(folder) == {"keyvalue-nats": False}
    assert (folder / ".wake" / ".gitignore").read_text() == "*\n"
    items = {item.name: item for item in look(folder, load_toggles(folder)).dependencies}
    assert (items["keyvalue-nats"].state, items["keyvalue-nats"].source) == ("off", "toggle")
    assert items["http-server"].state == "resolved"
    app = generate(project(folder), tuple(items.values()))
    assert not any("keyvalue" in component.name for component in app.spec.components)
    save_toggles(folder, {"keyvalue-nats": True})
    assert load_toggles(folder) == {} and not (folder / ".wake/dev/toggles.json").exists()


def test_a_broken_toggles_file_turns_nothing_off(tmp_path: Path) -> None:
    folder = make(tmp_path, STORE)
    save_toggles(folder, {"a": False})
    for broken in (b"", b"[", b'{"toggles": 3}', b"\xff", b'{"version":1,"toggles":{"a":"no"}}'):
        (folder / ".wake/dev/toggles.json").write_bytes(broken)
        assert load_toggles(folder) == {}


def test_each_value_says_where_it_is_from(tmp_path: Path) -> None:
    toml = """
[dev]
link_config = { values = { every = "1" } }
[[dev.overrides.imports]]
interface = "wasi:keyvalue/*"
link_name = "kv"
link_config = { values = { bucket = "mine" } }
"""
    found = look(make(tmp_path, STORE, toml), {"keyvalue-nats": False})
    assert found.origins == (
        {
            "config.bucket": "dev.overrides.imports[0]",
            "config.enable_bucket_auto_create": "catalogue",
            "config.every": "dev.link_config",
            "image": "catalogue",
            "link_name": "dev.overrides.imports[0]",
            "state": "toggle",
        },
    )


@pytest.mark.parametrize(
    ("image", "kind", "builtin"),
    [
        ("file://./build/shop.wasm", "component", None),
        ("./shop.par.gz", "provider", None),
        ("ghcr.io/wasmcloud/components/shop:1", "component", None),
        ("ghcr.io/acme/shop:1", "provider", None),
        ("ghcr.io/wasmcloud/keyvalue-redis:0.20.0", "provider", "keyvalue"),
    ],
)
def test_components_are_told_from_providers(
    tmp_path: Path, image: str, kind: str, builtin: str | None
) -> None:
    toml = f'[[dev.overrides.imports]]\ninterface = "acme:shop"\nimage_ref = "{image}"\n'
    (item,) = wanted(make(tmp_path, "import acme:shop/stock@1.0.0;", toml))
    assert (item.kind, item.provider, item.state) == (kind, Provider(image, builtin), "resolved")


def test_a_sibling_project_tells_what_its_package_is(tmp_path: Path) -> None:
    toml = '[overrides]\n"acme:shop" = { path = "../shop/wit" }\n'
    make(tmp_path / "shop", "")
    (item,) = wanted(make(tmp_path / "thing", "import acme:shop/stock@1.0.0;", toml))
    assert (item.kind, item.state) == ("component", "unresolved")


def test_an_own_manifest_supplies(tmp_path: Path) -> None:
    folder = make(tmp_path, HTTP, '[dev]\nmanifests = [{ path = "own.yaml" }]\n', {"own.yaml": OWN})
    found = project(folder)
    (item,) = supplied(found, look(folder).dependencies, read_own(found))
    assert (item.name, item.state, item.source) == ("http-server", "resolved", "override")


def test_types_alone_are_nobodys_business(tmp_path: Path) -> None:
    world = "import wasmcloud:postgres/types@0.1.1-draft;\nimport wasi:blobstore/types@0.2.0-draft;"
    assert look(make(tmp_path, world)).dependencies == ()


def test_a_file_as_image_is_found_from_the_project(tmp_path: Path) -> None:
    toml = '[[dev.overrides.imports]]\ninterface = "acme:shop"\nimage_ref = "file://../shop/shop.wasm"\n'
    folder = make(tmp_path / "thing", "import acme:shop/stock@1.0.0;", toml)
    app = generate(project(folder), look(folder).dependencies)
    assert app.spec.components[1].properties.image == f"file://{tmp_path}/shop/shop.wasm"
    assert app.spec.components[1].type == "component"


def test_packages_come_from_the_folders_of_wkg_overrides(tmp_path: Path) -> None:
    shop = tmp_path / "shop" / "wit"
    (shop / "deps" / "base").mkdir(parents=True)
    (shop / "till.wit").write_text(
        "package acme:till@1.0.0;\ninterface ring { use acme:base/t@1.0.0.{id}; ring: func() -> id; }\n"
    )
    (shop / "deps" / "base" / "t.wit").write_text(
        "package acme:base@1.0.0;\ninterface t { type id = string; }\n"
    )
    folder = make(tmp_path / "thing", "import acme:till/ring@1.0.0;", files={"wkg.toml": ""})
    with pytest.raises(WitError, match="not found"):
        load_wit(project(folder))
    (folder / "wkg.toml").write_text('[overrides]\n"acme:till" = { path = "../shop/wit" }\n')
    found = survey(project(folder), load_wit(project(folder)))
    assert [item.name for item in found.dependencies] == ["custom-acme-till"]
    # A package that `deps/` has is taken from there.
    (folder / "wkg.toml").write_text(
        '[overrides]\n"acme:till" = { path = "../shop/wit" }\n"acme:shop" = { path = "../shop/wit" }\n'
    )
    assert load_wit(project(folder)).main is not None


def test_a_project_without_wit_says_so(tmp_path: Path) -> None:
    (tmp_path / "wasmcloud.toml").write_text(TOML)
    with pytest.raises(DependencyError, match="thing has no WIT"):
        load_wit(project(tmp_path))
