"""Arrays as files for other programs: all of the file or none."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from modelpack_gui.core.errors import UserError
from modelpack_gui.ui.arrays.blocks import Check, go_on
from modelpack_gui.ui.arrays.pair import Values
from modelpack_gui.ui.arrays.pooling import SliceChoice
from modelpack_gui.ui.new_file import whole_file


def save_npz(values: Values, path: Path) -> None:
    """Both sides, and those of `exact` and `plain` that were kept, as `numpy.load` reads them."""
    arrays = {"expected": values.expected, "actual": values.actual, "exact": values.exact, "plain": values.plain}
    kept: dict[str, Any] = {name: array for name, array in arrays.items() if array is not None}

    def write(partial: Path) -> None:
        with partial.open("wb") as file:
            np.savez(file, **kept)

    _replace(path, write)


def save_slice(values: Values, choice: SliceChoice, path: Path, check: Check = go_on) -> None:
    """One line for each element of a slice: its index, both values, and their difference."""
    wanted, given = choice.cut(values.expected), choice.cut(values.actual)
    axes = [f"axis_{axis}" for axis in range(len(values.shape))]
    is_text = values.is_text

    def rows() -> Iterable[list[Any]]:
        yield [*axes, "expected", "actual", *([] if is_text else ["difference"])]
        for row in range(wanted.shape[0]):
            check()
            pairs = zip(wanted[row].tolist(), given[row].tolist(), strict=True)
            for column, (one, other) in enumerate(pairs):
                numbers = (
                    [] if is_text else [float(other) - float(one) if not isinstance(one, complex) else other - one]
                )
                yield [*choice.at(row, column), one, other, *numbers]

    save_rows(rows(), path)


def save_rows(rows: Iterable[Iterable[Any]], path: Path) -> None:
    """A CSV file; numbers with all their digits."""

    def write(partial: Path) -> None:
        with partial.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)

    _replace(path, write)


def _replace(path: Path, write: Callable[[Path], None]) -> None:
    """Raises UserError: `values-not-written`."""
    try:
        with whole_file(path) as partial:
            write(partial)
    except OSError as error:
        what = f"{path} could not be written: {error.strerror or error}."
        raise UserError("values-not-written", what, "Choose another folder, or make room on the disk.") from error
