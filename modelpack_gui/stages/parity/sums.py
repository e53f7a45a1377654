"""Sums over two arrays of numbers, gathered chunk by chunk: what SQNR, cosine and mean errors are made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(kw_only=True)
class Sums:
    """Of the elements that are finite on both sides.

    Attributes:
        compared: How many that are.
        min_value, max_value: Of the expected ones; None for complex numbers, and if there are none.
    """

    compared: int = 0
    sum_abs: float = 0.0
    sum_square: float = 0.0
    dot: float = 0.0
    expected_square: float = 0.0
    actual_square: float = 0.0
    min_value: float | None = None
    max_value: float | None = None

    def add_sums(self, left: npt.NDArray[Any], right: npt.NDArray[Any], difference: npt.NDArray[np.float64]) -> None:
        """Add one chunk that is not empty: expected, actual, and |actual - expected|, in float64 or complex128."""
        import numpy as np

        self.compared += left.size
        self.sum_abs += float(difference.sum())
        # By einsum and not by dot, whose threads would wait for a core that somebody else has.
        self.sum_square += float(np.einsum("i,i", difference, difference))
        self.expected_square += float(np.einsum("i,i", left.conj(), left).real)
        self.actual_square += float(np.einsum("i,i", right.conj(), right).real)
        self.dot += float(np.einsum("i,i", left.conj(), right).real)
        if left.dtype.kind == "c":
            return
        low, high = float(left.min()), float(left.max())
        self.min_value = low if self.min_value is None else min(self.min_value, low)
        self.max_value = high if self.max_value is None else max(self.max_value, high)

    @property
    def cosine(self) -> float | None:
        """Cosine similarity of both sides; None without a signal."""
        scale = math.sqrt(self.expected_square) * math.sqrt(self.actual_square)
        if not 0.0 < scale < math.inf or not math.isfinite(self.dot):
            return None
        return max(-1.0, min(1.0, self.dot / scale))

    @property
    def sqnr_db(self) -> float | None:
        """10 log10(sum expected^2 / sum (actual - expected)^2).

        It is infinite without a difference, and None without a signal.
        """
        if not 0.0 < self.expected_square < math.inf or math.isinf(self.sum_square):
            return None
        return 10.0 * math.log10(self.expected_square / self.sum_square) if self.sum_square else math.inf
