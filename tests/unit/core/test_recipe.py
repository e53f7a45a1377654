from __future__ import annotations

import datetime
import math
from typing import Any

import pytest

from modelpack_gui.core import recipe as recipes
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.recipe import SCHEMA_VERSION, InterpreterSpec, Recipe
from modelpack_gui.core.records import (
    BenchSpec,
    CheckpointSpec,
    DynamicDim,
    ExportSpec,
    InputSpec,
    ModelSource,
    ParitySpec,
    runner_specs,
)

FULL = Recipe(
    source=ModelSource(
        file="net.py",
        name="Net",
        arguments={"width": 16, "drop": 0.5, "sizes": [], "names": ["a"], "deep": {"on": True}, "cap": math.inf},
        checkpoint=CheckpointSpec("net.pt", False, ("net.Config",)),
    ),
    interpreter=InterpreterSpec("../venv/bin/python"),
    inputs=(InputSpec("image", (2, 3, 8, 8), "float16", -1.0, 1.0, 7), InputSpec("step", (), "int64")),
    export=ExportSpec(
        "onnx", "trace", 17, (DynamicDim("image", 0, "batch", 1, 64),), False, ("a", "b"), ("c",), True, "o.onnx"
    ),
    parity=ParitySpec(1e-4, 0.0, (1, 3), (0,)),
    bench=BenchSpec(runner_specs("eager"), 1, 2, 3, 4, 5),
)


@pytest.mark.parametrize("recipe", [Recipe(), FULL])
def test_a_recipe_reads_back_equal_from_its_tables(recipe: Recipe) -> None:
    assert recipes.from_data(recipes.to_data(recipe), "r.toml") == recipe


def test_tables_hold_nothing_that_toml_lacks() -> None:
    def has_none(value: Any) -> bool:
        if isinstance(value, dict):
            return any(map(has_none, value.values()))
        return any(map(has_none, value)) if isinstance(value, list) else value is None

    recipe = Recipe(
        source=ModelSource(file="a.py", name="A", arguments={"x": None, "y": 1}), inputs=(InputSpec("x", ()),)
    )
    data = recipes.to_data(recipe)
    assert not has_none(data)
    assert data["inputs"][0]["shape"] == []


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"souce": {}}, "souce is not a known key; did you mean 'source'?"),
        ({"export": {"opset": 17}}, "export.opset is not a known key; did you mean 'opset_version'?"),
        ({"export": {"format": "tflite"}}, "export.format 'tflite' is not one of 'onnx', 'torchscript'"),
        (
            {"inputs": [{"name": "x", "shape": [1, "batch"]}]},
            "inputs[0].shape[1] expected a whole number, got 'batch'",
        ),
        ({"inputs": [{"name": "x"}]}, "inputs[0].shape is missing"),
        ({"inputs": [{"name": "x", "shape": [1, -1]}]}, "inputs[0].shape [1, -1] has a negative size"),
        ({"inputs": [{"name": "x", "shape": []}] * 2}, "inputs two of them have the same name"),
        ({"source": {"file": "a.py", "module": "a"}}, "source has both file and module"),
        ({"source": {"file": "net\0.py"}}, "source.file holds a null character"),
        ({"source": {"arguments": {"d": datetime.date(2020, 1, 1)}}}, "source.arguments.d holds a date"),
        ({"source": {"arguments": {"d": [datetime.time(1)]}}}, "source.arguments.d holds a list"),
        ({"parity": {"rtol": -1.0}}, "parity.rtol is out of range"),
        ({"parity": {"rtol": float("inf")}}, "parity.rtol is out of range"),
        ({"parity": {"atol": float("nan")}}, "parity.atol is out of range"),
        ({"parity": {"sizes": [0]}}, "parity.sizes is out of range"),
        ({"bench": {"iterations": 0}}, "bench.iterations is out of range"),
        ({"bench": {"warmup_runs": -1}}, "bench.warmup_runs is out of range"),
        ({"bench": {"block_runs": 0}}, "bench.block_runs is out of range"),
        ({"bench": {"threads": 0}}, "bench.threads is out of range"),
        ({"schema_version": "1"}, "schema_version expected a whole number, got '1'"),
    ],
)
def test_a_recipe_with_a_fault_names_the_file_the_key_and_a_way_out(change: dict[str, Any], part: str) -> None:
    with pytest.raises(UserError) as caught:
        recipes.from_data({"schema_version": SCHEMA_VERSION, **change}, "r.toml")
    assert caught.value.info.code == "recipe-not-valid"
    assert caught.value.info.message.startswith(f"r.toml: {part}")
    assert caught.value.info.hint


def test_a_recipe_of_a_newer_version_is_refused_before_its_keys_are_read() -> None:
    with pytest.raises(UserError, match="schema_version 99") as caught:
        recipes.from_data({"schema_version": 99, "quantize": {}}, "r.toml")
    assert caught.value.info.code == "recipe-newer"


def test_a_recipe_without_a_version_is_refused() -> None:
    with pytest.raises(UserError, match="schema_version is missing"):
        recipes.from_data({}, "r.toml")


@pytest.mark.parametrize("version", [0, -1])
def test_a_version_that_never_was_is_refused(version: int) -> None:
    with pytest.raises(UserError, match="schema_version"):
        recipes.from_data({"schema_version": version}, "r.toml")
