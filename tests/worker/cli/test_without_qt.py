"""The command line where Qt is not installed, and the command that opens the window."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

from modelpack_gui.cli import main, main_gui
from tests.places import ROOT

WITHOUT_QT = """
import sys
for name in ("PySide6", "shiboken6", "pyqtgraph"):
    sys.modules[name] = None
from modelpack_gui.cli import main
status = main(sys.argv[1:])
loaded = {name.partition(".")[0] for name, module in sys.modules.items() if module is not None}
assert not loaded & {"PySide6", "shiboken6", "pyqtgraph", "torch", "onnx", "onnxruntime"}, loaded
raise SystemExit(status)
"""


def run_without_qt(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WITHOUT_QT, *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        timeout=120,
        check=False,
    )


def test_stages_run_where_qt_is_not_installed_and_the_command_imports_no_runtime_itself(project: Path) -> None:
    done = run_without_qt("run", "Net.toml", "--stages", "load,export", folder=project)
    assert done.returncode == 0, done.stderr
    assert (project / "build" / "net.onnx").is_file()


def test_the_window_without_qt_says_what_to_install(project: Path) -> None:
    done = run_without_qt("gui", folder=project)
    assert done.returncode == 2, done.stderr
    assert "which is not installed" in done.stderr
    assert "pip install PySide6-Essentials" in done.stderr


def test_the_window_command_hands_over_the_file_and_the_demo(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []

    def window(argv: Sequence[str]) -> int:
        seen.append(list(argv))
        return 0

    app = ModuleType("modelpack_gui.ui.app")
    app.main = window  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "modelpack_gui.ui.app", app)
    assert main(["gui", "Net.toml"]) == 0
    assert main(["gui", "--demo"]) == 0
    assert main_gui(["--demo", "batch_branch"]) == 0
    assert main_gui([]) == 0
    assert seen == [[str(project / "Net.toml")], ["--demo", "demo"], ["--demo", "batch_branch"], []]
