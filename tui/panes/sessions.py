"""The pane *sessions*: every session there is, and the processes of the one that is shown."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from engine.model.state import SessionRow, State
from tui.panes.pane import Pane
from tui.seen import Seen
from tui.text import at_home, count, duration, fit, foreign, shorten
from tui.widgets.details import Details
from tui.widgets.rows import Rows
from tui.widgets.status_bar import link_sign
from tui.words import PROCESSES, SESSIONS, UNKNOWN


class SessionsPane(Pane):
    NAME = "sessions"

    def __init__(self) -> None:
        super().__init__()
        self.rows: Rows[SessionRow] = Rows(self._row, lambda row: row.id, "no session yet")
        self.details = Details()

    def compose(self) -> ComposeResult:
        yield self.rows
        yield self.details

    @property
    def inside(self) -> Widget:
        return self.rows

    @property
    def selected(self) -> SessionRow | None:
        return self.rows.selected

    def show(self, seen: Seen) -> None:
        super().show(seen)
        self.rows.set_items(_rows(seen.state))
        self._describe()
        running = sum(row.state == "running" for row in self.rows.items)
        self.title(f"{running} running" if running > 1 else "")

    def tick(self) -> None:
        """A second went by."""
        self._describe()

    def on_rows_moved(self) -> None:
        self._describe()

    async def on_rows_chosen(self) -> None:
        await self.app.action_act("attach")  # type: ignore[attr-defined]

    def _row(self, row: SessionRow, width: int) -> Content:
        state = self.seen.state
        here = state is not None and row.id == state.session
        sign = link_sign(self.seen) if here else SESSIONS.get(row.state, UNKNOWN)
        right = Content.assemble(
            (row.id, "$text-muted"), "  ", (f"{sign.glyph} {sign.word}".rjust(13), sign.style)
        )
        mark = Content.styled("▸ " if here else "  ", "$text-primary")
        name = foreign(shorten(row.project, max(4, width - right.cell_length - 3)), "bold" if here else "")
        return fit(mark + name, width - right.cell_length) + right

    def _describe(self) -> None:
        row = self.selected
        state = self.seen.state
        if row is None:
            self.details.show([])
            return
        width = max(10, self.details.room)
        here = state is not None and row.id == state.session
        up = ""
        if state is not None and here and state.started and self.seen.live:
            up = f"  up {duration(self.app.clock() - state.started)}"  # type: ignore[attr-defined]
        lines = [foreign(shorten(at_home(row.path), width - len(up)) + up, "$text-muted")]
        if state is not None and here:
            lines.extend(foreign(url, "$text-secondary") for url in state.urls[1:])
            for process in state.processes:
                sign = PROCESSES.get(process.state, UNKNOWN)
                pid = f" pid {process.pid}" if process.pid else ""
                again = f", {count(process.restarts, 'restart')}" if process.restarts else ""
                why = f": {process.reason}" if process.reason else ""
                lines.append(
                    Content.assemble(
                        (sign.glyph + " ", sign.style),
                        foreign(process.name),
                        foreign(f" {sign.word}{pid}{again}{why}", "$text-muted"),
                    )
                )
        else:
            lines.extend(foreign(url, "$text-secondary") for url in row.urls)
            hint = "enter opens it here" if row.state == "running" else "enter starts it and opens it here"
            lines.append(Content.styled(hint, "$text-muted"))
        self.details.show(lines)


def _rows(state: State | None) -> list[SessionRow]:
    """The shown session first, then those that run, then the others."""
    if state is None:
        return []
    rows = list(state.sessions)
    if not any(row.id == state.session for row in rows):
        rows.append(SessionRow(state.session, state.project, state.path, "running", urls=state.urls))
    order = {"running": 0, "crashed": 1, "stopped": 2}
    return sorted(rows, key=lambda row: (row.id != state.session, order.get(row.state, 3), row.project))
