"""The elements of a stored tensor, read from its file slice by slice.

The file is read, never mapped into memory: it may be the user's own, and one that is cut while it is mapped ends the
process that looks at it.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.records import TensorValues
from modelpack_gui.ui.arrays.blocks import Check, go_on
from modelpack_gui.ui.arrays.pair import Array
from modelpack_gui.ui.arrays.pooling import SliceChoice
from modelpack_gui.ui.new_file import whole_file

_SPAN = 1 << 22
"""Elements that are read at once, at most, to pick those of a slice from between the others."""


class Elements:
    """Reads parts of a tensor.

    Attributes:
        found: Where the elements lie.
        shape: Of the tensor.
    """

    def __init__(self, found: TensorValues) -> None:
        self.found = found
        self.shape = found.shape
        self.size = math.prod(found.shape)
        self._is_halves = found.storage == "bfloat16"
        self._dtype = np.dtype("<u2" if self._is_halves else found.storage)
        self._strides = tuple(math.prod(found.shape[axis + 1 :]) for axis in range(len(found.shape)))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of what is read: float32 for bfloat16."""
        return np.dtype(np.float32) if self._is_halves else self._dtype

    @property
    def is_text(self) -> bool:
        """Whether the elements are strings."""
        return self._dtype.kind == "U"

    def is_across(self, choice: SliceChoice) -> bool:
        """Whether the columns of a slice lie farther apart in the file than its rows: it is quicker read turned."""
        return self._stride(choice.row_axis) < self._stride(choice.column_axis)

    def flat(self, start: int, stop: int) -> Array:
        """Elements in the order of the file.

        Raises:
            UserError: `tensor-changed`.
        """
        return self._read(start, stop - start)

    def cut(self, choice: SliceChoice, top: int, left: int, bottom: int, right: int, check: Check = go_on) -> Array:
        """Some rows and columns of a slice.

        Raises:
            UserError: `tensor-changed`.
        """
        if self.is_across(choice):
            turned = SliceChoice(choice.index, choice.column_axis, choice.row_axis)
            return self.cut(turned, left, top, right, bottom, check).T
        rows, columns = bottom - top, right - left
        if rows <= 0 or columns <= 0:
            return np.zeros((max(0, rows), max(0, columns)), self.dtype)
        down, across = self._stride(choice.row_axis), self._stride(choice.column_axis)
        start = sum(place * stride for place, stride in zip(choice.index, self._strides, strict=True))
        for axis, place in ((choice.row_axis, top), (choice.column_axis, left)):
            if axis is not None:
                start += (place - choice.index[axis]) * self._strides[axis]
        span = (columns - 1) * across + 1
        if span > _SPAN and columns > 1:
            middle = (left + right) // 2
            halves = [
                self.cut(choice, top, *ends, check) for ends in ((left, bottom, middle), (middle, bottom, right))
            ]
            return np.concatenate(halves, axis=1)
        # What lies between two rows is read too, unless it is much more than what is wanted of them.
        at_once = max(1, (_SPAN - span) // down + 1) if 0 < down <= 4 * span else 1
        made = np.empty((rows, columns), self.dtype)
        for row in range(0, rows, at_once):
            check()
            count = min(at_once, rows - row)
            part = self._read(start + row * down, (count - 1) * down + span)
            step = part.strides[0]
            made[row : row + count] = np.lib.stride_tricks.as_strided(
                part, (count, columns), (down * step, across * step), writeable=False
            )
        return made

    def save(self, path: Path, check: Check = go_on) -> None:
        """Write all of it as `numpy.load` reads it; bfloat16, which numpy lacks, as float32.

        Raises:
            UserError: `tensor-changed`, `values-not-written`.
        """
        header = {"descr": np.lib.format.dtype_to_descr(self.dtype), "fortran_order": False, "shape": self.shape}
        try:
            with whole_file(path) as partial, partial.open("wb") as file:
                np.lib.format.write_array_header_2_0(file, header)
                for start in range(0, self.size, _SPAN):
                    check()
                    self._read(start, min(_SPAN, self.size - start)).tofile(file)
        except OSError as error:
            what = f"{path} could not be written: {error.strerror or error}."
            raise UserError("values-not-written", what, "Choose another folder, or make room on the disk.") from error

    def _stride(self, axis: int | None) -> int:
        """How far apart the elements along an axis are in the file; along no axis there is only one."""
        return 0 if axis is None else self._strides[axis]

    def _read(self, start: int, count: int) -> Array:
        found = self.found
        size = self._dtype.itemsize
        try:
            with Path(found.file).open("rb") as file:
                file.seek(found.offset + start * size)
                data = file.read(count * size)
                is_same = Path(found.file).stat().st_mtime_ns == found.stamp_ns
        except OSError as error:
            raise _changed(found, error.strerror or str(error)) from error
        if not is_same or len(data) < count * size:
            raise _changed(found, "it was written anew")
        read: Array = np.frombuffer(data, self._dtype)
        if self._is_halves:
            return (read.astype(np.uint32) << 16).view(np.float32)
        return read


def _changed(found: TensorValues, why: str) -> UserError:
    return UserError(
        "tensor-changed",
        f"The values of {found.name!r} cannot be read from {found.file} any more: {why}.",
        "Read the graph again (F5), then look at the tensor again.",
    )
