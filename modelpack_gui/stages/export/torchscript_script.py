"""TorchScript by scripting: `torch.jit.script`."""

from __future__ import annotations

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import ArtifactFormat
from modelpack_gui.stages.export.base import ExportCall
from modelpack_gui.stages.export.torchscript_file import finish


class TorchScriptScriptExporter:
    """Compiles the model's source, so that branches and loops stay what they are."""

    id = "script"
    format: ArtifactFormat = "torchscript"
    title = "TorchScript script"
    packages: tuple[str, ...] = ()
    min_torch = (2, 4)
    note = "Keeps branches and loops, if the model's code stays within what TorchScript can compile."
    runs_model = False
    options: tuple[str, ...] = ("freeze", "optimize_for_inference")

    def opsets(self) -> None:
        """TorchScript has no opsets."""

    def export(self, call: ExportCall, context: Context) -> None:
        """See `Exporter.export`."""
        import torch

        context.progress("Compiling with TorchScript")
        scripted = torch.jit.script(call.own_module)
        context.check_cancelled()
        finish(scripted, call, context)
