"""WADM files on disk."""

from __future__ import annotations

from pathlib import Path

from engine.manifest.problems import ManifestError
from engine.manifest.yaml_reader import SIZE_LIMIT


def read_manifest_text(file: Path) -> str:
    """The file's text. Raises :class:`ManifestError` when it cannot be read, is too large, or is not UTF-8."""
    try:
        with file.open("rb") as stream:
            data = stream.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise ManifestError(f"the manifest cannot be read: {error.strerror}", file=str(file)) from error
    if len(data) > SIZE_LIMIT:
        raise ManifestError(f"the manifest is larger than {SIZE_LIMIT} bytes", file=str(file))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise ManifestError("the manifest is not UTF-8", file=str(file), line=line, column=column) from error
