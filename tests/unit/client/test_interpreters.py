from __future__ import annotations

import sys
from pathlib import Path

import pytest

from modelpack_gui.client.interpreters import find_interpreters


def environment(folder: Path, version: str = "") -> Path:
    executable = folder / "bin" / "python"
    executable.parent.mkdir(parents=True)
    executable.write_text("#!/bin/sh\n", encoding="utf-8")
    executable.chmod(0o755)
    if version:
        (folder / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {version}\n", encoding="utf-8")
    return executable


def test_the_apps_own_comes_first_and_then_environments_from_near_to_far(tmp_path: Path) -> None:
    project = tmp_path / "work" / "project"
    near = environment(project / ".venv", "3.12.4")
    far = environment(tmp_path / "work" / "venv")
    found = find_interpreters(project, {"HOME": str(tmp_path)})
    assert [candidate.path for candidate in found] == [sys.executable, str(near), str(far)]
    assert [candidate.label for candidate in found[1:]] == [
        ".venv in ~/work/project (Python 3.12.4)",
        "venv in ~/work",
    ]


def test_conda_and_pyenv_are_listed_by_what_they_record(tmp_path: Path) -> None:
    conda = environment(tmp_path / "conda" / "envs" / "vision")
    (conda.parents[1] / "conda-meta").mkdir()
    (conda.parents[1] / "conda-meta" / "python-3.11.9-h955ad1f_0.json").write_text("{}", encoding="utf-8")
    (tmp_path / ".conda").mkdir()
    listed = [str(conda.parents[1]), str(tmp_path / "conda" / "deleted")]
    (tmp_path / ".conda" / "environments.txt").write_text("\n".join(listed), encoding="utf-8")
    versions = [environment(tmp_path / ".pyenv" / "versions" / name) for name in ("3.9.18", "3.10.1", "3.13.0")]
    found = find_interpreters(None, {"HOME": str(tmp_path)})
    assert [candidate.path for candidate in found[1:]] == [str(conda), str(versions[2]), str(versions[1])]
    assert found[1].label == "conda vision (Python 3.11.9)"


def test_one_environment_found_twice_is_listed_once(tmp_path: Path) -> None:
    near = environment(tmp_path / ".venv")
    (tmp_path / "link").symlink_to(tmp_path / ".venv", target_is_directory=True)
    found = find_interpreters(tmp_path, {"HOME": str(tmp_path), "VIRTUAL_ENV": str(tmp_path / "link")})
    assert [candidate.path for candidate in found] == [sys.executable, str(near)]


def test_two_environments_on_one_base_interpreter_are_two(tmp_path: Path) -> None:
    base = environment(tmp_path / "base")
    for name in (".venv", "venv"):
        (tmp_path / name / "bin").mkdir(parents=True)
        (tmp_path / name / "bin" / "python").symlink_to(base)
    found = find_interpreters(tmp_path, {"HOME": str(tmp_path)})
    assert [Path(candidate.path).parents[1].name for candidate in found[1:]] == [".venv", "venv"]


@pytest.mark.skipif(sys.platform == "win32", reason="a link needs a privilege there")
def test_a_broken_environment_is_not_offered(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(tmp_path / "gone")
    assert len(find_interpreters(tmp_path, {"HOME": str(tmp_path)})) == 1
