"""The way of a save: build → discover → plan → diff → apply → ready, each stage timed.

A stage that fails ends that reload and says why; what was deployed before goes on serving.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
import msgspec

from engine.build.builder import Built
from engine.component.model import Resolve
from engine.dependencies.settings import user_catalogue
from engine.dependencies.toggles import load_toggles, save_toggles
from engine.dependencies.wit import load_wit
from engine.hosts.base import HostError, Outcome
from engine.model.deliverable import Deliverable
from engine.model.diagnostic import Diagnostic
from engine.model.problem import Problem
from engine.model.reload import Cause, Reload, ReloadKind
from engine.model.state import Progress
from engine.places.places import make_project_folder, write_atomic
from engine.project.find import load_project
from engine.project.project import Project
from engine.session.conductor import Wish
from engine.session.planning import Artifact, Plan, inspect, plan
from engine.session.publisher import rfc3339
from engine.session.reasons import first_error, problems, relative, unmounted
from engine.session.stages import Stages

if TYPE_CHECKING:
    from engine.session.session import Session


class ToggleError(Problem):
    """A dependency that cannot be toggled."""


class Failed(Exception):
    """A stage that ends the reload."""

    def __init__(self, error: str, diagnostics: Sequence[Diagnostic] = ()) -> None:
        super().__init__(error)
        self.diagnostics = tuple(diagnostics)


class Pipeline:
    """Holds what the last run made of each stage, so that the next one takes only those it must."""

    def __init__(self, session: Session, project: Project) -> None:
        self.session = session
        self.project = project
        self.component = project.component_id
        self._turn = anyio.Lock()
        self._resolve: Resolve | None = None
        self._artifact: Artifact | None = None
        self._deliverable: Deliverable | None = None
        self._deployed: Plan | None = None
        self._toggles = dict(load_toggles(project.root))
        self._wanted = dict(self._toggles)
        self._told: set[str] = set()
        # Why the last run of the whole pipeline failed; it stands until one succeeds.
        self._standing: tuple[str, tuple[Diagnostic, ...]] | None = None
        # Whether something was built that could not be deployed: sources alone do not mend that.
        self._undeployed = False

    # -- which way a change goes ----------------------------------------------------------------------------------

    def serves(self, changed: Sequence[str]) -> bool:
        """Whether a dev shell is up and all of `changed` are its sources."""
        ready = self._deployed is not None and not self._undeployed
        return ready and len(self._sources(changed)) == len(changed)

    def _sources(self, changed: Sequence[str]) -> list[str]:
        """Those of the files that the dev shell serves; none where there is no dev shell."""
        folder = self.session.builder.sources(self.project)
        if folder is None or self.session.builder.app(self.project) is None:
            return []
        under = [path for path in changed if (self._root / path).is_relative_to(folder)]
        return [path for path in under if not self._decides(path)]

    def spoils(self, changed: Sequence[str]) -> bool:
        """Whether a build under way is of no use after these changes."""
        if self.session.builder.app(self.project) is None:
            return True
        return any(self._decides(path) for path in changed)

    def _decides(self, changed: str) -> bool:
        """Whether the file says what the project is: its configuration, or its WIT."""
        path, wit = self._root / changed, self.project.wit
        return path in self.project.files or (wit is not None and path.is_relative_to(wit))

    # -- source reloads -------------------------------------------------------------------------------------------

    async def source_reload(self, changed: Sequence[str]) -> None:
        """Puts the sources as they are now in service, through the dev shell."""
        async with self._turn:
            stages = Stages()
            stages.detected([self._root / path for path in changed])
            while True:
                with stages.stage("build"):
                    deliverable = self.session.builder.stage(self.session.tree)
                try:
                    outcome = await self.session.host.reload(self.component, deliverable)
                except HostError as gone:
                    # The host went away meanwhile. It comes back with what it ran before: these files are to follow.
                    self.session.log("host", "warn", str(gone))
                    self.session.conductor.ask(Wish(Cause("crash", tuple(changed))))
                    return
                stages.add(outcome.stages)
                if outcome.ok or not (more := self._newer()):
                    break
                # What it lacked is there, though nobody has told of it yet.
                changed = sorted({*changed, *more})
            if outcome.ok:
                self._deliverable = deliverable
            diagnostics = self._local(outcome.diagnostics)
            error = None if outcome.ok else first_error(diagnostics) or outcome.error
            self._finish("source", Cause("file", tuple(changed)), stages, error, diagnostics, outcome.ok)
        if not outcome.ok and self.session.builder.outdated(self.project):
            # Something was installed since: the shell is built anew with it.
            self.session.conductor.ask(Wish(Cause("config", tuple(changed))))

    def _newer(self) -> list[str]:
        """Sources that changed since the last look; what else did is kept for another run."""
        changed = self.session.tree.scan()
        served = self._sources(changed)
        self.session.conductor.keep(set(changed).difference(served))
        return served

    async def release(self) -> None:
        """Lets requests go on that the host holds because of a change that turned out to be none."""
        async with self._turn:
            if self._deliverable is not None and self.session.builder.sources(self.project) is not None:
                with suppress(HostError):  # it holds nothing any more
                    await self.session.host.reload(
                        self.component, self.session.builder.stage(self.session.tree)
                    )

    # -- the whole way --------------------------------------------------------------------------------------------

    async def run(self, cause: Cause, rebuild: bool = False, apply: bool = False) -> Reload | None:
        """One reload through every stage that `cause` makes necessary; None when newer changes made it stale.

        With `apply` it deploys the pending toggles and takes the code as it is; with `rebuild` a dev
        shell is built anew.
        """
        stages = Stages()
        stages.detected([self._root / path for path in cause.paths])
        kind: ReloadKind = "deploy"
        error, diagnostics = None, tuple[Diagnostic, ...]()
        try:
            self._busy(
                "building" if self._deployed is None else self.session.publisher.state.phase, "discover"
            )
            with stages.stage("discover"):
                await self._discover()
            deliverable = self._deliverable
            if deliverable is None or not apply:
                built = await self._build(cause, stages, rebuild)
                if built is None:
                    return None
                deliverable, diagnostics = built.deliverable, built.diagnostics
            assert deliverable is not None
            self._undeployed = True
            with stages.stage("discover"):
                # A dev shell has all of its world; what a compiler made has what the code uses.
                self._artifact = None if deliverable.shell else self._inspect(deliverable)
            with stages.stage("plan"):
                made = self._make_plan(self._wanted if apply else self._toggles)
                others = made.others(self.session.places.cache)
            for warning in made.warnings:
                self.session.log("wake", "warn" if warning.severity == "warning" else "info", warning.message)
            kind = (
                "deploy" if self._deployed is None or made.version != self._deployed.version else "artifact"
            )
            self._busy("deploying", "apply")
            outcome = await self._apply(made, deliverable, others)
            stages.add(outcome.stages)
            if not outcome.ok:
                found = self._local(outcome.diagnostics)
                raise Failed(first_error(found) or outcome.error or "the host refused it", found)
            self._deploy(made, deliverable, apply)
            self._undeployed = False
        except Failed as failed:
            error, diagnostics = str(failed), failed.diagnostics
        except (Problem, ExceptionGroup) as problem:
            diagnostics = relative((item.diagnostic() for item in problems(problem)), self._root)
            error = first_error(diagnostics)
        except OSError as failed:
            error = f"{failed.strerror or failed}{f': {failed.filename}' if failed.filename else ''}"
        except Exception as fault:
            # A fault of ours ends this reload, not the session.
            self.session.log("wake", "error", traceback.format_exc())
            error = f"a fault of wake itself, see its log: {type(fault).__name__}: {fault}"
        self._standing = (error, diagnostics) if error is not None else None
        return self._finish(kind, cause, stages, error, diagnostics, error is None)

    async def _discover(self) -> None:
        """The project, its WIT and its dependencies, as the files say now."""
        config = self.project.config_file
        # A file that was removed says nothing any more: the project is inferred, as it would be at the start.
        source = config if config is not None and config.is_file() else self.project.root
        project = load_project(source, self.session.environ)
        if project.kind == "provider":
            raise Problem(
                f"{project.name} is a provider: the embedded host runs components, its providers are built in",
                hint="`wake manifest` gives the application that a wasmCloud lattice would run it with",
            )
        resolve = await anyio.to_thread.run_sync(load_wit, project)
        self.project, self._resolve = project, resolve
        self._artifact = None
        made = self._make_plan(self._wanted)
        self.session.publisher.replace(dependencies=made.dependencies, hints=made.hints)
        self.session.publisher.event("dependencies", items=made.dependencies)

    async def _build(self, cause: Cause, stages: Stages, rebuild: bool) -> Built | None:
        assert self._resolve is not None
        self.session.publisher.event("build_started", cause=cause)
        before = stages.taken.get("build", 0.0)
        built: Built | None = None
        diagnostics: tuple[Diagnostic, ...] = ()
        with anyio.CancelScope() as scope, stages.stage("build"):
            self.session.conductor.building(scope)
            self._busy(self.session.publisher.state.phase, "build")
            try:
                built = await self.session.builder.dev(
                    self.project, self._resolve, self.session.tree, rebuild
                )
                diagnostics = relative(built.diagnostics, self._root)
            except (Problem, ExceptionGroup) as problem:
                diagnostics = relative((item.diagnostic() for item in problems(problem)), self._root)
            finally:
                self.session.conductor.building(None)
        if scope.cancelled_caught:
            self.session.log("build", "info", "stopped: the files changed again")
            return None
        ok = built is not None and built.deliverable is not None
        self.session.publisher.event(
            "build_finished",
            ok=ok,
            ms=round(stages.taken["build"] - before, 2),
            artifact=built.artifact if built else None,
            diagnostics=diagnostics,
        )
        if not ok:
            raise Failed(first_error(diagnostics) or "the build failed", diagnostics)
        assert built is not None
        return msgspec.structs.replace(built, diagnostics=diagnostics)

    def _inspect(self, deliverable: Deliverable) -> Artifact:
        try:
            return inspect(Path(deliverable.component))
        except Problem as problem:
            # The user knows the file that their build wrote, not our copy of it.
            problem.file = str(self.project.artifact)
            raise

    async def _apply(self, made: Plan, deliverable: Deliverable, others: dict[str, Deliverable]) -> Outcome:
        async with self._turn:
            if deliverable.shell:
                # The sources may have moved on while the shell was built. What else did is another run's.
                self._newer()
                deliverable = self.session.builder.stage(self.session.tree)
            return await self.session.host.apply(
                made.document, {**others, made.component: deliverable}, made.off
            )

    def _deploy(self, made: Plan, deliverable: Deliverable, applied: bool) -> None:
        publisher = self.session.publisher
        new = self._deployed is None or self._deployed.version != made.version
        self._deliverable, self._deployed, self.component = deliverable, made, made.component
        if applied:
            self._toggles = dict(self._wanted)
            try:
                save_toggles(self.project.root, self._toggles)
            except OSError as error:
                self._cannot_write(error)
        publisher.replace(deployed=made.manifest, project=self.project.name, hints=made.hints)
        if new:
            publisher.event("manifest", state="deployed", **msgspec.structs.asdict(made.manifest))
        self._show_pending()
        urls = self.session.host.endpoints()
        if new or urls != publisher.state.urls:
            self.session.set_urls(urls)

    # -- toggles --------------------------------------------------------------------------------------------------

    async def toggle(self, name: str, off: bool | None) -> bool:
        """Plans the dependency off or on; whether it is off then. Nothing is deployed. Raises ToggleError."""
        known = {item.name: item for item in self.session.publisher.state.dependencies}
        if name not in known:
            names = ", ".join(sorted(known)) or "none yet"
            raise ToggleError(f"there is no dependency '{name}'", hint=f"there are: {names}")
        if known[name].state == "host":
            raise ToggleError(f"{name} is provided by the host itself and cannot be toggled")
        is_off = known[name].state == "off"
        off = not is_off if off is None else off
        self._wanted = {key: on for key, on in self._wanted.items() if key != name}
        if off:
            self._wanted[name] = False
        self._show_pending()
        return off

    async def discard(self) -> None:
        """Forgets toggles that were not applied."""
        self._wanted = dict(self._toggles)
        self._show_pending()

    def _show_pending(self) -> None:
        made = self._make_plan(self._wanted)
        publisher = self.session.publisher
        differs = self._deployed is None or made.version != self._deployed.version
        changes = made.changes_from(self._deployed) if differs else ()
        publisher.replace(
            dependencies=made.dependencies, pending=made.manifest if differs else None, changes=changes
        )
        if differs:
            publisher.event("manifest", state="pending", **msgspec.structs.asdict(made.manifest))

    # -- small parts ----------------------------------------------------------------------------------------------

    @property
    def _root(self) -> Path:
        return self.session.tree.root

    def _local(self, diagnostics: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
        """What the guest told, about the project's own files."""
        return relative(unmounted(diagnostics, self.session.builder.sources(self.project)), self._root)

    def _make_plan(self, toggles: dict[str, bool]) -> Plan:
        if self._resolve is None:
            raise ToggleError("the project's WIT has not been read yet")
        asked = self.session.options.port is not None
        catalogue = user_catalogue(self.session.places.settings_file)
        made = plan(
            self.project, self._resolve, toggles, self._artifact, self.session.address, asked, catalogue
        )
        self._write(made)
        return made

    def _write(self, made: Plan) -> None:
        """Leaves the manifest where the user looks for it: in the project's `.wake/dev`, and where they asked."""
        asked = self.session.options.manifest_folder
        for folder in (None, asked) if asked is not None else (None,):
            try:
                self._put(Path(folder) if folder else make_project_folder(self.project.root), made)
            except OSError as error:
                self._cannot_write(error)

    @staticmethod
    def _put(folder: Path, made: Plan) -> None:
        path = folder / f"{made.manifest.name}.yaml"
        data = made.manifest.text.encode()
        if not path.exists() or path.read_bytes() != data:
            write_atomic(path, data)

    def _cannot_write(self, error: OSError) -> None:
        """Says once that a folder takes no files; serving the project does not depend on them."""
        text = f"{error.filename} cannot be written: {error.strerror}; the session goes on without"
        if text not in self._told:
            self._told.add(text)
            self.session.log("wake", "warn", text)

    def _busy(self, phase: str, stage: str) -> None:
        from datetime import UTC, datetime

        texts = {"discover": "reading WIT", "build": "building", "apply": "deploying"}
        progress = Progress(stage, texts[stage], datetime.now(UTC).timestamp())
        self.session.publisher.replace(phase=phase, progress=progress)

    def _finish(
        self,
        kind: ReloadKind,
        cause: Cause,
        stages: Stages,
        error: str | None,
        diagnostics: tuple[Diagnostic, ...],
        ok: bool,
    ) -> Reload:
        from datetime import UTC, datetime

        shown, said = (error, diagnostics) if error or not self._standing else self._standing
        self.session.publisher.replace(phase="failed" if shown else "ready", error=shown, diagnostics=said)
        reload = Reload(
            number=self.session.history.next_number,
            kind=kind,
            cause=cause,
            ok=ok,
            stages=stages.rounded(),
            total_ms=round(stages.total_ms, 2),
            time=rfc3339(datetime.now(UTC)),
            error=error,
            diagnostics=diagnostics,
        )
        self.session.finish(reload)
        return reload
