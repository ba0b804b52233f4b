"""The error for a package that is not there: who asked, which versions there are, what would provide it."""

# ruff: noqa: PTH100, PTH118, PTH120

from __future__ import annotations

from os.path import abspath, dirname, join

from engine.component.model import PackageName
from engine.wit.draft import Foreign
from engine.wit.errors import WitError
from engine.wit.tree import Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection


def missing_package(
    entry: Foreign, known: Collection[PackageName], everything: Collection[PackageName], tree: Tree
) -> WitError:
    """`known` are the packages resolved so far, `everything` all that were read."""
    wanted = entry.package
    listed = "".join(f"\n    {name}" for name in known)
    message = f"package '{wanted}' not found. known packages:{listed}"
    others = sorted(
        (name for name in everything if name.unversioned == wanted.unversioned), key=lambda name: name.text
    )
    if others:
        found = ", ".join(name.version or "no version" for name in others)
        return WitError(
            message,
            entry.package_span,
            notes=(f"`{wanted.unversioned}`: found {found}, required {wanted.version or 'no version'}",),
            hint=f"versions must be exactly the same: write `{others[-1].item(entry.name)}`, or add the required "
            "version to `deps/`",
        )
    notes = [f"asked for as `{wanted.item(entry.name)}`; no version of `{wanted.unversioned}` is here"]
    return WitError(message, entry.package_span, notes=tuple(notes), hint=_provider(wanted, tree))


def _provider(wanted: PackageName, tree: Tree) -> str:
    """What would bring the package."""
    for name, url in tree.absent.items():
        if name in (wanted.name, f"{wanted.namespace}-{wanted.name}"):
            return f"`deps.toml` names it (`{name}`, from {url}) but it is not fetched: run `wit-deps`"
    locked = _locked(wanted, tree.folder)
    if locked is not None:
        return locked
    folder = f"{wanted.namespace}-{wanted.name}" + (f"-{wanted.version}" if wanted.version else "")
    return f"put the package's WIT into `deps/{folder}/`, name it in `deps.toml`, or fetch it with `wkg wit fetch`"


def _locked(wanted: PackageName, folder: str) -> str | None:
    from engine.wit.lock import read_wkg_lock

    for at in (folder, dirname(abspath(folder))):
        for name, command in (("wkg.lock", "wkg wit fetch"), ("wasmcloud.lock", "wash wit fetch")):
            for package in read_wkg_lock(join(at, name)):
                if package.name == wanted.unversioned:
                    return (
                        f"`{name}` has it in version {package.version} (from {package.registry or 'the registry'}): "
                        f"run `{command}`"
                    )
    return None
