"""A parity report as plain text: the verdict, a row for each case and output, and why those that fail do."""

from __future__ import annotations

from modelpack_gui.cli.console import mark, table
from modelpack_gui.cli.report_explanations import explanations_text
from modelpack_gui.core.figures import significant
from modelpack_gui.core.records import OutputParity, ParityCase, ParityReport, Verdict

_MOST_REASONS = 6


def parity_text(report: ParityReport) -> str:
    """All cases; `budget` is the largest |actual - expected| / (atol + rtol * |expected|), 1 is the limit."""
    tolerance = f"rtol {report.parity.rtol:g}, atol {report.parity.atol:g}"
    rows = [row for case in report.cases for row in _rows(case)]
    header = ("", "case", "seed", "output", "max_abs_diff", "max_rel_diff", "budget", "mismatched")
    lines = [report.summary, f"{report.runtime}; {tolerance}"]
    if rows:
        lines.append(table(header, rows, numbers=(2, 4, 5, 6, 7)))
    return "\n".join([*lines, *_reasons(report), *explanations_text(report.explanations)])


def _rows(case: ParityCase) -> list[tuple[str, ...]]:
    start = (case.label, str(case.seed))
    if not case.outputs:
        return [(mark(case.verdict), *start, "could not be run" if case.error else "no outputs", "", "", "", "")]
    return [(mark(output.verdict), *start, output.name, *_differences(output)) for output in case.outputs]


def _differences(output: OutputParity) -> tuple[str, ...]:
    mismatched = f"{output.mismatched:,} of {output.elements:,}"
    budget = significant(output.max_budget)
    return (significant(output.max_abs_diff), significant(output.max_rel_diff), budget, mismatched)


def _reasons(report: ParityReport) -> list[str]:
    """Each reason once, with the cases it is given for."""
    found: dict[tuple[Verdict, str], list[str]] = {}
    for case in report.cases:
        if case.error is not None:
            hint = f" {case.error.hint}" if case.error.hint else ""
            found.setdefault((case.verdict, case.error.message + hint), []).append(case.label)
        for output in case.outputs:
            if output.reason:
                found.setdefault((output.verdict, f"{output.name}: {output.reason}"), []).append(case.label)
    lines = [f"{mark(verdict)} {', '.join(dict.fromkeys(cases))}: {text}" for (verdict, text), cases in found.items()]
    more = len(lines) - _MOST_REASONS
    return [*lines[:_MOST_REASONS], f"and {more} more like these"] if more > 1 else lines
