"""wasi:config and wasi:logging."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.hosts.embedded.context import Link
from engine.hosts.embedded.values import Trap
from tests.hosts.interfaces.deployments import guest


@pytest.mark.parametrize("interface", ["wasi:config/runtime@0.2.0-draft", "wasi:config/store@0.2.0-rc.1"])
def test_values_of_the_manifest_are_told(tmp_path: Path, interface: str) -> None:
    app = guest(tmp_path, config={"name": "world", "a": "1"})
    assert app.ok(f"{interface}#get", "name") == "world"
    assert app.ok(f"{interface}#get", "other") is None
    assert app.ok(f"{interface}#get-all") == [("a", "1"), ("name", "world")]


@pytest.mark.parametrize("interface", ["wasi:config/runtime", "wasi:config/store"])
def test_toggled_off_is_the_interfaces_own_error(tmp_path: Path, interface: str) -> None:
    app = guest(tmp_path, links={interface: Link("off")})
    for call in ((f"{interface}#get", "name"), (f"{interface}#get-all",)):
        case, text = app.err(*call)
        assert case == "upstream"
        assert interface in text


def test_each_line_of_a_message_is_a_line_of_the_log(tmp_path: Path) -> None:
    app = guest(tmp_path)
    app.call("wasi:logging/logging@0.1.0-draft#log", "warn", "db", "slow\nquery")
    app.call("wasi:logging/logging#log", "info", "", "")
    assert app.lines == [("app", "warn", "db: slow"), ("app", "warn", "db: query"), ("app", "info", "")]


def test_logging_that_is_off_traps_by_name(tmp_path: Path) -> None:
    app = guest(tmp_path, links={"wasi:logging/logging": Link("off")})
    with pytest.raises(Trap, match="wasi:logging/logging is off"):
        app.call("wasi:logging/logging#log", "info", "", "x")
