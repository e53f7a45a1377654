"""Whether it was constant folding: the model is exported once more without it, and once more as it was."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import Artifact, ExportRequest, ExportSpec, ParityRequest, RuntimeChoice
from modelpack_gui.stages.export import stage as export_stage
from modelpack_gui.stages.export.metadata import options_in
from modelpack_gui.stages.export.registry import find
from modelpack_gui.stages.parity.runtimes import open_runtime
from modelpack_gui.stages.parity.way import Situation, Way, failed
from modelpack_gui.stages.source.build import BuiltModel

LARGEST_BYTES = 100 << 20
"""A larger artifact is not exported once more: that takes its time."""

WITHOUT, ANEW = "without folding", "exported anew"


def folded_options(artifact: Artifact) -> ExportSpec | None:
    """The options it was exported with, if constant folding is among them and can be switched off."""
    options = options_in(artifact.metadata)
    if options is None or not options.constant_folding or artifact.size_bytes > LARGEST_BYTES:
        return None
    try:
        exporter = find(options.format, options.exporter)
    except UserError:  # of another version of this app
        return None
    return options if "constant_folding" in exporter.options else None


def exported_again(
    side: str,
    options: ExportSpec,
    request: ParityRequest,
    built: BuiltModel,
    choice: RuntimeChoice,
    situation: Situation,
    context: Context,
) -> Way:
    """Export the model with some options, and run what comes out on the same inputs.

    Raises:
        JobCancelled: The user asked to stop.
    """
    with tempfile.TemporaryDirectory(dir=context.scratch, prefix="refold-", ignore_cleanup_errors=True) as folder:
        spec = dataclasses.replace(options, output_path=str(Path(folder) / "again.onnx"), draft_report=False)
        exported = ExportRequest(request.source, request.inputs, spec, request.input_sets)
        try:
            record = export_stage.run(exported, context, built)
            runtime = open_runtime(record.artifact, request.inputs, choice)
        except UserError as error:
            return failed(side, error)
        way = situation.run(side, runtime)
        del runtime  # Windows deletes no folder with a mapped file in it
        return way
