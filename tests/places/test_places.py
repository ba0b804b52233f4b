from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from engine.places.places import PlaceError, find, make_private, make_project_folder, write_atomic


def test_xdg_variables_and_their_fallbacks() -> None:
    places = find({"HOME": "/home/me", "XDG_STATE_HOME": "/state", "XDG_CACHE_HOME": "relative"})
    assert places.state == Path("/state/wake")
    assert places.cache == Path("/home/me/.cache/wake")
    assert places.config == Path("/home/me/.config/wake")
    assert str(os.getuid()) in places.runtime.name


def test_a_runtime_folder_too_deep_for_sockets_is_not_taken() -> None:
    deep = "/run/" + "x" * 100
    assert not str(find({"XDG_RUNTIME_DIR": deep}).runtime).startswith(deep)
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        assert find({"XDG_RUNTIME_DIR": short}).runtime == Path(short, "wake")
        assert find({"XDG_RUNTIME_DIR": f"{short}/to/be"}).runtime == Path(short, "to/be/wake")


def test_a_runtime_folder_that_takes_no_files_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        Path(short, "file").touch()
        assert not find({"XDG_RUNTIME_DIR": f"{short}/file"}).runtime.is_relative_to(short)
        # What a user without the right to is told; this test may run as one with every right.
        monkeypatch.setattr(os, "access", lambda path, mode: False)
        assert not find({"XDG_RUNTIME_DIR": f"{short}/to/be"}).runtime.is_relative_to(short)


def test_a_deep_temporary_folder_is_not_taken_for_sockets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("x" * 100)))
    assert find({"HOME": "/home/me"}).runtime == Path("/tmp", f"wake-{os.getuid()}")


def test_private_folders(tmp_path: Path) -> None:
    folder = make_private(tmp_path / "a" / "b")
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o755)
    assert make_private(folder).stat().st_mode & 0o777 == 0o700
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(PlaceError):
        make_private(tmp_path / "link")


def test_atomic_writes_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"one", 0o600)
    assert path.stat().st_mode & 0o777 == 0o600

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomic(path, b"two")
    assert path.read_bytes() == b"one"
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_the_projects_folder_keeps_itself_out_of_git(tmp_path: Path) -> None:
    folder = make_project_folder(tmp_path)
    assert folder == tmp_path / ".wake" / "dev"
    assert (tmp_path / ".wake" / ".gitignore").read_text() == "*\n"
