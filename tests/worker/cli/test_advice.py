"""The commands that look ahead of an export, with a real worker."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from modelpack_gui.cli import commands, main
from modelpack_gui.client.jobs import WorkerClient
from modelpack_gui.client.recipe_file import load_recipe
from modelpack_gui.core import serde
from modelpack_gui.core.records import DynamicDim, LintReport, ProbeReport
from tests.places import DEMO
from tests.worker.harness import SharedClient


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: WorkerClient) -> Path:
    for path in DEMO.glob("*.*"):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(commands, "make_client", lambda: SharedClient(workers))
    return tmp_path


def test_probe_prints_what_the_model_takes_and_saves_a_recipe_that_asks_for_it(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, saved = demo / "probe.json", demo / "probed.toml"
    arguments = ["probe", str(demo / "demo.toml"), "--json", str(out), "--save-recipe", str(saved), "--budget", "60"]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "The model takes other sizes on 3 of 4 axes: batch, height, width." in printed
    assert "3 only" in printed
    report = serde.decode(ProbeReport, json.loads(out.read_text(encoding="utf-8"))["probe"])
    assert [dim.name for dim in report.dims] == ["batch", "", "height", "width"]
    assert load_recipe(saved).export.dynamic == (
        DynamicDim("image", 0, "batch"),
        DynamicDim("image", 2, "height"),
        DynamicDim("image", 3, "width"),
    )


def test_lint_passes_the_demo_and_names_the_line_of_the_faulty_one(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint", str(demo / "demo.toml")]) == 0
    assert "Nothing looks wrong before you export." in capsys.readouterr().out
    out = demo / "lint.json"
    assert main(["lint", str(demo / "batch_branch.toml"), "--json", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "1 warning before you export." in printed
    assert "shapes.py:84" in printed
    report = serde.decode(LintReport, json.loads(out.read_text(encoding="utf-8"))["lint"])
    assert [item.severity for item in report.findings] == ["warning"]


def test_an_error_of_lint_makes_the_exit_status_one(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(demo / "demo.toml"), "--opset", "17"]) == 1
    assert "Ask for opset 18" in capsys.readouterr().out
