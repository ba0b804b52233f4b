"""The dashboard's colours. Names of states never rest on them alone: each has a glyph and a word (`words.py`)."""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

_DARK_DETAILS = {
    "border": "#5fafaf",
    "border-blurred": "#333b46",
    "block-cursor-background": "#2b3a47",
    "block-cursor-foreground": "#e6e9ee",
    "block-cursor-text-style": "bold",
    "block-cursor-blurred-background": "#20262e",
    "block-cursor-blurred-foreground": "#c9d0d9",
    "block-cursor-blurred-text-style": "none",
    "block-hover-background": "#1d232b",
    "scrollbar": "#343d48",
    "scrollbar-hover": "#46525f",
    "scrollbar-active": "#5fafaf",
    "scrollbar-background": "#15191e",
    "scrollbar-background-hover": "#15191e",
    "scrollbar-background-active": "#15191e",
    "scrollbar-corner-color": "#15191e",
    "text-muted": "#7d8896",
    "text-disabled": "#525c69",
}

DARK = Theme(
    name="wake-dark",
    primary="#5fafaf",
    secondary="#7aa2d8",
    accent="#d7a65f",
    success="#7fbf7f",
    warning="#d7a65f",
    error="#e0707a",
    foreground="#c9d0d9",
    background="#15191e",
    surface="#15191e",
    panel="#1d232b",
    variables=_DARK_DETAILS
    | {
        "text-primary": "#6fc3c3",
        "text-secondary": "#8ab0e4",
        "text-accent": "#e0b26c",
        "text-success": "#86c986",
        "text-warning": "#e0b26c",
        "text-error": "#ef7f89",
        "success-muted": "#1d2f24",
        "error-muted": "#3a2226",
        "warning-muted": "#352c1e",
    },
)

LIGHT = Theme(
    name="wake-light",
    primary="#1f7a7a",
    secondary="#2f5fa8",
    accent="#9a6200",
    success="#2f7d32",
    warning="#9a6200",
    error="#b3261e",
    foreground="#23282f",
    background="#fbfbf9",
    surface="#fbfbf9",
    panel="#eeeeea",
    dark=False,
    variables={
        "border": "#1f7a7a",
        "border-blurred": "#c9ccd0",
        "block-cursor-background": "#d5e6e6",
        "block-cursor-foreground": "#16191d",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#ebece8",
        "block-cursor-blurred-foreground": "#23282f",
        "block-cursor-blurred-text-style": "none",
        "block-hover-background": "#f0f1ed",
        "scrollbar": "#c4c8cc",
        "scrollbar-hover": "#a5abb2",
        "scrollbar-active": "#1f7a7a",
        "scrollbar-background": "#fbfbf9",
        "scrollbar-background-hover": "#fbfbf9",
        "scrollbar-background-active": "#fbfbf9",
        "scrollbar-corner-color": "#fbfbf9",
        "text-muted": "#656d78",
        "text-disabled": "#9aa1a9",
        "text-primary": "#166b6b",
        "text-secondary": "#28569c",
        "text-accent": "#855400",
        "text-success": "#276b2a",
        "text-warning": "#855400",
        "text-error": "#a81f18",
        "success-muted": "#dcefdc",
        "error-muted": "#f8dedc",
        "warning-muted": "#f6ead2",
    },
)

# Okabe and Ito's palette: told apart with any common kind of colour vision.
CVD = Theme(
    name="wake-cvd",
    primary="#56b4e9",
    secondary="#cc79a7",
    accent="#f0e442",
    success="#56b4e9",
    warning="#e69f00",
    error="#ff7f3f",
    foreground="#d4d8de",
    background="#14171c",
    surface="#14171c",
    panel="#1d222a",
    variables=_DARK_DETAILS
    | {
        "border": "#56b4e9",
        "scrollbar-active": "#56b4e9",
        "text-primary": "#6fc1f0",
        "text-secondary": "#dc93bb",
        "text-accent": "#f0e442",
        "text-success": "#6fc1f0",
        "text-warning": "#f0ad1c",
        "text-error": "#ff8f57",
        "success-muted": "#16303f",
        "error-muted": "#42281a",
        "warning-muted": "#3a2d12",
    },
)

MONO = Theme(
    name="wake-mono",
    primary="#ffffff",
    secondary="#d0d0d0",
    accent="#ffffff",
    success="#d8d8d8",
    warning="#ffffff",
    error="#ffffff",
    foreground="#d0d0d0",
    background="#0e0e0e",
    surface="#0e0e0e",
    panel="#1c1c1c",
    variables={
        "border": "#ffffff",
        "border-blurred": "#4a4a4a",
        "block-cursor-background": "#454545",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#2c2c2c",
        "block-cursor-blurred-foreground": "#d0d0d0",
        "block-hover-background": "#1c1c1c",
        "text-muted": "#8c8c8c",
        "text-disabled": "#5c5c5c",
        "text-primary": "#ffffff",
        "text-secondary": "#d0d0d0",
        "text-accent": "#ffffff",
        "text-success": "#d8d8d8",
        "text-warning": "#ffffff",
        "text-error": "#ffffff",
        "success-muted": "#1f1f1f",
        "error-muted": "#333333",
        "warning-muted": "#262626",
        "scrollbar": "#4a4a4a",
        "scrollbar-background": "#0e0e0e",
        "scrollbar-corner-color": "#0e0e0e",
    },
)

THEMES = {theme.name: theme for theme in (DARK, LIGHT, CVD, MONO)}
NAMES = (*THEMES, "ansi-dark", "ansi-light")
"""What `--theme` and the setting `theme` may say; the last two follow the terminal's own palette. Textual's other
themes work too."""


def default_theme(environ: Mapping[str, str]) -> str:
    """Light where the terminal says that it is light (COLORFGBG), dark else."""
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    return "wake-light" if background in ("7", "15") else "wake-dark"
