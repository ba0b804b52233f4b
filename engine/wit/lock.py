"""Lock files: wit-deps' `deps.lock`, whose digests can be checked, and wkg's, which only name what is fetched."""

# ruff: noqa: PTH112, PTH113, PTH118, PTH208

from __future__ import annotations

import os
from os.path import isdir, isfile, join

from engine.wit.errors import WitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class LockedPackage:
    """One version of a package in a `wkg.lock` or `wasmcloud.lock`."""

    __slots__ = ("digest", "name", "registry", "requirement", "version")

    def __init__(self, name: str, registry: str | None, requirement: str, version: str, digest: str) -> None:
        self.name = name
        self.registry = registry
        self.requirement = requirement
        self.version = version
        self.digest = digest


def read_wkg_lock(path: str) -> list[LockedPackage]:
    """What a `wkg.lock` or `wasmcloud.lock` names; nothing, where there is no such file or it makes no sense (it is
    somebody else's, and only hints are made of it)."""
    if not isfile(path):
        return []
    try:
        packages = _toml(path).get("packages", [])
    except WitError:
        return []
    found = []
    for package in packages if isinstance(packages, list) else []:
        if not isinstance(package, dict) or not isinstance(package.get("name"), str):
            continue
        versions = package.get("versions", [])
        registry = package.get("registry")
        found += [
            LockedPackage(
                package["name"],
                registry if isinstance(registry, str) else None,
                str(version.get("requirement", "")),
                str(version.get("version", "")),
                str(version.get("digest", "")),
            )
            for version in (versions if isinstance(versions, list) else [])
            if isinstance(version, dict)
        ]
    return found


def verify_deps_lock(folder: str) -> list[WitError]:
    """Compares `folder/deps/NAME` with `folder/deps.lock`: one problem for each that differs or is not there.

    Raises :class:`WitError` where the lock cannot be read. Without a lock there is nothing to say.
    """
    path = join(folder, "deps.lock")
    if not isfile(path):
        return []
    problems = []
    for name, entry in _toml(path).items():
        at = join(folder, "deps", name)
        if not isinstance(entry, dict):
            problems.append(WitError(f"`{name}` in `deps.lock` is no table", file=path))
        elif not isdir(at):
            problems.append(
                WitError(
                    f"`deps.lock` has `{name}`, but `deps/{name}` is not there",
                    file=path,
                    hint="run `wit-deps`",
                )
            )
        else:
            sha256, sha512 = digest(at)
            if entry.get("sha256", sha256) != sha256 or entry.get("sha512", sha512) != sha512:
                problems.append(
                    WitError(
                        f"`deps/{name}` is not what `deps.lock` says",
                        file=path,
                        notes=(f"found sha256 {sha256}", f"required {entry.get('sha256')}"),
                        hint="run `wit-deps` to fetch it anew, or `wit-deps update` to accept it",
                    )
                )
    return problems


def digest(folder: str) -> tuple[str, str]:
    """SHA-256 and SHA-512, in hex, of a folder's WIT files as wit-deps archives them: a GNU tar without times, owners
    or modes of its own, files by name under `wit/`, two empty blocks at the end."""
    import hashlib

    both = hashlib.sha256(), hashlib.sha512()
    for name in sorted(os.listdir(folder), key=os.fsencode):
        path = join(folder, name)
        if not name.endswith(".wit") or not isfile(path):
            continue
        with open(path, "rb") as file:
            data = file.read()
        block = _header(b"wit/" + os.fsencode(name), len(data)) + data + bytes(-len(data) % 512)
        for one in both:
            one.update(block)
    for one in both:
        one.update(bytes(1024))
    return both[0].hexdigest(), both[1].hexdigest()


def _header(name: bytes, size: int) -> bytes:
    """A tar header (GNU format) with fixed mode, owner and time."""
    fields = (
        name[:100].ljust(100, b"\0"),
        b"0000644\0",
        b"0000000\0",
        b"0000000\0",
        b"%011o\0" % size,
        b"00000000000\0",
        b" " * 8,
        b"0",
        bytes(100),
        b"ustar  \0",
        bytes(64),
        b"0000000\0",
        b"0000000\0",
    )
    header = b"".join(fields).ljust(512, b"\0")
    return header[:148] + b"%07o\0" % sum(header) + header[156:]


def _toml(path: str) -> dict[str, Any]:
    import tomllib

    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise WitError(f"failed to read lock: {error.strerror}", file=path) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WitError(f"not TOML: {error}", file=path) from None
