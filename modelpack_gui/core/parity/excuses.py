"""Why an artifact may differ where nothing is wrong with it: odd inputs, and models without one answer.

Every excuse is narrow, for one that is too wide hides a fault: it holds for values only (never for shapes, dtypes or
refusals), and with usual inputs only for a model that does not agree with itself.
"""

from __future__ import annotations

import math

from modelpack_gui.core.figures import significant
from modelpack_gui.core.parity.tolerance import is_exact
from modelpack_gui.core.records import OutputParity, ParitySpec, Regime

EXTREME_RATIO = 4.0
"""Errors up to so many noise floors are rounding where the values are extreme, which the tolerances are not for."""

SPREAD_FACTOR = 4.0
"""Errors up to so many times what the model differs from itself say nothing of the artifact."""


def excuse(output: OutputParity, regime: Regime, spec: ParitySpec) -> str:
    """Why differing values are no fault of the artifact, to be put after `;` in a sentence; empty if they may be one.

    Args:
        output: Of the right shape and dtype.
        spec: Its limit on the noise ratio counts.
    """
    spread = output.own_spread
    if spread and (output.max_abs_diff or 0.0) <= SPREAD_FACTOR * spread and _is_covered(output, spread):
        if spread == math.inf:
            return "the model itself gives NaN or Inf for these inputs"
        what = "on the same inputs" if regime is Regime.NORMAL else "on inputs changed by hardly more than rounding"
        return f"the model itself differs by up to {significant(spread)} when it is run again {what}"
    if regime is Regime.NORMAL:
        return ""
    if regime in (Regime.NAN, Regime.INF):
        return "real inputs are finite, and for others the runtimes answer each in its own way"
    if _is_rounding(output, spec):
        assert output.noise is not None
        return (
            f"with such inputs that is rounding: it is {output.noise.ratio:.2g} times the error of the model itself"
        )
    if output.misplaced == output.mismatched > 0 and not output.misplaced_finite:
        return "it differs only where the model itself gives NaN or Inf, which proves nothing"
    return ""


def _is_covered(output: OutputParity, spread: float) -> bool:
    """Whether NaN and Inf are where they should be, or not even the model agrees with itself on that."""
    return not output.misplaced or spread == math.inf


def _is_rounding(output: OutputParity, spec: ParitySpec) -> bool:
    """Whether it is only beyond tolerances that are not made for such values, and as exact as the model itself."""
    ratio = output.noise.ratio if output.noise is not None else None
    is_finite = not output.misplaced and (output.nan_equal or not output.equal_nans)
    if ratio is None or not is_finite or is_exact(output.expected.dtype):
        return False
    return ratio <= min(EXTREME_RATIO, spec.max_noise_ratio or EXTREME_RATIO)
