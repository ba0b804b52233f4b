"""wasi:logging: the guest's own log lines, into the session's log with their level and context."""

from __future__ import annotations

from engine.hosts.embedded.context import Context
from engine.hosts.embedded.interfaces.access import trap_when_off
from engine.hosts.embedded.registry import Interface

NAME = "wasi:logging/logging"
logging = Interface(NAME)


@logging.function("log")
def log(cx: Context, level: str, context: str, message: str) -> None:
    """One line of the log for each line of `message`; the context stands before each."""
    trap_when_off(cx, NAME)
    deployment = cx.deployment
    prefix = f"{context}: " if context else ""
    for line in message.splitlines() or [""]:
        deployment.log(deployment.component, level, prefix + line)
