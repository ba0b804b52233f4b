"""Opening a place in the user's editor: in this terminal, or beside it where the editor has a window."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

if TYPE_CHECKING:
    from tui.app import Dashboard

# How editors are told a place; the first word of the command decides. Others get `+line file`, as vi, nano and
# emacs do.
_FORMS = {
    "code": ("-g", "{file}:{line}:{column}"), "codium": ("-g", "{file}:{line}:{column}"),
    "cursor": ("-g", "{file}:{line}:{column}"), "zed": ("{file}:{line}:{column}",),
    "subl": ("{file}:{line}:{column}",), "hx": ("{file}:{line}:{column}",), "helix": ("{file}:{line}:{column}",),
    "kate": ("--line", "{line}", "--column", "{column}", "{file}"), "idea": ("--line", "{line}", "{file}"),
    "pycharm": ("--line", "{line}", "{file}"), "micro": ("+{line}:{column}", "{file}"),
}  # fmt: skip
_WINDOWS = {"code", "codium", "cursor", "zed", "subl", "kate", "idea", "pycharm", "gvim", "gedit"}


def command(template: str, file: Path, line: int, column: int) -> list[str]:
    """The words to run. `template` is the setting or $EDITOR; one with `{file}` is taken as it is."""
    words = shlex.split(template)
    form = (
        words if "{file}" in template else [*words, *_FORMS.get(Path(words[0]).name, ("+{line}", "{file}"))]
    )
    values = {"file": str(file), "line": str(line), "column": str(column)}
    return [_filled(word, values) for word in form]


def open_place(app: Dashboard, file: Path, line: int, column: int) -> str:
    """Opens it and tells what happened, as a sentence."""
    template = app.settings.editor or os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    if not template.strip():
        return f'no editor is set: export EDITOR=…, or editor = "…" in config.toml ({file.name}:{line})'
    try:
        words = command(template, file, line, column)
    except ValueError as error:
        return f"the editor's command cannot be read: {error}"
    try:
        if Path(words[0]).name in _WINDOWS:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
            Thread(target=process.wait, daemon=True).start()  # reaped whenever it ends
        else:
            with app.suspend():
                subprocess.run(words, check=False)
    except (OSError, SuspendNotSupported) as error:
        return f"the editor did not start: {error}"
    return f"opened {file.name}:{line}"


def _filled(word: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        word = word.replace("{" + name + "}", value)
    return word
