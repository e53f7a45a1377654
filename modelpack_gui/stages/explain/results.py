"""Explain what a stage gave although it succeeded: warnings, and what was asked and not got."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.records import Artifact, CapturedWarning, ExportRequest, Mismatch, ParityReport, ParityRequest
from modelpack_gui.stages.explain import silent
from modelpack_gui.stages.explain.base import Situation
from modelpack_gui.stages.explain.registry import explain_all
from modelpack_gui.stages.export.metadata import options_in


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


def explain_parity(
    report: ParityReport, request: ParityRequest, artifact: Artifact, source_path: str
) -> tuple[Explanation, ...]:
    """What the pattern of a parity run that did not pass points to, the gravest first."""
    if not silent.is_worth_explaining(report):
        return ()
    made_with = options_in(artifact.metadata)
    situation = Situation(
        report=report,
        spec=dataclasses.replace(made_with, dynamic=request.dynamic) if made_with else None,
        inputs=request.inputs,
        source=request.source,
        source_path=source_path,
    )
    found = (entry.explain(situation) for entry in sorted(silent.ENTRIES, key=lambda entry: -entry.gravity))
    return tuple(item for item in found if item is not None)
