"""Keys: bindings out of the registry, remapping by the user's settings, names to show."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from textual.binding import Binding

from engine.settings.settings import SettingsProblem
from tui.actions import ACTIONS, BY_ID, Action

_SHOWN = {
    "space": "space", "enter": "enter", "escape": "esc", "tab": "tab", "shift+tab": "⇧tab", "f10": "F10",
    "up": "↑", "down": "↓", "left": "←", "right": "→", "pageup": "PgUp", "pagedown": "PgDn",
    "question_mark": "?", "slash": "/", "colon": ":", "ampersand": "&", "exclamation_mark": "!", "plus": "+",
    "left_square_bracket": "[", "right_square_bracket": "]",
}  # fmt: skip


def bindings() -> list[Binding]:
    """Every action's keys, for the application."""
    return [
        Binding(
            action.keys, f"act('{action.id}')", action.label, show=False, tooltip=action.help, id=action.id
        )
        for action in ACTIONS
    ]


def check(wanted: Mapping[str, str], file: str) -> tuple[dict[str, str], list[SettingsProblem]]:
    """The part of the keymap setting that can be used, and what is wrong with the rest: actions that do not exist,
    keys that would mean two things in one pane."""
    good: dict[str, str] = {}
    problems = []
    for name, keys in wanted.items():
        if name not in BY_ID:
            close = get_close_matches(name, BY_ID, n=1)
            hint = f"did you mean '{close[0]}'?" if close else "help (`?`) lists the actions"
            problems.append(SettingsProblem(f"keymap: there is no action '{name}'", file=file, hint=hint))
            continue
        if not [key for key in keys.split(",") if key.strip()]:
            problems.append(SettingsProblem(f"keymap: '{name}' is given no key", file=file))
            continue
        good[name] = keys
    for name in list(good):
        other = _clash(BY_ID[name], good)
        if other is not None:
            key, action = other
            problems.append(
                SettingsProblem(
                    f"keymap: '{key}' for '{name}' already is '{action.id}'",
                    file=file,
                    hint=f"give '{action.id}' another key as well",
                )
            )
            del good[name]
    return good, problems


def keys_of(action: Action, keymap: Mapping[str, str]) -> list[str]:
    """The keys that mean `action` now."""
    keys = keymap.get(action.id, action.keys)
    return [key.strip() for key in keys.split(",") if key.strip()]


def shown(key: str) -> str:
    """A key's name for people: `^d`, `?`, `space`, `R`."""
    if key.startswith("ctrl+"):
        return f"^{key.removeprefix('ctrl+')}"
    return _SHOWN.get(key, key.upper() if key.startswith("f") and key[1:].isdigit() else key)


def _clash(action: Action, keymap: Mapping[str, str]) -> tuple[str, Action] | None:
    for other in ACTIONS:
        if other.id == action.id:
            continue
        if action.panes and other.panes and not set(action.panes) & set(other.panes):
            continue
        both = set(keys_of(action, keymap)) & set(keys_of(other, keymap))
        if both:
            return min(both), other
    return None
