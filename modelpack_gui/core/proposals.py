"""What a saved model suggests for the rest of a recipe: inputs, dynamic axes, an exporter and runners for it."""

from __future__ import annotations

import dataclasses
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from modelpack_gui.core.artifact_formats import USUAL_SUFFIX
from modelpack_gui.core.inputs.proposals import proposed_inputs
from modelpack_gui.core.recipe import Recipe
from modelpack_gui.core.records import BenchSpec, ExportSpec, runner_specs
from modelpack_gui.core.saved_models import SavedKind

if TYPE_CHECKING:  # it is imported when there is one: the window opens without
    from modelpack_gui.core.records import SavedModel

_ONNX_RUNNERS = runner_specs("onnxruntime")


def with_saved_model(recipe: Recipe, saved: SavedModel) -> Recipe:
    """Fill in what the recipe leaves open or has as it is by default; nothing that was chosen is changed."""
    export, bench = recipe.export, recipe.bench
    inputs = saved.proposed or proposed_inputs(saved.forward)
    if not recipe.inputs and inputs:
        recipe = dataclasses.replace(recipe, inputs=inputs)
        if not export.dynamic:
            export = dataclasses.replace(export, dynamic=saved.dynamic)
    if saved.kind == SavedKind.TORCHSCRIPT and (export.format, export.exporter) == ("onnx", ExportSpec().exporter):
        export = dataclasses.replace(export, exporter="trace")  # torch.export cannot capture TorchScript
    if saved.kind == SavedKind.ONNX and bench.runners == BenchSpec().runners:
        bench = dataclasses.replace(bench, runners=_ONNX_RUNNERS)  # the others need a PyTorch model
    return dataclasses.replace(recipe, export=export, bench=bench)


def with_output_path(recipe: Recipe, *, is_saved: bool) -> Recipe:
    """Choose where an export goes, if that is open: below the recipe's folder.

    As long as there is none (not `is_saved`), it goes below the model file's.
    """
    location = recipe.source.file.replace("\\", "/") or recipe.source.module.replace(".", "/")
    if recipe.export.output_path or not location or recipe.source.file.endswith(".onnx"):
        return recipe
    folder = PurePosixPath() if is_saved or recipe.source.module else PurePosixPath(location).parent
    path = str(folder / "build" / f"{PurePosixPath(location).stem}{USUAL_SUFFIX[recipe.export.format]}")
    return dataclasses.replace(recipe, export=dataclasses.replace(recipe.export, output_path=path))
