"""What was asked for and not got, for the record of an export."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core.asked import asked_rows, gravest_first
from modelpack_gui.core.records import Artifact, ExportSpec, InputSpec, Mismatch, ReferenceShapes, Verdict


def mismatches(
    spec: ExportSpec,
    inputs: Sequence[InputSpec],
    artifact: Artifact,
    *,
    reference: ReferenceShapes | None = None,
    heeded: Sequence[str] | None = None,
) -> tuple[Mismatch, ...]:
    """Everything that was asked for and not got, gravest first; see `core.asked.asked_rows`."""
    found = []
    for row in gravest_first(asked_rows(spec, inputs, artifact, reference=reference, heeded=heeded)):
        if row.verdict is not Verdict.PASSED and row.explanation is not None:
            fix = row.explanation.fixes[0].text if row.explanation.fixes else ""
            found.append(Mismatch(row.aspect, row.asked, row.got, row.explanation.cause, f"{fix}." if fix else ""))
    return tuple(found)
