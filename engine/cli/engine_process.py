"""The engine as a process: one session, its socket, its signals, and a printer when a terminal looks on."""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Iterator, Mapping

import anyio

from engine.cli.printer import Printer
from engine.hosts.embedded.host import EmbeddedHost
from engine.model.problem import Problem
from engine.places.places import Places
from engine.project.project import Project
from engine.server.server import serve
from engine.session.options import Options
from engine.session.session import Session


def run_engine(
    places: Places,
    project: Project,
    options: Options,
    arguments: argparse.Namespace,
    environ: Mapping[str, str],
) -> int:
    """Runs the session to its end; 0, or 1 when `--once` did not get ready. Raises what kept it from starting."""
    try:
        return anyio.run(_run, places, project, options, arguments, environ)
    except BaseExceptionGroup as group:
        problems = list(_leaves(group.subgroup((Problem, OSError))))
        if len(problems) == len(list(_leaves(group))):
            raise problems[0] from None
        raise


def _leaves(error: BaseException | None) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for item in error.exceptions:
            yield from _leaves(item)
    elif error is not None:
        yield error


async def _run(
    places: Places,
    project: Project,
    options: Options,
    arguments: argparse.Namespace,
    environ: Mapping[str, str],
) -> int:
    session = Session(project, options, places, environ, _make_host)
    printer = Printer(json=arguments.json, logs=arguments.logs, quiet=arguments.engine)
    session.publisher.listen(printer.event)
    outcome: list[int] = []
    async with anyio.create_task_group() as group:
        group.start_soon(_signals, session)
        if arguments.logs:
            group.start_soon(printer.follow, session.journal.path)
        if arguments.once:
            group.start_soon(_once, session, outcome)
        try:
            await session.run(lambda **kwargs: serve(session, places.socket(session.id), **kwargs))
        finally:
            group.cancel_scope.cancel()
    printer.close()
    return outcome[0] if outcome else 0


def _make_host(session: Session) -> EmbeddedHost:
    settings = session.pipeline.project.config.host
    return EmbeddedHost(session.places, session.id, journal=session.journal.path, settings=settings)


async def _once(session: Session, outcome: list[int]) -> None:
    try:
        await session.wait_ready()
        outcome.append(0)
    except Problem:
        outcome.append(1)
    session.stop("once")


async def _signals(session: Session) -> None:
    """SIGINT and SIGTERM stop in order, a second one kills at once; a closed terminal changes nothing."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
        asked = False
        async for number in signals:
            if number == signal.SIGHUP:
                # Nobody is left to print to; the session goes on for whoever attaches next.
                _to_nowhere()
                continue
            if asked:
                from engine.supervise.process import sweep

                sweep()
                os._exit(128 + number)
            asked = True
            session.stop(signal.Signals(number).name)


def _to_nowhere() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
