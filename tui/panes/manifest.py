"""The pane *manifest*: what is deployed; while something is pending, what would change in it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import ScrollableContainer
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tui.panes.pane import Pane
from tui.seen import Seen
from tui.text import count, fit
from tui.widgets.changes import change_lines
from tui.widgets.yaml_text import diffed, highlighted


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
        deployed = None if state is None else state.deployed
        pending = None if state is None else state.pending
        key = (deployed, pending, () if state is None else state.changes, state is None)
        if key == self._shown:
            return
        self._shown = key
        if state is None or (deployed is None and pending is None):
            self.title("")
            self.text.update(Content.styled("no manifest yet", "$text-muted"))
        elif pending is not None and (deployed is None or pending.version != deployed.version):
            room = max(20, self.scroll.scrollable_content_region.width)
            changes = [fit(line, room) for line in change_lines(state.changes)]
            told = Content("\n").join([*changes, Content("")]) + Content("\n") if changes else Content()
            before = "" if deployed is None else deployed.text
            self.title(f"◆ pending: {count(len(state.changes), 'change')} · d", "$text-warning")
            self.text.update(told + diffed(before, pending.text, context=3))
        else:
            assert deployed is not None
            self.title(f"deployed {deployed.version}"[:40])
            self.text.update(highlighted(deployed.text))
