"""A comparison layer by layer as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from modelpack_gui.cli.console import mark, table
from modelpack_gui.core.explain.text import place_text
from modelpack_gui.core.figures import count, plural, rounded, significant, size
from modelpack_gui.core.records import (
    LayerRow,
    LayersReport,
    UnalignedNode,
)

_MOST_ROWS = 60
_AROUND_FAULT = 12
_HEADER = ("", "depth", "node", "op_type", "module", "source", "max_abs_diff", "noise", "introduced", "")


def layers_text(report: LayersReport) -> str:
    """The fault on top, then the rows at the level of optimisation that shows it, then what has no row."""
    fault = report.fault
    lines = [report.summary]
    if fault is not None:
        if fault.sentence not in report.summary:
            lines.append(fault.sentence)
        if fault.place is not None:
            lines.append(f"at {place_text(fault.place)}")
    levels = list(dict.fromkeys(row.optimization for row in report.rows))
    level = fault.optimization if fault is not None else levels[-1] if levels else ""
    rows = sorted((row for row in report.rows if row.optimization == level), key=lambda row: row.depth)
    shown = _shown(rows)
    if rows:
        lines.append(table(_HEADER, [_cells(row) for row in shown], numbers=(1, 6, 7, 8)))
    if len(shown) < len(rows):
        lines.append(f"{len(shown)} of {plural(len(rows), 'row')} are shown; --json writes all.")
    facts = (
        f"{report.runtime}, optimisation {level}" if level else report.runtime,
        f"{report.aligned_share:.0%} of {plural(report.nodes, 'node')} aligned",
        f"at most {size(report.peak_bytes)} of values at once" if report.peak_bytes else "",
    )
    return "\n".join([*lines, "; ".join(filter(None, facts)), *_unaligned(report.unaligned, level)])


def _cells(row: LayerRow) -> tuple[str, ...]:
    return (
        mark(row.verdict),
        str(row.depth),
        row.node_name or row.value,
        row.op_type,
        row.module_path,
        Path(row.source_location).name,
        "NaN/Inf" if row.misplaced else significant(row.max_abs_diff),
        "–" if row.noise_ratio is None else f"{rounded(row.noise_ratio)}x",
        significant(row.introduced),
        "<-- first fault" if row.is_fault else "",
    )


def _shown(rows: Sequence[LayerRow]) -> Sequence[LayerRow]:
    """All of few rows; of many the ones around the first fault, or the worst ones, in their order."""
    if len(rows) <= _MOST_ROWS:
        return rows
    at = next((place for place, row in enumerate(rows) if row.is_fault), None)
    if at is not None:
        return rows[max(0, at - _AROUND_FAULT) : at + _AROUND_FAULT + 1]
    worst = sorted(rows, key=lambda row: -(row.max_budget or 0.0))[: 2 * _AROUND_FAULT]
    return [row for row in rows if row in worst]


def _unaligned(nodes: Sequence[UnalignedNode], level: str) -> list[str]:
    reasons: dict[str, int] = {}
    for node in nodes:
        if node.optimization in ("", level):
            reasons[node.reason.value] = reasons.get(node.reason.value, 0) + 1
    if not reasons:
        return []
    return [f"without a row: {', '.join(f'{count(number)} {reason}' for reason, number in reasons.items())}"]
