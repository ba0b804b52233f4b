"""The guest's shell: built once, it loads its cases and its handlers from the mounted folder `/cases`."""

import importlib
import pkgutil
import sys
import traceback

import wit_world
from componentize_py_types import Err

for found in pkgutil.walk_packages(wit_world.__path__, "wit_world."):
    importlib.import_module(found.name)


def load(name):
    if sys.path != ["/cases"]:
        sys.path[:] = ["/cases"]
        sys.path_importer_cache.clear()
        sys.dont_write_bytecode = True
    return importlib.import_module(name)


class Cases:
    def run(self, name):
        try:
            load(name).run()
        except BaseException as error:
            raise Err("".join(traceback.format_exception(error))) from None


class Run:
    def run(self):
        load("handlers").run()


class WasiHttpIncomingHandler:
    def handle(self, request, response_out):
        load("handlers").answer(request, response_out)


class Watcher:
    def on_set(self, bucket, key, value):
        load("handlers").on_set(bucket, key, value)

    def on_delete(self, bucket, key):
        load("handlers").on_delete(bucket, key)


class Handler:
    def handle_message(self, msg):
        load("handlers").handle_message(msg)


class WasmcloudMessagingIncomingHandler:
    def handle(self, message):
        load("handlers").handle(message)
