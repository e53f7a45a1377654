"""What was asked of an export against what the artifact has: the one judgement that the export's record, the check
and the window show.
"""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core.asked import dims, names, output_dims, settings
from modelpack_gui.core.asked.base import AskedExport, AskedRow
from modelpack_gui.core.records import Artifact, ExportSpec, InputSpec, ReferenceShapes, Verdict

__all__ = ["AskedRow", "asked_rows", "gravest_first"]


def asked_rows(
    spec: ExportSpec,
    inputs: Sequence[InputSpec],
    artifact: Artifact,
    *,
    reference: ReferenceShapes | None = None,
    heeded: Sequence[str] | None = None,
) -> tuple[AskedRow, ...]:
    """Everything that was asked for beside what came out, in the order it is shown in.

    Names of inputs of TorchScript and pt2 files, and sizes of those of TorchScript, are not set by an export, so that
    only their number is compared there.

    Args:
        inputs: The example inputs; without them only the opset and the names are compared.
        reference: How the model's own outputs follow its inputs; None leaves out what rests on it.
        heeded: Options that the exporter has a use for; None if that is not known.
    """
    export = AskedExport(spec, inputs, artifact, reference or ReferenceShapes())
    rows: list[AskedRow] = []
    if artifact.format == "onnx":
        rows.append(settings.opset(export))
    rows += names.inputs(export)
    rows += names.outputs(export)
    if inputs and artifact.format != "torchscript":
        rows += dims.input_dims(export)
        rows += output_dims.output_dims(export)
    rows += [*settings.external_data(export), *settings.unheeded(export, heeded)]
    return tuple(rows)


def gravest_first(rows: Sequence[AskedRow]) -> list[AskedRow]:
    """Rows that failed, then warnings, then the others; each in their order."""
    order = {Verdict.FAILED: 0, Verdict.WARNING: 1}
    return sorted(rows, key=lambda row: order.get(row.verdict, 2))
