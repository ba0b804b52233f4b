"""Copying: through the terminal (OSC 52, works over ssh) and, where there is one, the desktop's own program."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.app import Dashboard

OSC52_LIMIT = 74_994
"""Bytes of text that terminals commonly take in one go; more is cut off silently by some."""

_PROGRAMS = (["wl-copy"], ["xclip", "-selection", "clipboard"], ["pbcopy"])


def copy(app: Dashboard, text: str, what: str) -> str:
    """Copies and tells what happened, as a sentence."""
    program = next((words for words in _PROGRAMS if shutil.which(words[0])), None)
    if program is not None:
        try:
            subprocess.run(
                program, input=text.encode(errors="replace"), timeout=2, check=True, capture_output=True
            )
            return f"copied {what}"
        except (OSError, subprocess.SubprocessError):
            pass  # No display behind it: the terminal is left.
    app.copy_to_clipboard(text.encode(errors="replace").decode())
    if len(text) > OSC52_LIMIT:
        return f"copied {what} through the terminal, which may have cut it; ^s saves a file"
    return f"copied {what} through the terminal"
