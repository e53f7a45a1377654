"""What numpy.testing.assert_allclose would say, in bounded memory and without its message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelpack_gui.stages.parity.chunked import chunks

if TYPE_CHECKING:
    import numpy.typing as npt


def numpy_says(
    expected: npt.NDArray[Any], actual: npt.NDArray[Any], rtol: float, atol: float, *, nan_equal: bool
) -> bool | None:
    """Whether assert_allclose(actual, expected) passes; None for texts, which it does not take.

    As there, dtypes may differ, and a scalar is compared with each element of an array.
    """
    import numpy as np

    if expected.dtype.kind in "OSU" or actual.dtype.kind in "OSU":
        return None
    if expected.shape != actual.shape:
        if expected.shape and actual.shape:
            return False
        expected, actual = np.broadcast_arrays(expected, actual)
    with np.errstate(all="ignore"):
        return all(
            bool(np.isclose(right, left, rtol=rtol, atol=atol, equal_nan=nan_equal).all())
            for _, left, right in chunks(expected, actual)
        )
