"""Every reload: what set it off, how it ended, and where its milliseconds went."""

from __future__ import annotations

from typing import ClassVar, cast

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.model.problem import Problem
from engine.model.reload import STAGES, Reload
from engine.protocol.messages import RemoteError
from tui.seen import Seen
from tui.text import clock_time, count, fit, foreign, milliseconds, shorten
from tui.widgets.hint_line import hint_line
from tui.widgets.problem_bar import place
from tui.widgets.rows import Rows
from tui.widgets.status_bar import cause_text
from tui.words import FAILED, OK

_STAGE_ROOM = 9
_WITH_STAGES = 118
_BAR = 40


class HistoryScreen(ModalScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,h", "back", "back"),
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
    ]

    def __init__(self, seen: Seen) -> None:
        super().__init__()
        self._seen = seen
        self._reloads: dict[int, Reload] = {}
        self._rows: Rows[Reload] = Rows(
            self._row, lambda item: str(item.number), "no reload yet", id="history-rows"
        )
        self._head = Static("", id="history-head", markup=False)
        self._detail = Static("", id="history-detail", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog", id="history"):
            yield self._head
            yield self._rows
            yield self._detail
            yield Static(hint_line(("↑↓", "choose"), ("esc", "back")), classes="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self._rows.focus()
        self.show(self._seen)
        self.run_worker(self._ask_for_all(), exit_on_error=False)

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw_head)

    def show(self, seen: Seen) -> None:
        """Draws another moment; reloads that came are added."""
        self._seen = seen
        if seen.state is not None:
            self._add(seen.state.reloads)

    def on_rows_moved(self) -> None:
        self._describe()

    def action_back(self) -> None:
        self.dismiss(None)

    def action_move(self, by: int) -> None:
        self._rows.action_cursor_down() if by > 0 else self._rows.action_cursor_up()

    async def _ask_for_all(self) -> None:
        """The state carries the last reloads; the engine keeps more."""
        try:
            answer = await self.app.call("timeline")  # type: ignore[attr-defined]
            self._add(tuple(msgspec.convert(answer, list[Reload])))
        except (Problem, RemoteError, msgspec.ValidationError):
            pass  # What the state carries is shown.

    def _add(self, reloads: tuple[Reload, ...]) -> None:
        self._reloads |= {item.number: item for item in reloads}
        newest_first = sorted(self._reloads.values(), key=lambda item: -item.number)
        failed = sum(not item.ok for item in newest_first)
        said = count(len(newest_first), "reload") + (f", {failed} failed" if failed else "")
        self.query_one("#history").border_title = Content(f"history: {said}")
        self._rows.set_items(newest_first)
        self._draw_head()
        self._describe()

    def _draw_head(self) -> None:
        self._head.update(Content.styled(self._columns(self._rows._room()), "$text-muted"))

    def _columns(self, width: int) -> str:
        head = f"{'#':>5}   {'kind':<9}{'time':<10}{'total':>9}  "
        if width >= _WITH_STAGES:
            head += "".join(f"{stage:>{_STAGE_ROOM}}" for stage in STAGES) + "  "
        return head + "cause"

    def _row(self, item: Reload, width: int) -> Content:
        sign = OK if item.ok else FAILED
        parts = [
            Content.styled(f"{item.number:>5} ", "$text-muted"),
            Content.styled(f"{sign.glyph} ", sign.style),
            Content.styled(f"{item.kind:<9}", "" if item.ok else sign.style),
            Content.styled(f"{clock_time(item.time):<10}", "$text-muted"),
            Content.styled(f"{milliseconds(item.total_ms):>9}  ", "bold"),
        ]
        if width >= _WITH_STAGES:
            stages = cast("dict[str, float]", item.stages)
            parts += [
                Content.styled(
                    f"{_short(stages[stage]) if stage in stages else '·':>{_STAGE_ROOM}}",
                    "" if stage in stages else "$text-disabled",
                )
                for stage in STAGES
            ]
            parts.append(Content("  "))
        left = Content.assemble(*parts)
        room = max(4, width - left.cell_length)
        return fit(left + foreign(shorten(cause_text(item), room)), width)

    def _describe(self) -> None:
        item = self._rows.selected
        if item is None:
            self._detail.update("")
            return
        stages = cast("dict[str, float]", item.stages)
        longest = max([*stages.values(), 0.001])
        room = min(_BAR, max(8, self._rows._room() - 22))
        lines = []
        for stage in STAGES:
            if stage in stages:
                bar = "━" * max(1, round(room * stages[stage] / longest))
                lines.append(
                    Content.assemble(
                        (f"{stage:<10}", "$text-muted"), (f"{milliseconds(stages[stage]):>9}  ", ""),
                        (bar, "$text-primary"),
                    )
                )  # fmt: skip
        if item.error:
            lines.append(foreign(item.error, "$text-error"))
        lines.extend(
            Content.assemble(foreign(place(found), "bold"), "  ", foreign(found.message))
            for found in item.diagnostics[:3]
        )
        if len(item.cause.paths) > 1:
            lines.append(foreign("changed: " + ", ".join(item.cause.paths), "$text-muted"))
        self._detail.update(Content("\n").join(lines))


def _short(value: float) -> str:
    return f"{value:.1f}" if value < 1000 else f"{value / 1000:.1f} s"
