"""The status line: what runs where, how it is, and what the last reload did. Two lines where there is less room."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from engine.model.reload import Reload
from engine.model.state import State
from tui.seen import Seen
from tui.text import count, duration, fit, foreign, milliseconds, shorten, spread
from tui.words import FAILED, OK, PHASES, Sign

ONE_LINE = 110
_GAP = "  "
_CAUSES = {"key": "key", "config": "configuration", "start": "start", "crash": "crash", "file": "file"}


class StatusBar(Widget):
    """`● ready  counter  http://127.0.0.1:8000  embedded      ✓ #12 source 8.3 ms ← app.py  ◆ 2 pending`."""

    def __init__(self) -> None:
        super().__init__(id="status")
        self._seen = Seen()

    def show(self, seen: Seen) -> None:
        self._seen = seen
        self.refresh(layout=True)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return 1 if width >= ONE_LINE else 2

    def render(self) -> Content:
        width = self.size.width
        seen = self._seen
        if width >= ONE_LINE:
            left = self._where(seen, width)
            right = self._what(seen, max(24, width - left.cell_length - 2))
            return spread(left, right, width)
        return fit(self._where(seen, width), width) + Content("\n") + fit(self._what(seen, width), width)

    def _where(self, seen: Seen, width: int) -> Content:
        sign = link_sign(seen)
        state = seen.state
        name = self.app.project.resolve().name if state is None else state.project  # type: ignore[attr-defined]
        parts = [
            Content.styled(f"{sign.glyph} {sign.word}", f"{sign.style} bold"),
            foreign(shorten(name, max(10, width // 4)), "bold"),
        ]
        if state is not None:
            if state.urls and seen.link.state not in ("stopped", "failed"):
                parts.append(foreign(state.urls[0], "$text-secondary"))
            elif seen.live and state.phase in ("starting", "building", "deploying"):
                parts.append(Content.styled("no address yet", "$text-muted"))
            parts.append(foreign(state.host, "$text-muted"))
        return Content(_GAP).join(parts)

    def _what(self, seen: Seen, width: int) -> Content:
        state = seen.state
        if seen.link.state != "connected" or state is None:
            return Content.styled(link_hint(seen), "$text-muted")
        tail = []
        if state.changes or (state.pending and state.pending != state.deployed and state.deployed):
            tail.append(
                Content.styled(
                    f"◆ {count(len(state.changes) or 1, 'change')} pending: d", "$text-warning bold"
                )
            )
        if state.paused:
            tail.append(Content.styled("‖ paused: p", "$text-warning bold"))
        end = Content.assemble(*(Content(_GAP) + part for part in tail))
        room = max(10, width - end.cell_length)
        if state.progress is not None:
            return self._progress(state, room) + end
        return (
            _last(state.reloads, room) if state.reloads else Content.styled("no reload yet", "$text-muted")
        ) + end

    def _progress(self, state: State, room: int) -> Content:
        assert state.progress is not None
        since = self.app.clock() - state.progress.started  # type: ignore[attr-defined]
        time = f" {duration(since)}" if since >= 1 else ""
        text = foreign(state.progress.text or state.progress.stage)
        shown = text.truncate(max(4, room - 2 - len(time)), ellipsis=True)
        return Content.assemble(("◐ ", "$text-warning"), shown, (time, "$text-muted"))


def link_sign(seen: Seen) -> Sign:
    """How the session is, seen from here."""
    link = seen.link.state
    if link == "lost":
        return Sign("✗", "engine lost", "$text-error")
    if link == "failed":
        return Sign("✗", "no session", "$text-error")
    if link == "stopped":
        return PHASES["stopped"]
    if seen.state is None:
        return Sign("◌", "connecting" if link == "connecting" else "starting", "$text-warning")
    return PHASES[seen.state.phase]


def link_hint(seen: Seen) -> str:
    return {
        "starting": "starting the session…",
        "connecting": "connecting…",
        "connected": "waiting for the session's state…",
        "lost": "reconnecting… r starts the session again, q leaves",
        "stopped": "the session has ended · r starts it again, q leaves",
        "failed": "r tries again, q leaves",
    }[seen.link.state]


def cause_text(reload: Reload) -> str:
    """What set it off: the file, or the kind of cause."""
    paths = reload.cause.paths
    if not paths:
        return _CAUSES.get(reload.cause.kind, reload.cause.kind)
    return paths[0] if len(paths) == 1 else f"{paths[0]} +{len(paths) - 1}"


def _last(reloads: Sequence[Reload], room: int) -> Content:
    """The last reload; when it failed, also which one still answers."""
    reload = reloads[-1]
    good = next((item.number for item in reversed(reloads) if item.ok), None)
    still = f"  #{good} still answers" if not reload.ok and good is not None else ""
    if room < 30 + len(still):
        still = ""
    room -= len(still)
    sign = OK if reload.ok else FAILED
    head = f"#{reload.number} {reload.kind} {milliseconds(reload.total_ms)}"
    cause = shorten(cause_text(reload), max(6, room - len(head) - 6))
    word = "" if reload.ok else " failed"
    return Content.assemble(
        (f"{sign.glyph} ", sign.style),
        (f"#{reload.number} ", "$text-muted"),
        (f"{reload.kind}{word} ", "" if reload.ok else sign.style),
        (milliseconds(reload.total_ms), "bold"),
        (" ← ", "$text-muted"),
        foreign(cause),
        (still, "$text-muted"),
    )
