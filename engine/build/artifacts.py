"""The artifact cache: component binaries by content, so that a later build cannot change what a host is reading."""

from __future__ import annotations

import os
import shutil
import tempfile
from hashlib import sha256
from pathlib import Path

from engine.model.problem import Problem

# A Python component is 20 MB; the cache keeps the newest of these many bytes.
CAP = 1 << 30


class ArtifactError(Problem):
    """A build that did not leave a component where it should have."""


def keep(artifact: Path, cache: Path) -> tuple[Path, str]:
    """Copies a built component into the cache: its path there, and its SHA-256 in hex. Raises ArtifactError."""
    try:
        data = artifact.read_bytes()
    except FileNotFoundError:
        raise ArtifactError(
            f"the build made no file {artifact}",
            hint="set `build_artifact` in wasmcloud.toml to the file that `build_command` writes",
        ) from None
    except OSError as error:
        raise ArtifactError(f"{artifact} cannot be read: {error.strerror}") from None
    # Component-model binary format, preamble: magic, then version 0x0d and layer 1; a core module has 1 and 0.
    if data[:4] != b"\0asm":
        raise ArtifactError(f"{artifact} is not WebAssembly", hint="check `build_artifact` in wasmcloud.toml")
    if data[4:8] == b"\x01\0\0\0":
        raise ArtifactError(
            f"{artifact} is a core module, not a component",
            hint="build for wasm32-wasip2, or wrap the module with `wasm-tools component new`",
        )
    digest = sha256(data).hexdigest()
    folder = cache / "artifacts"
    target = folder / f"{digest}.wasm"
    if target.exists():
        os.utime(target)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=".", suffix=".wasm")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(target)
        trim(folder, CAP, target)
    return target, digest


def trim(folder: Path, cap: int, spare: Path) -> None:
    """Removes the entries of a cache folder longest unused until `cap` bytes are left."""
    entries = []
    for path in folder.iterdir():
        try:
            files = [path, *path.rglob("*")] if path.is_dir() else [path]
            entries.append((path.stat().st_mtime, sum(file.stat().st_size for file in files), path))
        except OSError:
            continue
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= cap:
            break
        if path != spare:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
            total -= size
