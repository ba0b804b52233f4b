"""Builds a project: the way its files say, as a dev shell where that serves saves without building, else as its own
command makes it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from engine.build import python_shell
from engine.build.artifacts import keep
from engine.build.diagnostics import parse, tail
from engine.build.generation import Stager
from engine.build.python_shell import Recipe, Shell
from engine.build.run import Finished, run
from engine.build.toolchains import commands, python
from engine.build.toolchains.python import PythonApp
from engine.component.model import Resolve
from engine.model.deliverable import Deliverable, Mount
from engine.model.diagnostic import Diagnostic
from engine.model.problem import Problem
from engine.project.project import Project
from engine.supervise.process import StartError
from engine.watch.tree import Tree
from engine.wit.worlds import select_world


class BuildError(Problem):
    """A project that nothing here can build."""


class Built(msgspec.Struct, frozen=True):
    """How a build ended. Without a deliverable the diagnostics say why; `built` is false when nothing had to run."""

    deliverable: Deliverable | None
    diagnostics: tuple[Diagnostic, ...] = ()
    artifact: str | None = None
    built: bool = True


Log = Callable[[str, str], None]
"""Takes a level and a line."""

Tell = Callable[[str], None]
"""Takes a sentence about what is under way."""


class Builder:
    """The builds of one session. `folder` is the session's own; `cache` is shared by all."""

    def __init__(self, folder: Path, cache: Path, environ: Mapping[str, str], log: Log, tell: Tell) -> None:
        self.folder = folder
        self.cache = cache
        self.environ = _environment(environ)
        self.log = log
        self.tell = tell
        self._stager = Stager(folder / "generations")
        self._shell: Shell | None = None
        self._installed = b""
        self._app: PythonApp | None = None

    def app(self, project: Project) -> PythonApp | None:
        """The Python app that a dev shell can serve; None when the project must be built each time."""
        if project.language != "python" or project.kind != "component":
            return None
        if project.build_command is not None:
            return python.recognise(project.build_command, project.source_root)
        return python.infer(project.source_root, project.wit, project.world) if project.wit else None

    def sources(self, project: Project) -> Path | None:
        """The folder whose files a dev shell serves, once one is built."""
        if self._shell is None or self._app is None:
            return None
        found = self.app(project) if project.build_command is None else None
        if found is not None and (found.app, found.folder) != (self._app.app, self._app.folder):
            # `app.py` became `main.py`: the shell of before would start the wrong one.
            return None
        return self._app.folder

    def outdated(self, project: Project) -> bool:
        """Whether other dependencies are installed now than when the dev shell was built."""
        if self._shell is None or self._app is None:
            return False
        site = python.site_folders(self._app, project.source_root, self.environ)
        return python_shell.fingerprint(site) != self._installed

    async def dev(self, project: Project, resolve: Resolve, tree: Tree, fresh: bool = False) -> Built:
        """Builds for the development loop; with `fresh` a dev shell too is built anew. Raises :class:`~engine.model.problem.Problem`."""
        app = self.app(project)
        if app is None or not app.folder.is_relative_to(tree.root):
            self._shell = self._app = None
            return await self.release(project)
        site = python.site_folders(app, project.source_root, self.environ)
        under = _under(app.folder, tree)
        sources = [tree.root / path for path in tree.files if path.endswith(".py") and path.startswith(under)]
        if len(app.worlds) > 1:
            raise BuildError(
                "a dev shell serves one world", hint="include the worlds in one, and name that with `-w`"
            )
        world = select_world(resolve, app.worlds[0] if app.worlds else project.world)
        recipe = python_shell.recipe(app, world.full_name, python_shell.packages(app.wit), site, sources)
        shell, finished = await python_shell.make(
            recipe, self.cache, self._shell_runner(recipe), self.environ, fresh
        )
        if shell is None:
            assert finished is not None
            return Built(None, _said(finished, project.source_root, "componentize-py"))
        self._shell, self._app, self._installed = shell, app, recipe.installed
        return Built(self.stage(tree), built=finished is not None)

    def stage(self, tree: Tree) -> Deliverable:
        """The dev shell with the sources as they are now. Milliseconds; only after a :meth:`dev` that made one."""
        assert self._shell is not None and self._app is not None
        under = _under(self._app.folder, tree).rstrip("/")
        generation = self._stager.stage(tree, under)
        pycache = self.cache / "pycache"
        pycache.mkdir(parents=True, exist_ok=True)
        sites = [
            Mount(str(path), "/site" if n == 0 else f"/site{n}") for n, path in enumerate(self._shell.site)
        ]
        return Deliverable(
            component=str(self._shell.component),
            digest=self._shell.digest,
            mounts=(
                Mount(str(generation), "/app"),
                *sites,
                Mount(str(self._shell.stdlib), "/python"),
                Mount(str(pycache), "/pycache", writable=True),
            ),
            environment={
                "WAKE_SHELL_APP": self._app.app,
                "WAKE_SHELL_PATH": ":".join(["/app", *(site.guest for site in sites), "/python"]),
                "WAKE_SHELL_PYCACHE": "/pycache",
            },
            tracked=tree.tracked(under),
            shell=True,
            generation=generation.name,
        )

    async def release(self, project: Project) -> Built:
        """Runs the project's own build and takes the artifact it leaves. Raises Problem."""
        command = self._command(project)
        self.tell(f"running {' '.join(command)}")
        self.log("info", f"$ {' '.join(command)}")
        artifact = self._artifact(project, command)
        artifact.parent.mkdir(parents=True, exist_ok=True)
        started = time.time()
        try:
            finished = await self._run(command, project.source_root, self.environ)
        except StartError as error:
            return Built(None, (error.diagnostic(),))
        if finished.code:
            return Built(None, _said(finished, project.source_root, command[0]))
        said = parse(finished.output, project.source_root)
        path, digest = keep(artifact, self.cache)
        self.log("info", f"built {artifact} in {time.time() - started:.1f} s")
        return Built(Deliverable(str(path), digest), said, str(artifact))

    def _command(self, project: Project) -> Sequence[str]:
        if project.build_command is not None:
            return project.build_command
        if project.language == "python" and (app := self.app(project)) is not None:
            world = app.worlds or ((project.world,) if project.world else ())
            return [
                python.TOOL,
                *(word for path in app.wit for word in ("-d", str(path))),
                *(word for name in world for word in ("-w", name)),
                *("componentize", app.app, "-p", str(app.folder), "-o", str(project.artifact)),
            ]
        command = commands.default(project)
        if command is None:
            raise BuildError(
                f"nothing says how to build a {project.language} project",
                file=str(project.config_file) if project.config_file else None,
                hint="set `build_command` and `build_artifact` under [component] in wasmcloud.toml",
            )
        return command

    def _artifact(self, project: Project, command: Sequence[str]) -> Path:
        if project.build_artifact is None and (app := python.recognise(command, project.source_root)):
            return app.output or project.artifact
        return project.build_artifact or commands.artifact(project) or project.artifact

    async def _run(self, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Finished:
        words = list(argv)
        if Path(words[0]).name == words[0] == python.TOOL:
            words[:1] = python.tool(env)
        return await run(
            words,
            name="build",
            cwd=cwd,
            env=env,
            spool=self.folder / "build.out",
            log=lambda line: self.log("", line),
        )

    def _shell_runner(self, recipe: Recipe) -> python_shell.Run:
        async def shell_run(argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Finished:
            self.tell(
                f"building the Python dev shell for {recipe.world} (once; saves need no build afterwards)"
            )
            self.log("info", f"building the dev shell for {recipe.world}")
            return await self._run(argv, cwd, env)

        return shell_run


def _under(folder: Path, tree: Tree) -> str:
    relative = folder.relative_to(tree.root).as_posix()
    return "" if relative == "." else f"{relative}/"


def _said(finished: Finished, root: Path, tool: str) -> tuple[Diagnostic, ...]:
    """What a failed tool said; where nothing is recognised, the end of its output."""
    found = parse(finished.output, root)
    if any(item.severity == "error" for item in found):
        return found
    ended = f"{Path(tool).name} ended with {finished.code}"
    return (*found, Diagnostic("error", f"{ended}:\n{tail(finished.output)}" if finished.output else ended))


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The user's environment, with colours asked for (the log keeps them) and unbuffered output."""
    env = dict(environ)
    env.setdefault("PYTHONUNBUFFERED", "1")
    if "NO_COLOR" not in env:
        env.setdefault("CLICOLOR_FORCE", "1")
        env.setdefault("CARGO_TERM_COLOR", "always")
    with suppress(KeyError):
        # Python tools of the project must not see where this program's own packages lie.
        del env["PYTHONHOME"]
    env["PATH"] = os.pathsep.join([env.get("PATH", os.defpath), _scripts()])
    return env


def _scripts() -> str:
    import sysconfig

    return sysconfig.get_path("scripts")
