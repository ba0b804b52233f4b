"""A real guest calls every function of every interface: an ok and, where the WIT has one, an error case each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hosts.interfaces.coverage import CORNERS, ENDS, cases, lines, run_all, table
from tests.hosts.interfaces.probe import Probe, build_script

pytestmark = pytest.mark.xdist_group("probe")

pytest.importorskip("componentize_py")


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probe]:
    made = Probe(tmp_path_factory.mktemp("probe"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def problems(probe: Probe) -> dict[str, str]:
    """What went wrong, by case; every case has run."""
    return run_all(probe)


@pytest.mark.parametrize("name", [*cases(), *ENDS, CORNERS])
def test_a_case_goes_as_the_wit_says(probe: Probe, problems: dict[str, str], name: str) -> None:
    assert name not in problems, f"{problems[name]}\n{probe.lines}"


@pytest.mark.timeout(420)  # the first of them installs jco
@pytest.mark.parametrize("name", ["keyvalue", "blobstore", "messaging", "rest"])
def test_a_javascript_guest_fits_as_well(probe: Probe, name: str) -> None:
    path = build_script()
    if path is None:
        pytest.skip("jco is not here: it needs Node, and the npm registry once")
    problem = probe.script(path, name)
    assert problem is None, f"{problem}\n{probe.lines}"


def test_every_function_was_called_well_and_with_an_error(probe: Probe, problems: dict[str, str]) -> None:
    rows = table(probe.record)
    assert not [row for row in rows if row.missing], "\n".join(lines(rows))


def test_what_the_guest_wrote_is_in_the_log(probe: Probe, problems: dict[str, str]) -> None:
    assert ("probe", "info", "to stdout") in probe.lines
    assert ("probe", "error", "to stderr") in probe.lines
    assert ("probe", "critical", "probe: at CRITICAL") in probe.lines
