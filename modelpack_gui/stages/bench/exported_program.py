"""An ExportedProgram in PyTorch."""

from __future__ import annotations

from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import BenchPrepareRequest
from modelpack_gui.stages.bench import torch_model
from modelpack_gui.stages.bench.base import Prepared
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.export.artifact import format_of


class ProgramRunner:
    """Runs the `.pt2` artifact as PyTorch itself does, operator by operator, without the model's code."""

    id = "exported_program"
    title = "ExportedProgram"
    needs_artifact = "pt2"
    packages = ("torch", "numpy")
    note = "Runs the captured graph in PyTorch; for one operator after the other it is no faster than eager."

    def prepare(self, request: BenchPrepareRequest, context: Context) -> Prepared:
        """Load the artifact and run it once.

        Raises:
            UserError: `artifact-missing`, `artifact-not-pt2`, `pt2-not-loadable`, `forward-failed`.
        """
        import torch

        from modelpack_gui.stages.inspection.pt2_program import load_program
        from modelpack_gui.stages.source.inputs import make_inputs

        torch.set_num_threads(request.threads)
        program, _ = load_program(_artifact(request, context))
        return torch_model.ready(
            program.module(), make_inputs(request.inputs, context), {"graph": "torch.export"}, "The ExportedProgram"
        )


def _artifact(request: BenchPrepareRequest, context: Context) -> Path:
    path = resolve(context, request.artifact_path)
    if not request.artifact_path or not path.is_file():
        what = f"There is no file {path}" if request.artifact_path else "There is no ExportedProgram yet"
        raise UserError("artifact-missing", f"{what}.", "Export with the format pt2 first.")
    with path.open("rb") as stream:
        is_program = format_of(path, stream.read(2)) == "pt2"
    if not is_program:
        raise UserError(
            "artifact-not-pt2",
            f"{path.name} is not an ExportedProgram.",
            "Export with the format pt2, or leave this runner out.",
        )
    return path
