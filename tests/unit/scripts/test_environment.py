from __future__ import annotations

import ast
import io
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import tomllib

from scripts import _environment, _system_libraries, run
from tests.places import ROOT

LDD_OUTPUT = """\
	linux-vdso.so.1 (0x00007f11a3ab0000)
	libGL.so.1 => /lib/x86_64-linux-gnu/libGL.so.1 (0x00007f11a3952000)
	libxcb-cursor.so.0 => not found
	libQt6Gui.so.6 => /venv/lib/python3.11/site-packages/PySide6/Qt/lib/libQt6Gui.so.6 (0x00007f11a2dba000)
	libxkbcommon-x11.so.0 => not found
	libxcb-cursor.so.0 => not found
	/lib64/ld-linux-x86-64.so.2 (0x00007f11a3ab2000)
"""


# --- system libraries


def test_libraries_that_ldd_cannot_find_are_listed_once() -> None:
    assert _system_libraries.parse_ldd(LDD_OUTPUT) == ["libxcb-cursor.so.0", "libxkbcommon-x11.so.0"]


def test_a_whole_system_lacks_nothing() -> None:
    assert _system_libraries.parse_ldd(LDD_OUTPUT.replace("not found", "/lib/x.so (0x00007f11a3952000)")) == []


def test_missing_libraries_are_named_as_debian_packages() -> None:
    missing = ["libxcb-cursor.so.0", "libgthread-2.0.so.0", "libglib-2.0.so.0", "libnew.so.1"]
    assert _system_libraries.name_packages(missing) == (["libglib2.0-0", "libxcb-cursor0"], ["libnew.so.1"])


def test_packages_that_a_bare_bookworm_lacks_are_all_known() -> None:
    for_offscreen = {"libgl1", "libegl1", "libxkbcommon0", "libglib2.0-0", "libfontconfig1", "libdbus-1-3"}
    for_xcb = {
        "libxcb-cursor0",
        "libxcb-icccm4",
        "libxcb-keysyms1",
        "libxcb-shape0",
        "libxcb-xkb1",
        "libxkbcommon-x11-0",
    }
    assert for_offscreen | for_xcb <= set(_system_libraries.PACKAGES.values())


class AptMachine:
    """A Linux machine on which the named libraries are missing until `apt-get install` is called."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, uid: int, programs: set[str]) -> None:
        self.missing = {"libxcb-cursor.so.0"}
        self.commands: list[list[str]] = []
        self.programs = programs
        monkeypatch.setattr(sys, "platform", "linux")
        monkeypatch.setattr(os, "geteuid", lambda: uid, raising=False)
        monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}" if name in self.programs else None)
        monkeypatch.setattr(subprocess, "run", self._run)

    def _run(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        if command[0] == "/bin/ldd":
            return subprocess.CompletedProcess(
                command, 0, "".join(f"\t{name} => not found\n" for name in self.missing), ""
            )
        self.commands.append(command)
        if command[1] == "install":
            self.missing.clear()
        return subprocess.CompletedProcess(command, 0, "", "")


def test_root_on_debian_gets_the_libraries_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = AptMachine(monkeypatch, uid=0, programs={"ldd", "apt-get", "xauth"})
    assert _system_libraries.ensure_qt_libraries(tmp_path, with_virtual_screen=True)
    assert machine.commands == [
        ["/bin/apt-get", "update"],
        ["/bin/apt-get", "install", "-y", "--no-install-recommends", "libxcb-cursor0", "xvfb"],
    ]


def test_any_other_user_gets_one_line_to_paste(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = AptMachine(monkeypatch, uid=1000, programs={"ldd", "apt-get"})
    assert not _system_libraries.ensure_qt_libraries(tmp_path)
    assert machine.commands == []
    assert "  sudo apt-get install -y libxcb-cursor0\n" in capsys.readouterr().out


def test_a_system_without_apt_is_told_the_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = AptMachine(monkeypatch, uid=0, programs={"ldd"})
    assert not _system_libraries.ensure_qt_libraries(tmp_path)
    assert machine.commands == []
    assert "libxcb-cursor0" in capsys.readouterr().out


# --- what decides whether pip is started


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    (root / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", root)
    shutil.copy(ROOT / "scripts" / "constraints.txt", root / "scripts")
    return root


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_fingerprint_changes_with_the_constraints(checkout: Path) -> None:
    before = _environment.compute_fingerprint(checkout, "3.11.7")
    _append(checkout / "scripts" / "constraints.txt", "nothing==1.0\n")
    assert _environment.compute_fingerprint(checkout, "3.11.7") != before


def test_fingerprint_changes_with_a_dependency(checkout: Path) -> None:
    before = _environment.compute_fingerprint(checkout, "3.11.7")
    project = checkout / "pyproject.toml"
    changed = project.read_text(encoding="utf-8").replace('"tomlkit>=0.13"', '"tomlkit>=0.14"')
    project.write_text(changed, encoding="utf-8")
    assert _environment.compute_fingerprint(checkout, "3.11.7") != before


def test_fingerprint_changes_with_the_python(checkout: Path) -> None:
    assert _environment.compute_fingerprint(checkout, "3.11.7") != _environment.compute_fingerprint(
        checkout, "3.12.1"
    )


def test_fingerprint_stays_when_only_a_tool_is_set_up_anew(checkout: Path) -> None:
    before = _environment.compute_fingerprint(checkout, "3.11.7")
    _append(checkout / "pyproject.toml", "\n[tool.another]\nsetting = 1\n")
    assert _environment.compute_fingerprint(checkout, "3.11.7") == before


class Setup:
    """The checkout with a recorder in place of the commands that make and fill a virtual environment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, checkout: Path) -> None:
        self.root = checkout
        self.venv = checkout / "venv"
        self.commands: list[list[str]] = []
        self.pip_status = 0
        monkeypatch.setenv("MODELPACK_VENV", str(self.venv))
        monkeypatch.setenv("MODELPACK_PIP_ARGS", "--index-url https://mirror.example/simple")
        monkeypatch.setattr(_environment, "ROOT", checkout)
        monkeypatch.setattr(_environment, "CONSTRAINTS", checkout / "scripts" / "constraints.txt")
        monkeypatch.setattr(subprocess, "run", self._run)

    def _run(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        if command[1:3] == ["-m", "venv"]:
            self._make_venv()
        status = self.pip_status if command[1:3] == ["-m", "pip"] else 0
        return subprocess.CompletedProcess(command, status, "", "")

    def _make_venv(self) -> None:
        (self.venv / "lib" / "python3.11" / "site-packages" / "pip").mkdir(parents=True)
        (self.venv / "Lib" / "site-packages" / "pip").mkdir(parents=True, exist_ok=True)
        (self.venv / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.7\n", encoding="utf-8")
        python = _environment.python_of(self.venv)
        python.parent.mkdir(parents=True)
        python.touch()

    def installed(self) -> list[str]:
        """The requirement of each `pip install` so far, without the path of the checkout."""
        return [command[-1].removeprefix(str(self.root)) for command in self.commands if command[2] == "pip"]


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch, checkout: Path) -> Setup:
    return Setup(monkeypatch, checkout)


def test_first_start_makes_the_environment_and_installs_pinned_releases(setup: Setup) -> None:
    assert _environment.ensure("worker") == _environment.python_of(setup.venv)
    assert [command[2] for command in setup.commands] == ["venv", "pip"]
    pip = setup.commands[1]
    assert pip[pip.index("-c") + 1] == str(_environment.CONSTRAINTS)
    assert pip[pip.index("--index-url") + 1] == "https://mirror.example/simple"
    assert setup.installed() == ["[worker]"]


def test_second_start_runs_no_command(setup: Setup) -> None:
    _environment.ensure("worker", "dev")
    setup.commands.clear()
    _environment.ensure("worker", "dev")
    _environment.ensure("worker")
    assert setup.commands == []


def test_an_extra_that_is_not_there_yet_is_added_to_the_others(setup: Setup) -> None:
    _environment.ensure("worker")
    _environment.ensure("worker", "dev")
    assert setup.installed() == ["[worker]", "[dev,worker]"]


def test_changed_constraints_install_again_all_that_was_there(setup: Setup) -> None:
    _environment.ensure("worker", "dev")
    _append(_environment.CONSTRAINTS, "# changed\n")
    _environment.ensure("worker")
    assert setup.installed() == ["[dev,worker]", "[dev,worker]"]


def test_failed_pip_says_what_to_do_and_is_tried_again(setup: Setup) -> None:
    setup.pip_status = 1
    with pytest.raises(_environment.SetupError, match="MODELPACK_PIP_ARGS"):
        _environment.ensure("worker")
    setup.pip_status = 0
    _environment.ensure("worker")
    assert setup.installed() == ["[worker]", "[worker]"]


def test_on_linux_without_a_gpu_torch_comes_without_cuda(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(url: str, timeout: float) -> io.BytesIO:
        asked.append(url)
        return io.BytesIO()

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(urllib.request, "urlopen", answer)
    monkeypatch.delenv("MODELPACK_PIP_ARGS")
    _environment.ensure("worker")
    assert asked == [f"{_environment.CPU_TORCH_INDEX}/torch/"]
    assert setup.installed() == ["torch==2.13.0", "[worker]"]
    assert "--no-deps" in setup.commands[1]


def test_an_index_out_of_reach_leaves_torch_to_pip(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str, timeout: float) -> io.BytesIO:
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    monkeypatch.delenv("MODELPACK_PIP_ARGS")
    _environment.ensure("worker")
    assert setup.installed() == ["[worker]"]


def test_a_damaged_stamp_counts_as_none(setup: Setup) -> None:
    _environment.ensure("worker")
    for damage in ("", "{", "[]", json.dumps({"fingerprint": 1})):
        (setup.venv / _environment.STAMP_NAME).write_text(damage, encoding="utf-8")
        setup.commands.clear()
        _environment.ensure("worker")
        assert setup.installed() == ["[worker]"], damage


def test_a_folder_that_is_no_virtual_environment_is_left_alone(setup: Setup) -> None:
    setup.venv.mkdir()
    (setup.venv / "thesis.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(_environment.SetupError, match="not a virtual environment"):
        _environment.ensure("worker")
    assert (setup.venv / "thesis.txt").read_text(encoding="utf-8") == "precious"
    assert setup.commands == []


# --- pins and the scripts themselves


def test_every_constraint_is_one_exact_release() -> None:
    lines = (ROOT / "scripts" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][0-9.]*", line)] == []
    assert {"torch==2.13.0", "PySide6-Essentials==6.11.3"} <= set(pins)


def test_every_direct_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["worker"], *extras["dev"]]
    lines = (ROOT / "scripts" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    assert {re.split(r"[<>=!~;\[ ]", item)[0].lower() for item in wanted} <= pinned


@pytest.mark.parametrize("name", ["run.py", "test.py"])
def test_an_old_python_can_read_the_script_far_enough_to_say_so(name: str) -> None:
    ast.parse((ROOT / "scripts" / name).read_text(encoding="utf-8"), feature_version=(3, 6))


def test_window_opens_the_demo_unless_a_file_is_named() -> None:
    assert run.window_arguments([]) == ["--demo"]
    assert run.window_arguments(["--theme", "dark"]) == ["--demo", "--theme", "dark"]
    for name in ("mine.toml", "net.py", "net.onnx", "net.pt2", "net.safetensors", "NET.ONNX"):
        assert run.window_arguments([name]) == [name]


def test_without_a_display_the_demo_runs_and_its_results_are_kept() -> None:
    arguments, results = run.headless_arguments(["--quiet"])
    assert arguments == [str(run.DEMO), "--quiet", "--json", str(run.BUILD / "demo-results.json")]
    assert results == run.BUILD / "demo-results.json"


@pytest.mark.parametrize("place", [["--json", "out.json"], ["--json=out.json"]])
def test_without_a_display_a_named_recipe_and_place_are_used(place: list[str]) -> None:
    assert run.headless_arguments(["mine.toml", *place]) == (["mine.toml", *place], Path("out.json"))


def test_an_exit_status_passes_through_the_script() -> None:
    assert run.run([sys.executable, "-c", "raise SystemExit(3)"]) == 3
