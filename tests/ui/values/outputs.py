"""Arrays and cases for the tests of the values of an output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from modelpack_gui.core.records import (
    OutputParity,
    ParityCase,
    Verdict,
)

Array = npt.NDArray[Any]
Show = Callable[..., OutputParity]


def case_of(output: OutputParity) -> ParityCase:
    """A case that has this output alone."""
    return ParityCase("batch = 3", {"batch": 3}, 1, False, Verdict.FAILED, (output,))


def image() -> tuple[Array, Array]:
    """Expected and actual of an image-like output that differs at two elements."""
    expected = np.linspace(-1, 1, 2 * 3 * 30 * 40, dtype=np.float32).reshape(2, 3, 30, 40)
    actual = expected.copy()
    actual[1, 2, 7, 9] += 1.0
    actual[0, 1, 3, 4] -= 0.5
    return expected, actual
