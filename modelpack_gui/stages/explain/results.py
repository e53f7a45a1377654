"""Explain what a stage gave although it succeeded: warnings, and what was asked and not got."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core.explanation import Explanation
from modelpack_gui.core.records import CapturedWarning, ExportRequest, Mismatch
from modelpack_gui.stages.explain.base import Situation
from modelpack_gui.stages.explain.registry import explain_all


def explain_export(
    request: ExportRequest, source_path: str, mismatches: Sequence[Mismatch], warnings: Sequence[CapturedWarning]
) -> tuple[Explanation, ...]:
    """What is known of the warnings and mismatches of an export that succeeded, the gravest first."""

    def situation(warning: CapturedWarning | None = None, mismatch: Mismatch | None = None) -> Situation:
        return Situation(
            warning=warning,
            mismatch=mismatch,
            spec=request.export,
            inputs=request.inputs,
            source=request.source,
            source_path=source_path,
        )

    return explain_all(
        (*(situation(warning=item) for item in warnings), *(situation(mismatch=item) for item in mismatches))
    )
