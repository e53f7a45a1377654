"""ONNX by torch.export: `torch.onnx.export(dynamo=True)`."""

from __future__ import annotations

import inspect
from typing import Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import ArtifactFormat
from modelpack_gui.stages.export import torch_facts
from modelpack_gui.stages.export.base import ONNX_OPTIONS, ExportCall, OpsetRange
from modelpack_gui.stages.export.dynamic import dynamic_shapes
from modelpack_gui.stages.export.program import capture_program, forget_captures


class OnnxDynamoExporter:
    """Captures the model with torch.export and translates its operators one by one."""

    id = "dynamo"
    format: ArtifactFormat = "onnx"
    title = "torch.export (dynamo)"
    packages: tuple[str, ...] = ("onnx", "onnxscript")
    min_torch = (2, 5)
    note = "The exporter that PyTorch develops; refuses what it cannot capture, such as a branch on values."
    runs_model = False
    options: tuple[str, ...] = (*ONNX_OPTIONS, "strict", "draft_report")

    def opsets(self) -> OpsetRange:
        """See `Exporter.opsets`."""
        return torch_facts.dynamo_opsets()

    def export(self, call: ExportCall, context: Context) -> None:
        """See `Exporter.export`."""
        import torch

        spec = call.spec
        options: dict[str, Any] = {
            "input_names": list(call.input_names),
            "output_names": list(spec.output_names) or None,
            "opset_version": spec.opset_version,
            "dynamic_shapes": dynamic_shapes(call),
            "external_data": spec.external_data,
            "optimize": spec.constant_folding,
            "verbose": False,
        }
        known = inspect.signature(torch.onnx.export).parameters  # torch 2.5 has no `optimize`, and so on
        usable = {key: value for key, value in options.items() if key in known}
        context.progress("Exporting with torch.export")
        # Left to itself, torch.onnx.export captures without strict, and strictly only if that fails.
        forget_captures()
        exported: Any = capture_program(call) if spec.strict else call.module
        context.check_cancelled()
        torch.onnx.export(exported, call.tensors, str(call.path), dynamo=True, **usable)
