"""ONNX by tracing: `torch.onnx.export(dynamo=False)` on a module."""

from __future__ import annotations

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import ArtifactFormat
from modelpack_gui.stages.export import torch_facts
from modelpack_gui.stages.export.base import ONNX_OPTIONS, ExportCall, OpsetRange
from modelpack_gui.stages.export.onnx_legacy import export_legacy


class OnnxTraceExporter:
    """Records the operators of one run on the example inputs."""

    id = "trace"
    format: ArtifactFormat = "onnx"
    title = "TorchScript trace"
    packages: tuple[str, ...] = ("onnx",)
    min_torch = (2, 4)
    note = "Follows one run: a branch or a Python number is frozen as it was for the example inputs."
    runs_model = True
    options: tuple[str, ...] = ONNX_OPTIONS

    def opsets(self) -> OpsetRange:
        """See `Exporter.opsets`."""
        return torch_facts.legacy_opsets()

    def export(self, call: ExportCall, context: Context) -> None:
        """See `Exporter.export`."""
        context.progress("Exporting by tracing")
        export_legacy(call.module, call)
