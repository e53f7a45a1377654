"""Findings of lint as the window shows them."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.core.records import LintFinding, LintReport, Severity
from modelpack_gui.ui.status import Status

STATUS_OF: dict[Severity, Status] = {
    "error": Status.FAILED,
    "warning": Status.WARNING,
    "info": Status.REMARK,
}


def worst(report: LintReport) -> Status:
    """The gravest of all findings; passed if there are none."""
    return STATUS_OF[report.findings[0].severity] if report.findings else Status.PASSED


def concerning(findings: Sequence[LintFinding], *fields: str) -> tuple[LintFinding, ...]:
    """Those that concern one of some fields; `inputs` stands for each of them."""
    return tuple(item for item in findings if item.concerns in fields or item.concerns.partition(".")[0] in fields)
