"""Statistics of one stored tensor, read when the user looks at it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from modelpack_gui.core.context import Context
from modelpack_gui.core.records import TensorStats, TensorStatsRequest
from modelpack_gui.stages.common.paths import resolve
from modelpack_gui.stages.inspection.tensors.stored import StoredTensor, open_stored

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

BINS = 64
PREVIEW_ITEMS = 16


def run(request: TensorStatsRequest, context: Context) -> TensorStats:
    """Describe the values of one initializer or constant (ONNX), or one parameter or buffer (TorchScript, pt2).

    Complex values are described by their magnitudes.

    Raises:
        UserError: `initializer-unknown`, `initializer-corrupt`, or what reading the
            artifact raises.
    """
    return describe(open_stored(resolve(context, request.path), request.name), context)


def describe(tensor: StoredTensor, context: Context) -> TensorStats:
    """Statistics of a tensor of any dtype, in float64, a chunk at a time; of strings only the preview.

    It is read twice: the histogram needs the range first, and the deviation the mean.
    """
    import numpy as np

    zeros = nans = infs = finite_count = 0
    total = 0.0
    low, high = math.inf, -math.inf
    slices = _Slices(tensor.shape, tensor.elements)
    first: npt.NDArray[Any] | None = None
    is_numeric = True
    for piece in tensor.chunks():
        context.check_cancelled()
        if first is None:
            first = piece[: PREVIEW_ITEMS + 1].copy()
            is_numeric = piece.dtype.kind not in "OSU"
        if not is_numeric:
            break
        chunk = _as_floats(piece)
        finite = chunk[np.isfinite(chunk)]
        nans += int(np.isnan(chunk).sum())
        infs += int(np.isinf(chunk).sum())
        zeros += int((chunk == 0).sum())
        slices.add(chunk)
        finite_count += finite.size
        if finite.size:
            total += float(finite.sum())
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    mean = total / finite_count if finite_count else None
    squares = 0.0
    edges = _edges(low, high) if finite_count else np.linspace(0.0, 1.0, BINS + 1)
    counts = np.zeros(BINS, np.int64)
    if mean is not None:
        for piece in tensor.chunks():
            context.check_cancelled()
            chunk = _as_floats(piece)
            finite = chunk[np.isfinite(chunk)]
            with np.errstate(over="ignore"):
                squares += float(np.square(finite - mean).sum())
            counts += np.histogram(finite, edges)[0]
    return TensorStats(
        name=tensor.name,
        dtype=tensor.dtype,
        shape=tensor.shape,
        elements=tensor.elements,
        size_bytes=tensor.size_bytes,
        minimum=low if finite_count else None,
        maximum=high if finite_count else None,
        mean=mean,
        std=math.sqrt(squares / finite_count) if finite_count else None,
        zeros=zeros,
        nans=nans,
        infs=infs,
        counts=tuple(int(count) for count in counts),
        edges=tuple(float(edge) for edge in edges),
        preview=_preview(first, tensor.elements) if first is not None else "",
        zero_slices=slices.all_zero if is_numeric else None,
    )


class _Slices:
    """Which slices along the first axis, such as output channels, hold anything but zeros."""

    def __init__(self, shape: tuple[int, ...], elements: int) -> None:
        import numpy as np

        self._seen = 0
        self._size = elements // shape[0] if len(shape) > 1 and elements else 0
        self._is_used = np.zeros(shape[0] if self._size else 0, np.bool_)

    def add(self, chunk: npt.NDArray[np.float64]) -> None:
        import numpy as np

        if self._size:
            self._is_used[np.unique((np.flatnonzero(chunk) + self._seen) // self._size)] = True
            self._seen += chunk.size

    @property
    def all_zero(self) -> int | None:
        """How many hold zeros only; None for tensors of one axis."""
        return int(self._is_used.size - self._is_used.sum()) if self._size else None


def _as_floats(chunk: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    import numpy as np

    return np.abs(chunk).astype(np.float64) if chunk.dtype.kind == "c" else chunk.astype(np.float64)


def _edges(low: float, high: float) -> npt.NDArray[np.float64]:
    """Edges of equal bins, also for a constant and for values too close or too far apart for float64."""
    import numpy as np

    if math.isinf(high - low):
        return np.linspace(low / 2, high / 2, BINS + 1) * 2
    spacing = float(np.spacing(max(abs(low), abs(high))))
    if high - low < 2 * BINS * spacing:
        margin = max(0.5, BINS * spacing)
        low, high = low - margin, high + margin
    return np.linspace(low, high, BINS + 1)


def _preview(flat: npt.NDArray[Any], elements: int) -> str:
    texts = []
    for value in flat[:PREVIEW_ITEMS]:
        if isinstance(value, bytes):
            texts.append(value.decode("utf-8", "replace"))
        elif isinstance(value, str) or flat.dtype.kind in "biu":
            texts.append(str(value))
        elif flat.dtype.kind == "c":
            texts.append(f"{complex(value):.6g}")
        else:  # ml_dtypes has small integers too, of numpy's kind V
            texts.append(f"{float(value):.6g}")
    return ", ".join(texts) + (", …" if elements > PREVIEW_ITEMS else "")
