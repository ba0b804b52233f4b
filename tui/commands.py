"""The command palette: every action that can be done now, by its group and words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from tui.actions import ACTIONS, Action
from tui.keymap import keys_of, shown

if TYPE_CHECKING:
    from tui.app import Dashboard


class ActionCommands(Provider):
    """Out of the registry, so that the palette cannot differ from the keys."""

    async def discover(self) -> Hits:
        for action in self._possible():
            yield DiscoveryHit(
                self._name(action), partial(self._dashboard.action_act, action.id), help=action.help
            )

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for action in self._possible():
            name = self._name(action)
            score = max(matcher.match(name), 0.9 * matcher.match(action.help))
            if score > 0:
                yield Hit(
                    score,
                    matcher.highlight(name),
                    partial(self._dashboard.action_act, action.id),
                    help=action.help,
                )

    @property
    def _dashboard(self) -> Dashboard:
        return cast("Dashboard", self.app)

    def _possible(self) -> Iterator[Action]:
        app = self._dashboard
        for action in ACTIONS:
            if (
                action.group != "moving"
                and action.id != "palette"
                and (action.blocked is None or action.blocked(app) is None)
            ):
                yield action

    def _name(self, action: Action) -> str:
        keys = " ".join(shown(key) for key in keys_of(action, self._dashboard.keymap))
        return f"{action.group}: {action.label}  {keys}"
