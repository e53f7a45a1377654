"""The options of `modelpack quantize`, and what they change in a recipe."""

from __future__ import annotations

import argparse
import dataclasses
import os
from pathlib import Path
from typing import Any

from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import CalibrationSpec, QuantizeSpec

_FIELDS = {
    "method": "method",
    "quantize_format": "format",
    "per_channel": "per_channel",
    "calibration": "calibration_method",
    "percentile": "percentile",
    "weights": "weight_type",
    "activations": "activation_type",
    "symmetric_weights": "symmetric_weights",
    "symmetric_activations": "symmetric_activations",
    "reduce_range": "reduce_range",
    "op_types": "op_types",
    "exclude": "exclude_nodes",
    "preprocess": "preprocess",
    "keep_io_types": "keep_io_types",
}
_CALIBRATION = {"samples": "samples", "held_out": "held_out", "data_seed": "seed"}
_BENCH = {"iterations": "iterations", "warmup": "warmup_runs", "threads": "threads"}


def parse_data(text: str) -> CalibrationSpec:
    """`inputs`, a folder, or `file.py:name`; paths start from the current folder."""
    if text == "inputs":
        return CalibrationSpec()
    file, separator, name = text.rpartition(":")
    if separator and file.endswith(".py"):
        if not name:
            raise argparse.ArgumentTypeError(f"{text!r} names no iterable: give {file}:name")
        return CalibrationSpec("python", _absolute(file), name)
    if text.endswith(".py"):
        raise argparse.ArgumentTypeError(f"{text!r} names no iterable: give {text}:name")
    return CalibrationSpec("folder", _absolute(text))


def with_quantize(recipe: Recipe, given: dict[str, Any]) -> Recipe:
    """The recipe with the options that were given; with the usual settings if it had none."""
    spec = recipe.quantize or QuantizeSpec()
    calibration = spec.calibration
    data: CalibrationSpec | None = given.get("data")
    if data is not None:
        calibration = dataclasses.replace(calibration, kind=data.kind, path=data.path, name=data.name)
    changed = {field: given[key] for key, field in _CALIBRATION.items() if given.get(key) is not None}
    calibration = dataclasses.replace(calibration, **changed)
    changed = {field: given[key] for key, field in _FIELDS.items() if given.get(key) is not None}
    if given.get("quantize_output") is not None:
        changed["output_path"] = str(given["quantize_output"].absolute())
    spec = dataclasses.replace(spec, calibration=calibration, **changed)
    bench = {field: given[key] for key, field in _BENCH.items() if given.get(key) is not None}
    return dataclasses.replace(recipe, quantize=spec, bench=dataclasses.replace(recipe.bench, **bench))


def _absolute(path: str) -> str:
    return str(Path(os.path.expanduser(path)).absolute())  # noqa: PTH111 (Path.expanduser raises for unknown users)
