"""The pane *logs*: the session's journal, searched and filtered."""

from __future__ import annotations

from pathlib import Path

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from engine.logs.match import Matcher, PatternProblem
from engine.logs.reader import JournalReader
from engine.logs.view import Filter
from engine.settings.settings import Settings
from tui.panes.pane import Pane
from tui.seen import Seen
from tui.text import count
from tui.widgets.filter_words import describe, parse, unparse
from tui.widgets.log_view import LogView
from tui.widgets.prompt_bar import PromptBar

_LEVELS = ("", "info", "warn", "error")
_CONTEXTS = (0, 1, 3, 10)


class LogsPane(Pane):
    NAME = "logs"

    def __init__(self) -> None:
        super().__init__()
        self.log_view = LogView(id="log")
        self.prompt = PromptBar()
        self.path: Path | None = None
        self._reader: JournalReader | None = None
        self._search_text = ""
        self._before = Filter()
        self._trouble = ""

    def compose(self) -> ComposeResult:
        yield self.log_view
        yield self.prompt

    def on_mount(self) -> None:
        super().on_mount()
        settings: Settings = self.app.settings  # type: ignore[attr-defined]
        self.log_view.timestamps = settings.logs.timestamps
        self.log_view.wrapping = settings.logs.wrap
        self.log_view.following = settings.logs.follow
        if settings.logs.level != "trace":
            self._before = Filter(level=settings.logs.level)

    @property
    def inside(self) -> Widget:
        return self.log_view

    def focus_inside(self) -> None:
        if self.is_mounted:
            wanted = self.prompt.input if self.prompt.display else self.log_view
            self.screen.set_focus(wanted, scroll_visible=False)

    def open(self, path: Path) -> None:
        """Shows the journal at `path`; the same one again changes nothing."""
        if path == self.path:
            return
        self.close()
        self.path = path
        self._reader = JournalReader(path)
        self.log_view.open(self._reader, msgspec.structs.replace(self._before, since=0))

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self.path = self._reader = None
        self.log_view.open(None)

    # -- search and filter

    def ask_search(self) -> None:
        self.prompt.ask("search", self._search_text, "text, or /regular expression/")
        self._say()

    def ask_filter(self) -> None:
        self._before = self.log_view.filter
        self.prompt.ask(
            "filter", unparse(self._before), "text  /regex/  !not  level:warn  source:guest  context:2"
        )
        self._say()

    def search(self, step: int) -> None:
        if self.log_view.matcher is None:
            self.ask_search()
            return
        self.log_view.search(step)

    def cycle_level(self) -> None:
        level = self.log_view.filter.level
        at = _LEVELS.index(level) if level in _LEVELS else 0
        self._change(level=_LEVELS[(at + 1) % len(_LEVELS)])

    def cycle_source(self) -> None:
        """All, then each source that speaks in the newest lines."""
        view = self.log_view.view
        if view is None or self._reader is None:
            return
        newest = self._reader.records(self._reader.end - 5000, self._reader.end)
        names = ["", *sorted({record.source for record in newest} - {"", "mark"})]
        current = self.log_view.filter.sources[:1]
        at = names.index(current[0]) if current and current[0] in names else 0
        chosen = names[(at + 1) % len(names)]
        self._change(sources=(chosen,) if chosen else ())

    def cycle_context(self) -> None:
        context = self.log_view.filter.context
        at = _CONTEXTS.index(context) if context in _CONTEXTS else 0
        self._change(context=_CONTEXTS[(at + 1) % len(_CONTEXTS)])

    def invert(self) -> None:
        self._change(invert=not self.log_view.filter.invert)

    def clear(self) -> bool:
        """Hides what is there, or shows it again; True when it hides."""
        hidden = self.log_view.filter.since > 0
        self._change(since=0 if hidden or self._reader is None else self._reader.end)
        if not hidden:
            self.log_view.follow()
        return not hidden

    def drop(self) -> None:
        """Every line, nothing marked, following."""
        if self.log_view.matcher is None and not self.log_view.filter.narrows:
            self.log_view.follow()
            return
        self._search_text = ""
        self.log_view.set_matcher(None)
        self._use(Filter(since=self.log_view.filter.since))

    def _change(self, **fields: object) -> None:
        self._use(msgspec.structs.replace(self.log_view.filter, **fields))

    def _use(self, filter: Filter) -> None:
        try:
            self.log_view.set_filter(filter)
            self._trouble = ""
        except PatternProblem as problem:
            self._trouble = problem.message
        self._say()

    @on(PromptBar.Edited)
    def prompt_edited(self, message: PromptBar.Edited) -> None:
        """As one types: matches are marked, or lines hidden."""
        if message.purpose == "filter":
            filter, trouble = parse(message.text, self._before.since)
            if trouble:
                self._trouble = trouble
                self._say()
            else:
                self._use(filter)
            return
        self._search_text = message.text
        self._trouble = ""
        pattern, regex = _pattern(message.text)
        try:
            self.log_view.set_matcher(Matcher(pattern, regex) if pattern else None)
        except PatternProblem as problem:
            self._trouble = problem.message
        self._say()

    @on(PromptBar.Finished)
    def prompt_finished(self, message: PromptBar.Finished) -> None:
        if message.purpose == "search":
            if message.kept and self.log_view.matcher is not None:
                self.log_view.search(-1)
            elif not message.kept:
                self._search_text = ""
                self.log_view.set_matcher(None)
        elif not message.kept:
            self._use(self._before)
        if not self._trouble or not message.kept:
            self._trouble = ""
        self.screen.set_focus(self.log_view, scroll_visible=False)
        self._say()

    # -- saying

    def show(self, seen: Seen) -> None:
        super().show(seen)
        self._say()

    @on(LogView.Changed)
    def log_changed(self) -> None:
        self._say()

    def _say(self) -> None:
        view = self.log_view
        chips = describe(view.filter)
        if view.matcher is not None and self._search_text:
            chips.append(f"/{view.matcher.pattern}/ n N")
        if view.view is not None and view.view.problem is not None:
            self._trouble = view.view.problem.message
        self.title(" · ".join(chips), "$text-accent")
        trouble = self._trouble or view.searching
        if trouble:
            self.border_subtitle = Content.styled(trouble, "$text-warning")
        elif not view.following:
            unseen = f"{count(view.unseen, 'new line')} ↓ G" if view.unseen else "G follows"
            self.border_subtitle = Content.styled(f"stays · {unseen}", "$text-warning")
        elif view.view is not None and not view.view.complete:
            self.border_subtitle = Content.styled("filtering…", "$text-muted")
        else:
            lines = count(view.count, "line")
            self.border_subtitle = Content.styled(f"{lines} · follows ↓" if view.count else "", "$text-muted")
        self.prompt.say(trouble)


def _pattern(text: str) -> tuple[str, bool]:
    """What was typed as (pattern, whether it is a regular expression)."""
    if len(text) > 2 and text.startswith("/") and text.endswith("/"):
        return text[1:-1], True
    return text, False
