"""What the four panes share: a numbered title, something to focus, a way to be drawn."""

from __future__ import annotations

from typing import ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from tui.actions import PANES
from tui.seen import Seen
from tui.text import foreign


class Pane(Vertical):
    """One of the four. Subclasses set `NAME`, give :attr:`inside` and draw in :meth:`show`."""

    NAME: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(id=f"pane-{self.NAME}", classes="pane")
        self.seen = Seen()

    def on_mount(self) -> None:
        self.title("")

    @property
    def inside(self) -> Widget:
        """The widget that is focused with the pane."""
        raise NotImplementedError

    def focus_inside(self) -> None:
        if self.is_mounted:
            # At once, not at the next idle moment: the next key is for this pane.
            self.screen.set_focus(self.inside, scroll_visible=False)

    def show(self, seen: Seen) -> None:
        """Draws another moment."""
        self.seen = seen

    def title(self, more: str, style: str = "$text-muted") -> None:
        """The number, the name and what else there is to say, in the border."""
        number = PANES.index(self.NAME) + 1
        rest = foreign(f"  {more}", style) if more else Content()
        self.border_title = Content.assemble((f"{number} ", "$text-muted"), self.NAME, rest)
