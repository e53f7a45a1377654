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

Check = Callable[[], None]
_NUMBER = re.compile(r"\d+")
_AT_ONCE = 4000
"""Texts that are sorted at once: other threads get their turn between two runs of them."""


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
    known = [row for row, key in enumerate(keys) if key == key]  # NaN differs from itself
    known.sort(key=keys.__getitem__, reverse=is_descending)
    if len(known) < len(keys):
        known += [row for row, key in enumerate(keys) if key != key]
    return known


def text_keys(texts: Sequence[str], column: array[int], check: Check = lambda: None) -> array[float]:
    """Ranks of the texts of a column in natural order."""
    numbers: list[int] = []
    natural_texts: dict[int, str] = {}
    distinct = sorted(set(column))
    for start in range(0, len(distinct), _AT_ONCE):
        check()
        for number in distinct[start : start + _AT_ONCE]:
            key = natural(texts[number])
            if key is not None:
                numbers.append(number)
                natural_texts[number] = key
    ranks = {number: float(rank) for rank, number in enumerate(_sorted(numbers, natural_texts.__getitem__, check))}
    return floats([ranks.get(number, math.nan) for number in column])


def _sorted(numbers: list[int], key: Callable[[int], str], check: Check) -> list[int]:
    """As `sorted`, in runs that are then merged two by two: `list.sort` lets no other thread work meanwhile."""
    runs = []
    for start in range(0, len(numbers), _AT_ONCE):
        check()
        runs.append(sorted(numbers[start : start + _AT_ONCE], key=key))
    while len(runs) > 1:
        check()
        merged = [sorted(first + second, key=key) for first, second in zip(runs[::2], runs[1::2], strict=False)]
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

    def prepare(self, check: Check) -> None:
        """Make those that take long; on another thread."""
        self.texts("node_name", check)
        self.texts("node_module_path", check)

    def texts(self, column: str, check: Check = lambda: None) -> array[float]:
        """By a column of text numbers."""
        return self._kept(column, lambda: text_keys(self._graph.texts, self._graph.ints(column), check))

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
