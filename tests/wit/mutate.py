"""Broken and half-broken WIT, made from sound WIT: the same seed gives the same text."""

from __future__ import annotations

import random
import re

_WORD = re.compile(rb"[%A-Za-z][A-Za-z0-9-]*")
_SNIPPETS = [
    *b"package world interface use include with import export func async static resource record variant enum".split(),
    *b"flags type list< option< result< tuple< stream future map< own< borrow< > ( ) { } ; : , . @ = -> u32".split(),
    *b"string constructor as _ /* */ // a:b/c a:b/c@1.0.0 99999999999999999999 1.0.0 -1.0 %% %list a--b aB".split(),
    b"@since(version = 1.0.0)",
    b"@unstable(feature = active)",
    b"@deprecated(version = 1.0.0)",
    b'@external-id("x\\n")',
    b"\xc3\xa9",
    b"\xff",
    b"\0",
    b"\r",
    b'"',
    b"\xe2\x80\xae",
]


def mutated(rng: random.Random, texts: list[bytes]) -> bytes:
    """One of `texts`, changed in a few places, mostly in ways that keep it WIT for a while."""
    text = rng.choice(texts)
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        text = rng.choice(_CHANGES)(rng, text, texts)
    return text


def _swap_words(rng: random.Random, text: bytes, texts: list[bytes]) -> bytes:
    words = list(_WORD.finditer(text))
    if len(words) < 2:
        return text
    one = rng.choice(words)
    other = rng.choice(words)[0] if rng.random() < 0.7 else rng.choice(_SNIPPETS)
    return text[: one.start()] + other + text[one.end() :]


def _lines(rng: random.Random, text: bytes, texts: list[bytes]) -> bytes:
    lines = text.split(b"\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    how = rng.randrange(4)
    if how == 0:
        del lines[at]
    elif how == 1:
        lines.insert(at, lines[other])
    elif how == 2:
        lines[at], lines[other] = lines[other], lines[at]
    else:
        foreign = rng.choice(texts).split(b"\n")
        lines.insert(at, rng.choice(foreign))
    return b"\n".join(lines)


def _insert(rng: random.Random, text: bytes, texts: list[bytes]) -> bytes:
    at = rng.randrange(len(text) + 1)
    return text[:at] + b" " + rng.choice(_SNIPPETS) + b" " + text[at:]


def _cut(rng: random.Random, text: bytes, texts: list[bytes]) -> bytes:
    at = rng.randrange(len(text) + 1)
    return text[:at] + text[at + rng.choice((1, 1, 3, 20, 1000)) :]


def _byte(rng: random.Random, text: bytes, texts: list[bytes]) -> bytes:
    if not text:
        return text
    at = rng.randrange(len(text))
    return text[:at] + bytes([rng.randrange(256)]) + text[at + 1 :]


def _nest(rng: random.Random, text: bytes, texts: list[bytes]) -> bytes:
    inner = rng.choice(texts)
    header = re.search(rb"package [^;{]*", inner)
    if header is None:
        return text
    body = inner[: header.start()] + inner[header.end() :].replace(b";", b"", 1)
    return text + b"\n" + header[0] + b" {" + body + b"}"


_CHANGES = [_swap_words, _swap_words, _swap_words, _lines, _lines, _insert, _cut, _byte, _nest]
