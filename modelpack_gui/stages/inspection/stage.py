"""Read an artifact's graph into one index: the stage behind the graph page."""

from __future__ import annotations

import dataclasses
import time

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import GraphIndex, InspectRequest
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.export.artifact import read_artifact


def run(request: InspectRequest, context: Context) -> GraphIndex:
    """Read the graph of an ONNX, TorchScript or pt2 file.

    Raises:
        UserError: The file is missing, empty or corrupt, or of no format that is known.
    """
    started = time.perf_counter()
    artifact = read_artifact(resolve(context, request.path))
    if artifact.format == "onnx":
        from modelpack_gui.stages.inspection.onnx_graph import index_onnx

        index = index_onnx(artifact, context)
    elif artifact.format == "pt2":
        from modelpack_gui.stages.inspection.pt2_graph import index_pt2

        index = index_pt2(artifact, context)
    else:
        from modelpack_gui.stages.inspection.torchscript_graph import index_torchscript

        index = index_torchscript(artifact, context)
    return dataclasses.replace(index, duration_s=time.perf_counter() - started)
