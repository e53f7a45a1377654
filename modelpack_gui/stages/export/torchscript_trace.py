"""TorchScript by tracing: `torch.jit.trace`."""

from __future__ import annotations

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import ArtifactFormat
from modelpack_gui.stages.export.base import ExportCall
from modelpack_gui.stages.export.torchscript_file import save


class TorchScriptTraceExporter:
    """Records one run on the example inputs, and runs it again to see that it comes out the same."""

    id = "trace"
    format: ArtifactFormat = "torchscript"
    title = "TorchScript trace"
    packages: tuple[str, ...] = ()
    min_torch = (2, 4)
    note = "Follows one run: a branch or a Python number is frozen as it was for the example inputs."
    runs_model = True
    options: tuple[str, ...] = ()

    def opsets(self) -> None:
        """TorchScript has no opsets."""

    def export(self, call: ExportCall, context: Context) -> None:
        """See `Exporter.export`."""
        import torch

        context.progress("Tracing")
        with torch.no_grad():
            # Not strict: models that return a dict are usual, and parity compares what comes out.
            traced = torch.jit.trace(call.module, call.tensors, strict=False)  # type: ignore[no-untyped-call]
        context.check_cancelled()
        save(traced, call.path)
