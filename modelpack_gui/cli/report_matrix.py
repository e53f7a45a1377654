"""An export matrix as plain text for a terminal."""

from __future__ import annotations

import textwrap

from modelpack_gui.cli.console import mark, table, wrapped
from modelpack_gui.core import matrix
from modelpack_gui.core.figures import count, duration, interval, plural, size
from modelpack_gui.core.records import MatrixCell, MatrixReport, Verdict

_HEADER = ("", "format", "exporter", "opset", "check", "loads", "parity", "nodes", "size", "seconds", "p50 ms [95 %]")
_NUMBERS = (7, 8, 9, 10)
_LINE = 80
"""Characters of an error while cells come; the table at the end has all of it."""


def matrix_text(report: MatrixReport) -> str:
    """The table and the recommendation."""
    ran = len(report.cells) - report.reused
    took = f"{plural(len(report.cells), 'cell')} in {duration(report.duration_s)}, {report.workers} at a time"
    kept = f"; {report.reused} kept from an earlier run" if report.reused else ""
    verdict = Verdict.FAILED if report.recommended is None else Verdict.PASSED
    parts = [
        table(_HEADER, [_row(cell, report) for cell in report.cells], _NUMBERS),
        f"{took}{kept}." if ran else f"All {plural(len(report.cells), 'cell')} kept from an earlier run.",
        *_troubles(report),
    ]
    if any(cell.latency is not None for cell in report.cells):
        parts.append(
            "The latency is a quick look on one thread with its 95 % interval; `modelpack bench` measures properly."
        )
    return "\n".join([*parts, f"{mark(verdict)} {report.reason}"])


def cell_line(cell: MatrixCell) -> str:
    """A cell that has ended, in one line."""
    took = "" if cell.duration_s is None else f" ({duration(cell.duration_s)})"
    problem = matrix.shortcoming(cell)
    if not problem:
        return f"{mark(_verdict(cell))} {matrix.title(cell.choice)}: {plural(len(cell.sizes), 'case')} agree{took}"
    why = f": {textwrap.shorten(cell.error.message, _LINE, placeholder=' …')}" if cell.error is not None else ""
    return f"{mark(Verdict.FAILED)} {matrix.title(cell.choice)} {problem}{why}{took}"


def _row(cell: MatrixCell, report: MatrixReport) -> tuple[str, ...]:
    choice = cell.choice
    sign = "*" if choice == report.recommended else mark(_verdict(cell))
    opset = "–" if choice.opset_version is None else str(choice.opset_version)
    if cell.opset_got is not None and cell.opset_got != choice.opset_version:
        opset = f"{opset}, got {cell.opset_got}"
    return (
        sign,
        choice.format,
        choice.exporter,
        opset,
        _word(cell.check),
        _word(cell.loads),
        parity_text(cell),
        "–" if cell.nodes is None else count(cell.nodes),
        "–" if cell.size_bytes is None else size(cell.size_bytes),
        "–" if cell.duration_s is None else f"{cell.duration_s:.1f}",
        "–" if cell.latency is None else interval(cell.latency.p50_ms),
    )


def parity_text(cell: MatrixCell) -> str:
    """`passed`, or where it first fails; for a cell without an artifact its outcome."""
    failing = matrix.first_failing(cell)
    if failing is not None:
        return f"wrong at {failing.label}"
    if cell.parity is not None:
        return cell.parity.verdict.value
    return cell.outcome.replace("_", " ") if cell.outcome != "exported" else "not compared"


def _troubles(report: MatrixReport) -> list[str]:
    """Why cells gave nothing, each reason once."""
    told: dict[str, list[str]] = {}
    for cell in report.cells:
        error = cell.error or cell.parity_error
        if error is not None:
            told.setdefault(error.message, []).append(matrix.title(cell.choice))
    return [wrapped(f"{'; '.join(names)}: {message}") for message, names in told.items()]


def _verdict(cell: MatrixCell) -> Verdict:
    if matrix.is_usable(cell):
        has_doubt = Verdict.WARNING in (cell.check, cell.loads, cell.parity.verdict if cell.parity else None)
        return Verdict.WARNING if has_doubt or not cell.is_as_asked else Verdict.PASSED
    return Verdict.SKIPPED if cell.outcome in ("waiting", "running", "cancelled") else Verdict.FAILED


def _word(verdict: Verdict | None) -> str:
    return "–" if verdict is None else verdict.value
