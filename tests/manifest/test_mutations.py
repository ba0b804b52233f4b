"""Mutated YAML: an error of ours or an application, never another exception."""

from __future__ import annotations

import random

from engine.manifest.decode import read_application
from engine.manifest.diff import apply, diff, differences, settled
from engine.manifest.document import to_yaml
from engine.manifest.hints import hints
from engine.manifest.problems import ManifestError
from engine.manifest.validate import validate_text
from tests.manifest.test_validate import GOOD
from tests.project.test_mutations import mutated

COUNT = 5000
PIECES = [
    "- ",
    ": ",
    "\n",
    "  ",
    "*a",
    "&a ",
    "!!int ",
    "|",
    ">",
    "{",
    "}",
    "[",
    "]",
    "null",
    "~",
    "1",
    "1.5",
    "yes",
    "'",
    '"',
    "\x00",
    "é",
    "<<: ",
    "? ",
    "%",
    "---\n",
    "...\n",
    "\t",
    "#",
    "spec:",
    "name:",
    "0o17",
    "1e999",
    "\u2028",
    "9" * 500,
    "link",
    "target",
]


def test_mutations() -> None:
    random_ = random.Random(20241121)
    good = read_application(GOOD, "good.yaml")
    read = failed = 0
    for _ in range(COUNT):
        text = mutated(random_, GOOD, PIECES)
        found = validate_text(text, "x.yaml")
        try:
            app = read_application(text, "x.yaml")
        except ManifestError as problem:
            assert problem.message and any(item.severity == "error" for item in found)
            failed += 1
            continue
        read += 1
        hints(app)
        diff(good, app)
        assert apply(good, differences(good, app)) == settled(app)
        assert read_application(to_yaml(app), "y.yaml") == app
    assert read > COUNT // 20 and failed > COUNT // 20, (read, failed)
