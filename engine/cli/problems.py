"""How a problem reads in a terminal: message, place, source line with a caret, what to do."""

from __future__ import annotations

from engine.model.problem import Problem


def explain(problem: Problem, severity: str = "error") -> str:
    """The text for stderr, made safe: what a file holds never reaches the terminal as an escape."""
    lines = [f"{severity}: {problem.message}"]
    if problem.file is not None:
        place = ":".join(
            str(part) for part in (problem.file, problem.line, problem.column) if part is not None
        )
        lines.append(f"  --> {place}")
    if problem.source is not None and problem.line is not None:
        gutter = f"{problem.line:>4} | "
        lines.append(gutter + problem.source.rstrip("\n"))
        if problem.column is not None:
            before = problem.source[: problem.column - 1] if problem.before is None else problem.before
            lines.append(" " * 5 + "| " + _blank(before) + "^" + "-" * (problem.width - 1))
    lines.extend(f"  = {note}" for note in problem.notes)
    if problem.hint is not None:
        lines.append(f"  = help: {problem.hint}")
    return "\n".join(safe(line) for line in "\n".join(lines).split("\n"))


def explain_all(group: BaseExceptionGroup[BaseException]) -> str:
    """Every problem of the group; anything else in it is a fault of ours and is raised."""
    problems, others = group.split(Problem)
    if others is not None:
        raise others
    assert problems is not None
    texts = []
    for item in problems.exceptions:
        if isinstance(item, BaseExceptionGroup):
            texts.append(explain_all(item))
        elif isinstance(item, Problem):
            texts.append(explain(item))
    return "\n\n".join(texts)


def _blank(text: str) -> str:
    """White space as wide as `text` is shown: tabs stay, wide characters take two columns."""
    shown = safe(text)
    if shown.isascii():
        return "".join("\t" if char == "\t" else " " for char in shown)
    from unicodedata import combining, east_asian_width

    widths = (0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in shown)
    return "".join("\t" if char == "\t" else " " * width for char, width in zip(shown, widths, strict=True))


def safe(line: str) -> str:
    """`line` with control characters shown as `\\xNN` instead of sent."""
    if line.isprintable():
        return line
    return "".join(char if char.isprintable() or char == "\t" else f"\\x{ord(char):02x}" for char in line)
