"""What the child runs: the deployed application, and the requests that come to it."""

from __future__ import annotations

import json
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from engine.hosts.base import Dirty, Note, Outcome, RequestServed
from engine.hosts.embedded import calling
from engine.hosts.embedded import plan as plans
from engine.hosts.embedded.calling import CallError, Runs
from engine.hosts.embedded.compile import SHARED, WHOLE, WHOLE_LATER, Code, CompileError, Compiler
from engine.hosts.embedded.context import Deployment, Link, Services
from engine.hosts.embedded.http.exchange import Exchange
from engine.hosts.embedded.instance import GuestTrap
from engine.hosts.embedded.linker import Linked, unversioned
from engine.hosts.embedded.machine import Tier
from engine.hosts.embedded.native import NativeError
from engine.hosts.embedded.served import HANDLER, Generation, LoadFailed, Served, detail
from engine.hosts.embedded.values import Trap
from engine.model.deliverable import Deliverable
from engine.model.diagnostic import Diagnostic
from engine.model.host_settings import HostSettings

# What the host itself calls, besides HTTP: fed by `interfaces/delivery.py`.
HANDLERS = frozenset(
    ("wasmcloud:messaging/handler", "wasmcloud:messaging/incoming-handler", "wasi:keyvalue/watcher")
)

Log = Callable[[str, str, str], None]


class Application:
    """The components in service and the routes to them. `tell` sends an event to the engine, if one is there."""

    def __init__(
        self,
        folder: Path,
        compiler: Compiler,
        settings: HostSettings,
        log: Log,
        tell: Callable[[Any], bool],
    ) -> None:
        self.folder = folder
        self.compiler = compiler
        self.settings = settings
        self.log = log
        self.tell = tell
        self.services = Services()
        self.served: dict[str, Served] = {}
        self.deliverables: dict[str, Deliverable] = {}
        self.routes: list[plans.Route] = []
        self.off: dict[str, str] = {}
        self._changing = threading.Lock()
        self._deliveries: dict[str, tuple[frozenset[str], Any]] = {}
        self.runs = Runs(log, tell)

    # -- what the engine asks

    def apply(
        self, manifest: Mapping[str, Any], deliverables: Mapping[str, Deliverable], off: Mapping[str, str]
    ) -> Outcome:
        """Puts a manifest in service; the one before goes on serving when something is wrong with it."""
        with self._changing:
            try:
                return self._apply(manifest, deliverables, off)
            finally:
                for served in self.served.values():
                    served.reloaded()

    def _apply(
        self, manifest: Mapping[str, Any], deliverables: Mapping[str, Deliverable], off: Mapping[str, str]
    ) -> Outcome:
        started = time.perf_counter()
        plan = plans.read(manifest)
        made: dict[str, Generation] = {}
        compiled = 0.0
        native_code = next((one for one in plan.providers if one.startswith("file:")), None)
        if native_code is not None:
            return failed(
                f"{native_code} is a provider, a program of its own: the embedded host runs components only. "
                "A wasmCloud lattice runs it; components that need it can be developed here meanwhile"
            )
        for name, component in plan.components.items():
            try:
                deliverable = deliverables[name]
                linked, took = self._linked(name, deliverable)
                compiled += took
                deployment = self._deployment(component, deliverable, off)
                made[name] = Generation(linked, deployment, deliverable, self.settings)
                self._check(made[name])
            except KeyError:
                outcome = failed(f"nothing was built for the component {name} ({component.image})")
            except (CompileError, NativeError) as problem:
                outcome = failed(f"{name} cannot be run: {problem}")
            except GuestTrap as trap:
                outcome = failed(f"{name} trapped as it was started: {detail(trap)}")
            except LoadFailed as problem:
                outcome = load_failed(problem)
            else:
                continue
            for generation in made.values():
                generation.retire()
            return outcome
        prepared = time.perf_counter()
        self._put(plan, made, dict(off))
        for served in self.served.values():
            self.runs.start(served)
        ended = time.perf_counter()
        return Outcome(
            True,
            {
                "compile": compiled,
                "apply": (prepared - started) * 1000 - compiled,
                "ready": (ended - prepared) * 1000,
            },
        )

    def reload(self, name: str, deliverable: Deliverable) -> Outcome:
        """Puts new code of one component in service; links and state stay."""
        with self._changing:
            served = self.served.get(name)
            if served is None:
                return failed(f"there is no component {name} in service")
            started = time.perf_counter()
            current = served.generation.deliverable
            if deliverable.shell and deliverable.digest == current.digest:
                # Milliseconds from here: a request that comes meanwhile is to see the code that is being loaded.
                served.hold()
            served.track(deliverable.tracked)
            try:
                if deliverable.shell and deliverable.generation == current.generation:
                    return Outcome(True)
                linked, compiled = self._linked(name, deliverable)
                deployment = served.generation.deployment.renewed(
                    deliverable.mounts, self._environment(deliverable)
                )
                generation = Generation(linked, deployment, deliverable, self.settings)
                prepared = time.perf_counter()
                if deliverable.shell:
                    generation.idle.append(generation.make())
                else:
                    self._check(generation)
            except (CompileError, NativeError) as problem:
                return failed(f"{name} cannot be run: {problem}")
            except GuestTrap as trap:
                return failed(f"{name} trapped as it was started: {detail(trap)}")
            except LoadFailed as problem:
                return load_failed(problem)
            else:
                served.swap(generation)
                self.deliverables[name] = deliverable
                self._deliver(served)
                self.runs.start(served)
                ended = time.perf_counter()
                return Outcome(
                    True,
                    {
                        "compile": compiled,
                        "apply": (prepared - started) * 1000 - compiled,
                        "ready": (ended - prepared) * 1000,
                    },
                )
            finally:
                served.reloaded()

    def undeploy(self) -> None:
        with self._changing:
            for name in tuple(self.served):
                self._take_out(name)
            self.routes = []
            self.services.close()

    def release(self, name: str) -> None:
        """Lets requests go on that wait for a reload of this component: it will not come."""
        served = self.served.get(name)
        if served is not None:
            served.reloaded()

    def call(self, name: str, export: str, arguments: list[str]) -> str:
        """Calls an exported function (`interface#function`, as much of it as tells it apart) with WAVE arguments;
        gives WAVE. Raises :class:`CallError`."""
        served = self.served.get(name) or (next(iter(self.served.values()), None) if not name else None)
        if served is None:
            raise CallError(f"there is no component {name} in service")
        return calling.call(served, export, arguments)

    def log_problem(self, problem: Exception) -> None:
        self.log("host", "error", "".join(traceback.format_exception(problem)).rstrip())

    # -- making generations

    def _linked(self, name: str, deliverable: Deliverable) -> tuple[Linked, float]:
        """The component joined to the host, and the milliseconds that compiling took."""
        served = self.served.get(name)
        before = self.deliverables.get(name)
        if served is not None and before is not None and before.digest == deliverable.digest:
            return served.generation.linked, 0.0
        started = time.perf_counter()
        path = Path(deliverable.component)
        code = self.compiler.code(path, deliverable.digest)
        took = (time.perf_counter() - started) * 1000
        linked = Linked(code, self.settings.busy_seconds)
        self._improve(name, deliverable, code)
        return linked, took

    def _improve(self, name: str, deliverable: Deliverable, code: Code) -> None:
        """Has better code than `code` made in the background, where there can be better."""
        if code.tier is Tier.CRANELIFT and not code.modules:
            return
        how = WHOLE if deliverable.shell else WHOLE_LATER if code.modules else SHARED
        self.compiler.upgrade(
            name,
            Path(deliverable.component),
            deliverable.digest,
            how,
            lambda better: self._upgraded(name, deliverable, better),
        )

    def _upgraded(self, name: str, deliverable: Deliverable, code: Code) -> None:
        """Optimised code is there: it takes over, if the component is still the same."""
        with self._changing:
            served = self.served.get(name)
            if served is None or served.generation.deliverable.digest != deliverable.digest:
                return
            before = served.generation
            linked = Linked(code, self.settings.busy_seconds)
            generation = Generation(linked, before.deployment, before.deliverable, self.settings)
            try:
                if generation.target:
                    generation.idle.append(generation.make())
            except (GuestTrap, LoadFailed) as problem:
                self.log("host", "warn", f"{name}: optimised code cannot be started: {detail(problem)}")
                return
            served.swap(generation)
        self.tell(Note("info", f"{name} runs optimised code from now on"))
        self._improve(name, deliverable, code)

    def _deployment(
        self, component: plans.PlannedComponent, deliverable: Deliverable, off: Mapping[str, str]
    ) -> Deployment:
        links: dict[str, Link] = {}
        for interface, link in component.links.items():
            target = None if link.component is None else _Peer(self, link.component)
            links[interface] = Link(
                "linked", link.provider or link.component or "", link.name, link.config, target
            )
        for interface in off:
            links[interface] = Link("off", off[interface])
        return Deployment(
            component.name,
            self.folder,
            self.log,
            links,
            component.config,
            self._environment(deliverable),
            mounts=deliverable.mounts,
            settings={
                "outgoing_hosts": self.settings.outgoing_hosts,
                "sockets": self.settings.sockets,
                "body_bytes": self.settings.body_mb << 20,
            },
            services=self.services,
            call_export=lambda interface, function, arguments: self._call_export(
                component.name, interface, function, arguments
            ),
        )

    def _environment(self, deliverable: Deliverable) -> dict[str, str]:
        return dict(deliverable.environment)

    def _call_export(self, name: str, interface: str, function: str, arguments: tuple[Any, ...]) -> Any:
        return self.served[name].call_export(interface, function, arguments)

    def _check(self, generation: Generation) -> None:
        """Makes one instance, so that what cannot be started never replaces what serves."""
        generation.idle.append(generation.make())

    def _put(self, plan: plans.Plan, made: dict[str, Generation], off: dict[str, str]) -> None:
        for name in set(self.served) - set(made):
            self._take_out(name)
        for name, generation in made.items():
            if name in self.served:
                self.served[name].track(generation.deliverable.tracked)
                self.served[name].swap(generation)
            else:
                self.served[name] = Served(name, generation, self._dirty)
                self.served[name].fill()
            self.deliverables[name] = generation.deliverable
            self._deliver(self.served[name], anew=True)
        self.routes = plan.routes
        self.off = off

    def _take_out(self, name: str) -> None:
        self.compiler.abandon(name)
        self.runs.end(name)
        deliveries = self._deliveries.pop(name, None)
        if deliveries is not None:
            deliveries[1].close()
        self.served.pop(name).end()
        self.deliverables.pop(name, None)

    def _deliver(self, served: Served, anew: bool = False) -> None:
        """Feeds the component's handlers (messages, key-value changes). Subscriptions outlast a reload unless the
        exports changed."""
        exported = served.generation.linked.exported_interfaces()
        exports = HANDLERS.intersection(unversioned(name) for name in exported)
        before = self._deliveries.get(served.name)
        if before is not None:
            if not anew and before[0] == exports:
                return
            del self._deliveries[served.name]
            before[1].close()
        if exports:
            # Only components with handlers pay for brokers and pools.
            from engine.hosts.embedded.interfaces.delivery import Deliveries

            deliveries = Deliveries(served.generation.deployment, exports)
            self._deliveries[served.name] = (exports, deliveries)
            deliveries.start()

    def _dirty(self, name: str, paths: tuple[str, ...]) -> bool:
        return self.tell(Dirty(name, paths))

    # -- requests

    def handle(self, exchange: Exchange, address: str) -> None:
        """Answers one HTTP request that came to `address`."""
        path = exchange.target.partition("?")[0]
        host = next((value.decode("latin-1") for key, value in exchange.headers if key == "host"), "")
        route = plans.choose(self.routes, address, path, host)
        problem: str | None
        if route is None or route.component not in self.served:
            problem = self._nobody(address)
            exchange.reply(503, problem)
        else:
            try:
                problem = self.served[route.component].answer(exchange)
            except Exception as error:
                problem = f"the host failed: {type(error).__name__}: {error}"
                self.log_problem(error)
                exchange.reply(500, problem)
        took = (time.perf_counter() - exchange.started) * 1000
        level = "info" if exchange.status < 500 else "error"
        self.log("http", level, f"{exchange.method} {exchange.target} → {exchange.status} in {took:.1f} ms")
        self.tell(RequestServed(exchange.method, exchange.target, exchange.status, round(took, 3), problem))

    def _nobody(self, address: str) -> str:
        handler = HANDLER[0]
        if handler in self.off:
            return f"{self.off[handler]} is off: {handler} was toggled off in this session; toggle it on to serve it"
        if not self.served:
            return "nothing is deployed yet"
        return f"no component is linked to {handler} on {address}"


class _Peer:
    """The component that a link names, looked up at each call: it may be reloaded meanwhile."""

    def __init__(self, application: Application, name: str) -> None:
        self.application = application
        self.name = name

    def call_for(self, cx: Any, interface: str, function: str, arguments: tuple[Any, ...]) -> Any:
        served = self.application.served.get(self.name)
        if served is None:
            raise Trap(f"{interface} is linked to the component {self.name}, which is not in service")
        return served.call_for(cx, interface, function, arguments)


def failed(text: str) -> Outcome:
    return Outcome(False, diagnostics=(Diagnostic("error", text),), error=text.splitlines()[0])


def load_failed(problem: LoadFailed) -> Outcome:
    """The diagnostics that a dev shell's `warm` gave: a JSON list of them, or plain text."""
    try:
        found = msgspec.json.decode(problem.diagnostics.encode(), type=tuple[Diagnostic, ...])
    except msgspec.DecodeError:
        try:
            found = (msgspec.convert(json.loads(problem.diagnostics), Diagnostic),)
        except (msgspec.ValidationError, ValueError):
            found = (Diagnostic("error", problem.diagnostics),)
    first = found[0].message if found else "the code cannot be loaded"
    return Outcome(False, diagnostics=found, error=first)
