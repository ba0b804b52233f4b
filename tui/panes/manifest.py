"""The pane *manifest*: what is deployed; while something is pending, what would change in it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import ScrollableContainer
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tui.panes.pane import Pane
from tui.seen import Seen
from tui.text import count
from tui.widgets.changes import change_lines
from tui.widgets.yaml_text import diff_lines, yaml_lines


class ManifestPane(Pane):
    NAME = "manifest"

    def __init__(self) -> None:
        super().__init__()
        self.scroll = ScrollableContainer(id="manifest-scroll")
        self.scroll.can_focus = True
        self.text = Static("", id="manifest-text", markup=False)
        self._shown: tuple[object, ...] | None = None

    def compose(self) -> ComposeResult:
        with self.scroll:
            yield self.text

    @property
    def inside(self) -> Widget:
        return self.scroll

    def show(self, seen: Seen) -> None:
        super().show(seen)
        state = seen.state
        key = None if state is None else (state.deployed, state.pending, state.changes)
        if key != self._shown or key is None:
            self._shown = key
            self._draw()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        """Lines longer than the pane end in an ellipsis: `z` gives them room."""
        room = max(20, self.scroll.scrollable_content_region.width)
        self.text.update(Content("\n").join(line.truncate(room, ellipsis=True) for line in self._lines(room)))

    def _lines(self, room: int) -> list[Content]:
        state = self.seen.state
        if state is None or (state.deployed is None and state.pending is None):
            self.title("")
            return [Content.styled("no manifest yet", "$text-muted")]
        deployed, pending = state.deployed, state.pending
        if pending is not None and (deployed is None or pending.version != deployed.version):
            self.title(f"◆ pending: {count(len(state.changes), 'change')} · d", "$text-warning")
            told = change_lines(state.changes)
            before = "" if deployed is None else deployed.text
            return [
                *told,
                *([Content("")] if told else []),
                *diff_lines(before, pending.text, room, context=3),
            ]
        assert deployed is not None
        self.title(f"deployed {deployed.version}"[:40])
        return yaml_lines(deployed.text)
