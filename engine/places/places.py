"""The folders of `wake`, by the XDG base directory specification, and the session's own inside them."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec

from engine.model.problem import Problem

SETTINGS = "config.toml"
"""The user's settings file, in the folder of settings."""

# A unix socket's path fits 108 bytes on Linux and 104 on macOS, its closing zero included.
SOCKET_PATH_LIMIT = 103


class PlaceError(Problem):
    """A folder that cannot be used: who owns it or who may write to it makes it unsafe."""


class Places(msgspec.Struct, frozen=True):
    """The four roots. Make one with :func:`find`; tests make their own."""

    config: Path
    runtime: Path
    state: Path
    cache: Path

    @property
    def settings_file(self) -> Path:
        return self.config / SETTINGS

    @property
    def sessions_file(self) -> Path:
        return self.state / "sessions.json"

    def session(self, session_id: str) -> Path:
        """The folder that outlives the session's processes: logs, history, key-value and blob data."""
        return self.state / "sessions" / session_id

    def socket(self, session_id: str) -> Path:
        """The engine's socket."""
        return self.runtime / f"{session_id}.sock"

    def host_socket(self, session_id: str) -> Path:
        """The control socket of the session's embedded host."""
        return self.runtime / f"{session_id}.host.sock"

    def lock(self, session_id: str) -> Path:
        """Held, with `flock`, by the one engine of a session."""
        return self.runtime / f"{session_id}.lock"


def project_folder(project: Path) -> Path:
    """`<project>/.wake/dev`: toggles and generated manifests. Safe to delete."""
    return project / ".wake" / "dev"


def make_project_folder(project: Path) -> Path:
    """As :func:`project_folder`, made if need be, with the `.gitignore` that keeps it out of git."""
    folder = project_folder(project)
    folder.mkdir(parents=True, exist_ok=True)
    ignore = project / ".wake" / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")
    return folder


def find(environ: Mapping[str, str] = os.environ) -> Places:
    """The places of the user whose environment this is.

    A relative value of an XDG variable is ignored, as the specification asks. Without `XDG_RUNTIME_DIR`, or where
    it cannot be written or would make socket names too long, a private folder under the system's temporary folder is taken.
    """

    state = _root("XDG_STATE_HOME", ".local/state", environ)
    return Places(
        config=config_folder(environ),
        runtime=_runtime(environ),
        state=state,
        cache=_root("XDG_CACHE_HOME", ".cache", environ),
    )


def config_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the user's settings are, for what needs nothing else."""
    return _root("XDG_CONFIG_HOME", ".config", environ)


def _root(variable: str, fallback: str, environ: Mapping[str, str]) -> Path:
    value = environ.get(variable, "")
    base = Path(value) if value and Path(value).is_absolute() else Path(home(environ)) / fallback
    return base / "wake"


def home(environ: Mapping[str, str]) -> str:
    return environ.get("HOME") or str(Path.home())


def _runtime(environ: Mapping[str, str]) -> Path:
    value = environ.get("XDG_RUNTIME_DIR", "")
    if value and Path(value).is_absolute():
        folder = Path(value) / "wake"
        if len(os.fsencode(folder / "abcdef.host.sock")) <= SOCKET_PATH_LIMIT and _takes_files(folder):
            return folder
    import tempfile  # brings `random` with it: 10 ms that most commands need not pay

    own = f"wake-{os.getuid()}"
    folder = Path(tempfile.gettempdir()) / own
    # A build farm's own temporary folder may be deep as well.
    deep = len(os.fsencode(folder / "abcdef.host.sock")) > SOCKET_PATH_LIMIT
    return Path("/tmp") / own if deep else folder


def _takes_files(folder: Path) -> bool:
    """Whether `folder`, or the nearest one above it that is there, can be written."""
    while not os.path.lexists(folder):
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def make_private(folder: Path) -> Path:
    """Makes `folder` (0700) and its parents, or checks that an existing one is the user's alone.

    Raises :class:`PlaceError` when somebody else owns it or it is a link: a socket or compiled code there could be
    another user's.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise PlaceError(
                f"{folder} is not a folder of yours", hint="remove it, or set XDG_RUNTIME_DIR"
            ) from None
        if stat.S_IMODE(found.st_mode) & 0o077:
            folder.chmod(0o700)
    return folder


def write_atomic(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Replaces `path` by a file with `data`: a reader sees the old file or the new one, whole."""
    import tempfile

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
