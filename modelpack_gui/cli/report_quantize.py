"""What quantising gave as plain text: one table of all ways, what each costs, and the nodes that cost most."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from modelpack_gui.cli.console import mark, table, wrapped
from modelpack_gui.core.figures import agreement, duration, interval, listed, significant, size
from modelpack_gui.core.quantize.text import judged_on, price_sentence
from modelpack_gui.core.records import (
    QuantizeAdvice,
    QuantizedVariant,
    QuantizeError,
    QuantizeReport,
    SensitivityReport,
    SensitivityRow,
    Verdict,
)

_MOST_ROWS = 20
_SIGNS = {"info": "•", "warning": mark(Verdict.WARNING), "error": mark(Verdict.FAILED)}


def quantize_text(report: QuantizeReport) -> str:
    """The verdict, all ways with size, speed and error, the price of each, and what is to know."""
    has_speeds = report.float_p50_ms is not None
    header = ["", "", "size", "smaller", "SQNR dB", "top-1", "top-5", "took"]
    rows = [_float_row(report), *(_row(one, report.float_size_bytes) for one in report.variants)]
    if has_speeds:
        header[4:4] = ["p50 ms [95 % interval]", "speed-up"]
        speeds = [(interval(report.float_p50_ms), "baseline")]
        speeds += [(interval(one.p50_ms), interval(one.speedup)) for one in report.variants]
        rows = [(*row[:4], *speed, *row[4:]) for row, speed in zip(rows, speeds, strict=True)]
    lines = [wrapped(report.summary, ""), table(header, rows, numbers=range(2, len(header)))]
    if report.calibration_note:
        lines.append(wrapped(report.calibration_note, ""))
    lines += ["", *(line for one in report.variants for line in _price(one, report.float_size_bytes))]
    return "\n".join([*lines, *_advice(report.variants)])


def sensitivity_text(report: SensitivityReport) -> str:
    """The nodes that cost most, the dearest first."""
    rows = [_sensitivity_row(row) for row in report.rows[:_MOST_ROWS]]
    header = ("node", "op_type", "module", "SQNR dB alone", "weight dB")
    lines = [wrapped(report.summary, ""), table(header, rows, numbers=(3, 4))]
    more = len(report.rows) - _MOST_ROWS
    if more > 0:
        lines.append(f"and {more} more that cost less, or were not measured")
    dear = [row.node for row in report.rows if row.sqnr_db is not None][:3]
    if dear:
        lines.append(f"to leave the dearest in float32: --exclude {','.join(dear)}")
    return "\n".join(lines)


def variant_line(variant: QuantizedVariant, float_size_bytes: int = 0) -> str:
    """One way, as soon as it is there."""
    return f"{mark(variant.verdict)} {price_sentence(variant, float_size_bytes)}, in {duration(variant.duration_s)}"


def _float_row(report: QuantizeReport) -> tuple[str, ...]:
    return "", "float32", size(report.float_size_bytes), "", "", "", "", ""


def _row(variant: QuantizedVariant, float_size_bytes: int) -> tuple[str, ...]:
    start = (mark(variant.verdict), variant.label)
    if variant.error is not None:
        return (*start, "not made", "", "", "", "", "")
    error, _ = judged_on(variant)
    smaller = f"{significant(float_size_bytes / variant.size_bytes)}x" if variant.size_bytes else ""
    return (*start, size(variant.size_bytes), smaller, *_errors(error), duration(variant.duration_s))


def _errors(error: QuantizeError | None) -> tuple[str, str, str]:
    if error is None:
        return "", "", ""
    if not error.is_finite:
        return "NaN/Inf", "", ""
    sqnr = "exact" if error.worst_sqnr_db is None else f"{error.worst_sqnr_db:.1f}"
    return sqnr, agreement(error.top1_agreement), agreement(error.top5_agreement)


def _price(variant: QuantizedVariant, float_size_bytes: int) -> list[str]:
    lines = [wrapped(f"{mark(variant.verdict)} {price_sentence(variant, float_size_bytes)}.", "")]
    if variant.error is not None:
        return [*lines, wrapped(variant.error.hint)] if variant.error.hint else lines
    error, _ = judged_on(variant)
    is_doubtful = variant.verdict is not Verdict.PASSED or (error is not None and error.top_classes == 1)
    if is_doubtful and variant.summary:
        lines.append(wrapped(variant.summary))
    lines.append(f"  {Path(variant.path)}")
    if variant.float_ops:
        left = listed([f"{count} {op}" for op, count in variant.float_ops.items()], 4)
        lines.append(wrapped(f"stays in float32: {left}"))
    return lines


def _advice(variants: Sequence[QuantizedVariant]) -> list[str]:
    """Each piece of advice once, with the ways that it is about."""
    found: dict[str, tuple[QuantizeAdvice, list[str]]] = {}
    for variant in variants:
        for one in variant.advice:
            if one.severity != "error":  # said as the reason why nothing was made
                found.setdefault(one.text, (one, []))[1].append(variant.label)
    lines = []
    for one, labels in found.values():
        about = "" if len(labels) == len(variants) else f"{'; '.join(labels)}: "
        hint = f" {one.hint}" if one.hint else ""
        lines.append(wrapped(f"{_SIGNS[one.severity]} {about}{one.text}{hint}", ""))
    return ["", *lines] if lines else []


def _sensitivity_row(row: SensitivityRow) -> tuple[str, ...]:
    alone = "not measured" if not row.is_measured else "no change"
    if row.sqnr_db is not None:
        alone = f"{row.sqnr_db:.1f}"
    weight = "–" if row.weight_sqnr_db is None else f"{row.weight_sqnr_db:.1f}"
    return row.node, row.op_type, row.module, alone, weight
