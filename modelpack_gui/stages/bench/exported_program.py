"""An ExportedProgram in PyTorch."""

from __future__ import annotations

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import BenchPrepareRequest, OptionInfo
from modelpack_gui.stages.bench import torch_model
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.bench.files import artifact_of
from modelpack_gui.stages.bench.options import THREADS, Options
from modelpack_gui.stages.bench.torch_options import CHANNELS_LAST, PRECISION, device_option, prepared_module


class ProgramRunner:
    """Runs the `.pt2` artifact as PyTorch itself does, operator by operator, without the model's code."""

    id = "exported_program"
    title = "ExportedProgram"
    needs_artifact = "pt2"
    packages = ("torch", "numpy")
    note = "Runs the captured graph in PyTorch; for one operator after the other it is no faster than eager."

    def options(self) -> tuple[OptionInfo, ...]:
        """See Runner."""
        return (CHANNELS_LAST, PRECISION, THREADS, *device_option())

    def problem(self) -> str:
        """See Runner."""
        return ""

    def prepare(self, request: BenchPrepareRequest, options: Options, context: Context) -> Prepared:
        """Load the artifact and run it once.

        Raises:
            UserError: `artifact-missing`, `artifact-not-pt2`, `pt2-not-loadable`, `forward-failed`.
        """
        from modelpack_gui.stages.inspection.pt2_program import load_program

        path = artifact_of(request, "pt2", context)
        torch_model.set_threads(options.threads(request.threads))
        program, _ = load_program(path)
        module = program.module()
        precision = torch_model.low_precision(module)
        module = prepared_module(module, options)
        draw = torch_model.drawing(request, options, context)
        facts = {"graph": "torch.export", "file": path.name}
        return torch_model.ready(module, draw, options, facts, "The ExportedProgram", precision=precision)
