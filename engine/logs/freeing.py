"""Giving the head of a growing file back to the file system, so that offsets into the rest stay true."""

from __future__ import annotations

import ctypes
import os
import sys

_KEEP_SIZE = 0x01
_PUNCH_HOLE = 0x02
_BLOCK = 4096


def free_head(file: int, end: int) -> bool:
    """Frees the bytes of `file` (a descriptor open for writing) before `end`, down to a whole block. They read as
    zeros afterwards. False where the system or file system cannot (`fallocate(2)`, FALLOC_FL_PUNCH_HOLE)."""
    length = end - end % _BLOCK
    if length <= 0:
        return True
    if not sys.platform.startswith("linux"):
        return False
    try:
        call = ctypes.CDLL(None, use_errno=True).fallocate
    except (OSError, AttributeError):
        return False
    call.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    return bool(call(file, _KEEP_SIZE | _PUNCH_HOLE, 0, length) == 0)


def data_start(file: int) -> int:
    """The first offset of `file` that was not freed; its size when nothing is left. Moves the file's position."""
    try:
        return os.lseek(file, 0, os.SEEK_DATA)
    except OSError:  # ENXIO: no data at all; or a system without holes
        size = os.fstat(file).st_size
        return size if os.fstat(file).st_blocks == 0 else 0
