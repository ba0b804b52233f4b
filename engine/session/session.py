"""One dev session: owns the project's tree, its builds, its host and its state, and drives the pipeline.

Two ways lead to new code in service. A *source* reload, where a dev shell serves the files as they are: as soon as a
hint or a request shows that one changed, in milliseconds. And the whole pipeline, for everything else: one at a time,
after a quiet moment, started by a changed file, a key, or the start itself.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import anyio.abc

from engine.build.builder import Builder
from engine.hosts.base import Dirty, Host, Note, ProcessChanged, RequestServed
from engine.logs.journal import JournalWriter
from engine.logs.spool import SpoolFollower
from engine.model.problem import Problem
from engine.model.process import Process
from engine.model.reload import Cause, Reload
from engine.model.state import Progress, State
from engine.places.places import Places, make_private
from engine.project.project import Project
from engine.session.address import listen
from engine.session.conductor import Conductor, Wish
from engine.session.history import History
from engine.session.lock import SessionLock
from engine.session.options import Options
from engine.session.pipeline import Pipeline
from engine.session.publisher import Publisher, rfc3339
from engine.session.sessions_file import Record, SessionsFile
from engine.session.stages import Stages
from engine.supervise.identity import me
from engine.supervise.process import become_subreaper, sweep
from engine.watch.rules import Rules
from engine.watch.tree import Tree
from engine.watch.watcher import hints

# So many files are looked at in two milliseconds.
LOOK_AT_ALL = 200


LISTEN_SECONDS = 0.25


class NotReady(Problem):
    """What was waited for cannot come any more without a change of the files."""


class Session:
    """Made for one project, run once. All methods are called from the engine's loop."""

    def __init__(
        self,
        project: Project,
        options: Options,
        places: Places,
        environ: Mapping[str, str],
        make_host: Callable[[Session], Host],
    ) -> None:
        self.id = project.session
        self.options = options
        self.places = places
        self.environ = environ
        self.folder = places.session(self.id)
        self.journal = JournalWriter(self.folder / "journal.log")
        self.history = History(self.folder / "history.jsonl")
        self.sessions = SessionsFile(places.sessions_file)
        now = self._now()
        self.publisher = Publisher(
            State(
                revision=0,
                session=self.id,
                project=project.name,
                path=str(project.root),
                phase="starting",
                host=options.host,
                started=now.timestamp(),
                reloads=self.history.reloads,
            )
        )
        outputs = [path for path in (project.build_folder, project.artifact, project.destination) if path]
        self.tree = Tree(Rules(project.root, outputs, options.ignored))
        self.builder = Builder(
            self.folder, places.cache, environ, lambda level, line: self.log("build", level, line), self._tell
        )
        self.address = ""
        self.pipeline = Pipeline(self, project)
        self.host = make_host(self)
        self._lock = SessionLock(places.lock(self.id))
        self.conductor = Conductor(self)
        self._stopping = anyio.Event()
        self._reason = "stopped"
        self._crashed: dict[str, Stages] = {}

    # -- life -------------------------------------------------------------------------------------------------

    async def run(self, serve: Callable[..., Any] | None = None) -> None:
        """From the lock to the last child. `serve` is a task that is started once the session can be spoken to.

        Raises :class:`~engine.session.lock.AlreadyRunning`, or :class:`Problem` when the host cannot start.
        """
        make_private(self.places.runtime)
        self.places.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock.take()
        become_subreaper()
        try:
            async with anyio.create_task_group() as group:
                if serve is not None:
                    await group.start(serve)
                self._record(running=True)
                self.publisher.event(
                    "session_started",
                    project=self.publisher.state.project,
                    socket=str(self.places.socket(self.id)),
                )
                self.address = await self.host.start(self._listen)
                self.tree.scan()
                group.start_soon(self._watch)
                group.start_soon(self._hear)
                group.start_soon(self.conductor.run)
                group.start_soon(self._neighbours)
                group.start_soon(self._overhear)
                await self._stopping.wait()
                group.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await self._end()

    def stop(self, reason: str) -> None:
        """Begins the end; :meth:`run` returns when it is over."""
        self._reason = reason
        self._stopping.set()

    async def _end(self) -> None:
        self.publisher.replace(phase="stopping", progress=None)
        self._record(running=False)
        leave = self.options.leave_host_running
        spare = frozenset(process.pid for process in self.host.processes() if leave and process.pid)
        try:
            if not leave:
                await self.host.undeploy()
            await self.host.stop(leave_running=leave)
        except Exception as error:
            self.log("wake", "error", f"the host did not stop in order: {error}")
        for pid in sweep(spare):
            self.log("wake", "warn", f"killed a process that was left over (pid {pid})")
        self.publisher.event("session_stopped", reason=self._reason)
        self.publisher.replace(phase="stopped")
        self.journal.close()
        self._lock.release()

    def _listen(self) -> tuple[str, socket.socket]:
        """The address to serve at, and its socket. Raises :class:`AddressError`."""
        return listen(self.options.address, self.options.port)

    # -- what clients ask -------------------------------------------------------------------------------------

    def welcome(self) -> dict[str, Any]:
        from importlib.metadata import version
        from os import getpid

        return {"protocol": 1, "version": version("wake-tui"), "session": self.id, "pid": getpid()}

    async def toggle(self, name: str, off: bool | None) -> bool:
        """Turns a dependency off or on in the pending manifest; whether it is off now."""
        return await self.pipeline.toggle(name, off)

    async def apply(self) -> dict[str, Any]:
        """Deploys the pending manifest; returns when that reload is over."""
        return await self.conductor.granted(Wish(Cause("key"), apply=True))

    async def discard(self) -> dict[str, Any]:
        await self.pipeline.discard()
        return {}

    async def reload(self, rebuild: bool = False) -> dict[str, Any]:
        """Runs the whole pipeline, from sources looked at anew; returns when that reload is over."""
        self.tree.scan()
        return await self.conductor.granted(Wish(Cause("key"), rebuild=rebuild))

    async def pause(self, paused: bool) -> dict[str, Any]:
        self.publisher.replace(paused=paused)
        if not paused:
            await self.conductor.changed(self.tree.scan())
            await self.conductor.resumed()
        return {"paused": paused}

    async def wait_ready(self) -> dict[str, Any]:
        """Returns once the newest code answers. Raises :class:`NotReady` when it failed."""
        if self.publisher.state.phase in ("ready", "failed") and not self.publisher.state.paused:
            # A save that the watcher has not told of yet is the newest code as well.
            await self.conductor.changed(self.tree.scan())
        state = await self.publisher.until(
            lambda state: (
                state.phase in ("stopping", "stopped")
                or (state.phase in ("ready", "failed") and state.progress is None and not self.conductor.due)
            )
        )
        if state.phase != "ready":
            raise NotReady(state.error or f"the session is {state.phase}")
        return {"urls": state.urls}

    async def call(self, export: str, arguments: tuple[str, ...]) -> str:
        return await self.host.call(self.pipeline.component, export, arguments)

    # -- what goes on -----------------------------------------------------------------------------------------

    def log(self, source: str, level: str, text: str) -> None:
        """One line, or several, into the session's journal."""
        self.journal.write(source, level, text)

    def finish(self, reload: Reload) -> None:
        """Keeps a reload that ended, and tells everybody."""
        try:
            reloads = self.history.add(reload)
        except OSError as error:
            self.log("wake", "warn", f"the history cannot be written: {error.strerror}")
            reloads = self.history.reloads
        self.publisher.replace(reloads=reloads, progress=None)
        self.publisher.event(
            "reload",
            number=reload.number,
            kind=reload.kind,
            cause=reload.cause,
            ok=reload.ok,
            stages=reload.stages,
            total_ms=reload.total_ms,
            error=reload.error,
            diagnostics=reload.diagnostics or None,
        )
        what = ", ".join(reload.cause.paths[:3]) or reload.cause.kind
        if reload.ok:
            self.log(
                "wake", "info", f"reload {reload.number} ({reload.kind}) in {reload.total_ms:.1f} ms: {what}"
            )
        else:
            self.log(
                "wake", "error", f"reload {reload.number} ({reload.kind}) failed: {reload.error} [{what}]"
            )

    def set_urls(self, urls: tuple[str, ...]) -> None:
        """The addresses answer from here on."""
        self.publisher.replace(urls=urls)
        self.publisher.event("host_ready", host=self.options.host, urls=list(urls))
        self._record(running=True)

    async def _watch(self) -> None:
        async for paths in hints(self.tree):
            changed = self.tree.scan() if paths is None else self.tree.look(paths)
            await self.conductor.changed(changed)

    async def _hear(self) -> None:
        """The host's events."""
        async for event in self.host.events():
            match event:
                case Dirty(paths=paths):
                    root = self.tree.root
                    known = [
                        Path(path).relative_to(root).as_posix()
                        for path in paths
                        if Path(path).is_relative_to(root)
                    ]
                    # A file that the changed one imports may be newer than any hint of it.
                    few = len(self.tree.files) <= LOOK_AT_ALL
                    changed = self.tree.scan() if few else self.tree.look(known)
                    await self.conductor.changed(changed)
                    if self.publisher.state.paused or not changed:
                        await self.pipeline.release()
                case ProcessChanged(process=process):
                    await self._process(process)
                case RequestServed():
                    self.publisher.event(
                        "request",
                        method=event.method,
                        path=event.path,
                        status=event.status,
                        ms=round(event.ms, 3),
                    )
                case Note(level=level, text=text):
                    self.log("host", level, text)

    async def _process(self, process: Process) -> None:
        before = {item.name: item for item in self.publisher.state.processes}
        self.publisher.replace(processes=tuple({**before, process.name: process}.values()))
        self.publisher.event("process", name=process.name, pid=process.pid, state=process.state)
        if process.state in ("backoff", "resting"):
            self._crashed.setdefault(process.name, Stages())
        elif process.state == "ready" and (stages := self._crashed.pop(process.name, None)):
            self.finish(
                Reload(
                    number=self.history.next_number,
                    kind="restart",
                    cause=Cause("crash"),
                    ok=True,
                    stages={},
                    total_ms=round(stages.total_ms, 2),
                    time=rfc3339(self._now()),
                )
            )

    async def _overhear(self) -> None:
        """What the host's process itself prints, a crash in native code above all, belongs in the log."""
        follower = SpoolFollower(self.folder / "host.out", self.journal, "host")
        try:
            while True:
                follower.pump()
                await anyio.sleep(LISTEN_SECONDS)
        finally:
            follower.pump(final=True)
            follower.close()

    async def _neighbours(self) -> None:
        """The other sessions, for the pane that lists them."""
        while True:
            self.publisher.replace(sessions=self.sessions.rows())
            await anyio.sleep(2.0)

    def _tell(self, text: str) -> None:
        self.publisher.replace(progress=Progress("build", text, self._now().timestamp()))

    def _record(self, running: bool) -> None:
        state = self.publisher.state
        now = rfc3339(self._now())
        self.sessions.put(
            Record(
                id=self.id,
                project=state.project,
                path=state.path,
                engine=me() if running else None,
                urls=state.urls if running else (),
                started=rfc3339(datetime.fromtimestamp(state.started, UTC)),
                last_used=now,
            )
        )

    @staticmethod
    def _now() -> datetime:
        return datetime.now(UTC)
