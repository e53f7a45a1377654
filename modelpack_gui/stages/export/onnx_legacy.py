"""What the two TorchScript-based ONNX exporters share: `torch.onnx.export(dynamo=False)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelpack_gui.stages.export.base import ExportCall
from modelpack_gui.stages.export.dynamic import axes_by_input

if TYPE_CHECKING:
    import torch


def export_legacy(module: torch.nn.Module, call: ExportCall) -> None:
    """Export a module (traced on the way) or a scripted module (as it is) to `call.path`."""
    import torch

    spec = call.spec
    torch.onnx.export(
        module,
        call.tensors,
        str(call.path),
        dynamo=False,
        verbose=False,
        input_names=list(call.input_names),
        output_names=list(spec.output_names) or None,
        opset_version=spec.opset_version,
        do_constant_folding=spec.constant_folding,
        dynamic_axes=axes_by_input(call),
    )
    if spec.external_data:
        _move_weights_out(call)


def _move_weights_out(call: ExportCall) -> None:
    """Put the weights into a data file; this exporter does so by itself only above 2 GB."""
    import onnx

    onnx.save_model(
        onnx.load(str(call.path)),
        str(call.path),
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location=f"{call.path.name}.data",
        size_threshold=0,
    )
