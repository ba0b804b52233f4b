"""Finding the session that a command means, and asking its engine one thing."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.model.problem import Problem
from engine.model.state import SessionRow
from engine.places.places import Places, find

if TYPE_CHECKING:
    from engine.protocol.messages import RemoteError


class NoSession(Problem):
    """No running session fits what the command was told."""


def rows(places: Places) -> tuple[SessionRow, ...]:
    from engine.session.sessions_file import SessionsFile

    return SessionsFile(places.sessions_file).rows()


def the_session(name: str | None, places: Places, running: bool = True) -> SessionRow:
    """The session with the id `name`, else the one of the project here, else the only one there is.

    `name` may also be a project's folder. Raises :class:`NoSession`.
    """
    known = [row for row in rows(places) if row.state == "running" or not running]
    if name is not None:
        path = str(Path(name).resolve())
        found = [row for row in known if row.id == name] or [row for row in known if row.path == path]
        if not found:
            raise NoSession(
                f"there is no {'running ' if running else ''}session '{name}'",
                hint="`wake sessions` lists them",
            )
        return found[0]
    here = Path.cwd()
    around = [row for row in known if here.is_relative_to(row.path)]
    if around:
        return max(around, key=lambda row: len(row.path))
    for candidates in (known, [row for row in known if row.state == "running"]):
        if len(candidates) == 1:
            return candidates[0]
    if not known:
        raise NoSession(f"there is no {'running ' if running else ''}session", hint="`wake dev` starts one")
    raise NoSession(
        "there are several sessions, and none is of a project here",
        notes=tuple(f"{row.id}  {row.project}  {row.path}" for row in known),
        hint="name one by its id",
    )


def ask(name: str | None, method: str, params: dict[str, Any] | None = None) -> Any:
    """Calls one method of the session's engine. Raises :class:`~engine.model.problem.Problem`."""
    places = find(os.environ)
    row = the_session(name, places)
    return asyncio.run(_ask(places.socket(row.id), method, params))


async def _ask(socket: Path, method: str, params: dict[str, Any] | None) -> Any:
    from engine.client.client import Client
    from engine.protocol.messages import RemoteError

    try:
        client = await Client.connect(socket)
    except OSError as error:
        raise NoSession(f"the session's engine does not answer: {error.strerror or error}") from error
    except RemoteError as error:
        raise NoSession(str(error), hint="the session was started by another version of wake") from error
    try:
        return await client.call(method, params)
    except RemoteError as error:
        raise NoSession(error.fault.message, hint=_hint(error)) from error
    finally:
        await client.close()


def _hint(error: RemoteError) -> str | None:
    """The next step, where the engine named one."""
    data = error.fault.data
    return data.get("hint") if isinstance(data, dict) else None
