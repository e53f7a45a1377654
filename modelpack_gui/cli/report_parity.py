"""A parity report as plain text: the verdict, a row for each case and output, and why those that fail do."""

from __future__ import annotations

from collections.abc import Sequence

from modelpack_gui.cli.console import mark, table
from modelpack_gui.cli.report_explanations import explanations_text
from modelpack_gui.core.figures import listed, rounded, significant
from modelpack_gui.core.parity.summary import example_sizes
from modelpack_gui.core.records import (
    Attribution,
    OutputParity,
    ParityCase,
    ParityPart,
    ParityReport,
    Regime,
    Verdict,
)

_MOST_REASONS = 6


def parity_text(report: ParityReport) -> str:
    """All cases; `budget` is the largest |actual - expected| / (atol + rtol * |expected|), 1 is the limit.

    Of a sweep a matrix, and the rows of what did not pass.
    """
    lines = [report.summary, *_origin(report.attribution)]
    tolerance = f"rtol {report.parity.rtol:g}, atol {report.parity.atol:g}"
    lines.append(f"{report.runtime} against {report.expected_title}; {tolerance}")
    cases: Sequence[ParityCase] = report.cases
    if report.parity.sweep:
        lines.append(matrix_text(report))
        cases = [case for case in cases if case.verdict is not Verdict.PASSED]
    rows = [row for case in cases for row in _rows(case)]
    header = ("", "case", "seed", "output", "max_abs_diff", "max_rel_diff", "budget", "noise", "mismatched")
    if rows:
        lines.append(table(header, rows, numbers=(2, 4, 5, 6, 7, 8)))
    return "\n".join([*lines, *_reasons(report), *explanations_text(report.explanations)])


def matrix_text(report: ParityReport) -> str:
    """Sizes by kinds of values: the verdict, and how many noise floors the error is, or how much of the tolerance."""
    regimes = [regime for regime in Regime if any(case.regime is regime for case in report.cases)]
    places: dict[str, dict[Regime, list[ParityCase]]] = {}
    for case in report.cases:
        places.setdefault(_place(case, report), {}).setdefault(case.regime, []).append(case)
    rows = [(place, *(_cell(by_regime.get(regime, ())) for regime in regimes)) for place, by_regime in places.items()]
    note = "Each cell: the error in noise floors (x), else the share of the tolerance that it uses."
    return f"{table(('', *(regime.value for regime in regimes)), rows)}\n{note}"


def case_line(part: ParityPart) -> str:
    """A case that failed, as soon as it has ended."""
    case = part.case
    reasons = [f"{output.name}: {output.reason}" for output in case.outputs if output.reason]
    text = case.error.message if case.error is not None else listed(reasons, 1)
    return f"{mark(case.verdict)} {part.number} of {part.planned}, {case.label}: {text}"


def _place(case: ParityCase, report: ParityReport) -> str:
    if case.input_set:
        return case.input_set
    example = example_sizes(report)
    changed = [f"{name} = {size}" for name, size in case.sizes.items() if example.get(name, size) != size]
    return ", ".join(changed) or "example"


def _cell(cases: Sequence[ParityCase]) -> str:
    """The worst of some cases, which differ in their seeds."""
    if not cases:
        return ""
    verdict = Verdict.worst([case.verdict for case in cases])
    ratios = [case.noise_ratio for case in cases if case.noise_ratio is not None]
    if ratios:
        return f"{mark(verdict)} {rounded(max(ratios))}x"
    budgets = [output.max_budget for case in cases for output in case.outputs if output.max_budget is not None]
    return f"{mark(verdict)} {significant(100 * max(budgets), 2)} %" if budgets else mark(verdict)


def _origin(attribution: Attribution | None) -> list[str]:
    """Where the largest difference comes from, and what was run to tell."""
    if attribution is None:
        return []
    sentence = attribution.sentence[:1].upper() + attribution.sentence[1:]
    lines = [f"{sentence.rstrip('.')}."]
    sides = [
        f"{side.side} {mark(side.verdict)} {'not run' if side.error else significant(side.max_abs_diff)}"
        for side in attribution.sides
    ]
    if sides:
        lines.append(f"at {attribution.case}: {', '.join(sides)}")
    return lines


def _rows(case: ParityCase) -> list[tuple[str, ...]]:
    start = (case.label, str(case.seed))
    if not case.outputs:
        text = "could not be run" if case.error else "no outputs"
        return [(mark(case.verdict), *start, text, "", "", "", "", "")]
    return [(mark(output.verdict), *start, output.name, *_differences(output)) for output in case.outputs]


def _differences(output: OutputParity) -> tuple[str, ...]:
    mismatched = f"{output.mismatched:,} of {output.elements:,}"
    ratio = output.noise.ratio if output.noise is not None else None
    return (
        significant(output.max_abs_diff),
        significant(output.max_rel_diff),
        significant(output.max_budget),
        "–" if ratio is None else f"{rounded(ratio)}x",
        mismatched,
    )


def _reasons(report: ParityReport) -> list[str]:
    """Each reason once, with the cases it is given for; how far an output is off only for its worst case."""
    found: dict[tuple[Verdict, str], list[str]] = {}
    beyond: dict[str, list[tuple[float, str, str]]] = {}
    for case in report.cases:
        if case.error is not None:
            hint = f" {case.error.hint}" if case.error.hint else ""
            found.setdefault((case.verdict, case.error.message + hint), []).append(case.label)
        for output in case.outputs:
            if output.verdict is Verdict.FAILED and (output.max_budget or 0.0) > 1 and not output.misplaced:
                beyond.setdefault(output.name, []).append((output.max_budget or 0.0, case.label, output.reason))
            elif output.reason:
                found.setdefault((output.verdict, f"{output.name}: {output.reason}"), []).append(case.label)
    lines = []
    for name, reasons in beyond.items():
        _, label, reason = max(reasons, key=lambda item: item[0])
        worst = f" (the worst of {len(reasons)})" if len(reasons) > 1 else ""
        lines.append(f"{mark(Verdict.FAILED)} {label}{worst}: {name}: {reason}")
    lines += [
        f"{mark(verdict)} {', '.join(dict.fromkeys(cases))}: {text}" for (verdict, text), cases in found.items()
    ]
    more = len(lines) - _MOST_REASONS
    return [*lines[:_MOST_REASONS], f"and {more} more like these"] if more > 1 else lines
