"""A session's id: six lower-case letters or digits made from the project's real path.

The same place always gives the same id, so names and manifests are the same from run to run. It begins with a
letter, so that no YAML reader takes it for a number.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SIGNS = _LETTERS + "0123456789"
LENGTH = 6


def session_id(path: Path) -> str:
    """The id of the project at `path`; links and relative parts are resolved first."""
    digest = hashlib.sha256(str(path.resolve()).encode("utf-8", "surrogateescape")).digest()
    number = int.from_bytes(digest[:8], "big")
    number, first = divmod(number, len(_LETTERS))
    signs = [_LETTERS[first]]
    for _ in range(LENGTH - 1):
        number, next_ = divmod(number, len(_SIGNS))
        signs.append(_SIGNS[next_])
    return "".join(signs)
