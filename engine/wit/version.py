"""Versions: Semantic Versioning 2.0.0, as strict as upstream's reader, and ordered with build metadata last."""

from __future__ import annotations

import re
from functools import lru_cache

_NUMBER = r"(?:0|[1-9][0-9]*)"
_WORD = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(
    rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_WORD}(?:\.{_WORD})*))?"
    r"(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)

# Upstream keeps each number in 64 bits.
_LARGEST = 2**64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Words: TypeAlias = tuple[tuple[int, int, str, int], ...]
    Key: TypeAlias = tuple[int, int, int, Words, Words]

# A version without a prerelease comes after every one with one.
_RELEASED: Words = ((2, 0, "", 0),)


@lru_cache(1024)
def version_key(text: str) -> Key | None:
    """What versions are ordered by, or `None` where `text` is no version."""
    match = _VERSION.fullmatch(text)
    if match is None:
        return None
    major, minor, patch, pre, build = match.groups()
    if len(major) > 20 or len(minor) > 20 or len(patch) > 20:
        return None
    numbers = int(major), int(minor), int(patch)
    if max(numbers) >= _LARGEST:
        return None
    return *numbers, _RELEASED if pre is None else _words(pre), () if build is None else _words(build)


def _words(text: str) -> Words:
    """Numbers come before words, by value; equal ones by their leading zeros (only build metadata has those)."""
    return tuple([_word(word) for word in text.split(".")])


def _word(word: str) -> tuple[int, int, str, int]:
    if word.isdigit():
        digits = word.lstrip("0")
        return 0, len(digits), digits, len(word)
    return 1, 0, word, 0


def package_key(namespace: str, name: str, version: str | None) -> tuple[object, ...]:
    """The order in which packages are visited: by namespace, name and version, no version first."""
    return namespace, name, () if version is None else (version_key(version),)
