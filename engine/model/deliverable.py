"""What a build hands to a host: a component binary and what it needs around it."""

from __future__ import annotations

import msgspec


class Mount(msgspec.Struct, frozen=True, omit_defaults=True):
    """A folder of the host, preopened for the guest under `guest`. Read-only unless said otherwise."""

    host: str
    guest: str
    writable: bool = False


class TrackedFile(msgspec.Struct, frozen=True):
    """A source file as it was when the deliverable was made: `stat` figures, so that a look costs microseconds."""

    path: str
    mtime_ns: int
    size: int
    inode: int


class Deliverable(msgspec.Struct, frozen=True, omit_defaults=True):
    """Code ready to run.

    `component` is the path of a component binary and `digest` its SHA-256 in hex. With a dev shell the binary stays
    the same from save to save and `mounts` carry the sources; `tracked` then lists the files whose change makes
    `mounts` out of date, and `shell` is true: the binary exports `wake:shell/loader`, whose `warm` loads the code
    and tells what is wrong with it.
    """

    component: str
    digest: str
    mounts: tuple[Mount, ...] = ()
    environment: dict[str, str] = {}
    tracked: tuple[TrackedFile, ...] = ()
    shell: bool = False
    generation: str = ""
