"""How far a quantised model's outputs are from the float32 one's, over many samples."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.parity.lossy import LossyOutput, looks_like_scores
from modelpack_gui.core.parity.tolerance import is_exact
from modelpack_gui.core.records import OutputError, QuantizeError
from modelpack_gui.stages.parity.chunked import chunks, float64
from modelpack_gui.stages.parity.runtimes.base import first_line
from modelpack_gui.stages.parity.sums import Sums
from modelpack_gui.stages.quantize.fit import Sample
from modelpack_gui.stages.quantize.tools import LEAVE_OUT_HINT

if TYPE_CHECKING:
    import numpy.typing as npt

_KEPT_BYTES = 512 << 20
"""Float32 outputs up to this size are kept for the next variant; beyond it they are computed anew."""


class FloatSide:
    """The float32 artifact on some samples, run once for all variants."""

    def __init__(self, session: Any, samples: Sequence[Sample], context: Context) -> None:
        self.samples = tuple(samples)
        self.names = [output.name for output in session.get_outputs()]
        self._session = session
        self._context = context
        self._kept: dict[int, list[npt.NDArray[Any]]] = {}
        self._bytes = 0

    def outputs(self) -> Iterator[tuple[Sample, list[npt.NDArray[Any]]]]:
        """Each sample with what float32 makes of it.

        Raises:
            UserError: `quantize-sample-failed`: it does not run on one.
            JobCancelled: The user asked to stop.
        """
        for number, sample in enumerate(self.samples):
            self._context.check_cancelled()
            found = self._kept.get(number)
            if found is None:
                found = self._run(sample)
                size = sum(array.nbytes for array in found)
                if self._bytes + size <= _KEPT_BYTES:
                    self._kept[number] = found
                    self._bytes += size
            yield sample, found

    def _run(self, sample: Sample) -> list[npt.NDArray[Any]]:
        try:
            found: list[npt.NDArray[Any]] = self._session.run(None, dict(sample.feeds))
        except Exception as error:  # its exceptions have no common base
            raise UserError(
                "quantize-sample-failed",
                f"The float32 artifact does not run on {sample.where}: {first_line(error)}",
                "Give calibration data that the model takes.",
                str(error),
            ) from error
        return found


def measure(side: FloatSide, session: Any, *, what: str) -> tuple[QuantizeError, tuple[LossyOutput, ...]]:
    """Run a quantised model on the same samples, and compare.

    Returns:
        The figures, and what the judgement needs of them.

    Raises:
        UserError: `quantized-run-failed`; those of `FloatSide.outputs`.
        JobCancelled: The user asked to stop.
    """
    totals = [_Output(name) for name in side.names]
    names = [argument.name for argument in session.get_inputs()]
    dtypes = {argument.name: argument.type for argument in session.get_inputs()}
    for sample, expected in side.outputs():
        try:
            actual = session.run(None, {name: _fed(sample.feeds[name], dtypes[name]) for name in names})
        except Exception as error:  # its exceptions have no common base
            raise UserError(
                "quantized-run-failed",
                f"{what} was made, and does not run on {sample.where}: {first_line(error)}",
                LEAVE_OUT_HINT,
                str(error),
            ) from error
        for total, one, other in zip(totals, expected, actual, strict=True):
            total.add(one, other)
    totals = [total for total in totals if total.elements or total.problem]  # texts and sequences are none
    classed = next((total for total in totals if total.rows), None)
    figures = QuantizeError(
        samples=len(side.samples),
        outputs=tuple(total.error for total in totals),
        top1_agreement=classed.same_top / classed.rows if classed else None,
        top5_agreement=classed.in_top5 / classed.rows if classed and classed.has_top5 else None,
        is_finite=not any(total.misplaced for total in totals),
        rows=classed.rows if classed else 0,
        top_classes=len(classed.classes) if classed else 0,
    )
    return figures, tuple(total.lossy for total in totals)


@dataclass
class _Output(Sums):
    """One output, over all samples so far."""

    name: str
    elements: int = 0
    unequal: int = 0
    exact: bool = False
    misplaced: int = 0
    max_abs: float = 0.0
    rows: int = 0
    same_top: int = 0
    in_top5: int = 0
    has_top5: bool = False
    classes: set[int] = field(default_factory=set)
    problem: str = ""
    first: Any = None
    changed_square: float = 0.0
    changed: int = 0

    def add(self, expected: npt.NDArray[Any], actual: npt.NDArray[Any]) -> None:
        import numpy as np

        if not hasattr(expected, "dtype") or expected.dtype.kind not in "biufc":
            return  # sequences and texts: quantising changes none of them by itself
        if expected.shape != actual.shape:
            self.problem = f"The shape is {list(actual.shape)} instead of {list(expected.shape)}."
            return
        self.exact = is_exact(expected.dtype.name)
        self.elements += expected.size
        if self.exact:
            self.unequal += int(np.count_nonzero(expected != actual))
        for _, left, right in chunks(expected, actual):
            self._add(float64(left), float64(right))
        self._add_change(expected)
        if looks_like_scores(self.name, expected.dtype.name, expected.shape):
            self._add_rows(expected.reshape(-1, expected.shape[-1]), actual.reshape(-1, expected.shape[-1]))

    def _add(self, left: npt.NDArray[Any], right: npt.NDArray[Any]) -> None:
        import numpy as np

        with np.errstate(all="ignore"):
            difference = np.abs(right - left)
        finite = np.isfinite(difference)
        if not finite.all():
            is_same = (left == right) | (np.isnan(left) & np.isnan(right))
            self.misplaced += int(np.count_nonzero(~finite & ~is_same))
            left, right, difference = left[finite], right[finite], difference[finite]
        if not left.size:
            return
        self.max_abs = max(self.max_abs, float(difference.max()))
        self.add_sums(left, right, difference)

    def _add_change(self, expected: npt.NDArray[Any]) -> None:
        """How far this sample's output is from the first one's, where both have one shape and are finite."""
        import numpy as np

        if self.first is None:
            self.first = expected
            return
        if expected.shape != self.first.shape:
            return
        for _, left, right in chunks(self.first, expected):
            with np.errstate(all="ignore"):
                difference = np.abs(float64(right) - float64(left))
            difference = difference[np.isfinite(difference)]
            self.changed += difference.size
            self.changed_square += float(np.einsum("i,i", difference, difference))

    def _add_rows(self, expected: npt.NDArray[Any], actual: npt.NDArray[Any]) -> None:
        import numpy as np

        top = expected.argmax(axis=-1)
        self.rows += len(top)
        self.same_top += int(np.count_nonzero(top == actual.argmax(axis=-1)))
        self.classes.update(np.unique(top).tolist())
        if expected.shape[-1] > 5:
            self.has_top5 = True
            five = np.argpartition(actual.astype(np.float32), -5, axis=-1)[:, -5:]
            self.in_top5 += int(np.count_nonzero((five == top[:, None]).any(axis=-1)))

    @property
    def _db(self) -> float | None:
        """SQNR; None without a difference too."""
        return self.sqnr_db if self.sum_square else None

    @property
    def error(self) -> OutputError:
        return OutputError(
            name=self.name,
            max_abs_diff=self.max_abs,
            mean_abs_diff=self.sum_abs / self.compared if self.compared else 0.0,
            sqnr_db=self._db,
            cosine=self.cosine,
        )

    @property
    def lossy(self) -> LossyOutput:
        low, high = self.min_value, self.max_value
        return LossyOutput(
            name=self.name,
            max_abs_diff=self.max_abs if self.compared or self.exact else None,
            rmse=math.sqrt(self.sum_square / self.compared) if self.compared else None,
            spread=None if low is None or high is None else high - low,
            sqnr_db=self._db,
            top1_agreement=self.same_top / self.rows if self.rows else None,
            rows=self.rows,
            unequal_share=self.unequal / self.elements if self.exact and self.elements else None,
            misplaced=self.misplaced,
            variation=math.sqrt(self.changed_square / self.changed) if self.changed else None,
            problem=self.problem,
        )


def _fed(array: npt.NDArray[Any], kind: str) -> npt.NDArray[Any]:
    """An input in the dtype that a float16 artifact takes, where its inputs are float16 too."""
    import numpy as np

    return array.astype(np.float16) if kind == "tensor(float16)" and array.dtype != np.float16 else array
