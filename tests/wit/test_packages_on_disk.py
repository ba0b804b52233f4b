"""Folders, `deps/`, both forms of `deps.toml`, locks, binaries among the dependencies, and the cache."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from engine.component.read import assemble
from engine.wit.cache import Cache
from engine.wit.errors import WitError
from engine.wit.graph import package_graph, to_mermaid, to_text
from engine.wit.graph import to_json as graph_json
from engine.wit.load import load, load_several
from engine.wit.lock import digest, read_wkg_lock, verify_deps_lock
from engine.wit.to_json import to_json
from tests.wit.texts import first


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def rejected(path: Path) -> WitError:
    with pytest.raises((WitError, ExceptionGroup)) as caught:
        load(path, cache=Cache())
    return first(caught.value)


APP = "package a:app; world w { import a:dep/i; }"
DEP = "package a:dep; interface i {}"


def test_files_of_a_folder_are_one_package(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "b.wit": "interface two { use one.{t}; }",
            "a.wit": "package a:b; interface one { type t = u8; }",
            "notes.txt": "not WIT",
            "sub/c.wit": "this is not looked at",
        },
    )
    assert list(load(tmp_path).packages[0].interfaces) == ["one", "two"]


def test_names_of_one_file_are_not_those_of_another(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"a.wit": "package a:b; use i as j; interface i {}", "b.wit": "interface k { use j.{}; }"},
    )
    assert rejected(tmp_path).message == "interface or world `j` does not exist"


def test_deps_folder_kinds(tmp_path: Path) -> None:
    encoded = assemble(
        b'(component (type (component (export "a:bin/i" (instance (export "t" (type (sub resource)))))))'
        b'(export "i" (type 0)))'
    )
    write(
        tmp_path,
        {
            "w.wit": "package a:app; world w { import a:folder/i; import a:file/i; import a:bin/i; import a:text/i; }",
            "deps/folder/x.wit": "package a:folder; interface i {}",
            "deps/folder/deps/deeper/x.wit": "this is not looked at",
            "deps/file.wit": "package a:file; interface i {}",
            "deps/text.wat": '(component (type (component (export "a:text/i" (instance)))) (export "i" (type 0)))',
            "deps/README.md": "not WIT",
        },
    )
    (tmp_path / "deps" / "bin.wasm").write_bytes(encoded)
    whole = load(tmp_path)
    assert whole.select_world().imported_names() == ["a:folder/i", "a:file/i", "a:bin/i", "a:text/i"]
    interface = whole.interface("a:bin/i")
    assert interface is not None
    assert list(interface.types) == ["t"]


def test_a_binary_that_is_no_package(tmp_path: Path) -> None:
    write(tmp_path, {"w.wit": "package a:b;"})
    (tmp_path / "deps").mkdir()
    (tmp_path / "deps" / "c.wasm").write_bytes(assemble(b"(component)"))
    assert "found an actual component instead of an encoded WIT package" in rejected(tmp_path).message
    (tmp_path / "deps" / "c.wasm").write_bytes(assemble(b"(module)"))
    assert "found an actual core module" in rejected(tmp_path).message
    (tmp_path / "deps" / "c.wasm").write_bytes(b"\0asm junk")
    assert rejected(tmp_path).file == str(tmp_path / "deps" / "c.wasm")


def test_a_package_in_both_forms_is_one_too_many(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "w.wit": "package a:b;",
            "deps/t.wat": '(component (type (component (export "a:c/i" (instance)))) (export "i" (type 0)))',
            "deps/t.wit": "package a:c; interface i {}",
        },
    )
    assert "attempting to re-add package `a:c`" in rejected(tmp_path).message


def test_unreadable_things(tmp_path: Path) -> None:
    assert rejected(tmp_path / "nothing").message.startswith("failed to read `")
    assert rejected(tmp_path).hint == "there is no `.wit` file in this folder"
    (tmp_path / "a.wit").write_bytes(b"package a:b; // \xff")
    assert rejected(tmp_path).message == "input file is not valid utf-8 (byte 16)"


# -- several inputs ------------------------------------------------------------------------------------------------


def encoded(package: str, body: str) -> str:
    return f'(component (type (component (export "{package}/i" (instance {body})))) (export "i" (type 0)))'


def test_binaries_with_a_common_package_are_united(tmp_path: Path) -> None:
    common = '(import "a:base/i" (instance (export "f" (func))))'
    for name in ("one", "two"):
        write(
            tmp_path,
            {
                f"deps/{name}.wat": f'(component (type (component {common} (export "a:{name}/i" (instance))))'
                '(export "i" (type 0)))'
            },
        )
    write(tmp_path, {"w.wit": "package a:app; world w { import a:one/i; import a:base/i; import a:two/i; }"})
    whole = load(tmp_path, cache=Cache())
    assert [package.name.text for package in whole.packages] == ["a:base", "a:one", "a:two", "a:app"]
    assert whole.select_world().imported_names() == ["a:one/i", "a:base/i", "a:two/i"]


def test_binaries_that_disagree(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "w.wit": "package a:app;",
            "deps/a.wat": encoded("a:base", '(export "f" (func))'),
            "deps/b.wat": encoded("a:base", '(export "f" (func (param "x" u8)))'),
            "deps/c.wat": encoded("a:base", '(export "g" (func))'),
        },
    )
    with pytest.raises(ExceptionGroup) as caught:
        load(tmp_path, cache=Cache())
    assert [str(one) for one in caught.value.exceptions] == [
        "failed to merge package `a:base` into existing copy: in interface `i`, mismatch in function `f`",
        "failed to merge package `a:base` into existing copy: in interface `i`, expected function `g` to be present",
    ]


def test_several_inputs(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "one/w.wit": APP,
            "one/deps/d.wit": DEP,
            "two/w.wit": "package b:app; world w { import a:dep/j; }",
            "two/deps/d.wit": "package a:dep; interface i {} interface j {}",
        },
    )
    whole = load_several([tmp_path / "one", tmp_path / "two"])
    assert [package.name.text for package in whole.packages] == ["a:dep", "a:app", "b:app"]
    assert list(whole.packages[0].interfaces) == ["i", "j"]
    assert whole.select_world("b:app/w").imported_names() == ["a:dep/j"]
    assert [one.id for one in whole.interfaces] == [0, 1]
    for name in (None, "w"):
        with pytest.raises(WitError, match="There are multiple main packages"):
            whole.select_world(name)
    alone = load_several([tmp_path / "one"])
    assert alone.select_world().full_name == "a:app/w"


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wit")
    assert "it is not a file" in rejected(tmp_path / "pipe.wit").message
    assert "it is not a file" in rejected(Path("/dev/zero")).message


# -- deps.toml -----------------------------------------------------------------------------------------------------


def test_dependencies_form_is_followed(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "app/w.wit": "package a:app; world w { import a:mid/i@1.0.0; }",
            "app/deps.toml": '[dependencies]\nmid = { path = "../mid", version = "1.0.0" }\n',
            "mid/m.wit": "package a:mid@1.0.0; interface i { use a:base/i.{t}; }",
            "mid/deps.toml": '[dependencies]\nbase = { path = "../base" }\n',
            "base/b.wit": "package a:base; interface i { type t = u8; }",
        },
    )
    assert load(tmp_path / "app").select_world().imported_names() == ["a:base/i", "a:mid/i@1.0.0"]
    # The one that nobody depends on is found from above.
    top = load(tmp_path).main
    assert top is not None
    assert top.name.text == "a:app"


def test_a_required_version(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "app/w.wit": "package a:app;",
            "app/deps.toml": '# first\n[dependencies]\ndep = { path = "../dep", version = "2.0.0" }\n',
            "dep/d.wit": "package a:dep@1.0.0;",
        },
    )
    problem = rejected(tmp_path / "app")
    assert problem.message == "package `a:dep`: found 1.0.0, required 2.0.0"
    assert (problem.file, problem.line, problem.column) == (str(tmp_path / "app" / "deps.toml"), 3, 1)


def test_root_form_reads_paths_that_are_not_copied(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "app/w.wit": "package a:app; world w { import a:dep/i; import a:more/i; }",
            "app/deps.toml": 'dep = "../dep"\nmore = { path = "../more" }\nfar = "https://example.org/far.tar.gz"\n',
            "dep/d.wit": DEP,
            "dep/deps/inner/i.wit": "package a:inner;",
            "more/m.wit": "package a:more; interface i {}",
        },
    )
    names = {package.name.text for package in load(tmp_path / "app").packages}
    assert names == {"a:app", "a:dep", "a:inner", "a:more"}


def test_root_form_prefers_what_is_copied(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "w.wit": APP,
            "deps.toml": 'dep = "../nowhere"\n',
            "deps/dep/d.wit": DEP,
        },
    )
    assert load(tmp_path).select_world().imported_names() == ["a:dep/i"]


def test_what_is_named_but_not_fetched(tmp_path: Path) -> None:
    write(tmp_path, {"w.wit": APP, "deps.toml": 'dep = "https://example.org/dep.tar.gz"\n'})
    hint = rejected(tmp_path).hint
    assert hint is not None
    assert "https://example.org/dep.tar.gz" in hint
    assert "wit-deps" in hint


MANIFESTS = [
    ("dep =", "`deps.toml` is not TOML", 1),
    ("dep = 1", "`dep` is neither a text nor a table", 1),
    ('\ndep = { path = "x", color = "red" }', "`dep` has an unknown field `color`", 2),
    ('dep = { path = "x", sha256 = "0" }', "`dep` has a path, and fields that only a URL can have", 1),
    ("dep = {}", "`dep` has neither `url` nor `path`", 1),
    ('[dependencies]\ndep = { path = "x", url = "y" }', "`dep` has `url`, which means nothing here", 2),
    ('[dependencies]\ndep = { version = "1.0.0" }', "`dep` has no `path` that is a text", 2),
    ('[dependencies]\ndep = { path = "../x" }', "the folder of dependency `dep` does not exist", 2),
]


@pytest.mark.parametrize(("text", "message", "line"), MANIFESTS, ids=[case[0] for case in MANIFESTS])
def test_wrong_manifests(tmp_path: Path, text: str, message: str, line: int) -> None:
    write(tmp_path, {"w.wit": "package a:b;", "deps.toml": text})
    problem = rejected(tmp_path)
    assert problem.message.startswith(message)
    assert problem.file == str(tmp_path / "deps.toml")
    assert problem.line == line


# -- locks ---------------------------------------------------------------------------------------------------------


def test_digests_are_those_of_a_gnu_tar(tmp_path: Path) -> None:
    """Against Python's own tar writer: a GNU archive with fixed mode and no owner or time, two empty blocks."""
    write(tmp_path, {"b.wit": "package a:b;\n", "a.wit": "// a\n" * 200, "no.txt": "x"})
    data = b""
    for name in ("a.wit", "b.wit"):
        content = (tmp_path / name).read_bytes()
        info = tarfile.TarInfo(f"wit/{name}")
        info.size = len(content)
        info.mode = 0o644
        header = bytearray(info.tobuf(format=tarfile.GNU_FORMAT))
        # wit-deps writes device numbers as zeros where Python leaves them empty.
        header[329:345] = b"0000000\0" * 2
        header[148:156] = b" " * 8
        header[148:156] = b"%07o\0" % sum(header[:512])
        data += bytes(header) + content + bytes(-len(content) % 512)
    data += bytes(1024)
    assert digest(str(tmp_path)) == (hashlib.sha256(data).hexdigest(), hashlib.sha512(data).hexdigest())
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        assert archive.getnames() == ["wit/a.wit", "wit/b.wit"]


def test_a_changed_dependency_is_noticed(tmp_path: Path) -> None:
    write(tmp_path, {"w.wit": APP, "deps/dep/d.wit": DEP})
    sha256, sha512 = digest(str(tmp_path / "deps" / "dep"))
    write(tmp_path, {"deps.lock": f'[dep]\nsha256 = "{sha256}"\nsha512 = "{sha512}"\n'})
    assert verify_deps_lock(str(tmp_path)) == []
    write(tmp_path, {"deps/dep/d.wit": DEP + "\n"})
    assert [p.message for p in verify_deps_lock(str(tmp_path))] == ["`deps/dep` is not what `deps.lock` says"]
    (tmp_path / "deps" / "dep" / "d.wit").unlink()
    (tmp_path / "deps" / "dep").rmdir()
    assert [p.message for p in verify_deps_lock(str(tmp_path))] == [
        "`deps.lock` has `dep`, but `deps/dep` is not there"
    ]


WKG_LOCK = """\
version = 1

[[packages]]
name = "a:dep"
registry = "example.org"

[[packages.versions]]
requirement = "=0.2.0"
version = "0.2.0"
digest = "sha256:00"
"""


@pytest.mark.parametrize(
    ("name", "command"), [("wkg.lock", "wkg wit fetch"), ("wasmcloud.lock", "wash wit fetch")]
)
def test_a_lock_tells_what_would_provide_a_package(tmp_path: Path, name: str, command: str) -> None:
    write(tmp_path, {"wit/w.wit": APP, name: WKG_LOCK})
    (locked,) = read_wkg_lock(str(tmp_path / name))
    assert (locked.name, locked.registry, locked.requirement, locked.version) == (
        "a:dep",
        "example.org",
        "=0.2.0",
        "0.2.0",
    )
    hint = rejected(tmp_path / "wit").hint
    assert hint is not None
    assert f"`{name}` has it in version 0.2.0" in hint
    assert command in hint


def test_a_broken_lock_is_no_hint(tmp_path: Path) -> None:
    write(tmp_path, {"wit/w.wit": APP, "wkg.lock": "packages = 1\n", "wasmcloud.lock": "["})
    hint = rejected(tmp_path / "wit").hint
    assert hint is not None
    assert "deps/a-dep/" in hint


# -- graph ---------------------------------------------------------------------------------------------------------


def test_levels(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "w.wit": "package a:app; world w { import a:mid/i; import a:base/i; }",
            "deps/m.wit": "package a:mid; interface i { use a:base/i.{t}; }",
            "deps/b.wit": "package a:base; interface i { type t = u8; }",
            "deps/x.wit": "package a:alone; interface i {}",
        },
    )
    graph = package_graph(load(tmp_path))
    assert to_text(graph) == (
        "level 0\n  a:alone\n  a:base\nlevel 1\n  a:mid -> a:base\nlevel 2\n  a:app -> a:mid, a:base\n"
    )
    assert graph_json(graph)["levels"] == [["a:alone", "a:base"], ["a:mid"], ["a:app"]]
    assert graph_json(graph)["packages"]["a:app"]["needs"] == ["a:mid", "a:base"]
    mermaid = to_mermaid(graph)
    assert mermaid.startswith("flowchart TD\n")
    assert 'p3["a:app"]' in mermaid
    assert "  p3 --> p2\n" in mermaid


# -- cache ---------------------------------------------------------------------------------------------------------


def test_the_same_bytes_are_the_same_model(tmp_path: Path) -> None:
    write(tmp_path, {"w.wit": APP, "deps/dep/d.wit": DEP})
    cache = Cache()
    first = load(tmp_path, cache=cache)
    assert cache.parsed == 2
    assert load(tmp_path, cache=cache) is first
    assert load(tmp_path, cache=cache, features=["x"]) is not first
    assert cache.parsed == 2


def test_one_edit_parses_one_file(tmp_path: Path) -> None:
    write(tmp_path, {"w.wit": APP, "deps/dep/d.wit": DEP, "deps/dep/e.wit": "interface j {}"})
    cache = Cache()
    first = load(tmp_path, cache=cache)
    before = json.dumps(to_json(first))
    write(tmp_path, {"deps/dep/d.wit": "package a:dep; interface i { f: func(); }"})
    second = load(tmp_path, cache=cache)
    assert cache.parsed == 4
    assert json.dumps(to_json(first)) == before
    assert json.dumps(to_json(second)) == json.dumps(to_json(load(tmp_path, cache=Cache())))
    write(tmp_path, {"deps/dep/d.wit": DEP})
    assert load(tmp_path, cache=cache) is first


def test_a_mistake_is_told_again_and_gone_when_mended(tmp_path: Path) -> None:
    write(tmp_path, {"w.wit": "package a:b; interface i { f: func(a: x); }"})
    cache = Cache()
    for _ in range(2):
        with pytest.raises(WitError, match="`x` does not exist"):
            load(tmp_path, cache=cache)
    write(tmp_path, {"w.wit": "package a:b; interface i { type x = u8; f: func(a: x); }"})
    assert load(tmp_path, cache=cache).interfaces[0].functions


def test_the_cache_forgets_what_was_used_longest_ago(tmp_path: Path) -> None:
    cache = Cache(trees=2, files=2)
    paths = [write(tmp_path / str(n), {"w.wit": f"package a:b{n};"}) for n in range(3)]
    first = load(paths[0], cache=cache)
    load(paths[1], cache=cache)
    assert load(paths[0], cache=cache) is first
    load(paths[2], cache=cache)
    assert len(cache.trees) == len(cache.files) == 2
    assert load(paths[0], cache=cache) is first
