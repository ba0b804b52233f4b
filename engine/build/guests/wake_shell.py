"""The app that componentize-py bakes into a dev shell. It holds none of the user's code: that is read from the
folder mounted at `/app` when an instance first needs it, so a save is served without a build.

componentize-py asks this module for one class an exported interface (and for each exported resource), by name,
while it makes the snapshot. `__getattr__` gives a stand-in for each and remembers its name; the stand-in finds the
user's own class when it is first called.
"""

import importlib
import json
import os
import pkgutil
import sys
import traceback
from importlib.machinery import FileFinder, SourceFileLoader
from pathlib import Path

import wake_shell_preload
import wit_world
from componentize_py_types import Err

APP = "/app"

asked_for: dict[str, "StandIn"] = {}
serving = False
app = None


class AppLoader(SourceFileLoader):
    """Compiles from source, always: a `.pyc` is trusted by whole seconds, which two saves share."""

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        return compile(self.get_data(path), path, "exec", dont_inherit=True)


def app_finder(path):
    if path == APP or path.startswith(APP + "/"):
        return FileFinder(path, (AppLoader, [".py"]))
    raise ImportError(path)


def load():
    """The user's module, imported at first use in this instance."""
    global app, serving
    if app is None:
        serving = True
        sys.path[:] = os.environ["WAKE_SHELL_PATH"].split(":")
        sys.path_importer_cache.clear()
        sys.path_hooks.insert(0, app_finder)
        cache = os.environ.get("WAKE_SHELL_PYCACHE")
        sys.pycache_prefix = cache
        sys.dont_write_bytecode = cache is None
        app = importlib.import_module(os.environ["WAKE_SHELL_APP"])
    return app


class StandIn:
    """Answers for one class of the user's: constructed and called like it, found in the user's module late."""

    def __init__(self, name):
        self._name = name
        self._instance = None

    def __call__(self, *arguments):
        # While the snapshot is made, "constructing" an interface's class must load nothing.
        return find(self._name)(*arguments) if serving else self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        known = asked_for.get(self._name)

        def forward(*arguments):
            module = load()
            if known is not None and known._instance is None:
                known._instance = getattr(module, self._name)()
            return getattr(known._instance, name)(*arguments)

        return forward


def find(name):
    return getattr(load(), name)


class WakeShellLoader:
    def warm(self):
        try:
            module = load()
            lacking = [name for name in asked_for if not hasattr(module, name)]
            if lacking:
                problems = [
                    {
                        "severity": "error",
                        "message": f"the module has no class {name}, which an export of the world needs",
                        "file": getattr(module, "__file__", None),
                    }
                    for name in lacking
                ]
                raise Err(json.dumps(problems))
        except Err:
            raise
        except BaseException as error:
            traceback.print_exception(type(error), error, own_frames(error.__traceback__))
            raise Err(json.dumps([describe(error)])) from None


def own_frames(frames):
    """The traceback from the user's first frame on; what is above it is only how their module was imported."""
    while frames is not None and not frames.tb_frame.f_code.co_filename.startswith(APP + "/"):
        frames = frames.tb_next
    return frames


def describe(error):
    """The error at the user's own line: that of a syntax error, else the deepest frame under `/app`."""
    message = traceback.format_exception_only(error)[-1].strip()
    if isinstance(error, SyntaxError) and error.filename:
        message = f"{type(error).__name__}: {error.msg}"
        place = {"file": error.filename, "line": error.lineno, "column": error.offset}
        return {
            "severity": "error",
            "message": message,
            **{key: value for key, value in place.items() if value},
        }
    place = {}
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith(APP + "/"):
            place = {"file": frame.filename, "line": frame.lineno}
            if frame.colno is not None:
                place["column"] = frame.colno + 1
    return {"severity": "error", "message": message, **place}


def __getattr__(name):
    if name.startswith("_"):
        raise AttributeError(name)
    return asked_for.setdefault(name, StandIn(name))


def preload():
    """Imports into the snapshot what apps are likely to want: what is there already costs a save nothing."""
    names = [*wake_shell_preload.MODULES]
    names += [module.name for module in pkgutil.walk_packages(wit_world.__path__, "wit_world.")]
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:
            print(f"not preloaded: {name}: {error!r}", file=sys.stderr)


def keep_stdlib():
    """Copies the guest's standard library out, once: what the snapshot lacks is mounted from there later."""
    target = wake_shell_preload.STDLIB_COPY
    if target and not Path(target).exists():
        import shutil

        shutil.copytree("/python", target, ignore=shutil.ignore_patterns("__pycache__"))


preload()
keep_stdlib()
sys.dont_write_bytecode = True
