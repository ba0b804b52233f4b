"""What a session is started with: the options of `wake dev` and `wake-tui`, decoded."""

from __future__ import annotations

from typing import Literal

import msgspec


class Options(msgspec.Struct, frozen=True, omit_defaults=True):
    """`port` None: the first free one from 8000 up. `manifest_folder` gets `<application>.yaml` at every
    generation. `ignored` are folders, as names or paths relative to the project, that are not watched."""

    host: Literal["embedded"] = "embedded"
    address: str = "127.0.0.1"
    port: int | None = None
    leave_host_running: bool = False
    manifest_folder: str | None = None
    ignored: tuple[str, ...] = ()
