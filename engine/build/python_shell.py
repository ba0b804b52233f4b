"""Dev shells for Python: a component built once for a world and its dependencies, which reads the app's sources from
a mounted folder. A saved file is then served without a build."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from engine.build.artifacts import trim
from engine.build.run import Finished
from engine.build.toolchains import python
from engine.build.toolchains.python import PythonApp

GUESTS = Path(__file__).parent / "guests"
LOADER = "wake:shell/loader"
CAP = 2 << 30

# In the snapshot of every shell: what apps commonly import costs a save nothing then.
PRELOADED = (
    "abc asyncio base64 bisect calendar collections contextlib copy csv dataclasses datetime decimal enum fractions "
    "functools hashlib heapq hmac html html.parser http http.cookies inspect io itertools json linecache logging math "
    "operator pathlib pprint queue random re secrets statistics string struct tempfile textwrap threading time "
    "tokenize traceback types typing unicodedata urllib.error urllib.parse uuid warnings weakref zlib "
    "componentize_py_types componentize_py_async_support poll_loop"
).split()

Run = Callable[[Sequence[str], Path, Mapping[str, str]], Awaitable[Finished]]


@dataclass(frozen=True)
class Shell:
    """A built shell. `site` are folders of the host with the app's dependencies, in search order."""

    component: Path
    digest: str
    stdlib: Path
    site: tuple[Path, ...]


@dataclass(frozen=True)
class Recipe:
    """All that decides what a shell is; `key` is its content."""

    app: PythonApp
    world: str
    wit: Mapping[str, bytes]
    site: tuple[Path, ...]
    modules: tuple[str, ...]
    installed: bytes
    key: str


def recipe(
    app: PythonApp, world: str, wit: Mapping[str, bytes], site: tuple[Path, ...], sources: Iterable[Path]
) -> Recipe:
    """The recipe for an app whose world is `world` (`ns:pkg/name@version`) in the packages `wit`.

    `wit` is as :func:`packages` gives it. What the sources import from `site` is put into the
    snapshot as it is found now; a later import is read from there at run time until the dependencies change.
    """
    modules = sorted(name for name in python.imported(sources) if _in_site(name, site))
    total = sha256()
    for part in (python.version(), world, repr(app.features), repr(app.all_features), repr(app.naming)):
        total.update(part.encode() + b"\0")
    for path in sorted(GUESTS.iterdir()):
        if path.suffix in (".py", ".wit"):
            total.update(path.read_bytes())
    for name in sorted(wit):
        total.update(f"\0{name}\0".encode() + wit[name])
    total.update(" ".join(PRELOADED).encode())
    installed = fingerprint(site)
    total.update(installed)
    return Recipe(app, world, wit, site, tuple(modules), installed, total.hexdigest())


def packages(wit: Sequence[Path]) -> dict[str, bytes]:
    """The WIT files that componentize-py would read from the paths `wit`: by relative path, one folder a package."""
    found: dict[str, bytes] = {}
    for number, path in enumerate(wit):
        if path.is_file():
            found[f"wake-main-{number}/{path.name}"] = path.read_bytes()
            continue
        for file in sorted(path.glob("*.wit")):
            found[f"wake-main-{number}/{file.name}"] = file.read_bytes()
        deps = path / "deps"
        for entry in sorted(deps.iterdir()) if deps.is_dir() else ():
            if entry.is_dir():
                found.update(
                    {f"{entry.name}/{file.name}": file.read_bytes() for file in sorted(entry.glob("*.wit"))}
                )
            elif entry.suffix in (".wit", ".wasm", ".wat"):
                found[entry.name] = entry.read_bytes()
    return found


async def make(
    made: Recipe, cache: Path, run: Run, environ: Mapping[str, str], fresh: bool = False
) -> tuple[Shell | None, Finished | None]:
    """The shell of a recipe, from the cache (unless `fresh`) or built now: then also how componentize-py ended.

    Without a shell the output says why. Raises :class:`~engine.build.toolchains.python.ToolMissing`.
    """
    store = cache / "shells"
    target = store / made.key
    if fresh or not (target / "shell.wasm").exists():
        finished = await _build(made, store, target, run, environ)
        if finished.code:
            return None, finished
        trim(store, CAP, target)
    else:
        finished = None
        os.utime(target)
    digest = (target / "digest").read_text().strip()
    return Shell(target / "shell.wasm", digest, target / "stdlib", made.site), finished


async def _build(made: Recipe, store: Path, target: Path, run: Run, environ: Mapping[str, str]) -> Finished:
    store.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".building-", dir=store))
    try:
        guest = folder / "guest"
        guest.mkdir()
        shutil.copy(GUESTS / "wake_shell.py", guest)
        (guest / "wake_shell_preload.py").write_text(
            f"MODULES = {[*PRELOADED, *made.modules]!r}\nSTDLIB_COPY = '/0/stdlib'\n"
        )
        wit = folder / "wit"
        for name, text in {**made.wit, "wake-shell/loader.wit": (GUESTS / "loader.wit").read_bytes()}.items():
            path = wit / "deps" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
        # Merging two worlds with two `-w` makes componentize-py 0.25.1 panic; a world that includes both does not.
        (wit / "shell.wit").write_text(
            f"package wake:shell-world;\n\nworld wake-shell {{\n  include {_escape(made.world)};\n  export {LOADER};\n}}\n"
        )
        output = folder / "shell.wasm"
        features = ["--features", ",".join(made.app.features)] if made.app.features else []
        finished = await run(
            [
                *python.tool(environ),
                *("-d", str(wit), "-w", "wake-shell", *features),
                *(["--all-features"] if made.app.all_features else []),
                *made.app.naming,
                *("--export-interface-name", f"{LOADER}=wake_shell_loader"),
                *("componentize", "wake_shell", "-p", str(guest)),
                *(word for path in made.site for word in ("-p", str(path))),
                *("-o", str(output)),
            ],
            folder,
            environ,
        )
        if finished.code == 0:
            (folder / "digest").write_text(sha256(output.read_bytes()).hexdigest())
            (guest / "stdlib").rename(folder / "stdlib")
            shutil.rmtree(guest)
            shutil.rmtree(wit)
            folder.chmod(0o700)
            # An older one, or one that another session built meanwhile, makes room for the instant of two renames.
            before = folder.with_suffix(".old")
            with suppress(FileNotFoundError):
                target.rename(before)
            folder.rename(target)
            shutil.rmtree(before, ignore_errors=True)
        return finished
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _escape(world: str) -> str:
    # `ns:pkg/name@1.0.0`: a name that is a keyword of WIT must be escaped, and any name may be.
    package, _, name = world.partition("/")
    return f"{package}/%{name}" if name else f"%{world}"


def _in_site(module: str, site: Sequence[Path]) -> bool:
    top = module.partition(".")[0]
    return any((folder / top).is_dir() or (folder / f"{top}.py").is_file() for folder in site)


def fingerprint(site: Sequence[Path]) -> bytes:
    """What is installed: names and versions where a folder says them, else the names of what lies in it."""
    found = []
    for folder in site:
        names = sorted(path.name for path in folder.iterdir())
        stated = [name for name in names if name.endswith((".dist-info", ".egg-info"))]
        found.append("\0".join([str(folder), *(stated or names)]))
    return "\0\0".join(found).encode()
