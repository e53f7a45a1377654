"""The check report in words: the sentence, one row as text, one row for the inspector."""

from __future__ import annotations

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.records import CheckReport, CheckRow, Verdict
from modelpack_gui.ui.inspection import Inspection, Property, Section
from modelpack_gui.ui.models.explanation_text import explanation_text

VERDICT_WORDS = {
    Verdict.PASSED: "Passed",
    Verdict.WARNING: "Warning",
    Verdict.FAILED: "Failed",
    Verdict.SKIPPED: "Not run",
}
_GRAVITY = {Verdict.FAILED: 0, Verdict.WARNING: 1, Verdict.PASSED: 2, Verdict.SKIPPED: 3}


def gravest_first(report: CheckReport) -> list[CheckRow]:
    """The rows with what needs attention first; else in the order they were made."""
    return sorted(report.rows, key=lambda row: _GRAVITY[row.verdict])


def sentence(report: CheckReport) -> str:
    """The verdict: how many passed, how many did not, and the gravest finding."""
    rows = gravest_first(report)
    number = {verdict: sum(row.verdict is verdict for row in rows) for verdict in Verdict}
    judged = len(rows) - number[Verdict.SKIPPED]
    if not judged:
        return "Nothing was checked." if not rows else f"{_first_sentence(rows[0])} No check was run."
    parts = [
        f"All {fmt.plural(judged, 'check')} passed"
        if number[Verdict.PASSED] == judged > 1
        else f"{number[Verdict.PASSED]} of {fmt.plural(judged, 'check')} passed"
    ]
    if number[Verdict.FAILED]:
        parts.append(f"{number[Verdict.FAILED]} failed")
    if number[Verdict.WARNING]:
        parts.append(fmt.plural(number[Verdict.WARNING], "warning"))
    if number[Verdict.SKIPPED]:
        parts.append(f"{number[Verdict.SKIPPED]} not run")
    text = ", ".join(parts)
    if number[Verdict.PASSED] == judged:
        return f"{text}."
    return f"{text}: {_lowered(_first_sentence(rows[0]))}"


def row_text(row: CheckRow) -> str:
    """One row as it is copied: everything, details included."""
    lines = [f"{VERDICT_WORDS[row.verdict]}: {row.title}", row.explanation]
    if row.asked or row.got:
        lines += [f"Asked: {row.asked or '–'}", f"Got: {row.got or '–'}"]
    if row.known is not None:
        lines.append(explanation_text(row.known))
    elif row.fix:
        lines.append(f"Fix: {row.fix}")
    if row.details:
        lines += ["", row.details]
    return "\n".join(line for i, line in enumerate(lines) if line or i > 1)


def report_text(report: CheckReport) -> str:
    """The whole report as it is copied."""
    return "\n\n".join([report.path, sentence(report), *(row_text(row) for row in gravest_first(report))])


def row_inspection(row: CheckRow, report: CheckReport) -> Inspection:
    """Everything about a row."""
    facts = [Property("Verdict", VERDICT_WORDS[row.verdict]), Property("Check", row.id, is_mono=True)]
    if row.asked or row.got:
        facts += [Property("Asked", row.asked or "–", is_mono=True), Property("Got", row.got or "–", is_mono=True)]
    facts.append(Property("File", report.path, is_mono=True))
    sections = [Section("Result", tuple(facts)), Section("Explanation", text=row.explanation, is_prose=True)]
    if row.fix:
        sections.append(Section("Fix", text=row.fix, is_prose=True))
    if row.details:
        sections.append(Section("Details", text=row.details))
    return Inspection(row.title, "check", tuple(sections))


def _first_sentence(row: CheckRow) -> str:
    text = " ".join(row.explanation.split()) or f"{row.title}."
    head, stop, _ = text.partition(". ")
    return f"{head}." if stop else text


def _lowered(text: str) -> str:
    """To go on after a colon: only a plain word loses its capital, a name keeps its own."""
    first = text.split(" ", 1)[0]
    is_plain = first in {"The", "A", "An", "It", "Its", "This", "There", "No", "Some", "One", "Shape", "Running"}
    return text[0].lower() + text[1:] if is_plain else text
