from componentize_py_types import Err
from wit_world.imports import exit


def run():
    exit.exit(Err(None))
