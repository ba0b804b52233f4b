"""The examples of wasmCloud: what we find against what their authors deploy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.dependencies.confirm import confirm
from engine.dependencies.discover import survey
from engine.dependencies.interface import Interface, parse_interface
from engine.manifest.decode import read_application
from engine.manifest.generate import generate
from engine.manifest.links import Link, link_of
from engine.manifest.model import Application
from engine.manifest.validate import validate, validate_text
from engine.model.dependency import Dependency
from engine.project.find import find_project
from engine.project.project import Project
from engine.wit.errors import WitError
from engine.wit.load import load
from tests.fixtures import fixtures

Pairs = set[tuple[str, str]]

PROJECTS = """
golang/components/http-client-tinygo
golang/components/http-echo-tinygo
golang/components/http-hello-world
golang/providers/custom-template/component
python/components/http-hello-world
rust/components/blobby
rust/components/echo-messaging
rust/components/echo-messaging-0-3-0
rust/components/http-hello-world
rust/components/http-task-manager
rust/components/keyvalue-messaging
rust/components/messaging-image-processor-worker
rust/components/sqldb-postgres-query
rust/components/wash-plugin-rust
rust/composition/pong
rust/providers/custom-template
rust/providers/custom-template/component
security/secrets/component-keyvalue-counter-auth
security/secrets/provider-keyvalue-redis-auth
typescript/components/http-hello-world
""".split()

# A WIT package missing from the tree, by project: nothing can be found out.
MISSING = {
    "golang/components/http-client-tinygo": "wasmcloud:component-go@0.1.0",
    "golang/providers/custom-template/component": "wasi:cli@0.2.0",
}


def example(name: str) -> Path:
    return fixtures("wasmcloud-examples", *name.split("/"))


def found_in(name: str) -> tuple[Project, tuple[Dependency, ...]]:
    project = find_project(example(name), {})
    assert project.wit is not None
    return project, survey(project, load(project.wit)).dependencies


@pytest.mark.parametrize("name", PROJECTS)
def test_every_project_loads(name: str) -> None:
    if name in MISSING:
        project = find_project(example(name), {})
        assert project.wit is not None
        with pytest.raises(WitError, match=f"package '{MISSING[name]}' not found"):
            load(project.wit)
        return
    project, dependencies = found_in(name)
    assert project.name and project.version and not project.warnings
    app = generate(project, dependencies)
    assert [item for item in validate(app) if item.severity == "error"] == []


def test_no_project_is_left_out() -> None:
    root = fixtures("wasmcloud-examples")
    assert sorted(str(path.parent.relative_to(root)) for path in root.rglob("wasmcloud.toml")) == sorted(
        PROJECTS
    )


def manifests(name: str) -> Iterator[tuple[Path, Application]]:
    for path in sorted(example(name).rglob("*wadm*.yaml")):
        if "template" not in path.name:
            yield path, read_application(path.read_text(), str(path))


def own_component(project: Project, app: Application) -> str:
    """The component that is the project's: by its image, since names are the authors' own."""
    components = [item for item in app.spec.components if item.type == "component"]
    stem = project.artifact.stem
    plain = stem.replace("_", "-")
    for item in components:
        image = item.properties.image or ""
        if stem in image or plain in image or (item.name in (plain, stem)):
            return item.name
    assert len(components) == 1, (project.name, [item.name for item in components])
    return components[0].name


def linked(app: Application, component: str) -> Pairs:
    pairs: Pairs = set()
    for item in app.spec.components:
        for trait in item.traits:
            link = link_of(trait.properties) if trait.type == "link" else None
            if isinstance(link, Link) and component in (item.name, link.target):
                direction = "import" if item.name == component else "export"
                pairs |= {(direction, f"{link.namespace}:{link.package}/{name}") for name in link.interfaces}
    return pairs


def needed(dependencies: tuple[Dependency, ...]) -> Pairs:
    return {
        (dependency.direction, text.partition("@")[0])
        for dependency in dependencies
        if dependency.state != "host"
        for text in dependency.interfaces
    }


# -- the reasons for a difference: each is checked, none is taken on trust -----------------------------------------


def interchangeable(project: Project, ours: Pairs, theirs: Pairs) -> bool:
    """A different but interchangeable provider: they link messaging 0.2 for a world of 0.3. A wasmCloud host turns
    calls of the one into the other, so that our manifest names both."""
    renamed = {
        ("import", "wasmcloud:messaging/request-reply"): ("import", "wasmcloud:messaging/consumer"),
        ("export", "wasmcloud:messaging/incoming-handler"): ("export", "wasmcloud:messaging/handler"),
    }
    app = generate(project, found_in("rust/components/echo-messaging-0-3-0")[1])
    return ours - theirs == set(renamed) and theirs - ours == {*renamed.values()} <= linked(
        app, project.component_id
    )


def never_called(project: Project, ours: Pairs, theirs: Pairs) -> bool:
    """Declared by the world, or by a world that it includes, and never called by the code: the built component does
    not import it, and after a build neither do we."""
    assert project.wit is not None
    resolve = load(project.wit)
    dependencies = survey(project, resolve).dependencies
    called = {
        direction: [
            text
            for item in dependencies
            if item.direction == direction
            for text in item.interfaces
            if item.state == "host" or (direction, text.partition("@")[0]) in theirs
        ]
        for direction in ("import", "export")
    }
    built = confirm(project, resolve, called["import"], called["export"])
    extra = {(direction, text.partition("@")[0]) for direction, text in built.unused}
    return (
        extra == ours - theirs
        and extra <= {("import", "wasi:http/outgoing-handler"), ("import", "wasi:keyvalue/batch")}
        and needed(built.survey.dependencies) == theirs
    )


REASONS = {
    "rust/components/echo-messaging-0-3-0": interchangeable,
    "golang/components/http-echo-tinygo": never_called,
    "golang/components/http-hello-world": never_called,
    "rust/components/keyvalue-messaging": never_called,
}


@pytest.mark.parametrize("name", [name for name in PROJECTS if name not in MISSING])
def test_we_find_what_the_authors_link(name: str) -> None:
    project, dependencies = found_in(name)
    if project.kind == "provider":
        return
    ours = needed(dependencies)
    for path, app in manifests(name):
        theirs = linked(app, own_component(project, app))
        if ours == theirs:
            assert name not in REASONS, "the reason is out of date"
            continue
        reason = REASONS.get(name)
        assert reason is not None, (str(path), "ours", ours - theirs, "theirs", theirs - ours)
        assert reason(project, ours, theirs), (str(path), "ours", ours - theirs, "theirs", theirs - ours)


def test_a_manifest_that_also_deploys_other_components() -> None:
    """The worker's manifests deploy the task manager too, whose links are not the worker's; the worker's own link to
    it is what we find unresolved, as a custom dependency."""
    name = "rust/components/messaging-image-processor-worker"
    project, dependencies = found_in(name)
    tasks = ("import", "wasmcloud:task-manager/tasks")
    for _, app in manifests(name):
        mine = own_component(project, app)
        others = {item.name for item in app.spec.components if item.type == "component"} - {mine}
        assert others == {"http-task-mgr"}
        assert ("import", "wasmcloud:postgres/query") in linked(app, "http-task-mgr") - needed(dependencies)
        assert tasks in linked(app, mine)
    (custom,) = [item for item in dependencies if item.state == "unresolved"]
    assert needed((custom,)) == {tasks} and custom.name == "custom-wasmcloud-task-manager"


def test_a_providers_own_perspective() -> None:
    """A provider's world says it from the other side: what it exports, its component imports."""
    project, dependencies = found_in("rust/providers/custom-template")
    assert project.kind == "provider"
    (_, app), *_ = manifests("rust/providers/custom-template")
    component = linked(app, "test-component")
    turned = {("export" if direction == "import" else "import", name) for direction, name in component}
    assert needed(dependencies) == turned
    assert {item.kind for item in dependencies} == {"component"}


def test_the_providers_component_finds_the_same() -> None:
    _, dependencies = found_in("rust/providers/custom-template/component")
    (_, app), *_ = manifests("rust/providers/custom-template")
    assert needed(dependencies) == linked(app, "test-component")


def test_a_world_of_another_name() -> None:
    """The file names a world that is not there; the only one is taken, and said."""
    project = find_project(example("security/secrets/component-keyvalue-counter-auth"), {})
    assert project.wit is not None
    found = survey(project, load(project.wit))
    assert found.world == "wasmcloud:example/example"
    assert 'there is no world "hello"' in found.warnings[0].message


def test_exports_of_ones_own_package_are_offers() -> None:
    for name, offer in (
        ("rust/composition/pong", "example:pong/pingpong"),
        ("rust/components/http-task-manager", "wasmcloud:task-manager/tasks@0.1.0-draft"),
    ):
        project = find_project(example(name), {})
        assert project.wit is not None
        assert survey(project, load(project.wit)).offers == (offer,)


def test_the_authors_manifests_are_valid_but_for_a_link_that_stands_twice() -> None:
    for name in PROJECTS:
        for path, _ in manifests(name):
            errors = [
                item.message
                for item in validate_text(path.read_text(), str(path))
                if item.severity == "error"
            ]
            twice = "Duplicate link found inside component 'messaging-image-processor': default (wasmcloud:task-manager/tasks)"
            expected = [twice] if path.match("messaging-image-processor-worker/wadm.yaml") else []
            assert errors == expected, path


def test_interfaces_have_their_versions() -> None:
    _, dependencies = found_in("rust/components/blobby")
    found = {parse_interface(text) for item in dependencies for text in item.interfaces}
    assert Interface("wasi", "blobstore", "blobstore", "0.2.0-draft") in found
    assert Interface("wasi", "http", "incoming-handler", "0.2.1") in found
