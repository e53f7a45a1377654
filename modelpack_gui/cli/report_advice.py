"""What looks ahead of an export found, as plain text."""

from __future__ import annotations

from modelpack_gui.cli.console import indented, mark, table, wrapped
from modelpack_gui.core.dims.text import followed_by, probe_sentence, takes
from modelpack_gui.core.explain.lint_text import lint_sentence
from modelpack_gui.core.figures import duration, plural
from modelpack_gui.core.records import (
    InputSpec,
    LintFinding,
    LintReport,
    ProbeReport,
    Severity,
    SuggestedInputs,
    Verdict,
)

_MARKS: dict[Severity, Verdict] = {
    "error": Verdict.FAILED,
    "warning": Verdict.WARNING,
    "info": Verdict.SKIPPED,
}


def suggestion_text(found: SuggestedInputs) -> str:
    """A row for each input, why it is what it is, and what the model gives for them."""
    tries = plural(found.tries, "try", "tries")
    if found.error is not None:
        head = f"After {tries} the model still refuses its inputs: {found.error.message}"
    else:
        head = f"The model takes these inputs, found in {tries}."
    rows = [_input_row(spec) for spec in found.inputs]
    lines = [head, indented(table(("input", "goes to", "dtype", "shape or value", "values"), rows))]
    lines += [f"• {reason}" for reason in found.reasons]
    lines += [f"  output {info.name}: {info.dtype} {info.shape_text}" for info in found.outputs]
    return "\n".join(lines)


def _input_row(spec: InputSpec) -> tuple[str, str, str, str, str]:
    place = spec.argument or "by position"
    if spec.is_value:
        return spec.name, place, type(spec.value).__name__, repr(spec.value), ""
    low, high = spec.low or 0.0, spec.high
    values = spec.file or ("" if high is None else f"{low:g} to {high:g}")
    return spec.name, place, spec.dtype, " x ".join(map(str, spec.shape)) or "scalar", values


def probe_text(report: ProbeReport) -> str:
    """A row for each axis, and why a size is refused."""
    rows = [
        (f"{dim.input}[{dim.axis}]", str(dim.size), dim.name or "–", takes(dim), followed_by(dim))
        for dim in report.dims
    ]
    lines = [f"{probe_sentence(report)} {plural(report.runs, 'run')} in {duration(report.duration_s)}."]
    lines.append(indented(table(("axis", "example", "name", "the model takes", "outputs"), rows, numbers=(1,))))
    reasons: dict[str, list[str]] = {}
    for dim in report.dims:
        if dim.reason:
            reasons.setdefault(dim.reason, []).append(f"{dim.input}[{dim.axis}]")
    lines += [f"• {', '.join(axes)}: {reason}" for reason, axes in reasons.items()]
    return "\n".join(lines)


def lint_text(report: LintReport) -> str:
    """Each finding with its lines and what to do."""
    lines = [f"{lint_sentence(report)} {plural(report.runs, 'run')} in {duration(report.duration_s)}."]
    for finding in report.findings:
        lines += _finding_lines(finding)
    return "\n".join(lines)


def _finding_lines(finding: LintFinding) -> list[str]:
    known = finding.explanation
    lines = [f"{mark(_MARKS[finding.severity])} {known.title} ({finding.concerns})", wrapped(known.cause)]
    lines += [f"    {place.file}:{place.line}  {place.note}".rstrip() for place in known.places]
    lines += [wrapped(f"• {fix.text}.", "    ") for fix in known.fixes]
    return lines
