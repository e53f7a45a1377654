"""What the cells of a parity matrix can show: figures of an output, the worst of several, their place on a scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from modelpack_gui.core.figures import significant
from modelpack_gui.core.records import OutputParity

BUDGET, MAX_ABS_DIFF, NOISE_RATIO, MAX_ULP, SQNR = "budget", "max_abs_diff", "noise_ratio", "max_ulp", "sqnr_db"


@dataclass(frozen=True)
class Measure:
    """A figure of an output.

    Attributes:
        low, high: Ends of its scale of colours, the better one first; None of a scale that the values give.
        is_log: Whether that scale is logarithmic.
        unit: After the numbers of the scale.
    """

    name: str
    title: str
    value: Callable[[OutputParity], float | None]
    low: float | None
    high: float | None
    is_log: bool = True
    unit: str = ""
    tooltip: str = ""

    def worst(self, outputs: Iterable[OutputParity]) -> float | None:
        """The gravest of several outputs; None where none has it."""
        found = [value for output in outputs if (value := self.value(output)) is not None]
        if not found:
            return None
        return min(found) if self.is_falling else max(found)

    @property
    def is_falling(self) -> bool:
        """Whether less is worse."""
        return self.low is not None and self.high is not None and self.high < self.low

    def place(self, value: float, low: float, high: float) -> float:
        """Where a value is between two ends, 0..1."""
        if math.isnan(value):
            return 1.0
        if self.is_log:
            value, low, high = (math.log10(min(max(one, 1e-300), 1e300)) for one in (value, low, high))
        elif math.isinf(value):
            return 0.0 if (value > 0) == self.is_falling else 1.0
        return min(max((value - low) / (high - low), 0.0), 1.0) if high != low else 0.0

    def scale(self, values: Iterable[float]) -> tuple[float, float]:
        """The ends of the scale for some values."""
        if self.low is not None and self.high is not None:
            return self.low, self.high
        found = [value for value in values if 0 < value < math.inf]
        return (min(found), max(found)) if found else (1e-8, 1.0)


def _noise_ratio(output: OutputParity) -> float | None:
    return output.noise.ratio if output.noise is not None else None


MEASURES: dict[str, Measure] = {
    one.name: one
    for one in (
        Measure(
            BUDGET,
            "Budget used (1 = limit)",
            lambda output: output.max_budget,
            1e-3,
            1e3,
            tooltip="Largest |actual − expected| / (atol + rtol · |expected|)",
        ),
        Measure(
            MAX_ABS_DIFF,
            "max_abs_diff",
            lambda output: output.max_abs_diff,
            None,
            None,
            tooltip="Largest |actual − expected|",
        ),
        Measure(
            NOISE_RATIO,
            "Noise ratio (1 = rounding)",
            _noise_ratio,
            1.0,
            1e3,
            unit="x",
            tooltip="Error of the artifact against float64, in units of eager PyTorch's own",
        ),
        Measure(
            MAX_ULP,
            "ULP",
            lambda output: output.max_ulp,
            1.0,
            1e6,
            tooltip="Largest distance in representable numbers of the dtype",
        ),
        Measure(
            SQNR,
            "SQNR (dB)",
            lambda output: output.sqnr_db,
            140.0,
            20.0,
            is_log=False,
            unit=" dB",
            tooltip="Signal to noise: 10 · log10(sum(expected²) / sum(d²)); more is better",
        ),
    )
}


def measure_text(value: float) -> str:
    """A figure in a narrow cell."""
    is_long = 1e5 <= abs(value) < math.inf or 0 < abs(value) < 1e-3
    return f"{value:.1e}" if is_long else significant(value)
