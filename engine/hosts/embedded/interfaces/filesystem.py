"""wasi:filesystem: the deployment's mounts as preopens, and everything beneath them."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from engine.hosts.embedded.context import Context
from engine.hosts.embedded.interfaces.access import switched_off
from engine.hosts.embedded.interfaces.beneath import locate
from engine.hosts.embedded.interfaces.descriptors import (
    Descriptor,
    EntryStream,
    FileFault,
    FileInput,
    FileOutput,
    code,
    kind,
    limit_open,
    metadata_hash,
    record,
    write_at,
)
from engine.hosts.embedded.registry import HostFunction, Interface
from engine.hosts.embedded.streams import IoError
from engine.hosts.embedded.values import Err, Ok

PREOPENS = "wasi:filesystem/preopens"
TYPES = "wasi:filesystem/types"

preopens = Interface(PREOPENS)
types = Interface(TYPES)

# One `read` gives no more than this: a byte takes 32 on its way into the guest.
LARGEST_READ = 256 * 1024

# Non-blocking, so that opening a named pipe does not wait for its other end.
_OPEN = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
_NO_FLAGS: frozenset[str] = frozenset()
_FOLDER = frozenset(("read", "mutate-directory"))
_READ_ONLY_FOLDER = frozenset(("read",))

Timestamp = tuple[str, dict[str, int] | None]


def _function(name: str) -> Callable[[Callable[..., Any]], HostFunction]:
    """Registers a function of `types`: what it gives is `ok`, what the system refuses `err` with its error-code."""

    def decorate(function: Callable[..., Any]) -> HostFunction:
        @wraps(function)
        def call(cx: Context, *arguments: Any) -> Any:
            try:
                return Ok(function(*arguments))
            except (OSError, ValueError, OverflowError) as error:
                return Err(code(error))

        return types.function(name)(call)

    return decorate


def _changeable(descriptor: Descriptor) -> None:
    if not descriptor.mutable:
        raise OSError(errno.EROFS, "the mount is read-only")


def _folder(descriptor: Descriptor) -> int:
    if descriptor.kind != "directory":
        raise OSError(errno.ENOTDIR, "not a directory")
    return descriptor.fd


def _file(descriptor: Descriptor, access: str) -> int:
    if descriptor.kind == "directory":
        raise OSError(errno.EISDIR, "a directory")
    if access not in descriptor.flags:
        raise OSError(errno.EBADF, f"not opened to {access}")
    return descriptor.fd


@preopens.function("get-directories")
def get_directories(cx: Context) -> list[tuple[Descriptor, str]]:
    """A mount whose folder cannot be opened is left out and the log told."""
    if switched_off(cx, PREOPENS) or switched_off(cx, TYPES):
        return []
    found = []
    for mount in cx.deployment.mounts:
        try:
            fd = os.open(mount.host, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            text = f"{mount.guest} is not mounted: {mount.host}: {error.strerror}"
            cx.deployment.log(cx.deployment.component, "warn", text)
            continue
        flags = _FOLDER if mount.writable else _READ_ONLY_FOLDER
        found.append((Descriptor(fd, "directory", mount.writable, flags), mount.guest))
    return found


# -- opening and looking


@_function("[method]descriptor.open-at")
def open_at(
    base: Descriptor, path_flags: frozenset[str], path: str, open_flags: frozenset[str], flags: frozenset[str]
) -> Descriptor:
    folder = _folder(base)
    limit_open()
    how = _OPEN
    write = "write" in flags
    if open_flags or write or "mutate-directory" in flags:
        if write or "mutate-directory" in flags or "create" in open_flags or "truncate" in open_flags:
            _changeable(base)
        how |= _creation(open_flags)
    if write or "truncate" in open_flags:
        how |= os.O_RDWR if "read" in flags or not write else os.O_WRONLY
    if "file-integrity-sync" in flags:
        how |= os.O_SYNC
    if "data-integrity-sync" in flags:
        how |= os.O_DSYNC
    follow = "symlink-follow" in path_flags
    try:
        with locate(folder, path) as place:
            fd = os.open(place.name, how, 0o666, dir_fd=place.folder)
    except OSError as error:
        # A link stands at the end of the path: an open that asks for a folder says ENOTDIR of it.
        if not follow or error.errno not in (errno.ELOOP, errno.EMLINK, errno.ENOTDIR):
            raise
        with locate(folder, path, follow=True) as place:
            fd = os.open(place.name, how, 0o666, dir_fd=place.folder)
    try:
        what = kind(os.fstat(fd).st_mode)
    except OSError:
        os.close(fd)
        raise
    if what == "directory":
        flags = _FOLDER if base.mutable else _READ_ONLY_FOLDER
    return Descriptor(fd, what, base.mutable, flags)


def _creation(flags: frozenset[str]) -> int:
    how = 0
    if "directory" in flags:
        if len(flags) > 1:
            raise OSError(errno.EINVAL, "a directory is not created, nor truncated, by opening it")
        how |= os.O_DIRECTORY
    if "create" in flags:
        how |= os.O_CREAT
        if "exclusive" in flags:
            how |= os.O_EXCL
    if "truncate" in flags:
        how |= os.O_TRUNC
    return how


def _stat_at(base: Descriptor, path_flags: frozenset[str], path: str) -> os.stat_result:
    folder = _folder(base)
    with locate(folder, path) as place:
        found = os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
    if stat.S_ISLNK(found.st_mode) and "symlink-follow" in path_flags:
        with locate(folder, path, follow=True) as place:
            found = os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
    return found


@_function("[method]descriptor.stat")
def stat_open(descriptor: Descriptor) -> dict[str, Any]:
    return record(os.fstat(descriptor.fd))


@_function("[method]descriptor.stat-at")
def stat_at(base: Descriptor, path_flags: frozenset[str], path: str) -> dict[str, Any]:
    return record(_stat_at(base, path_flags, path))


@_function("[method]descriptor.metadata-hash")
def metadata_hash_open(descriptor: Descriptor) -> dict[str, int]:
    return metadata_hash(os.fstat(descriptor.fd))


@_function("[method]descriptor.metadata-hash-at")
def metadata_hash_at(base: Descriptor, path_flags: frozenset[str], path: str) -> dict[str, int]:
    return metadata_hash(_stat_at(base, path_flags, path))


@_function("[method]descriptor.get-flags")
def get_flags(descriptor: Descriptor) -> frozenset[str]:
    return descriptor.flags


@_function("[method]descriptor.get-type")
def get_type(descriptor: Descriptor) -> str:
    return descriptor.kind


@types.function("[method]descriptor.is-same-object")
def is_same_object(cx: Context, descriptor: Descriptor, other: Descriptor) -> bool:
    one, two = os.fstat(descriptor.fd), os.fstat(other.fd)
    return (one.st_dev, one.st_ino) == (two.st_dev, two.st_ino)


@_function("[method]descriptor.read-directory")
def read_directory(descriptor: Descriptor) -> EntryStream:
    limit_open()
    return EntryStream(_folder(descriptor))


@_function("[method]directory-entry-stream.read-directory-entry")
def read_directory_entry(stream: EntryStream) -> dict[str, str] | None:
    return stream.next()


@_function("[method]descriptor.readlink-at")
def readlink_at(base: Descriptor, path: str) -> str:
    with locate(_folder(base), path) as place:
        target = os.readlink(place.name, dir_fd=place.folder)
    if target.startswith("/"):
        raise OSError(errno.EPERM, "the link is absolute")
    target.encode()  # a target that is not UTF-8 cannot be told: ValueError
    return target


# -- reading and writing


@_function("[method]descriptor.read")
def read(descriptor: Descriptor, length: int, offset: int) -> tuple[bytes, bool]:
    """The bytes and whether the end was met: that is, fewer came than were asked for."""
    length = min(length, LARGEST_READ)
    data = os.pread(_file(descriptor, "read"), length, offset)
    return data, len(data) < length


@_function("[method]descriptor.write")
def write(descriptor: Descriptor, data: bytes, offset: int) -> int:
    write_at(_file(descriptor, "write"), data, offset)
    return len(data)


@_function("[method]descriptor.read-via-stream")
def read_via_stream(descriptor: Descriptor, offset: int) -> FileInput:
    _file(descriptor, "read")
    return FileInput(descriptor.handle, offset)


@_function("[method]descriptor.write-via-stream")
def write_via_stream(descriptor: Descriptor, offset: int) -> FileOutput:
    _file(descriptor, "write")
    return FileOutput(descriptor.handle, offset)


@_function("[method]descriptor.append-via-stream")
def append_via_stream(descriptor: Descriptor) -> FileOutput:
    _file(descriptor, "write")
    return FileOutput(descriptor.handle, None)


@_function("[method]descriptor.set-size")
def set_size(descriptor: Descriptor, size: int) -> None:
    os.ftruncate(_file(descriptor, "write"), size)


@_function("[method]descriptor.advise")
def advise(descriptor: Descriptor, offset: int, length: int, advice: str) -> None:
    if descriptor.kind == "directory":
        raise OSError(errno.EBADF, "advice is for files")
    if hasattr(os, "posix_fadvise"):
        constant = {"will-need": "WILLNEED", "dont-need": "DONTNEED", "no-reuse": "NOREUSE"}
        name = constant.get(advice, advice.upper())
        os.posix_fadvise(descriptor.fd, offset, length, getattr(os, f"POSIX_FADV_{name}"))


@_function("[method]descriptor.sync-data")
def sync_data(descriptor: Descriptor) -> None:
    if "write" in descriptor.flags:
        getattr(os, "fdatasync", os.fsync)(descriptor.fd)


@_function("[method]descriptor.sync")
def sync(descriptor: Descriptor) -> None:
    if "write" in descriptor.flags or "mutate-directory" in descriptor.flags:
        os.fsync(descriptor.fd)


# -- changing


def _times(found: os.stat_result, access: Timestamp, modification: Timestamp) -> tuple[int, int]:
    def ns(wanted: Timestamp, old: int) -> int:
        match wanted:
            case ("timestamp", {"seconds": seconds, "nanoseconds": nanoseconds}):
                if nanoseconds >= 1_000_000_000:
                    raise OSError(errno.EINVAL, "a second has fewer nanoseconds")
                return int(seconds) * 1_000_000_000 + int(nanoseconds)
            case ("now", _):
                return time.time_ns()
        return old

    return ns(access, found.st_atime_ns), ns(modification, found.st_mtime_ns)


@_function("[method]descriptor.set-times")
def set_times(descriptor: Descriptor, access: Timestamp, modification: Timestamp) -> None:
    _changeable(descriptor)
    os.utime(descriptor.fd, ns=_times(os.fstat(descriptor.fd), access, modification))


@_function("[method]descriptor.set-times-at")
def set_times_at(
    base: Descriptor, path_flags: frozenset[str], path: str, access: Timestamp, modification: Timestamp
) -> None:
    folder = _folder(base)
    _changeable(base)
    with locate(folder, path, follow="symlink-follow" in path_flags) as place:
        found = os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
        times = _times(found, access, modification)
        os.utime(place.name, ns=times, dir_fd=place.folder, follow_symlinks=False)


def _trimmed(path: str) -> str:
    """Without slashes at the end: a name to be made or removed as a folder may carry them."""
    return path.rstrip("/") or path


@_function("[method]descriptor.create-directory-at")
def create_directory_at(base: Descriptor, path: str) -> None:
    folder = _folder(base)
    _changeable(base)
    with locate(folder, _trimmed(path)) as place:
        if place.name == ".":
            raise OSError(errno.EEXIST, "the directory is there")
        os.mkdir(place.name, dir_fd=place.folder)


@_function("[method]descriptor.remove-directory-at")
def remove_directory_at(base: Descriptor, path: str) -> None:
    folder = _folder(base)
    _changeable(base)
    with locate(folder, _trimmed(path)) as place:
        os.rmdir(place.name, dir_fd=place.folder)


@_function("[method]descriptor.unlink-file-at")
def unlink_file_at(base: Descriptor, path: str) -> None:
    folder = _folder(base)
    _changeable(base)
    with locate(folder, path) as place:
        try:
            os.unlink(place.name, dir_fd=place.folder)
        except PermissionError:
            # Systems other than Linux say EPERM of a directory.
            if stat.S_ISDIR(os.stat(place.name, dir_fd=place.folder, follow_symlinks=False).st_mode):
                raise OSError(errno.EISDIR, "a directory") from None
            raise


@_function("[method]descriptor.rename-at")
def rename_at(base: Descriptor, path: str, new_base: Descriptor, new_path: str) -> None:
    folder, new_folder = _folder(base), _folder(new_base)
    _changeable(base)
    _changeable(new_base)
    with locate(folder, _trimmed(path)) as old, locate(new_folder, _trimmed(new_path)) as new:
        if path.endswith("/") or new_path.endswith("/"):
            found = os.stat(old.name, dir_fd=old.folder, follow_symlinks=False)
            if not stat.S_ISDIR(found.st_mode):
                raise OSError(errno.ENOTDIR, "a slash at the end is for directories")
        os.rename(old.name, new.name, src_dir_fd=old.folder, dst_dir_fd=new.folder)


@_function("[method]descriptor.link-at")
def link_at(
    base: Descriptor, path_flags: frozenset[str], path: str, new_base: Descriptor, new_path: str
) -> None:
    """Both mounts must be writable: through a second name in a writable one a read-only file could be changed."""
    folder, new_folder = _folder(base), _folder(new_base)
    _changeable(base)
    _changeable(new_base)
    with locate(folder, path, "symlink-follow" in path_flags) as old, locate(new_folder, new_path) as new:
        os.link(old.name, new.name, src_dir_fd=old.folder, dst_dir_fd=new.folder, follow_symlinks=False)


@_function("[method]descriptor.symlink-at")
def symlink_at(base: Descriptor, target: str, path: str) -> None:
    folder = _folder(base)
    _changeable(base)
    if target.startswith("/"):
        raise OSError(errno.EPERM, "a link's target must be relative")
    with locate(folder, path) as place:
        os.symlink(target, place.name, dir_fd=place.folder)


@types.function("filesystem-error-code")
def filesystem_error_code(cx: Context, error: IoError) -> str | None:
    return error.cause.code if isinstance(error.cause, FileFault) else None
