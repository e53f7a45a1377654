"""Paths in a recipe: relative below it, and right after it has moved."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelpack_gui.client.recipe_file import moved, relative_to_recipe
from modelpack_gui.core.recipe import InterpreterSpec, Recipe
from modelpack_gui.core.records import (
    BenchSpec,
    CalibrationSpec,
    CheckpointSpec,
    ExportSpec,
    InputSet,
    InputSpec,
    ModelSource,
    ParitySpec,
    QuantizeSpec,
    RunnerSpec,
    SweepSpec,
)


def test_paths_below_the_recipe_become_relative_and_others_stay(tmp_path: Path) -> None:
    assert relative_to_recipe(str(tmp_path / "a" / "b.py"), tmp_path) == "a/b.py"
    assert relative_to_recipe(str(tmp_path / "x" / ".." / "b.py"), tmp_path) == "b.py"
    outside = str(tmp_path.parent / "b.py")
    assert relative_to_recipe(outside, tmp_path) == outside
    assert relative_to_recipe("a/b.py", tmp_path) == "a/b.py"
    assert relative_to_recipe("", tmp_path) == ""


def test_a_recipe_that_moves_still_leads_to_the_same_files(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "old" / "sub"
    quantised = RunnerSpec("onnxruntime", {"threads": 1}, "sub/q.onnx")
    recipe = Recipe(
        source=ModelSource(file="net.py", checkpoint=CheckpointSpec("sub/w.pt")),
        interpreter=InterpreterSpec("venv/bin/python"),
        export=ExportSpec(output_path="/abs/o.onnx"),
        inputs=(InputSpec("x", (1,), file="x.npy"),),
        input_sets=(InputSet("other", (InputSpec("x", (1,), file="sub/y.npy"),)),),
        parity=ParitySpec(actual_artifact="sub/q.onnx"),
        quantize=QuantizeSpec(calibration=CalibrationSpec("folder", "sub/data")),
        bench=BenchSpec((RunnerSpec("eager"), quantised), baseline=quantised.key),
        sweep=SweepSpec((quantised,), artifacts=("sub/q.onnx",)),
    )
    there = moved(recipe, old, new)
    assert there.source.file == str(old / "net.py")
    assert there.source.checkpoint == CheckpointSpec("w.pt")
    assert there.interpreter.path == str(old / "venv/bin/python")
    assert there.export.output_path == "/abs/o.onnx"
    assert there.inputs[0].file == str(old / "x.npy")
    assert there.input_sets[0].inputs[0].file == "y.npy"
    assert there.parity.actual_artifact == "q.onnx"
    assert there.quantize == QuantizeSpec(calibration=CalibrationSpec("folder", "data"))
    assert there.bench.runners[1].artifact == "q.onnx"
    assert there.bench.baseline == there.bench.runners[1].key
    assert (there.sweep.runners[0].artifact, there.sweep.artifacts) == ("q.onnx", ("q.onnx",))
    assert moved(recipe, old, old) == recipe


@pytest.mark.parametrize("interpreter", ["", "python3.12"])
def test_a_bare_interpreter_name_and_a_home_path_do_not_move(interpreter: str, tmp_path: Path) -> None:
    recipe = Recipe(source=ModelSource(file="~/net.py"), interpreter=InterpreterSpec(interpreter))
    assert moved(recipe, tmp_path / "a", tmp_path / "b") == recipe
