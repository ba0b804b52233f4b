"""Open files and folders of wasi:filesystem, and their streams."""

from __future__ import annotations

import errno
import os
import resource
import stat
from collections.abc import Iterator
from threading import Lock
from typing import Any, ClassVar

from engine.hosts.embedded.streams import Closed, Failed, InputStream, OutputStream
from engine.hosts.embedded.values import Resource

# error-code by errno. Those the WIT has no name for are `io`.
CODES = {
    getattr(errno, name): code
    for name, code in {
        "EACCES": "access",
        "EAGAIN": "would-block",
        "EALREADY": "already",
        "EBADF": "bad-descriptor",
        "EBUSY": "busy",
        "EDEADLK": "deadlock",
        "EDQUOT": "quota",
        "EEXIST": "exist",
        "EFBIG": "file-too-large",
        "EILSEQ": "illegal-byte-sequence",
        "EINPROGRESS": "in-progress",
        "EINTR": "interrupted",
        "EINVAL": "invalid",
        "EISDIR": "is-directory",
        "ELOOP": "loop",
        "EMLINK": "too-many-links",
        "EMSGSIZE": "message-size",
        "ENAMETOOLONG": "name-too-long",
        "ENODEV": "no-device",
        "ENOENT": "no-entry",
        "ENOLCK": "no-lock",
        "ENOMEM": "insufficient-memory",
        "EMFILE": "insufficient-memory",
        "ENFILE": "insufficient-memory",
        "ENOSPC": "insufficient-space",
        "ENOTDIR": "not-directory",
        "ENOTEMPTY": "not-empty",
        "ENOTRECOVERABLE": "not-recoverable",
        "ENOTSUP": "unsupported",
        "ENOSYS": "unsupported",
        "ENOTTY": "no-tty",
        "ENXIO": "no-such-device",
        "EOVERFLOW": "overflow",
        "EPERM": "not-permitted",
        "EPIPE": "pipe",
        "EROFS": "read-only",
        "ESPIPE": "invalid-seek",
        "ETXTBSY": "text-file-busy",
        "EXDEV": "cross-device",
    }.items()
    if hasattr(errno, name)
}

_KINDS = {
    stat.S_IFREG: "regular-file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symbolic-link",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "character-device",
    stat.S_IFBLK: "block-device",
}

_appending = Lock()


def share(part: int, most: int) -> int:
    """One `part`th of the descriptors that this process may have, at most `most`."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return most if limit == resource.RLIM_INFINITY else min(most, limit // part)


# Files that all guests of this process hold open at once; the rest of its descriptors is for connections.
MOST_OPEN = share(2, 4096)


def code(error: Exception) -> str:
    """The `error-code` of what a system call raised."""
    if isinstance(error, OSError):
        return CODES.get(error.errno or 0, "io")
    return "overflow" if isinstance(error, OverflowError) else "invalid"


class FileFault:
    """Why a file's stream failed, for `filesystem-error-code`."""

    __slots__ = ("code",)

    def __init__(self, code: str) -> None:
        self.code = code


class Handle:
    """A file descriptor of the system that a descriptor and its streams share; closed with the last of them."""

    __slots__ = ("fd",)
    # As long as there are handles. A list, since adding and taking are atomic where a number would want a lock, which
    # a collection of garbage in the middle would wait for without end.
    open_now: ClassVar[list[None]] = []

    def __init__(self, fd: int) -> None:
        self.fd = fd
        Handle.open_now.append(None)

    def __del__(self) -> None:
        Handle.open_now.pop()
        os.close(self.fd)


def limit_open() -> None:
    """Raises OSError (EMFILE) when the guests hold as many files open as they may together."""
    if len(Handle.open_now) >= MOST_OPEN:
        raise OSError(errno.EMFILE, f"guests hold {MOST_OPEN} files open: one of them leaks descriptors")


def kind(mode: int) -> str:
    return _KINDS.get(stat.S_IFMT(mode), "unknown")


class Descriptor(Resource):
    """`wasi:filesystem/types.descriptor`: an open file or folder.

    `mutable` is whether the mount it is in may be changed; `flags` what the guest asked for.
    """

    wit = "wasi:filesystem/types.descriptor"

    def __init__(self, fd: int, kind: str, mutable: bool, flags: frozenset[str]) -> None:
        self._handle: Handle | None = Handle(fd)
        self.fd = fd
        self.kind = kind
        self.mutable = mutable
        self.flags = flags

    @property
    def handle(self) -> Handle:
        assert self._handle is not None, "a dropped descriptor is never given to a function"
        return self._handle

    def drop(self) -> None:
        self._handle = None


def datetime(ns: int) -> dict[str, int] | None:
    """A `datetime`; None for times before 1970, which it cannot say."""
    return {"seconds": ns // 1_000_000_000, "nanoseconds": ns % 1_000_000_000} if ns >= 0 else None


def record(found: os.stat_result) -> dict[str, Any]:
    """A `descriptor-stat`."""
    return {
        "type": _KINDS.get(stat.S_IFMT(found.st_mode), "unknown"),
        "link-count": found.st_nlink,
        "size": found.st_size,
        "data-access-timestamp": datetime(found.st_atime_ns),
        "data-modification-timestamp": datetime(found.st_mtime_ns),
        "status-change-timestamp": datetime(found.st_ctime_ns),
    }


def metadata_hash(found: os.stat_result) -> dict[str, int]:
    """A `metadata-hash-value`. C libraries take `lower` for the inode number, so it says which object this is;
    `upper` changes with what is in it."""
    which = b"%d %d" % (found.st_dev, found.st_ino)
    state = b"%d %d %d" % (found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return {"lower": _hash(which), "upper": _hash(which + b" " + state)}


def _hash(data: bytes) -> int:
    """SipHash with this process's secret: 0.2 µs where a keyed digest of hashlib takes 5, and imports ask often."""
    return hash(data) & 0xFFFF_FFFF_FFFF_FFFF


def _failed(error: Exception) -> Failed:
    return Failed(str(error), FileFault(code(error)))


class FileInput(InputStream):
    """Reads a file from an offset on."""

    def __init__(self, handle: Handle, offset: int) -> None:
        self._handle: Handle | None = handle
        self._offset = offset

    def take(self, limit: int) -> bytes:
        if self._handle is None:
            raise Closed
        if not limit:
            return b""
        try:
            data = os.pread(self._handle.fd, limit, self._offset)
        except (OSError, OverflowError) as error:
            self._handle = None  # wasi:io/streams, stream-error: closed after a failure
            raise _failed(error) from None
        if not data:
            raise Closed
        self._offset += len(data)
        return data

    def drop(self) -> None:
        self._handle = None


class FileOutput(OutputStream):
    """Writes a file from an offset on, or at its end where `offset` is None."""

    def __init__(self, handle: Handle, offset: int | None) -> None:
        self._handle: Handle | None = handle
        self._offset = offset

    def room(self) -> int:
        if self._handle is None:
            raise Closed
        return super().room()

    def flush(self) -> None:
        if self._handle is None:
            raise Closed

    def put(self, data: bytes) -> None:
        if self._handle is None:
            raise Closed
        fd = self._handle.fd
        try:
            if self._offset is None:
                append(fd, data)
            else:
                write_at(fd, data, self._offset)
                self._offset += len(data)
        except (OSError, OverflowError) as error:
            self._handle = None
            raise _failed(error) from None

    def drop(self) -> None:
        self._handle = None


def write_at(fd: int, data: bytes, offset: int) -> None:
    """Writes all of `data`."""
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view = view[written:]
        offset += written


def append(fd: int, data: bytes) -> None:
    """Writes all of `data` at the end of the file, wherever other writers have moved it."""
    view = memoryview(data)
    while view:
        if hasattr(os, "pwritev") and hasattr(os, "RWF_APPEND"):
            written = os.pwritev(fd, [view], 0, os.RWF_APPEND)
        else:
            with _appending:
                written = os.pwrite(fd, view, os.fstat(fd).st_size)
        view = view[written:]


class EntryStream(Resource):
    """`wasi:filesystem/types.directory-entry-stream`: what is in a folder, without `.` and `..`."""

    wit = "wasi:filesystem/types.directory-entry-stream"

    def __init__(self, folder: int) -> None:
        # A descriptor of its own: streams of one folder must not share a position. Entries look through it.
        self._handle: Handle | None = Handle(
            os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
        )
        self._entries = os.scandir(self._handle.fd)
        self._rest: Iterator[os.DirEntry[str]] = iter(self._entries)

    def next(self) -> dict[str, str] | None:
        """The next `directory-entry`; names that are not UTF-8 cannot be told and are passed over."""
        for entry in self._rest:
            if not entry.name.isascii():
                try:
                    entry.name.encode()
                except UnicodeEncodeError:
                    continue
            return {"type": self._kind(entry), "name": entry.name}
        return None

    @staticmethod
    def _kind(entry: os.DirEntry[str]) -> str:
        if entry.is_symlink():
            return "symbolic-link"
        if entry.is_dir(follow_symlinks=False):
            return "directory"
        if entry.is_file(follow_symlinks=False):
            return "regular-file"
        try:
            return kind(entry.stat(follow_symlinks=False).st_mode)
        except OSError:
            return "unknown"  # gone since

    def drop(self) -> None:
        self._entries.close()
        self._handle = None
