"""What the two TorchScript-based ONNX exporters share: `torch.onnx.export(dynamo=False)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelpack_gui.stages.export.base import ExportCall
from modelpack_gui.stages.export.dynamic import axes_by_input
from modelpack_gui.stages.export.external_data import save_with_data

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
    """Put the weights into one data file; this exporter does so by itself only above 2 GB, a file for each weight."""
    import onnx

    model = onnx.load(str(call.path))
    for item in list(call.path.parent.iterdir()):
        if item != call.path:
            item.unlink()
    save_with_data(model, call.path)
