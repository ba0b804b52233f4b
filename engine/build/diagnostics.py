"""Compilers' output to diagnostics: the forms that rustc, gcc-likes, Go, TypeScript and Python print."""

from __future__ import annotations

import re
from pathlib import Path

from engine.model.diagnostic import Diagnostic, Severity

ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")

RUST_HEAD = re.compile(r"^(error|warning)(?:\[\w+\])?: (.+)$")
RUST_PLACE = re.compile(r"^\s*--> (.+?):(\d+):(\d+)$")
COLONS = re.compile(
    r"^(\S[^:\n]*\.\w+):(\d+)(?::(\d+))?:?\s+(?:(fatal error|error|warning|note)\b:?\s*)?(.+)$"
)
TYPESCRIPT = re.compile(r"^(\S.*?)\((\d+),(\d+)\): (error|warning) (.+)$")
PYTHON_FRAME = re.compile(r'^\s*File "(.+?)", line (\d+)')
PYTHON_ERROR = re.compile(r"^(\w+(?:\.\w+)*(?:Error|Exception|Warning|Exit|Interrupt)): ?(.*)$")

MOST = 100


def parse(output: str, root: Path) -> tuple[Diagnostic, ...]:
    """What `output` says about places in files, in its order; paths relative to `root` where they lie in it."""
    found: list[Diagnostic] = []
    head: tuple[Severity, str] | None = None
    frame: tuple[str, int] | None = None
    for raw in output.splitlines():
        if len(found) >= MOST:
            break
        line = ANSI.sub("", raw).rstrip()
        if match := RUST_HEAD.match(line):
            head = ("error" if match[1] == "error" else "warning", match[2])
        elif (match := RUST_PLACE.match(line)) and head:
            found.append(_at(root, head[0], head[1], match[1], match[2], match[3]))
            head = None
        elif match := PYTHON_FRAME.match(line):
            if frame is None or _is_users(match[1]):
                frame = (match[1], int(match[2]))
        elif frame is not None and (match := PYTHON_ERROR.match(line)):
            found.append(_at(root, "error", line, frame[0], str(frame[1]), None))
            frame = None
        elif match := TYPESCRIPT.match(line):
            found.append(
                _at(root, "error" if match[4] == "error" else "warning", match[5], *match.group(1, 2, 3))
            )
        elif (match := COLONS.match(line)) and (match[4] or match[3]):
            severity: Severity = "warning" if match[4] in ("warning", "note") else "error"
            found.append(_at(root, severity, match[5], match[1], match[2], match[3]))
    return tuple(found)


def _is_users(file: str) -> bool:
    """Whether a frame is in code of the project's: guests see it under `/0`, `/1` … while they are built."""
    return bool(re.match(r"/\d+/", file)) or not file.startswith(("/python/", "/bundled/", "/world/", "<"))


def _at(
    root: Path, severity: Severity, message: str, file: str, line: str | None, column: str | None
) -> Diagnostic:
    name = re.sub(r"^(/\d+/|\./)", "", file)
    path = Path(name)
    if path.is_absolute() and path.is_relative_to(root):
        name = path.relative_to(root).as_posix()
    return Diagnostic(severity, message, name, int(line) if line else None, int(column) if column else None)


def tail(output: str, lines: int = 12) -> str:
    """The end of an output in which nothing was recognised: better than silence."""
    rows = [ANSI.sub("", line).rstrip() for line in output.splitlines()]
    return "\n".join([row for row in rows if row][-lines:])
