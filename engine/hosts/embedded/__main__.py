"""The child: `python -m engine.hosts.embedded OPTIONS`, OPTIONS a JSON document (see :class:`Options`)."""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path

import msgspec

from engine.hosts.embedded.application import Application
from engine.hosts.embedded.cache import CodeCache
from engine.hosts.embedded.compile import Compiler
from engine.hosts.embedded.control import ORPHAN_SECONDS, Control
from engine.hosts.embedded.http.front import Front
from engine.logs.journal import JournalWriter
from engine.model.host_settings import HostSettings


class Options(msgspec.Struct, frozen=True):
    """`control` is the control socket's path; `listen` maps addresses to inherited descriptors of listening sockets."""

    control: str
    folder: str
    journal: str
    cache: str
    listen: dict[str, int] = {}
    settings: HostSettings = HostSettings()
    orphan_seconds: float = ORPHAN_SECONDS


def main(arguments: list[str]) -> int:
    options = msgspec.json.decode(arguments[0].encode(), type=Options)
    journal = JournalWriter(Path(options.journal))
    # A guest that takes the whole interpreter for itself holds others up for this long, not for 5 ms.
    sys.setswitchinterval(0.001)

    # Components are named after the session that runs them; its own log need not say it on every line.
    prefix = f"{Path(options.folder).name}-"

    def log(source: str, level: str, text: str) -> None:
        journal.write(source.removeprefix(prefix), level, text)

    def build(control: Control) -> tuple[Front, Application]:
        compiler = Compiler(CodeCache(Path(options.cache)))
        application = Application(Path(options.folder), compiler, options.settings, log, control.tell)
        front = Front(application.handle, options.settings.body_mb << 20)
        for address, descriptor in options.listen.items():
            front.listen(address, socket.socket(fileno=descriptor))
        return front, application

    control = Control(Path(options.control), build, options.orphan_seconds)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: control.stop())
    control.run()
    control.front.close()
    control.application.undeploy()
    control.application.compiler.close()
    # Threads that a guest still holds must not keep the process.
    os._exit(0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
