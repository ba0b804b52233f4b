"""Guests that a toolchain builds: once for their content, kept on disk."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path

import pytest

from engine.hosts.embedded.cache import CodeCache
from engine.hosts.embedded.compile import FAST
from engine.hosts.embedded.compiler import main as compile_now
from engine.model.deliverable import Deliverable

GUESTS = Path(__file__).parent / "guests"
DEPENDENCIES = Path(__file__).parents[3] / "engine/project/templates/python-http/wit/deps"


def kept() -> Path:
    """Where built guests and their machine code stay from run to run."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wake-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def python_guest(name: str, edit: tuple[str, str] | None = None) -> Deliverable:
    """The guest `name`, built by componentize-py; with `edit` as if its source said the second for the first.

    Skips the calling test where componentize-py is not installed.
    """
    tool = shutil.which("componentize-py", path=sysconfig.get_path("scripts"))
    if tool is None:
        pytest.skip("componentize-py is not installed")
    source = (GUESTS / name / "app.py").read_text()
    if edit is not None:
        assert edit[0] in source
        source = source.replace(*edit)
    total = hashlib.sha256(source.encode())
    wit = [GUESTS / name / "wit/world.wit", *sorted(DEPENDENCIES.rglob("*.wit"))]
    for path in wit:
        total.update(path.read_bytes())
    artifact = kept() / f"{name}-{total.hexdigest()[:16]}.wasm"
    # Several test processes may want it at once; one builds.
    with open(kept() / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not artifact.exists():
            build(tool, name, source, artifact)
    return Deliverable(str(artifact), hashlib.sha256(artifact.read_bytes()).hexdigest())


def code_cache(deliverable: Deliverable) -> CodeCache:
    """The cache of machine code that is kept, with the fastest code for `deliverable` in it: no better code comes
    while a test runs."""
    cache = CodeCache(kept() / "code")
    with open(kept() / "code.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if cache.find(deliverable.digest, FAST.value) is None:
            assert (
                compile_now([FAST.value, deliverable.component, deliverable.digest, str(cache.folder), "0"])
                == 0
            )
    return cache


def build(tool: str, name: str, source: str, artifact: Path) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        shutil.copytree(GUESTS / name / "wit", folder / "wit")
        shutil.copytree(DEPENDENCIES, folder / "wit/deps")
        (folder / "app").mkdir()
        (folder / "app/app.py").write_text(source)
        done = subprocess.run(
            [tool, "-d", "wit", "-w", name, "componentize", "-p", "app", "app", "-o", "app.wasm"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        beside = artifact.with_suffix(".new")
        shutil.copy(folder / "app.wasm", beside)
        beside.replace(artifact)
