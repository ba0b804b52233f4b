"""What is broken now, above the panes: there without any key, gone when it is mended."""

from __future__ import annotations

from textwrap import wrap

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.widget import Widget

from engine.model.diagnostic import Diagnostic
from tui.seen import Seen
from tui.text import count, fit, foreign, shorten
from tui.words import FAILED, Sign

_WARNING = Sign("!", "warning", "$text-warning")


class ProblemBar(Widget):
    """One error a line, its place first; the selected one with its other lines."""

    def __init__(self) -> None:
        super().__init__(id="problems")
        self.items: tuple[Diagnostic, ...] = ()
        self._at = 0

    @property
    def selected(self) -> Diagnostic | None:
        return self.items[self._at] if self.items else None

    def show(self, seen: Seen) -> None:
        items = seen.errors
        if items == self.items:
            return
        kept = self.selected
        self.items = items
        self._at = items.index(kept) if kept in items else 0
        self._draw()

    def move(self, by: int) -> None:
        if self.items:
            self._at = (self._at + by) % len(self.items)
            self._draw()

    def on_mount(self) -> None:
        self.display = False

    def on_click(self, event: events.Click) -> None:
        self.move(1)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        return min(len(self._lines(width)), self._limit())

    def render(self) -> Content:
        width = self.size.width
        lines = self._lines(width)
        start = 0
        if len(lines) > self.size.height:  # keep the selected one in sight
            start = max(0, min(self._at, len(lines) - self.size.height))
        return Content("\n").join(lines[start : start + self.size.height])

    def _draw(self) -> None:
        self.display = bool(self.items)
        errors = sum(item.severity == "error" for item in self.items)
        warnings = len(self.items) - errors
        said = [count(errors, "error")] * bool(errors) + [count(warnings, "warning")] * bool(warnings)
        self.set_class(not errors, "-warnings")
        self.border_title = Content(" · ".join(said))
        keys = ["e edit"] if self.selected is not None and self.selected.file else []
        keys += ["] next"] if len(self.items) > 1 else []
        self.border_subtitle = Content.styled(" · ".join(keys), "$text-muted") if keys else ""
        self.refresh(layout=True)

    def _limit(self) -> int:
        return 8 if self.screen.size.height >= 30 else 4

    def _lines(self, width: int) -> list[Content]:
        lines = []
        several = len(self.items) > 1
        for at, item in enumerate(self.items):
            first, *rest = item.message.strip().split("\n")
            if at == self._at:  # the selected one is there whole, as far as there is room
                taken = cell_len(place(item, width // 2)) + 4 if item.file else 2
                pieces = wrap(first, max(20, width - taken), drop_whitespace=False) or [""]
                rest = [*pieces[1:], *rest] if len(pieces) > 1 else rest
                first = pieces[0]
            lines.append(fit(self._head(item, first, several and at == self._at, width), width))
            if at == self._at:
                lines.extend(foreign(f"    {line}", "$text-muted") for line in rest[:6])
        return lines

    def _head(self, item: Diagnostic, message: str, selected: bool, width: int) -> Content:
        sign = FAILED if item.severity == "error" else _WARNING
        return Content.assemble(
            (f"{sign.glyph} ", f"{sign.style} bold"),
            foreign(place(item, width // 2), "bold underline" if selected else "bold"),
            "  " if item.file else "",
            foreign(message),
        )


def place(item: Diagnostic, width: int = 80) -> str:
    """`app.py:12:5`."""
    numbers = "".join(f":{number}" for number in (item.line, item.column) if number is not None)
    return shorten(item.file or "", max(8, width - len(numbers))) + numbers
