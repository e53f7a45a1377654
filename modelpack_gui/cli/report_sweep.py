"""A sweep as plain text for a terminal."""

from __future__ import annotations

import textwrap

from modelpack_gui.cli.console import mark, table, wrapped
from modelpack_gui.core import sweep
from modelpack_gui.core.figures import duration, interval, milliseconds, plural, size
from modelpack_gui.core.records import SweepCell, SweepReport, Verdict
from modelpack_gui.core.stats.doubts import DOUBT_NAMES

_HEADER = ("", "runner", "threads", "batch", "p50 ms [95 %]", "items/s [95 %]", "runs", "memory", "state")
_NUMBERS = (2, 3, 4, 5, 6, 7)
_LINE = 80
"""Characters of an error while cells come; below the table all of it is told."""


def sweep_text(report: SweepReport) -> str:
    """The table, why cells gave nothing, and the verdict."""
    quick, busy = sweep.fastest(report.cells), sweep.most_items(report.cells)
    kept = sum(cell.is_kept for cell in report.cells)
    took = f"{plural(len(report.cells), 'cell')} in {duration(report.duration_s)}"
    parts = [
        table(_HEADER, [_row(cell, quick, busy) for cell in report.cells], _NUMBERS),
        f"{took}; {kept} kept from an earlier run." if kept else f"{took}.",
        *_troubles(report),
        f"{mark(sweep.verdict_of(report.cells))} {report.summary}",
    ]
    return "\n".join(parts)


def sweep_line(cell: SweepCell) -> str:
    """A cell that has ended, in one line."""
    name = sweep.where(cell.choice, cell.title)
    took = f" ({duration(cell.duration_s)})"
    if cell.summary is not None:
        wrong = "" if sweep.is_valid(cell) else ", wrong outputs"
        return f"{mark(_verdict(cell))} {name}: p50 {milliseconds(cell.summary.p50_ms.value)}{wrong}{took}"
    why = f": {textwrap.shorten(cell.error.message, _LINE, placeholder=' …')}" if cell.error is not None else ""
    return f"{mark(_verdict(cell))} {name} {_word(cell)}{why}{took}"


def _row(cell: SweepCell, quick: SweepCell | None, busy: SweepCell | None) -> tuple[str, ...]:
    best = [word for word, one in (("lowest latency", quick), ("most items", busy)) if one is cell]
    state = ", ".join(best) or ("wrong outputs" if cell.summary and not sweep.is_valid(cell) else _word(cell))
    return (
        "*" if best else mark(_verdict(cell)),
        cell.title,
        str(cell.choice.threads),
        sweep.batch_text(cell.choice.batch_size),
        "–" if cell.summary is None else interval(cell.summary.p50_ms),
        interval(cell.throughput_per_s),
        "–" if cell.summary is None else str(cell.summary.count),
        size(cell.peak_rss_bytes) if cell.peak_rss_bytes else "–",
        state,
    )


def _troubles(report: SweepReport) -> list[str]:
    """Why cells gave nothing, each reason once."""
    told: dict[str, list[str]] = {}
    for cell in report.cells:
        if cell.error is not None:
            told.setdefault(cell.error.message, []).append(sweep.where(cell.choice, cell.title))
    return [wrapped(f"{'; '.join(names)}: {message}") for message, names in told.items()]


def _verdict(cell: SweepCell) -> Verdict:
    if cell.outcome in ("waiting", "running", "cancelled"):
        return Verdict.SKIPPED
    if not sweep.is_valid(cell):
        return Verdict.FAILED
    return Verdict.WARNING if sweep.doubts_of(cell) else Verdict.PASSED


def _word(cell: SweepCell) -> str:
    doubts = sweep.doubts_of(cell)
    if cell.outcome == "measured" and doubts:
        return ", ".join(DOUBT_NAMES[doubt.kind].lower() for doubt in doubts)
    return sweep.OUTCOME_WORDS[cell.outcome]
