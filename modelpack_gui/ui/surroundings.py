"""What runners can be given in a window's project."""

from __future__ import annotations

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import ExportRecord, RunnerInfo
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.models.runner_entries import Surroundings


def infos_of(controller: Controller) -> tuple[RunnerInfo, ...]:
    """What the registry of the project's interpreter has; empty until that has answered."""
    return controller.capabilities.runners if controller.capabilities is not None else ()


def surroundings_of(controller: Controller) -> Surroundings:
    """As the project is now: its interpreter, the format of its artifact, and whether there is a model."""
    exported = controller.result(Stage.EXPORT, ExportRecord)
    is_onnx = controller.source.is_onnx
    made = exported.artifact.format if exported is not None else controller.recipe.export.format
    return Surroundings(controller.capabilities, "onnx" if is_onnx else made, not is_onnx)
