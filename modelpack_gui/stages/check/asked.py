"""What the export asked for against what the artifact has, as rows of the check."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core import asked
from modelpack_gui.core.asked import AskedRow
from modelpack_gui.core.records import Artifact, CheckRow, ExportSpec, InputSpec, ReferenceShapes
from modelpack_gui.stages.check.rows import TITLES

_ROW_IDS = {
    "opset_version": "opset",
    "inputs": "input-names",
    "input_names": "input-names",
    "output_names": "output-names",
    "dynamic_dim": "dynamic-dims",
    "output_dim": "output-dims",
}
"""Aspects that the check shows; the data file has a row of its own, made from the file."""


def asked_rows(
    artifact: Artifact, spec: ExportSpec, inputs: Sequence[InputSpec], reference: ReferenceShapes | None = None
) -> list[CheckRow]:
    """The rows for opset, names of inputs and outputs, and each dimension; see `core.asked`."""
    rows = asked.asked_rows(spec, inputs, artifact, reference=reference)
    return [_row(row) for row in rows if row.aspect in _ROW_IDS and (row.note or row.explanation)]


def _row(row: AskedRow) -> CheckRow:
    row_id, known = _ROW_IDS[row.aspect], row.explanation
    title = TITLES[row_id]
    if row.place:  # one row for each axis
        name, _, axis = row.place.rpartition("[")
        row_id = f"{row_id.removesuffix('s')}-{name}-{axis.rstrip(']')}"
        title = f"{row.place}: {'as PyTorch has it' if row.aspect == 'output_dim' else 'dynamic as asked'}"
    fixes = known.fixes if known is not None else ()
    return CheckRow(
        id=row_id,
        title=title,
        verdict=row.verdict,
        explanation=known.cause if known is not None else row.note,
        fix=" ".join(f"{fix.text}." for fix in fixes[:2]),
        asked=row.asked,
        got=row.got,
        known=known,
    )
