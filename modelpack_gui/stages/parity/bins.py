"""How the errors of an output are spread: histograms on a log axis, and a grid of expected value and error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from modelpack_gui.core.records import ErrorGrid, ErrorHistogram

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

LOG10_LOW, LOG10_HIGH, LOG10_STEP = -12.0, 4.0, 0.25
BINS = round((LOG10_HIGH - LOG10_LOW) / LOG10_STEP)
LOWEST, EXPONENTS = -48, 96  # of the grid: 3.6e-15 to 2.8e14
_MANTISSA_BITS, _BIAS = 52, 1023


@dataclass
class Bins:
    """A histogram in the making."""

    zeros: int = 0
    counts: list[int] = field(default_factory=lambda: [0] * BINS)

    def add(self, errors: Floats) -> None:
        """Count positive errors, infinite ones in the last bin."""
        import numpy as np

        if not errors.size:
            return
        places = np.log10(errors)
        places -= LOG10_LOW
        places /= LOG10_STEP
        np.floor(places, out=places)
        np.clip(places, 0, BINS - 1, out=places)
        found = np.bincount(places.astype(np.int64), minlength=BINS).tolist()
        self.counts = [one + more for one, more in zip(self.counts, found, strict=True)]

    @property
    def histogram(self) -> ErrorHistogram:
        """As a record."""
        return ErrorHistogram(LOG10_LOW, LOG10_STEP, tuple(self.counts), self.zeros)


@dataclass
class Grid:
    """An ErrorGrid in the making."""

    counts: npt.NDArray[np.int64] | None = None

    def add(self, expected: Floats, errors: Floats) -> None:
        """Count positive errors of |expected| values."""
        import numpy as np

        cells = _exponents(expected) * EXPONENTS + _exponents(errors)
        found = np.bincount(cells, minlength=EXPONENTS * EXPONENTS)
        self.counts = found if self.counts is None else self.counts + found

    @property
    def grid(self) -> ErrorGrid:
        """As a record."""
        import numpy as np

        if self.counts is None:
            return ErrorGrid(())
        cells = np.flatnonzero(self.counts).tolist()
        return ErrorGrid(tuple((c // EXPONENTS + LOWEST, c % EXPONENTS + LOWEST, int(self.counts[c])) for c in cells))


def _exponents(values: Floats) -> npt.NDArray[np.int64]:
    """floor(log2(value)) less LOWEST, within the grid, read from the bits; values are not negative."""
    import numpy as np

    exponents = values.view(np.int64) >> _MANTISSA_BITS
    exponents -= _BIAS + LOWEST
    np.clip(exponents, 0, EXPONENTS - 1, out=exponents)
    return exponents
