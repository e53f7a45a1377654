"""Say in plain words where it goes wrong, or that it does not."""

from __future__ import annotations

import math
from collections.abc import Sequence

from modelpack_gui.core.explain.explanation import place_of
from modelpack_gui.core.parity.rounding import times
from modelpack_gui.core.records import AlignedBy, LayerFault, LayerRow, Verdict
from modelpack_gui.stages.layers.eager_trace import EagerOp, short_location
from modelpack_gui.stages.layers.faults import strength_of
from modelpack_gui.stages.layers.missing import condition_of


def make_fault(row: LayerRow, missing: Sequence[EagerOp], strength: float | None) -> LayerFault:
    """The fault at a row.

    Args:
        missing: What eager does and the artifact does not.
        strength: Its error when replayed alone, in noise floors; None if it was not.
    """
    confirmed = strength is not None
    location = missing[0].location if missing and missing[0].location else row.source_location
    return LayerFault(
        node=row.node,
        node_name=row.node_name,
        op_type=row.op_type,
        value=row.value,
        module_path=row.module_path,
        place=place_of(location),
        optimization=row.optimization,
        is_confirmed=confirmed,
        sentence=_sentence(row, missing, confirmed=confirmed),
        missing=tuple(dict.fromkeys(op.title for op in missing)),
    )


def _sentence(row: LayerRow, missing: Sequence[EagerOp], *, confirmed: bool) -> str:
    at = "" if row.optimization == "off" else f" at optimisation {row.optimization}"
    text = f"{name_of(row)} is the first to go wrong{at}: {_amount(row)}"
    text += ", while its inputs agree" if row.propagated is not None else ""
    text += "; replayed alone on eager's inputs it shows the same error." if confirmed else "."
    if missing:
        names = ", ".join(dict.fromkeys(op.title for op in missing))
        text += f" Before it, eager does {names}"
        condition = condition_of(missing[0].location)
        if condition is not None:
            text += f" under `if {condition[0]}` (line {condition[1]})"
        text += ", and the artifact does not."
    return text


def name_of(row: LayerRow) -> str:
    """`features.3 (Conv, shapes.py:41)`."""
    if row.aligned_by is AlignedBy.OPERATION:
        return f"{row.eager_name.removesuffix(')')}, {row.op_type})" if "(" in row.eager_name else row.eager_name
    where = f", {short_location(row.source_location)}" if row.source_location else ""
    return f"{row.eager_name} ({row.op_type}{where})"


def _amount(row: LayerRow) -> str:
    if row.max_abs_diff is None:
        return row.reason.rstrip(".")
    if row.misplaced:
        return f"NaN or Inf at other places than expected, at {row.misplaced}"
    strength = strength_of(row)
    if row.max_budget is None or not math.isfinite(strength):
        return row.reason.rstrip(".") or f"off by up to {row.max_abs_diff:.3g}"
    return f"off by up to {row.max_abs_diff:.3g}, {times(strength)} its noise floor"


def summarise(rows: Sequence[LayerRow], fault: LayerFault | None) -> tuple[Verdict, str]:
    """The verdict on all rows in one sentence."""
    if not rows:
        return Verdict.WARNING, "No value of the artifact could be aligned with the eager run, which proves nothing."
    failed = [row for row in rows if row.aligned_by is AlignedBy.OUTPUT and row.verdict is Verdict.FAILED]
    if fault is not None:
        own = [row for row in rows if row.value == fault.value and row.optimization == fault.optimization]
        is_beyond = bool(failed) or any(row.verdict is Verdict.FAILED for row in own)
        return Verdict.FAILED if is_beyond else Verdict.WARNING, fault.sentence
    if not failed and all(row.max_abs_diff == 0 and not row.misplaced for row in rows):
        return Verdict.PASSED, "No node goes wrong: every value agrees exactly."
    measured = [row for row in rows if row.noise_ratio is not None]
    worst = max(measured, key=strength_of, default=None)
    grown = (
        f", up to {times(worst.noise_ratio or 0.0)} the noise floor at {worst.eager_name}"
        if worst is not None
        else ""
    )
    if failed:
        return Verdict.FAILED, (
            f"The output {failed[0].eager_name} is beyond the tolerance, and no single node goes wrong: the error"
            f" grows from node to node{grown}."
        )
    return Verdict.PASSED, f"No node goes wrong: error grows as rounding does{grown}."
