"""The judgement on outputs that differ on purpose: of an INT8 or float16 artifact against the float32 one.

The tolerances of parity say nothing here: an INT8 net misses them by three orders of magnitude and may still choose
the same class for every picture. What counts is how large the error is beside the signal, whether a constant would do
as well, and whether the same class comes first.

SQNR is 10 log10(sum expected^2 / sum (actual - expected)^2), in dB: at 20 dB the error is a tenth of the signal, at
6 dB half of it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

from modelpack_gui.core.figures import plural, significant
from modelpack_gui.core.parity.judgement import kind_problem
from modelpack_gui.core.parity.tolerance import is_exact
from modelpack_gui.core.records import OutputParity, Verdict

GOOD_SQNR_DB = 20.0
"""Below this the error is worth a look: it is more than a tenth of the signal."""

USELESS_SQNR_DB = 6.0
"""Below this the error is more than half of the signal."""

GOOD_TOP1 = 0.99
USELESS_TOP1 = 0.5
"""Shares of rows with the same top class, where there are rows enough to speak of shares."""

USELESS_EXACT = 0.1
"""Share of whole numbers that differ above which they tell something else."""

_CONSTANT_SHARE = 0.25
"""An error of so large a share of the range of values is what a constant would give (even values: 0.29)."""

_DROWNED_SHARE = 0.5
"""An error of so large a share of what other inputs change drowns the difference between them."""

_ROWS_FOR_SHARES = 20
_SCORES_NAMES = ("logit", "score", "prob", "class", "softmax", "pred", "label")
_OTHER_NAMES = ("embed", "feature", "hidden", "pool", "box", "mask", "coord", "state", "latent")


@dataclass(frozen=True)
class LossyOutput:
    """What is known of one output; of several runs, over all of them.

    Attributes:
        max_abs_diff, rmse: None if no element is finite on both sides.
        spread: Largest expected value less the smallest; None if unknown.
        sqnr_db: None if there is no difference or no signal.
        top1_agreement: Share of rows with the same largest entry; None if the output is no class scores.
        rows: How many rows that is a share of; 0 if unknown.
        unequal_share: Of an output of whole numbers, booleans or texts: the share of elements that differ; else None.
        misplaced: Elements that are NaN or infinite on one side only, or otherwise.
        variation: Of several samples: the root mean square of what another sample changes; None if that is unknown.
        problem: Why it cannot be compared at all, a sentence: another shape or dtype; empty if it can.
    """

    name: str
    max_abs_diff: float | None = None
    rmse: float | None = None
    spread: float | None = None
    sqnr_db: float | None = None
    top1_agreement: float | None = None
    rows: int = 0
    unequal_share: float | None = None
    misplaced: int = 0
    variation: float | None = None
    problem: str = ""


@dataclass(frozen=True)
class KnownPrice:
    """What was found of an artifact's error when it was quantised, on held-out samples.

    Attributes:
        verdict: Of `judge_outputs`.
        text: The error in a phrase: `error 2.1 % of the signal (33.5 dB)`.
        samples: On how many that was found.
    """

    verdict: Verdict
    text: str
    samples: int


def excused(outputs: Sequence[LossyOutput], note: str, price: KnownPrice | None) -> str:
    """Why outputs that fail may be those of a good artifact all the same; empty if nothing speaks for it.

    An INT8 net whose ranges come from real data may be far off on example inputs that are random numbers, and right
    on what it will meet. A value that is not finite, or another shape or dtype, is no matter of ranges.

    Args:
        note: Of `judge_outputs`.
    """
    if price is None or price.verdict not in (Verdict.PASSED, Verdict.WARNING):
        return ""
    if any(one.problem or one.misplaced for one in outputs):
        return ""
    where = f"on the {plural(price.samples, 'sample')} that it was judged by when it was quantised"
    return f"{note} But {where}: {price.text}. The example inputs are not like those."


def lossy_output(output: OutputParity) -> LossyOutput:
    """What parity's comparison of one output says to this judgement. Its verdict and tolerances do not matter."""
    low, high = output.min_expected_value, output.max_expected_value
    sizes = [size for size in output.expected.shape or () if isinstance(size, int)]
    has_scores = looks_like_scores(output.name, output.expected.dtype, sizes)
    exact = is_exact(output.expected.dtype) and output.elements > 0
    return LossyOutput(
        name=output.name,
        max_abs_diff=output.max_abs_diff,
        rmse=output.rmse,
        spread=None if low is None or high is None else high - low,
        sqnr_db=output.sqnr_db if output.sqnr_db is not None and math.isfinite(output.sqnr_db) else None,
        top1_agreement=output.top1 if has_scores else None,
        rows=output.elements // sizes[-1] if has_scores else 0,
        unequal_share=output.mismatched / output.elements if exact else None,
        misplaced=output.misplaced,
        problem=kind_problem(output),
    )


def looks_like_scores(name: str, dtype: str, shape: Sequence[int]) -> bool:
    """Whether the largest entry along the last axis is likely to be a choice between classes.

    That is so of floats of the shape (classes,) or (batch, classes), unless the name says otherwise; of further axes,
    such as one for tokens, only if the name says so.
    """
    if is_exact(dtype) or dtype.startswith("complex") or not 1 <= len(shape) <= 3 or shape[-1] < 2:
        return False
    lower = name.lower()
    if any(word in lower for word in _SCORES_NAMES):
        return True
    return len(shape) <= 2 and not any(word in lower for word in _OTHER_NAMES)


def judge_outputs(outputs: Sequence[LossyOutput]) -> tuple[Verdict, str]:
    """A verdict on all outputs, and a sentence on the one that it rests on.

    Returns:
        PASSED: as good as one can expect of low precision; WARNING: it still tells the same, but the error is worth a
        look; FAILED: it tells something else; SKIPPED: there are no outputs. A benchmark, whose tolerances all of
        these are beyond, shows PASSED as a warning.
    """
    judged = [_judge(output) for output in outputs]
    verdict = Verdict.worst([one for one, _ in judged])
    return verdict, next((note for one, note in judged if one is verdict), "There is no output to compare.")


def _judge(output: LossyOutput) -> tuple[Verdict, str]:
    name = f"output {output.name}" if output.name.isdigit() else output.name  # an exporter may give a number only
    output = dataclasses.replace(output, name=name)
    if output.problem:
        return Verdict.FAILED, f"{name}: {output.problem}"
    if output.misplaced:
        return Verdict.FAILED, f"{name} is NaN or infinite where it should not be, in {output.misplaced:,} elements."
    if output.unequal_share is not None:
        return _judge_exact(name, output.unequal_share)
    if output.max_abs_diff is None:
        return Verdict.WARNING, f"No element of {name} is finite, so that nothing was compared."
    if output.max_abs_diff == 0:
        return Verdict.PASSED, f"{name} is exactly the same."
    if output.sqnr_db is None:
        error = significant(output.max_abs_diff)
        return Verdict.WARNING, f"{name} should be zero everywhere, and is up to {error}: try other inputs."
    return _judge_floats(output, output.sqnr_db)


def _judge_exact(name: str, share: float) -> tuple[Verdict, str]:
    if share == 0:
        return Verdict.PASSED, f"{name} is exactly the same."
    verdict = Verdict.FAILED if share > USELESS_EXACT else Verdict.WARNING
    return verdict, f"{_percent(share)} of the whole numbers in {name} differ."


def _judge_floats(output: LossyOutput, sqnr_db: float) -> tuple[Verdict, str]:
    name, error = output.name, f"the error is {error_share(sqnr_db)} of the signal ({sqnr_db:.1f} dB)"
    if sqnr_db < USELESS_SQNR_DB:
        return Verdict.FAILED, f"{name} tells something else: {error}."
    if output.spread and (output.rmse or 0.0) >= _CONSTANT_SHARE * output.spread:
        spread = significant(output.spread)
        return (
            Verdict.FAILED,
            f"{name} is no better than a constant: its values vary by {spread}, and so do its errors.",
        )
    if output.variation and (output.rmse or 0.0) >= _DROWNED_SHARE * output.variation:
        return Verdict.WARNING, (
            f"{name}: {error}, and more than half of what other inputs change: they hardly change it, or it is lost."
        )
    is_good = sqnr_db >= GOOD_SQNR_DB
    share = output.top1_agreement
    if share is None:
        return (Verdict.PASSED if is_good else Verdict.WARNING), f"{name}: {error}."
    if share == 1:
        return (Verdict.PASSED if is_good else Verdict.WARNING), f"{name}: {error}; the top class is always the same."
    has_rows = output.rows >= _ROWS_FOR_SHARES
    note = f"{name}: {error}; the top class differs in {_percent(1 - share)} of the rows."
    if has_rows and share < USELESS_TOP1:
        return Verdict.FAILED, note
    return (Verdict.PASSED if is_good and has_rows and share >= GOOD_TOP1 else Verdict.WARNING), note


def error_share(sqnr_db: float) -> str:
    """The error beside the signal, as root mean squares: `3.2 %`."""
    return _percent(10.0 ** (-sqnr_db / 20.0))


def _percent(share: float) -> str:
    return f"{significant(100 * share, 2)} %"
