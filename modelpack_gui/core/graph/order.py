"""Keys to sort rows of a graph by, made of its columns: 100,000 at once, and no step of it longer than milliseconds.

All keys are float64 and NaN for what is not known, which comes last whichever way a table is sorted.
"""

from __future__ import annotations

import itertools
import math
import re
from array import array
from collections.abc import Callable, Sequence

from modelpack_gui.core.graph.columns import floats
from modelpack_gui.core.graph.graph import Graph, Shape
from modelpack_gui.core.graph.steps import Steps, drained

_NUMBER = re.compile(r"\d+")
_AT_ONCE = 1000
"""Texts that are looked at in one step."""


def natural(text: str) -> str | None:
    """A key that puts `layers.9` before `layers.10`; None for nothing, so that it sorts last."""
    return _NUMBER.sub(_padded, text) if text else None


def _padded(digits: re.Match[str]) -> str:
    return digits.group().zfill(9)


def elements(shape: Shape | None) -> int | None:
    """Elements of one sample of a shape: symbolic and unknown sizes count as 1; None if the rank is unknown."""
    if shape is None:
        return None
    return math.prod(size for size in shape if isinstance(size, int))


def ordered(keys: array[float], *, is_descending: bool = False) -> list[int]:
    """Rows in the order of their keys; equal ones stay as they are, unknown ones come last."""
    are_all_known = not math.isnan(sum(keys))  # far quicker than to look at each
    known = list(range(len(keys))) if are_all_known else [row for row, key in enumerate(keys) if key == key]
    known.sort(key=keys.__getitem__, reverse=is_descending)
    if len(known) < len(keys):
        known += [row for row, key in enumerate(keys) if key != key]  # NaN differs from itself
    return known


def text_keys(texts: Sequence[str], column: array[int]) -> array[float]:
    """Ranks of the texts of a column in natural order."""
    return drained(ranking(texts, column))


def ranking(texts: Sequence[str], column: array[int]) -> Steps[array[float]]:
    """The same in steps."""
    numbers: list[int] = []
    natural_texts: dict[int, str] = {}
    distinct = sorted(set(column))
    for start in range(0, len(distinct), _AT_ONCE):
        yield
        for number in distinct[start : start + _AT_ONCE]:
            key = natural(texts[number])
            if key is not None:
                numbers.append(number)
                natural_texts[number] = key
    in_order = yield from _sorting(numbers, natural_texts.__getitem__)
    ranks = dict.fromkeys(distinct, math.nan)
    yield
    ranks.update(zip(in_order, map(float, range(len(in_order))), strict=True))
    yield
    return floats(list(map(ranks.__getitem__, column)))


def _sorting(numbers: list[int], key: Callable[[int], str]) -> Steps[list[int]]:
    """As `sorted`, in runs that are then merged two by two: `list.sort` is one step, however long."""
    runs = []
    for start in range(0, len(numbers), _AT_ONCE):
        yield
        runs.append(sorted(numbers[start : start + _AT_ONCE], key=key))
    while len(runs) > 1:
        merged = []
        for first, second in zip(runs[::2], runs[1::2], strict=False):
            yield
            merged.append(sorted(first + second, key=key))
        runs = merged if len(runs) % 2 == 0 else [*merged, runs[-1]]
    return runs[0] if runs else []


def count_keys(starts: array[int]) -> array[float]:
    """How many there are in each list of a column of lists."""
    return floats([float(stop - start) for start, stop in itertools.pairwise(starts)])


class NodeOrder:
    """Keys of the nodes of a graph by the name of what they are sorted by; each is made once."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._keys: dict[str, array[float]] = {}

    def preparing(self) -> Steps[None]:
        """Make those that take long."""
        for column in ("node_name", "node_module_path"):
            if column not in self._keys:
                self._keys[column] = yield from ranking(self._graph.texts, self._graph.ints(column))

    def texts(self, column: str) -> array[float]:
        """By a column of text numbers."""
        return self._kept(column, lambda: text_keys(self._graph.texts, self._graph.ints(column)))

    def counts(self, name: str) -> array[float]:
        """By how many `input`s, `output`s or `attribute`s a node has."""
        return self._kept(f"{name} counts", lambda: count_keys(self._graph.ints(f"{name}_starts")))

    def output_sizes(self) -> array[float]:
        """By the elements of the first output."""
        graph = self._graph
        shapes = graph.ints("value_shape")
        sizes = [math.nan if (size := elements(shape)) is None else float(size) for shape in graph.shapes]
        sizes.append(math.nan)  # of shape -1
        return self._kept("output sizes", lambda: self._of_first_output([sizes[shape] for shape in shapes]))

    def output_dtypes(self) -> array[float]:
        """By the dtype of the first output."""
        graph = self._graph
        return self._kept(
            "output dtypes",
            lambda: self._of_first_output(list(text_keys(graph.texts, graph.ints("value_dtype")))),
        )

    def _of_first_output(self, of_values: list[float]) -> array[float]:
        starts, values = self._graph.ints("output_starts"), self._graph.ints("output_values")
        of_values = [*of_values, math.nan]  # of value -1: left out
        return floats(
            [of_values[values[start]] if start < stop else math.nan for start, stop in itertools.pairwise(starts)]
        )

    def _kept(self, name: str, make: Callable[[], array[float]]) -> array[float]:
        keys = self._keys.get(name)
        if keys is None:
            keys = self._keys[name] = make()
        return keys
