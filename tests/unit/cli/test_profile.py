"""`modelpack profile`, as it prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from modelpack_gui.cli import main, profile_command
from modelpack_gui.cli.report_profile import difference_text, profile_text
from modelpack_gui.core.profile.difference import difference
from modelpack_gui.core.records import ProfileRequest
from tests.unit.cli.recipes import recipe_text
from tests.unit.core.profile.profiles import DYNAMIC, FLOAT

RECIPE = recipe_text("[1, 3]")


def test_a_profile_names_the_op_types_and_the_nodes_that_take_most() -> None:
    text = profile_text(FLOAT, top=2)
    lines = text.splitlines()
    assert lines[0].startswith("float32: 80 % of the time in operators goes to convolution")
    totals = lines[lines.index(next(line for line in lines if line.strip().startswith("op type"))) + 1 :]
    assert totals[0].split()[:2] == ["Conv", "80.0"]
    assert totals[2].strip() == "and 1 more"
    assert any("conv, relu" in line for line in lines)


def test_a_difference_lists_its_parts_and_what_is_left_out_of_them() -> None:
    lines = difference_text(difference(FLOAT, DYNAMIC), top=1).splitlines()
    part = next(line for line in lines if line.startswith("  convolution"))
    assert part.split()[1:4] == ["80.0", "300", "+220"]
    rest = next(line for line in lines if line.startswith("  6 more"))
    assert rest.split()[-1] == "+60.0"


def test_both_profiles_and_their_difference_are_in_the_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[ProfileRequest] = []

    def run_jobs(*arguments: Any) -> tuple[list[Any], int]:
        asked.extend(arguments[-1])
        return [FLOAT, DYNAMIC], 0

    monkeypatch.setattr(profile_command, "run_jobs", run_jobs)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "net.onnx").write_bytes(b"")
    options = ["--runner", "int8.onnx", "--against", "onnxruntime[threads=1]", "--json", "out.json", "--runs", "7"]
    assert main(["profile", "recipe.toml", *options]) == 0
    assert [one.runner.key for one in asked] == [
        "onnxruntime[threads=1]",
        "onnxruntime[file=int8.onnx]",
    ]
    assert {(one.runs, one.artifact_path) for one in asked} == {(7, str(tmp_path / "net.onnx"))}
    data = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert (data["against"]["title"], data["profile"]["title"]) == ("float32", "INT8 dynamic")
    assert sum(one["after"]["us"] - one["before"]["us"] for one in data["difference"]["by_kind"]) == pytest.approx(
        280.0
    )
    assert "280 µs longer" in capsys.readouterr().out


def test_a_runner_that_cannot_be_read_is_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    assert main(["profile", "recipe.toml", "--runner", "eager[threads"]) == 2
    assert "'eager[threads' is not a runner" in capsys.readouterr().err
