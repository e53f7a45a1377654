"""What the command line says of files, models and interpreters that fail it, and with which exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelpack_gui.cli import main
from tests.worker.cli.projects import RECIPE, read_json, stages_of


@pytest.mark.parametrize("content", [b"", b"this is not an onnx file at all"])
def test_a_file_that_is_no_artifact_is_bad_input(
    content: bytes, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "bad.onnx").write_bytes(content)
    assert main(["inspect", "bad.onnx", "-q"]) == 2
    printed = capsys.readouterr()
    assert "error: " in printed.err
    assert "bad.onnx" in printed.err
    assert "hint: " in printed.err


@pytest.mark.parametrize(
    ("change", "code_part", "hint_part"),
    [
        (("[export]", "[exprot]"), "exprot is not a known key; did you mean 'export'?", "Correct the file"),
        (("[2, 3]", '"2x3"'), "inputs[0].shape expected a list, got '2x3'", "Correct the file"),
        (("schema_version = 1", "schema_version = 9"), "has schema_version 9", "Update modelpack-gui"),
        (("[source]", "[source"), "is not valid TOML", "at that line"),
        (('file = "nets.py"', ""), "bad.toml names no model", "Add file (or module) and name"),
        (('name = "Net"', ""), "No class or factory of nets.py is named", "Add name ="),
    ],
)
def test_a_recipe_with_a_fault_is_bad_input(
    change: tuple[str, str], code_part: str, hint_part: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = RECIPE.format(name="Net").replace(*change)
    (project / "bad.toml").write_text(text, encoding="utf-8")
    assert main(["run", "bad.toml", "--stages", "load", "-q"]) == 2
    printed = capsys.readouterr()
    assert code_part in printed.err
    assert f"  hint: {hint_part}" in printed.err or f" {hint_part}" in printed.err.split("  hint: ")[1]
    assert printed.out == ""


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["run", "none.toml"], "There is no recipe file none.toml"),
        (["run", "."], "is a folder, not a recipe file"),
        (["export"], "Neither a recipe nor a model is named"),
        (["export", "--file", "nets.py"], "No class or factory"),
        (["run", "Net.toml", "--json", "."], "--json . is a folder"),
        (["run", "Net.toml", "--json", "nets.py/r.json"], "--json nets.py/r.json cannot be written"),
        (["gui", "none.onnx"], "There is no file none.onnx"),
        (["bench", "Net.toml", "--artifact", "none.onnx"], "There is no artifact"),
    ],
)
def test_arguments_that_name_nothing_usable_are_bad_input_before_anything_runs(
    arguments: list[str], part: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert part in printed.err
    assert "hint: " in printed.err
    assert printed.out == ""


def test_a_class_that_is_missing_is_bad_input_and_what_rests_on_it_is_skipped(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "Missing.toml", "--json", "r.json"]) == 2
    printed = capsys.readouterr()
    assert "Missing" in printed.err
    assert "hint: " in printed.err
    data = read_json(project / "r.json")
    assert stages_of(data) == {"load": "failed failed"} | dict.fromkeys(
        ("export", "inspect", "check", "parity", "bench"), "skipped skipped"
    )
    error = data["stages"][0]["error"]
    assert error["code"]
    assert error["hint"]
    assert data["stages"][1]["reason"] == "Source did not succeed."
    assert data["stages"][2]["reason"] == "Export did not succeed."
    assert "– Export: skipped. Source did not succeed." in printed.out


def test_a_model_that_ends_the_process_is_a_crash(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "Exits.toml", "--stages", "load,check", "--json", "r.json", "--verbose"]) == 3
    printed = capsys.readouterr()
    data = read_json(project / "r.json")
    assert data["stages"][0]["outcome"] == "crashed"
    assert "7" in data["stages"][0]["error"]["message"]
    assert "last words" in printed.err
    assert "hint: " in printed.err


def test_an_interpreter_that_is_not_there_is_bad_input(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "Net.toml", "--interpreter", "./no/python", "--json", "r.json"]) == 2
    printed = capsys.readouterr()
    assert "no/python" in printed.err
    assert "hint: " in printed.err
    assert read_json(project / "r.json")["stages"][0]["outcome"] == "failed"
    assert main(["env", "--interpreter", "./no/python"]) == 2


def test_what_a_model_prints_does_not_get_into_the_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "Net.toml", "--stages", "load", "--json", "-", "--verbose"]) == 0
    printed = capsys.readouterr()
    assert stages_of(json.loads(printed.out)) == {"load": "succeeded passed"}
    assert "a model that prints 4 small" in printed.err
