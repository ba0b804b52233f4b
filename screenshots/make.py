"""Makes the screenshots: the real demo project, its real engine and component, a real dashboard driven by keys.

    python screenshots/make.py            # into this folder
    python screenshots/make.py --out DIR

Takes as long as the demo's first build. Needs a monospaced font of the DejaVu family (Debian: fonts-dejavu-core).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

FONT = "DejaVu Sans Mono"
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts")
SIZES = ((60, 20), (80, 24), (120, 40), (200, 50))
PATIENCE = 180.0
QUIET = 15.0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--font-dir", default=None, help="where the font's files are")
    options = parser.parse_args()
    fonts = options.font_dir or next((folder for folder in FONT_FOLDERS if _has_font(folder)), None)
    if fonts is None:
        print(f"there is no {FONT} here; on Debian: apt-get install fonts-dejavu-core", file=sys.stderr)
        return 1
    with _home() as home, tempfile.TemporaryDirectory(prefix="wake-") as runtime:
        for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "NO_COLOR", "COLORFGBG"):
            os.environ.pop(name, None)
        # The cache stays the user's own: a demo built before is not built again.
        os.environ.setdefault("XDG_CACHE_HOME", str(Path.home() / ".cache"))
        os.environ |= {"HOME": str(home), "XDG_RUNTIME_DIR": runtime}
        project = home / "hello"
        subprocess.run([sys.executable, "-m", "engine.cli", "new", "python-http", str(project)], check=True)
        try:
            asyncio.run(_session(project, options.out, str(fonts)))
        finally:
            subprocess.run([sys.executable, "-m", "engine.cli", "stop"], cwd=project, check=False)
    return 0


@contextmanager
def _home() -> Iterator[Path]:
    """A home whose path looks well in a picture, when nobody has it."""
    home = Path(tempfile.gettempdir()) / "ada"
    try:
        home.mkdir(mode=0o700)
    except FileExistsError:
        home = Path(tempfile.mkdtemp(prefix="ada-"))
    try:
        yield home
    finally:
        shutil.rmtree(home)


async def _session(project: Path, out: Path, fonts: str) -> None:
    source = project / "app.py"
    text = source.read_text()

    async with _Dashboard(project, (120, 40)) as first:
        await first.until(
            lambda: first.state is not None and first.state.phase == "ready" and first.state.urls
        )
        url = first.state.urls[0]
        for path in ("/", "/favicon.ico", "/", "/about", "/"):
            await asyncio.to_thread(_get, url + path)
        await asyncio.sleep(QUIET)  # optimised code is compiled in the background, once
        for words in ("Hello once more from wake", "Hello and hello from wake", "Hello from wake"):
            await first.edit(source, text.replace("Hello from wake", words))
            await asyncio.to_thread(_get, url)

    for size in SIZES:
        async with _Dashboard(project, size) as dashboard:
            await dashboard.until(lambda: dashboard.live)
            dashboard.save(out, fonts, f"main-{size[0]}x{size[1]}")

    async with _Dashboard(project, (120, 40)) as dashboard:
        await dashboard.until(lambda: dashboard.live)
        await dashboard.press("h")
        dashboard.save(out, fonts, "history-120x40")
        await dashboard.press("escape", "2")
        pane = dashboard.app.main.dependencies
        names = [item.name for item in pane.rows.items]
        await dashboard.press(
            *["j"] * next(at for at, name in enumerate(names) if "keyvalue" in name), "space"
        )
        await dashboard.until(lambda: dashboard.state is not None and dashboard.state.changes)
        dashboard.save(out, fonts, "pending-120x40")
        await dashboard.press("d")
        dashboard.save(out, fonts, "diff-120x40")
        await dashboard.press("x")
        await dashboard.until(lambda: not dashboard.state.changes)

    async with _Dashboard(project, (80, 24)) as dashboard:
        await dashboard.until(lambda: dashboard.live)
        await dashboard.press("2")
        dashboard.save(out, fonts, "dependencies-80x24")
        await dashboard.press("3")
        await dashboard.edit(source, text.replace("def ", "def def ", 1), ok=False)
        await dashboard.until(lambda: dashboard.app.main.problems.display)
        dashboard.save(out, fonts, "error-80x24")
        await dashboard.edit(source, text)


class _Dashboard:
    """One dashboard on the session, at one size."""

    def __init__(self, project: Path, size: tuple[int, int]) -> None:
        from tui.app import Dashboard

        self.app = Dashboard(project, theme="wake-dark", on_leave="leave")
        self._running = self.app.run_test(size=size)
        self._pilot: Any = None

    async def __aenter__(self) -> Self:
        self._pilot = await self._running.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._running.__aexit__(*error)

    @property
    def state(self) -> Any:
        return self.app.seen.state

    @property
    def live(self) -> bool:
        return self.app.seen.live and bool(self.app.main.logs.log_view.count)

    async def until(self, condition: Callable[[], object]) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        while not condition():
            if self.app.seen.link.state == "failed":
                raise SystemExit(f"no session: {self.app.seen.link.problem}")
            if loop.time() > end:
                raise SystemExit(f"this never came to be; the state is {self.state}")
            await self._pilot.pause(0.05)
        await self._pilot.pause(0.3)

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)
        await self._pilot.pause(0.3)

    async def edit(self, file: Path, text: str, ok: bool = True) -> None:
        """Saves, and waits for the reload that comes of it."""
        before = len(self.state.reloads) and self.state.reloads[-1].number
        file.write_text(text)
        await self.until(lambda: self.state.reloads and self.state.reloads[-1].number > before)
        if self.state.reloads[-1].ok is not ok:
            raise SystemExit(f"this reload was to be {'good' if ok else 'bad'}: {self.state.reloads[-1]}")

    def save(self, out: Path, fonts: str, name: str) -> None:
        import resvg_py

        svg = self.app.export_screenshot(title=" ")
        picture = resvg_py.svg_to_bytes(
            svg_string=svg, font_dirs=[fonts], font_family=FONT, monospace_family=FONT, sans_serif_family=FONT
        )
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{name}.png").write_bytes(bytes(picture))
        print(out / f"{name}.png", file=sys.stderr)


def _get(url: str) -> None:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            answer.read()
    except urllib.error.HTTPError:
        pass  # an answer all the same


def _has_font(folder: str) -> bool:
    return any(Path(folder).rglob("DejaVuSansMono.ttf")) if Path(folder).is_dir() else False


if __name__ == "__main__":
    raise SystemExit(main())
