"""Whether an output that passes proves anything: one that zeros or a constant would pass as well does not."""

from __future__ import annotations

from dataclasses import dataclass

from modelpack_gui.core.figures import significant
from modelpack_gui.core.parity.tolerance import is_exact
from modelpack_gui.core.records import OutputParity, ParitySpec

_CLEARLY_LESS = 0.1  # an error of so small a share of the signal shows that the artifact follows it


@dataclass(frozen=True)
class Vacuity:
    """Why an output proves nothing.

    Attributes:
        reason: In a sentence that ends in the remedy.
        is_constant: Whether it is so because all expected values are about the same.
    """

    reason: str
    is_constant: bool = False


def vacuity(output: OutputParity, spec: ParitySpec) -> Vacuity | None:
    """Why an output that passes proves nothing; None if it does prove something.

    Integers, booleans and strings must be equal, and a constant one may well be meant. So may one lone element.
    """
    if not output.elements:
        return Vacuity("The output has no elements, which proves nothing: compare at a size at which it has some.")
    if is_exact(output.expected.dtype):
        return None
    if output.max_abs_diff is None:
        return Vacuity("No element is finite on both sides, which proves nothing: use other inputs.")
    if output.expected_infs:  # a mask of -Inf and 0, say: that Inf is where it should be is something
        return None
    return _without_size(output, spec) or _without_change(output, spec)


def _without_size(output: OutputParity, spec: ParitySpec) -> Vacuity | None:
    largest = output.max_expected
    if largest is None or largest > output.atol + output.rtol * largest:
        return None
    if largest == 0:
        both = "Every element is zero on both sides" if not output.max_abs_diff else "Every expected value is zero"
        return Vacuity(f"{both}, which proves nothing: use other inputs.")
    if _is_within_noise(output, spec, largest):
        return None
    at = f"rtol {output.rtol:g}" if output.rtol >= 1 else f"atol {output.atol:g}"
    tighter = "" if output.rtol >= 1 else f", an atol well below {significant(largest, 2)}"
    return Vacuity(
        f"No expected value is larger than {significant(largest, 2)}, so that zeros would pass as well at {at}, "
        f"which proves nothing: use other inputs{tighter}, or a limit on the noise ratio."
    )


def _without_change(output: OutputParity, spec: ParitySpec) -> Vacuity | None:
    low, high = output.min_expected_value, output.max_expected_value
    if low is None or high is None or output.elements < 2:
        return None
    if low == high:
        reason = f"Every expected value is {significant(low, 6)}, so that a constant would pass as well"
        return Vacuity(f"{reason}, which proves nothing: use other inputs.", is_constant=True)
    half = high / 2 - low / 2
    if half > output.atol + output.rtol * min(abs(low), abs(high)) or _is_within_noise(output, spec, half):
        return None
    if (output.max_abs_diff or 0.0) <= _CLEARLY_LESS * half:
        return None
    return Vacuity(
        f"All expected values lie between {significant(low, 6)} and {significant(high, 6)}, so that a constant would "
        "pass as well, which proves nothing: use other inputs, smaller tolerances, or a limit on the noise ratio.",
        is_constant=True,
    )


def _is_within_noise(output: OutputParity, spec: ParitySpec, signal: float) -> bool:
    """Whether a limit on the noise ratio was set, which then proves what the tolerances cannot."""
    return spec.max_noise_ratio > 0 and output.noise is not None and output.noise.actual <= _CLEARLY_LESS * signal
