"""Make what calibration data gives fit what the artifact takes, or say which sample does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.figures import plural
from modelpack_gui.core.records import TensorInfo

if TYPE_CHECKING:
    import numpy.typing as npt


Arrays = dict[str, Any]
"""Numpy arrays by the name of the input."""


class Sample(NamedTuple):
    """The inputs of one run, by the artifact's names, and where they come from: `the file 3.npy`."""

    where: str
    feeds: Mapping[str, Any]


def named(given: Any, inputs: Sequence[TensorInfo], where: str) -> Arrays:
    """The arrays of one sample by the names of the inputs.

    Args:
        given: A mapping from names to arrays, a sequence of arrays in the order of the inputs, or one array.

    Raises:
        UserError: `calibration-names`, `calibration-kind`.
    """
    names = [info.name for info in inputs]
    if isinstance(given, Mapping):
        lacking = [name for name in names if name not in given]
        if lacking:
            raise UserError(
                "calibration-names",
                f"{_start(where)} has {_shown(list(map(str, given)))}, and the artifact takes {_shown(names)}.",
                "Name the arrays as the artifact's inputs are named.",
            )
        return {name: as_array(given[name], where, name) for name in names}
    if isinstance(given, (list, tuple)):
        if len(given) != len(names):
            raise UserError(
                "calibration-names",
                f"{_start(where)} gives {plural(len(given), 'array')}, and the artifact takes {len(names)}: "
                f"{_shown(names)}.",
                "Give the inputs only, without labels, in this order; or a mapping from their names.",
            )
        return {name: as_array(item, where, name) for name, item in zip(names, given, strict=True)}
    if len(names) != 1:
        raise UserError(
            "calibration-names",
            f"{_start(where)} is one array, and the artifact takes {len(names)}: {_shown(names)}.",
            "Give a mapping from these names to arrays, such as an .npz with arrays of these names.",
        )
    return {names[0]: as_array(given, where, names[0])}


def as_array(value: Any, where: str, name: str) -> npt.NDArray[Any]:
    """An array of numbers from an array, a tensor or plain numbers.

    Raises:
        UserError: `calibration-kind`.
    """
    import numpy as np

    from modelpack_gui.stages.source.inputs import to_numpy

    array = np.asarray(to_numpy(value)) if hasattr(value, "detach") else np.asarray(value)
    if array.dtype.kind not in "biufc" and array.dtype.name != "bfloat16":
        raise UserError(
            "calibration-kind",
            f"{_start(where)} gives {type(value).__name__} for the input {name!r}, which is no array of numbers.",
            "Give numpy arrays or torch tensors.",
        )
    return array


class Fitter:
    """Makes arrays fit the inputs of an artifact: adds the batch axis, casts, and makes batches of the right size.

    Attributes:
        batch: Size of the batch axis, None where it takes any; 0 if the inputs have no batch axis in common.
    """

    def __init__(self, inputs: Sequence[TensorInfo]) -> None:
        self.inputs = tuple(inputs)
        self.batch = _batch(self.inputs)

    def rows(self, arrays: Arrays, where: str) -> Iterator[Sample]:
        """A sample as samples of one row each; as it is where there is no batch axis.

        Raises:
            UserError: `calibration-shape`, `calibration-dtype`.
        """
        fitting = {info.name: self._fitting(arrays[info.name], info, where) for info in self.inputs}
        if self.batch == 0:
            yield Sample(where, fitting)
            return
        counts = {array.shape[0] for array in fitting.values()}
        if len(counts) > 1:
            shown = ", ".join(f"{name} {array.shape[0]}" for name, array in fitting.items())
            raise UserError(
                "calibration-shape",
                f"{_start(where)} has different numbers of rows: {shown}.",
                "Give as many rows of each input.",
            )
        count = counts.pop()
        for row in range(count):
            place = where if count == 1 else f"row {row} of {where}"
            yield Sample(place, {name: array[row : row + 1] for name, array in fitting.items()})

    def batches(self, rows: Iterable[Sample], most: int) -> Iterator[Sample]:
        """Samples of the batch size that the artifact takes, `most` at most; rows that fill no batch are left out.

        No more rows are taken than these need: there may be no end of them. If all rows together fill none, they are
        repeated.
        """
        import numpy as np

        size = self.batch or 1
        waiting: list[Sample] = []
        made = 0
        for row in rows:
            waiting.append(row)
            if len(waiting) == size:
                yield _joined(waiting, np)
                waiting, made = [], made + 1
                if made == most:
                    return
        if waiting and not made:
            yield _joined([waiting[index % len(waiting)] for index in range(size)], np)

    def whole(self, arrays: Arrays, where: str) -> Sample:
        """A sample as it is, checked.

        Raises:
            UserError: `calibration-shape`, `calibration-dtype`.
        """
        fitting = {info.name: self._fitting(arrays[info.name], info, where) for info in self.inputs}
        for info in self.inputs:
            size = info.shape[0] if info.shape else None
            if isinstance(size, int) and fitting[info.name].shape[0] != size:
                raise _bad_shape(fitting[info.name].shape, info, where)
        return Sample(where, fitting)

    def _fitting(self, array: npt.NDArray[Any], info: TensorInfo, where: str) -> npt.NDArray[Any]:
        """With a batch axis, the right sizes on all others, and the right dtype."""
        shape, given = info.shape, array.shape
        if shape is not None:
            if self.batch != 0 and array.ndim == len(shape) - 1:
                array = array[None]
            others = slice(0 if self.batch == 0 else 1, None)
            fits = array.ndim == len(shape) and all(
                not isinstance(size, int) or size == have
                for size, have in zip(shape[others], array.shape[others], strict=True)
            )
            if not fits or (self.batch != 0 and not array.shape[0]):
                raise _bad_shape(given, info, where)
        return _cast(array, info, where)


def _batch(inputs: Sequence[TensorInfo]) -> int | None:
    """See Fitter."""
    first = {info.shape[0] if info.shape else 0 for info in inputs}
    if len(first) != 1 or 0 in first:
        return 0
    size = first.pop()
    return size if isinstance(size, int) else None


def _joined(samples: Sequence[Sample], np: Any) -> Sample:
    if len(samples) == 1:
        return samples[0]
    names = samples[0].feeds
    where = f"{samples[0].where} to {samples[-1].where}"
    return Sample(where, {name: np.concatenate([one.feeds[name] for one in samples]) for name in names})


def _cast(array: npt.NDArray[Any], info: TensorInfo, where: str) -> npt.NDArray[Any]:
    import numpy as np

    try:
        wanted = np.dtype(info.dtype)
    except TypeError:  # bfloat16 and the like, which the runtime's own conversion may know
        return array
    if array.dtype == wanted:
        return np.ascontiguousarray(array)
    both_float = array.dtype.kind == wanted.kind == "f"
    if both_float:
        return np.ascontiguousarray(array.astype(wanted))
    if array.dtype.kind in "iub" and wanted.kind in "iub":
        cast = array.astype(wanted)
        if bool((cast == array).all()):
            return np.ascontiguousarray(cast)
    hint = "Give them in the dtype that the artifact takes."
    if array.dtype.kind in "iu" and wanted.kind == "f":
        hint = "Scale them as the model expects, such as array.astype('float32') / 255: that is not guessed here."
    raise UserError(
        "calibration-dtype",
        f"{_start(where)} has {array.dtype} for the input {info.name!r}, which takes {info.dtype}.",
        hint,
    )


def _bad_shape(shape: Sequence[int], info: TensorInfo, where: str) -> UserError:
    got = f"has the shape {' × '.join(map(str, shape))}" if shape else "is a single number"
    return UserError(
        "calibration-shape",
        f"{_start(where)} {got} for the input {info.name!r}, which takes {info.shape_text}.",
        "Only the batch axis, and axes that the artifact leaves open, may have another size.",
    )


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _start(where: str) -> str:
    return where[:1].upper() + where[1:]
