"""Header fields, trailers and error codes of `wasi:http/types`."""

from __future__ import annotations

import re
from typing import Any

from engine.hosts.embedded.context import Context
from engine.hosts.embedded.http.exchange import Headers
from engine.hosts.embedded.registry import Interface
from engine.hosts.embedded.streams import IoError
from engine.hosts.embedded.values import Err, Ok, Resource, Trap

types = Interface("wasi:http/types")

ErrorCode = tuple[str, Any]
Method = tuple[str, str | None]
Scheme = tuple[str, str | None]

# RFC 9110, 5.1 and 5.5.
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*\Z")
# Fields that belong to the connection, which is the host's (RFC 9110, 7.6.1); `host` is the authority.
FORBIDDEN = frozenset(
    (
        "connection",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "transfer-encoding",
        "upgrade",
    )
)
FIELDS_LIMIT = 128 * 1024
METHODS = frozenset(("get", "head", "post", "put", "delete", "connect", "options", "trace", "patch"))


def internal_error(text: str) -> ErrorCode:
    return "internal-error", text


class Fields(Resource):
    """`fields`, `headers` and `trailers`. Names are kept as given and compared without case."""

    wit = "wasi:http/types.fields"

    def __init__(self, entries: Headers, mutable: bool = True) -> None:
        self.entries = entries
        self.mutable = mutable


def refused(name: str, *values: bytes) -> Err[tuple[str, None]] | None:
    """Why a field may not be set, if it may not."""
    if not TOKEN.match(name) or not all(_VALUE.match(value) for value in values):
        return Err(("invalid-syntax", None))
    return Err(("forbidden", None)) if name.lower() in FORBIDDEN else None


def _bounded(fields: Fields) -> None:
    if sum(len(name) + len(value) for name, value in fields.entries) > FIELDS_LIMIT:
        raise Trap(f"header fields grew beyond {FIELDS_LIMIT >> 10} KB")


@types.function("[constructor]fields")
def new_fields(cx: Context) -> Fields:
    return Fields([])


@types.function("[static]fields.from-list")
def from_list(cx: Context, entries: Headers) -> Ok[Fields] | Err[tuple[str, None]]:
    for name, value in entries:
        problem = refused(name, value)
        if problem is not None:
            return problem
    fields = Fields(list(entries))
    _bounded(fields)
    return Ok(fields)


@types.function("[method]fields.get")
def get(cx: Context, fields: Fields, name: str) -> list[bytes]:
    wanted = name.lower()
    return [value for key, value in fields.entries if key.lower() == wanted]


@types.function("[method]fields.has")
def has(cx: Context, fields: Fields, name: str) -> bool:
    wanted = name.lower()
    return any(key.lower() == wanted for key, _ in fields.entries)


@types.function("[method]fields.set")
def set_(cx: Context, fields: Fields, name: str, values: list[bytes]) -> Ok[None] | Err[tuple[str, None]]:
    if not fields.mutable:
        return Err(("immutable", None))
    problem = refused(name, *values)
    if problem is not None:
        return problem
    wanted = name.lower()
    kept = [entry for entry in fields.entries if entry[0].lower() != wanted]
    fields.entries = kept + [(name, value) for value in values]
    _bounded(fields)
    return Ok()


@types.function("[method]fields.delete")
def delete(cx: Context, fields: Fields, name: str) -> Ok[None] | Err[tuple[str, None]]:
    if not fields.mutable:
        return Err(("immutable", None))
    problem = refused(name)
    if problem is not None:
        return problem
    wanted = name.lower()
    fields.entries = [entry for entry in fields.entries if entry[0].lower() != wanted]
    return Ok()


@types.function("[method]fields.append")
def append(cx: Context, fields: Fields, name: str, value: bytes) -> Ok[None] | Err[tuple[str, None]]:
    if not fields.mutable:
        return Err(("immutable", None))
    problem = refused(name, value)
    if problem is not None:
        return problem
    fields.entries = [*fields.entries, (name, value)]
    _bounded(fields)
    return Ok()


@types.function("[method]fields.entries")
def entries(cx: Context, fields: Fields) -> Headers:
    return fields.entries


@types.function("[method]fields.clone")
def clone(cx: Context, fields: Fields) -> Fields:
    return Fields(list(fields.entries))


@types.function("http-error-code")
def http_error_code(cx: Context, error: IoError) -> ErrorCode | None:
    """The error code inside a stream's error, where it came from HTTP."""
    return error.cause if isinstance(error.cause, tuple) else None
