"""Findings about a graph in words: for the window's head line and for `modelpack inspect --checks`."""

from __future__ import annotations

from collections.abc import Iterator

from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import GraphCheckResult, GraphChecksReport

_WORDS = {"error": "error", "warning": "warning", "info": "remark"}
_TOLD = 10  # findings of one check on the command line


def checks_sentence(report: GraphChecksReport) -> str:
    """How many findings there are of each gravity, and what is not known: `1 error; 2 checks could not be made.`"""
    found = [(word, sum(r.total for r in report.results if r.severity == one)) for one, word in _WORDS.items()]
    parts = [plural(total, word) for word, total in found if total]
    unmade = sum(bool(result.problem) for result in report.results)
    rest = f"; {plural(unmade, 'check')} could not be made" if unmade else ""
    if not parts:
        return f"Nothing found in {plural(len(report.results) - unmade, 'check')}{rest}."
    shown = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"{shown}{rest}."


def checks_lines(report: GraphChecksReport, *, told: int = _TOLD) -> Iterator[str]:
    """The whole report as lines of text.

    Args:
        told: Findings of one check that are listed; 0 lists all that the report holds.
    """
    yield checks_sentence(report)
    for result in report.results:
        if result.total:
            yield ""
            yield from _found(result, told)
    for result in report.results:
        if result.problem:
            yield ""
            yield f"not checked: {result.title}. {result.problem}"


def _found(result: GraphCheckResult, told: int) -> Iterator[str]:
    yield f"{_WORDS[result.severity]}: {result.title} ({result.total:,})"
    findings = result.findings[:told] if told else result.findings
    for finding in findings:
        yield f"  - {finding.text}"
    if result.total > len(findings):
        yield f"  and {result.total - len(findings):,} more"
    yield f"  Why: {result.why}"
    yield f"  Fix: {result.fix}"
