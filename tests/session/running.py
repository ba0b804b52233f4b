"""A session in this process, with a fake host: for what needs no real component."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from engine.places.places import Places
from engine.project.find import load_project
from engine.server.server import serve
from engine.session.options import Options
from engine.session.session import Session
from tests.session.fake_host import FakeHost

BUILD = """\
import pathlib, sys
text = pathlib.Path("source.txt").read_text()
print("building", text)
if "bad" in text:
    print("source.txt:1:2: error: it is bad", file=sys.stderr)
    raise SystemExit(1)
while "slow" in text and not pathlib.Path("go").exists():
    pass
pathlib.Path("out").mkdir(exist_ok=True)
note = b"\\x04text" + text.encode()
pathlib.Path("out/it.wasm").write_bytes(pathlib.Path("base.bin").read_bytes() + bytes([0, len(note)]) + note)
"""

WAT = """\
(component
  (import "test:it/names" (instance (export "name" (func (result string)))))
  (core module $module (func (export "do")))
  (core instance $core (instantiate $module))
  (func $do (canon lift (core func $core "do")))
  (instance $thing (export "do-it" (func $do)))
  (export "test:other/thing" (instance $thing))
)
"""

WIT = """\
package test:it;

interface names {
  name: func() -> string;
}

world it {
  import names;
  export test:other/thing;
}
"""


def make_project(root: Path) -> Path:
    """A project whose "compiler" is a script that takes no time: it notes the source in a custom section."""
    from wasmtime import wat2wasm

    (root / "wit" / "deps" / "other").mkdir(parents=True)
    (root / "wit" / "it.wit").write_text(WIT)
    (root / "wit" / "deps" / "other" / "o.wit").write_text(
        "package test:other;\n\ninterface thing {\n  do-it: func();\n}\n"
    )
    (root / "build.py").write_text(BUILD)
    (root / "base.bin").write_bytes(wat2wasm(WAT))
    (root / "source.txt").write_text("one")
    (root / "wasmcloud.toml").write_text(
        'name = "it"\nversion = "0.1.0"\nlanguage = "other"\ntype = "component"\n\n[component]\nwit_world = "it"\n'
        f'build_command = "\'{sys.executable}\' build.py"\nbuild_artifact = "out/it.wasm"\n\n'
        '[[dev.overrides.imports]]\ninterface_spec = "test:it/names"\nimage_ref = "ghcr.io/test/names:1"\n'
    )
    return root


@asynccontextmanager
async def running(root: Path, places: Places, host: FakeHost) -> AsyncIterator[Session]:
    """The project's session, ready to be asked; stopped in order afterwards."""
    session = Session(load_project(root), Options(), places, dict(os.environ), lambda _: host)
    async with anyio.create_task_group() as group:
        group.start_soon(session.run, lambda **kwargs: serve(session, places.socket(session.id), **kwargs))
        with anyio.fail_after(60):
            await session.publisher.until(lambda state: state.phase in ("ready", "failed"))
        try:
            yield session
        finally:
            session.stop("test")
