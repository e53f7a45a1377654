"""Findings of lint in words."""

from __future__ import annotations

from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import LintReport


def lint_sentence(report: LintReport) -> str:
    """How many there are of each gravity: `1 error and 2 warnings before you export.`"""
    counts = [
        plural(report.count("error"), "error") if report.count("error") else "",
        plural(report.count("warning"), "warning") if report.count("warning") else "",
        plural(report.count("info"), "remark") if report.count("info") else "",
    ]
    parts = [part for part in counts if part]
    if not parts:
        return "Nothing looks wrong before you export."
    shown = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"{shown} before you export."
