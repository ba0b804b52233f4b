"""A list of rows, each as wide as the pane: columns stay aligned when the terminal changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

Item = TypeVar("Item")


class Rows(OptionList, Generic[Item]):
    """Draws each item with `draw(item, width)`. The selection stays on the same item, by its key, as items change."""

    class Moved(Message):
        """Another item is selected."""

    class Chosen(Message):
        """Enter was pressed on an item, or it was clicked."""

    def __init__(
        self,
        draw: Callable[[Item, int], Content],
        key: Callable[[Item], str],
        empty: str,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id, compact=True)
        self.items: tuple[Item, ...] = ()
        self.empty = empty
        self._draw = draw
        self._key = key
        self._drawn_width = 0

    @property
    def selected(self) -> Item | None:
        at = self.highlighted
        return self.items[at] if at is not None and at < len(self.items) else None

    def set_items(self, items: Sequence[Item]) -> None:
        selected = self.selected
        wanted = None if selected is None else self._key(selected)
        same = [self._key(item) for item in items] == [self._key(item) for item in self.items]
        self.items = tuple(items)
        if same and self.option_count == len(items) and items:
            self._redraw()
            return
        keys = [self._key(item) for item in items]
        with self.prevent(OptionList.OptionHighlighted):
            self.clear_options()
            if items:
                self.add_options([Option(self._prompt(item)) for item in items])
                self.highlighted = keys.index(wanted) if wanted in keys else 0
            else:
                self.add_option(Option(Content.styled(self.empty, "$text-muted"), disabled=True))

    def on_mount(self) -> None:
        self.set_items(())

    def on_resize(self, event: events.Resize) -> None:
        if self._room() != self._drawn_width:
            self._redraw()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self.post_message(self.Moved())

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Chosen())

    def _redraw(self) -> None:
        self._drawn_width = self._room()
        for at, item in enumerate(self.items):
            self.replace_option_prompt_at_index(at, self._prompt(item))

    def _prompt(self, item: Item) -> Content:
        return self._draw(item, self._room())

    def _room(self) -> int:
        return max(10, (self.scrollable_content_region.width or 40) - 2)  # its padding
