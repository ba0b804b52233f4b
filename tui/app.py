"""The dashboard's application: wires the link, the screens and the registry of actions together."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import App
from textual.binding import BindingType
from textual.command import Provider

from engine.model.problem import Problem
from engine.model.state import State
from engine.places.places import Places, find
from engine.protocol.messages import RemoteError
from engine.settings.settings import OnLeave, Settings
from tui.actions import BY_ID
from tui.keymap import bindings, check
from tui.link import Door, EngineDoor, EngineLink
from tui.messages import LinkChanged, StateArrived
from tui.screens.main import MainScreen
from tui.seen import Seen
from tui.themes import THEMES, default_theme

if TYPE_CHECKING:
    from tui.screens.question import Question

HERE = Path(__file__).parent


def _commands() -> type[Provider]:
    from tui.commands import ActionCommands

    return ActionCommands


class Dashboard(App[None]):
    """One project's session on one screen. It may start, attach and leave; the session lives in the engine."""

    TITLE = "wake"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands}
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-normal"), (160, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012
    CSS_PATH = [  # noqa: RUF012
        HERE / "app.tcss",
        HERE / "screens" / "main.tcss",
        HERE / "panes" / "panes.tcss",
        HERE / "widgets" / "widgets.tcss",
        HERE / "screens" / "dialogs.tcss",
    ]

    def __init__(
        self,
        project: Path,
        options: Sequence[str] = (),
        *,
        settings: Settings = Settings(),  # noqa: B008 - frozen
        warnings: Sequence[Problem] = (),
        settings_file: str = "config.toml",
        theme: str | None = None,
        on_leave: OnLeave | None = None,
        door: Door | None = None,
        places: Places | None = None,
        clock: Callable[[], float] = time.time,
        environ: Mapping[str, str] = os.environ,
        welcome: str = "",
    ) -> None:
        super().__init__()
        self.project = project
        self.options = tuple(options)
        self.settings = settings
        self.on_leave: OnLeave = on_leave or settings.on_leave
        self.places = places or find(environ)
        self.clock = clock
        self.stopping = False
        self.keymap, wrong = check(settings.keymap, settings_file)
        self.seen = Seen(warnings=(*warnings, *wrong))
        self.main = MainScreen()
        self._door = door or EngineDoor()
        self._link: EngineLink | None = None
        self._mouse = True
        self._welcome = welcome
        self._healthy: bool | None = None
        self._looked_at = True
        asked = theme or settings.theme or default_theme(environ)
        self._asked_theme = "ansi-dark" if asked == "ansi" else asked

    def on_load(self) -> None:
        for item in THEMES.values():
            self.register_theme(item)
        known = self._asked_theme in self.available_themes
        self.theme = self._asked_theme if known else "wake-dark"
        if not known:
            problem = Problem(f"there is no theme '{self._asked_theme}'", hint=f"themes: {', '.join(THEMES)}")
            self.seen = replace(self.seen, warnings=(*self.seen.warnings, problem))
        self.set_keymap(self.keymap)

    def get_default_screen(self) -> MainScreen:
        return self.main

    def on_mount(self) -> None:
        # The first frame is painted before anything is started or connected.
        self.call_after_refresh(self._connect)
        self.set_interval(1.0, self._tick)
        if self._welcome:
            self.flash(self._welcome, seconds=15)
        try:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.exit)
        except (RuntimeError, NotImplementedError):  # not the main thread: a test
            pass

    # -- the engine

    def _connect(self) -> None:
        self._link = EngineLink(
            self._door,
            self.project,
            self.options,
            on_link=lambda link: self._tell(LinkChanged(link)),
            on_state=lambda state: self._tell(StateArrived(state)),
        )
        self.run_worker(self._link.run(), group="link", exclusive=True, exit_on_error=False)

    def _tell(self, message: LinkChanged | StateArrived) -> None:
        self.post_message(message)

    @on(LinkChanged)
    def link_changed(self, message: LinkChanged) -> None:
        link = message.link
        before = self.seen.link
        if link.session and link.session == before.session and before.started:
            link = replace(link, started=True)  # a session found again is still the one started here
        self.see(replace(self.seen, link=link))
        if link.session:
            self.main.logs.open(self.places.session(link.session) / "journal.log")
        if self.stopping and link.state in ("stopped", "lost", "failed"):
            self.exit()

    @on(StateArrived)
    def state_arrived(self, message: StateArrived) -> None:
        self._notice(message.state)
        self.see(replace(self.seen, state=message.state))

    def see(self, seen: Seen) -> None:
        """Draws another moment."""
        self.seen = seen
        self.main.show(seen)
        for screen in self.screen_stack:
            show = getattr(screen, "show", None)
            if screen is not self.main and show is not None:
                show(seen)

    def _tick(self) -> None:
        """Durations on the screen go on while work is under way."""
        self.main.tick()

    async def call(self, method: str, params: dict[str, Any] | None = None) -> Any:
        """Asks the engine. Raises EngineGone or RemoteError."""
        from engine.client.client import EngineGone

        if self._link is None:
            raise EngineGone("not connected yet")
        return await self._link.call(method, params)

    def start_again(self) -> None:
        if self._link is not None:
            self.flash("starting the session…")
            self._link.start_again()

    def attach_to(self, project: Path) -> None:
        """Leaves this session as it is and shows another project's."""
        self.project, self.options = project, ()  # a port asked for was meant for the other one
        self.main.logs.close()
        self.seen = Seen(warnings=self.seen.warnings)
        self.main.show(self.seen)
        self._connect()

    async def stop_other(self, session: str) -> None:
        """Stops a session that this dashboard does not show."""
        connection = await self._door.connect(self.places.socket(session))
        try:
            await connection.call("stop")
        finally:
            await connection.close()

    # -- actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action != "act" or not parameters:
            return super().check_action(action, parameters)
        found = BY_ID.get(str(parameters[0]))
        return found is not None and (not found.panes or self.main.focused_pane in found.panes)

    async def action_act(self, name: str) -> None:
        """Runs an action of the registry; what stands in its way is said, nothing is raised."""
        action = BY_ID[name]
        reason = None if action.blocked is None else action.blocked(self)
        if reason is not None:
            self.flash(reason)
            return
        work = action.run(self)
        if inspect.iscoroutine(work):
            self.run_worker(self._carefully(work), group="actions", exit_on_error=False)

    async def _carefully(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (Problem, RemoteError, OSError) as error:
            self.flash(str(error) or type(error).__name__, error=True)
        except Exception as error:  # a fault of ours, which must not take the screen away
            self.flash(f"that went wrong: {type(error).__name__}: {error}", error=True)

    async def action_quit(self) -> None:
        await self.action_act("leave")

    async def ask(self, question: Question) -> str | None:
        """The name of the answer."""
        return await self.push_screen_wait(question)

    # -- telling

    def flash(self, text: str, *, error: bool = False, seconds: float = 4) -> None:
        """A line in place of the key bar, for a moment."""
        self.main.keys.flash(text, error, seconds)

    def copy(self, text: str, what: str) -> None:
        from tui.clipboard import copy

        self.flash(copy(self, text, what))

    def toggle_mouse(self) -> bool:
        """Gives the mouse to the terminal or takes it; True when it is the dashboard's now."""
        name = "_disable_mouse_support" if self._mouse else "_enable_mouse_support"
        switch = getattr(self._driver, name, None)  # drivers have no public way to change it while running
        if switch is not None:
            switch()
        self._mouse = not self._mouse
        return self._mouse

    def on_app_blur(self, event: events.AppBlur) -> None:
        self._looked_at = False

    def on_app_focus(self, event: events.AppFocus) -> None:
        self._looked_at = True

    def _notice(self, state: State) -> None:
        """Tells of the change from working to failing or back when nobody looks, if the user asked for it."""
        last = state.reloads[-1] if state.reloads else None
        healthy = state.phase != "failed" and (last is None or last.ok)
        if state.phase in ("starting", "building", "deploying") or healthy == self._healthy:
            return
        before, self._healthy = self._healthy, healthy
        if before is None or self._looked_at:
            return
        if self.settings.notifications.bell:
            self.bell()
        if self.settings.notifications.desktop and self._driver is not None:
            from engine.logs.safe import plain

            word = "works again" if healthy else "fails"
            self._driver.write(f"\x1b]9;wake: {plain(state.project)} {word}\x07")
