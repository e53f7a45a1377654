"""ExportedProgram by torch.export: `torch.export.export` and `torch.export.save`."""

from __future__ import annotations

import io

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import ArtifactFormat
from modelpack_gui.stages.export.base import ExportCall
from modelpack_gui.stages.export.metadata import EXTRA_FILE, as_extra_file
from modelpack_gui.stages.export.program import capture_program


class Pt2Exporter:
    """Captures the model with torch.export, for runtimes of PyTorch itself."""

    id = "export"
    format: ArtifactFormat = "pt2"
    title = "torch.export"
    packages: tuple[str, ...] = ()
    min_torch = (2, 5)
    note = "Captures the whole graph, and checks sizes as it runs; runs in PyTorch without the model's code."
    runs_model = False
    options: tuple[str, ...] = ("strict", "draft_report")

    def opsets(self) -> None:
        """An ExportedProgram has PyTorch's own operators, not opsets."""

    def export(self, call: ExportCall, context: Context) -> None:
        """See `Exporter.export`."""
        import torch

        context.progress("Capturing with torch.export")
        program = capture_program(call)
        context.check_cancelled()
        buffer = io.BytesIO()  # given a path, torch's writer aborts the process when the disk is full
        torch.export.save(program, buffer, extra_files={EXTRA_FILE: as_extra_file(call.metadata)})
        call.path.write_bytes(buffer.getbuffer())
