r"""Foreign text made safe for a terminal.

What a component, a compiler or a file says may hold escapes that clear the screen, retitle the window, write the
clipboard or hide text. Two ways of showing it: :func:`plain` (no escape at all) and :func:`coloured` (SGR, that is
`ESC [ … m`, stays). Both also neutralise C1 controls, bidirectional overrides and lone control characters.
"""

from __future__ import annotations

import re

# An escape as ECMA-48 has it: CSI with parameters and final byte; strings (OSC, DCS, SOS, PM, APC) up to their end
# or, unterminated, the rest of the line; two-byte escapes; and the same begun with the one-character C1 forms.
_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)(?P<sgr>[0-9;:]{0,64}m)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
# C0 (but tab), DEL, C1, line and paragraph separators, bidirectional embeddings, overrides and isolates, surrogates.
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_CONTROL_BUT_ESCAPE = re.compile(
    "[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def plain(text: str) -> str:
    """`text` as one line without escapes; other control characters become `�`, carriage returns vanish."""
    if text.isprintable():
        return text
    return _CONTROL.sub(_mark, _ESCAPE.sub("", text))


def coloured(text: str) -> str:
    """As :func:`plain`, but colours and weights (SGR) stay, each begun with `ESC [`."""
    if text.isprintable():
        return text
    if "\x1b" not in text and "\x9b" not in text:
        return plain(text)
    return _CONTROL_BUT_ESCAPE.sub(_mark, _ESCAPE.sub(_keep_sgr, text))


def plain_lines(text: str) -> str:
    """As :func:`plain`, line by line."""
    return "\n".join(plain(line) for line in text.split("\n"))


def _keep_sgr(match: re.Match[str]) -> str:
    sgr = match["sgr"]
    return f"\x1b[{sgr}" if sgr is not None else ""


def _mark(match: re.Match[str]) -> str:
    return "" if match[0] == "\r" else "�"
