"""What the figures of one case tell of its difference, without another run."""

from __future__ import annotations

import math

from modelpack_gui.core.parity.rounding import nearness
from modelpack_gui.core.parity.summary import shown_name
from modelpack_gui.core.records import Attribution, Origin, OutputParity, ParityCase, Verdict
from modelpack_gui.stages.parity.way import has_fault, is_same, is_unlike, severity


def short(title: str) -> str:
    """What is compared with, as a sentence has room for it: `eager`."""
    return title.removesuffix(" PyTorch")


def worst_output(case: ParityCase) -> OutputParity:
    """The output of a case with the largest error; a failed one if there is one."""
    return max(case.outputs, key=lambda output: (output.verdict is Verdict.FAILED, severity(output)))


def at_a_glance(case: ParityCase, whom: str, computes_in: str) -> Attribution | None:
    """What the figures of a case tell without another run; None if they show more than rounding.

    Args:
        whom: It is compared with.
        computes_in: See ParityReport.
    """
    if any(map(has_fault, case.outputs)):
        return None
    if all(map(is_same, case.outputs)):
        return Attribution(Origin.NONE, f"agrees exactly with {whom}", case.label)
    output = worst_output(case)
    lower = computes_in if computes_in and computes_in != output.expected.dtype else ""
    text = difference(case, whom)
    if output.noise is None:
        if lower:
            sentence = f"{text}, within the tolerance for {lower}, which it computes in"
            return Attribution(Origin.PRECISION, sentence, case.label)
        sentence = f"{text}, within the tolerance; the exact result is not known"
        return Attribution(Origin.UNKNOWN, sentence, case.label)
    tight = "; the tolerance is tighter than that" if output.verdict is Verdict.FAILED else ""
    near = nearness(output.noise, lower)
    if lower:
        sentence = f"{text}, {near}: its lower precision{tight}"
        return Attribution(Origin.PRECISION, sentence, case.label)
    return Attribution(Origin.ROUNDING, f"{text}, {near}: rounding{tight}", case.label)


def difference(case: ParityCase, whom: str) -> str:
    """How a case differs at its worst: `logits differs from eager by 3e-06`; without the name of a lone output."""
    output = worst_output(case)
    name = f"{shown_name(output)} " if len(case.outputs) > 1 else ""
    if output.expected.shape != output.actual.shape:
        return f"{name}has another shape than {whom} gives"
    if output.expected.dtype != output.actual.dtype:
        return f"{name}has another dtype than {whom} gives"
    if output.misplaced:
        return f"{name}has NaN or Inf at other places than {whom}"
    if is_unlike(output):
        return f"{name}differs from {whom} in {output.mismatched} of {output.elements} elements"
    if output.max_abs_diff is None or math.isnan(output.max_abs_diff):
        return f"{name}differs from {whom}"
    return f"{name}differs from {whom} by {output.max_abs_diff:.2g}"
