"""An artifact judged against the standard and against what was asked."""

from __future__ import annotations

from dataclasses import dataclass

from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.records.export import ExportSpec, ReferenceShapes
from modelpack_gui.core.records.source import InputSpec
from modelpack_gui.core.records.tensors import Verdict


@dataclass(frozen=True)
class CheckRequest:
    """Check an artifact.

    Attributes:
        asked: What the export asked for; None for a file of unknown origin (asked-versus-got rows are left out).
        inputs: Example inputs, to run the artifact once; empty to leave that row out.
        reference: From the export's record: how the model's own outputs follow its inputs; None if not known.
    """

    path: str
    asked: ExportSpec | None = None
    inputs: tuple[InputSpec, ...] = ()
    reference: ReferenceShapes | None = None


@dataclass(frozen=True)
class CheckRow:
    """One check.

    Attributes:
        id: Stable identifier, such as `onnx-checker`.
        asked, got: For asked-versus-got rows; else empty.
        explanation: What was found, in plain words.
        fix: What to do; empty when it passed.
        details: Output of the tool, for the folded part.
        known: Cause and fixes, where the finding is of a known kind.
    """

    id: str
    title: str
    verdict: Verdict
    explanation: str
    fix: str = ""
    asked: str = ""
    got: str = ""
    details: str = ""
    known: Explanation | None = None


@dataclass(frozen=True)
class CheckReport:
    """All checks of one artifact."""

    path: str
    verdict: Verdict
    rows: tuple[CheckRow, ...]
    duration_s: float
