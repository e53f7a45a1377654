"""What looks wrong before an export is run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from modelpack_gui.core.explain.explanation import Explanation
from modelpack_gui.core.records.export import ExportSpec
from modelpack_gui.core.records.source import InputSpec, ModelSource
from modelpack_gui.core.records.tensors import CapturedWarning

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class LintRequest:
    """Look at a model and at the options of its export. Nothing is exported; the model is run at most three times."""

    source: ModelSource
    inputs: tuple[InputSpec, ...]
    export: ExportSpec


@dataclass(frozen=True)
class LintFinding:
    """One thing that looks wrong.

    Attributes:
        severity: `error`: the export will fail, or its artifact be wrong at once; `warning`: the artifact is likely
            wrong for some inputs, or other than was asked; `info`: good to know.
        concerns: The setting beside which it is shown: `exporter`, `opset_version`, `dynamic`, `checkpoint`,
            `inputs.NAME`, or `source` for the model's code.
    """

    explanation: Explanation
    severity: Severity
    concerns: str


@dataclass(frozen=True)
class LintReport:
    """All findings, the gravest first.

    Attributes:
        runs: Forward passes made.
        warnings: Of libraries while it looked.
    """

    findings: tuple[LintFinding, ...]
    runs: int
    warnings: tuple[CapturedWarning, ...]
    duration_s: float

    def count(self, severity: Severity) -> int:
        """How many findings are of a severity."""
        return sum(item.severity == severity for item in self.findings)
