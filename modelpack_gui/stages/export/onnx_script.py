"""ONNX by scripting: `torch.jit.script`, then `torch.onnx.export(dynamo=False)`."""

from __future__ import annotations

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import ArtifactFormat
from modelpack_gui.stages.export import torch_facts
from modelpack_gui.stages.export.base import ONNX_OPTIONS, ExportCall, OpsetRange
from modelpack_gui.stages.export.onnx_legacy import export_legacy


class OnnxScriptExporter:
    """Compiles the model's source, so that branches and loops stay what they are."""

    id = "script"
    format: ArtifactFormat = "onnx"
    title = "TorchScript script"
    packages: tuple[str, ...] = ("onnx",)
    min_torch = (2, 4)
    note = "Keeps branches and loops, if the model's code stays within what TorchScript can compile."
    runs_model = True
    options: tuple[str, ...] = ONNX_OPTIONS

    def opsets(self) -> OpsetRange:
        """See `Exporter.opsets`."""
        return torch_facts.legacy_opsets()

    def export(self, call: ExportCall, context: Context) -> None:
        """See `Exporter.export`."""
        import torch

        context.progress("Compiling with TorchScript")
        scripted = torch.jit.script(call.module)
        context.check_cancelled()
        context.progress("Exporting the compiled model")
        export_legacy(scripted, call)
