"""`wasi:cli` (0.2): arguments, environment, the standard streams as log lines, exit."""

from __future__ import annotations

from engine.hosts.embedded.context import Context
from engine.hosts.embedded.registry import Interface
from engine.hosts.embedded.streams import Bytes, InputStream, OutputStream
from engine.hosts.embedded.values import Err, Ok, Resource, Trap

environment = Interface("wasi:cli/environment")
exit_ = Interface("wasi:cli/exit")
stdin = Interface("wasi:cli/stdin")
stdout = Interface("wasi:cli/stdout")
stderr = Interface("wasi:cli/stderr")
terminal_input = Interface("wasi:cli/terminal-input")
terminal_output = Interface("wasi:cli/terminal-output")
terminal_stdin = Interface("wasi:cli/terminal-stdin")
terminal_stdout = Interface("wasi:cli/terminal-stdout")
terminal_stderr = Interface("wasi:cli/terminal-stderr")

LINE_LIMIT = 16 * 1024
# What one instance may say before the rest is left out: a print in an endless loop must not fill the disk.
OUTPUT_LIMIT = 8 * 1024 * 1024


class Exit(Trap):
    """The guest ended itself. `code` is 0 for ok; `exit-with-code` gives any other up to 255."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the component called exit with code {code}")
        self.code = code


class LineLog(OutputStream):
    """A standard stream: each line becomes a log record; an unfinished one when the instance ends."""

    carries = False

    def __init__(self, cx: Context, level: str) -> None:
        self._cx = cx
        self._level = level

    def put(self, data: bytes) -> None:
        buffers = self._cx.output
        buffer = buffers.setdefault(self._level, bytearray())
        self._cx.output_size += len(data)
        if self._cx.output_size > OUTPUT_LIMIT:
            if not self._cx.output_cut:
                self._cx.output_cut = True
                self._say(
                    "warn", f"more than {OUTPUT_LIMIT} bytes of output in one run: the rest is left out"
                )
            return
        buffer += data
        *lines, rest = buffer.split(b"\n")
        while len(rest) > LINE_LIMIT:
            lines.append(rest[:LINE_LIMIT])
            rest = rest[LINE_LIMIT:]
        buffers[self._level] = bytearray(rest)
        for line in lines:
            self._say(self._level, line.rstrip(b"\r").decode("utf-8", "replace"))

    def _say(self, level: str, line: str) -> None:
        self._cx.deployment.log(self._cx.deployment.component, level, line)


def end_output(cx: Context) -> None:
    """Logs lines that lack their newline. Called when an instance ends and after each call into it."""
    for level, rest in cx.output.items():
        if rest:
            cx.deployment.log(cx.deployment.component, level, rest.decode("utf-8", "replace"))
    cx.output.clear()


class Terminal(Resource):
    """`terminal-input` and `terminal-output`: never given out, since no stream here is a terminal."""

    wit = "wasi:cli/terminal-input.terminal-input"


@environment.function("get-environment")
def get_environment(cx: Context) -> list[tuple[str, str]]:
    return list(cx.deployment.environment.items())


@environment.function("get-arguments")
def get_arguments(cx: Context) -> list[str]:
    return list(cx.deployment.arguments)


@environment.function("initial-cwd")
def initial_cwd(cx: Context) -> str | None:
    return None


@exit_.function("exit")
def exit_with_status(cx: Context, status: Ok[None] | Err[None]) -> None:
    raise Exit(0 if isinstance(status, Ok) else 1)


@exit_.function("exit-with-code")
def exit_with_code(cx: Context, code: int) -> None:
    raise Exit(code)


@stdin.function("get-stdin")
def get_stdin(cx: Context) -> InputStream:
    return Bytes(b"")


@stdout.function("get-stdout")
def get_stdout(cx: Context) -> OutputStream:
    return LineLog(cx, "info")


@stderr.function("get-stderr")
def get_stderr(cx: Context) -> OutputStream:
    return LineLog(cx, "error")


@terminal_stdin.function("get-terminal-stdin")
@terminal_stdout.function("get-terminal-stdout")
@terminal_stderr.function("get-terminal-stderr")
def get_terminal(cx: Context) -> Terminal | None:
    return None
