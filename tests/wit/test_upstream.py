"""Upstream's own suite: its JSON for what it accepts, its place for what it rejects."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from engine.wit.cache import Cache
from engine.wit.errors import WitError
from engine.wit.load import load
from engine.wit.to_json import to_json
from tests.fixtures import fixtures
from tests.wit.texts import first

ROOT = Path(os.environ.get("WAKE_FIXTURES") or Path(__file__).resolve().parents[3] / "shared" / "fixtures")
ACCEPTED = sorted(path.name.removesuffix(".wit.json") for path in ROOT.glob("wit-ui/*.wit.json"))
REJECTED = sorted(
    path.name.removesuffix(".wit.result")
    for path in ROOT.glob("wit-ui/parse-fail/*.wit.result")
    if path.with_suffix("").exists() or path.with_suffix("").with_suffix("").exists()
)
_PLACE = re.compile(r"(?:--> |\* )?([\w./-]+):(\d+):(\d+)")


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder in which the suite lies where its texts say: `tests/ui`."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "ui").symlink_to(fixtures("wit-ui"))
    monkeypatch.chdir(tmp_path)
    return Path("tests/ui")


def case(folder: Path, name: str) -> Path:
    file = folder / f"{name}.wit"
    return file if file.exists() else folder / name


def test_the_suite_is_here_or_skipped(suite: Path) -> None:
    assert len(ACCEPTED) >= 32
    assert len(REJECTED) >= 81


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(suite: Path, name: str) -> None:
    resolve = load(case(suite, name), features=["active"], cache=Cache())
    wanted = json.loads((suite / f"{name}.wit.json").read_text())
    # As texts: the order of maps counts.
    assert json.dumps(to_json(resolve), indent=1) == json.dumps(wanted, indent=1)


@pytest.mark.parametrize("name", REJECTED)
def test_rejected(suite: Path, name: str) -> None:
    text = (suite / "parse-fail" / f"{name}.wit.result").read_text()
    with pytest.raises((WitError, ExceptionGroup)) as caught:
        load(case(suite / "parse-fail", name), features=["active"], cache=Cache())
    problem = first(caught.value)
    place = _PLACE.search(text)
    assert place is not None
    assert (problem.file, problem.line, problem.column) == (place[1], int(place[2]), int(place[3]))
    assert problem.message.split("\n")[0] in text


def test_a_wrong_expectation_is_noticed(suite: Path) -> None:
    """The comparison sees what it is for: another order of a map is another model."""
    resolve = load(suite / "use.wit", cache=Cache())
    model = to_json(resolve)
    types = model["interfaces"][2]["types"]
    model["interfaces"][2]["types"] = dict(reversed(types.items()))
    wanted = json.loads((suite / "use.wit.json").read_text())
    assert model == wanted
    assert json.dumps(model) != json.dumps(wanted)
