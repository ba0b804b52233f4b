"""A real guest calls every function of every interface: an ok and, where the WIT has one, an error case each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hosts.interfaces.coverage import ENDS, cases, lines, run_case, run_command, run_corners, table
from tests.hosts.interfaces.probe import Probe, build_script

pytestmark = pytest.mark.xdist_group("probe")

pytest.importorskip("componentize_py")


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probe]:
    made = Probe(tmp_path_factory.mktemp("probe"))
    yield made
    made.close()


@pytest.mark.parametrize("name", [*cases(), *ENDS])
def test_a_case_goes_as_the_wit_says(probe: Probe, name: str) -> None:
    problem = run_case(probe, name)
    assert problem is None, f"{problem}\n{probe.lines}"


def test_the_functions_that_no_toolchain_imports(probe: Probe) -> None:
    assert run_corners(probe) is None


@pytest.mark.parametrize("name", ["keyvalue", "blobstore", "messaging", "rest"])
def test_a_javascript_guest_fits_as_well(probe: Probe, name: str) -> None:
    path = build_script()
    if path is None:
        pytest.skip("jco is not here (WAKE_JCO, or on the path)")
    problem = probe.script(path, name)
    assert problem is None, f"{problem}\n{probe.lines}"


def test_every_function_was_called_well_and_with_an_error(probe: Probe) -> None:
    """Depends on the cases above having run in this process, as the group has it."""
    run_command(probe)
    rows = table(probe.record)
    assert not [row for row in rows if row.missing], "\n".join(lines(rows))


def test_what_the_guest_wrote_is_in_the_log(probe: Probe) -> None:
    assert ("probe", "info", "to stdout") in probe.lines
    assert ("probe", "error", "to stderr") in probe.lines
    assert ("probe", "critical", "probe: at CRITICAL") in probe.lines
