from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelpack_gui.core.locations import is_device, is_file, is_folder, is_there, located, read_whole, without_links
from modelpack_gui.core.saved_models import SavedKind, kind_of_file

UNREADABLE = pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is unreadable for root")


def test_a_relative_path_starts_from_the_folder_and_a_tilde_is_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("USERPROFILE", "/home/me")
    assert located(Path("/base"), "a.py") == Path("/base/a.py")
    assert located(Path("/base"), "~/a.py") == Path("/home/me/a.py")


def test_what_is_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert [ask(tmp_path / "a") for ask in (is_file, is_folder, is_there)] == [True, False, True]
    assert [ask(tmp_path) for ask in (is_file, is_folder, is_there)] == [False, True, True]


@pytest.mark.parametrize("name", ["none", "a" * 5000, "a\0b"], ids=["missing", "too long", "null"])
def test_what_cannot_be_there_is_not(name: str, tmp_path: Path) -> None:
    assert not any(ask(tmp_path / name) for ask in (is_file, is_folder, is_there))


@UNREADABLE
def test_what_may_not_be_looked_at_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir()
    (tmp_path / "shut" / "a").touch()
    (tmp_path / "shut").chmod(0)
    try:
        assert not any(ask(tmp_path / "shut" / "a") for ask in (is_file, is_folder, is_there))
    finally:
        (tmp_path / "shut").chmod(0o700)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_links_are_followed_and_those_in_a_circle_are_left(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "round").symlink_to(tmp_path / "round")
    assert without_links(tmp_path / "b") == without_links(tmp_path) / "a"
    assert without_links(tmp_path / "round").name == "round"
    assert not is_there(tmp_path / "round")


@pytest.mark.skipif(os.name == "nt", reason="there are no pipes with a name")
def test_a_pipe_is_told_from_files_and_folders(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a").touch()
    assert is_device(tmp_path / "pipe")
    assert not any(map(is_device, (tmp_path, tmp_path / "a", tmp_path / "none")))


def test_a_file_is_read_up_to_what_it_may_have(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_whole(tmp_path / "a", 5) == b"12345"
    with pytest.raises(OSError, match="too large"):
        read_whole(tmp_path / "a", 4)


@pytest.mark.skipif(os.name == "nt", reason="there are no pipes with a name")
def test_what_is_in_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "net.pt")
    assert kind_of_file(tmp_path / "net.pt") is SavedKind.UNKNOWN
