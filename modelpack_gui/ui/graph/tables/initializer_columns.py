"""The columns of the table of initializers, and what is found in it by typing."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from itertools import compress

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.graph.columns import floats
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.order import text_keys
from modelpack_gui.core.graph.query import SHAPE, shape_matcher
from modelpack_gui.ui.graph.tables.row_table import RowColumn, row_column


class InitializerRows:
    """What the columns read: the graph that is shown now."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._keys: dict[str, array[float]] = {}

    def show(self, graph: Graph) -> None:
        """Read another graph."""
        self._graph, self._keys = graph, {}

    @property
    def read(self) -> Graph:
        """The graph that is shown."""
        assert self._graph is not None
        return self._graph

    @property
    def count(self) -> int:
        """Of the initializers."""
        return len(self.read.ints("initializer_value"))

    def value(self, row: int) -> int:
        """Number of the tensor of a row."""
        return self.read.ints("initializer_value")[row]

    def of_value(self, column: str) -> Callable[[int], str]:
        """What a column of texts says of the tensor."""
        return lambda row: self.read.text(column, self.value(row))

    def keys(self, name: str, make: Callable[[], array[float]]) -> Callable[[], array[float]]:
        """What a column is sorted by; made once."""

        def kept() -> array[float]:
            if name not in self._keys:
                self._keys[name] = make()
            return self._keys[name]

        return kept

    def text_keys_of(self, column: str) -> Callable[[], array[float]]:
        """By a column of texts of the tensors."""

        def make() -> array[float]:
            ranks = text_keys(self.read.texts, self.read.ints(column))
            return floats([ranks[value] for value in self.read.ints("initializer_value")])

        return self.keys(column, make)

    def by_external(self) -> Callable[[], array[float]]:
        """By the name of the data file."""
        return self.keys("external", lambda: text_keys(self.read.texts, self.read.ints("initializer_external")))

    def by(self, name: str, key: Callable[[int], float]) -> Callable[[], array[float]]:
        """By a number of each row."""
        return self.keys(name, lambda: floats([key(row) for row in range(self.count)]))

    def shape(self, row: int) -> str:
        """As TensorInfo spells it."""
        return self.read.value_info(self.value(row)).shape_text

    def elements(self, row: int) -> int:
        """Of the whole tensor."""
        number = self.read.ints("value_shape")[self.value(row)]
        shape = self.read.shapes[number] if number >= 0 else None
        return math.prod(size for size in shape or () if isinstance(size, int))

    def size_bytes(self, row: int) -> int:
        """Of the stored values."""
        return self.read.ints("initializer_bytes")[row]

    def users(self, row: int) -> int:
        """Nodes that read it."""
        return len(set(self.read.consumers(self.value(row))))

    def external(self, row: int) -> str:
        """Name of the data file that holds it; empty when it is in the main file."""
        return self.read.text("initializer_external", row)

    def found(self, typed: str) -> Sequence[int]:
        """Rows that have every word in their name, dtype, shape or data file; `shape:?x3` is understood too."""
        graph, values = self.read, self.read.ints("initializer_value")
        is_found = bytearray(b"\1") * len(values)
        for word in typed.lower().split():
            field, colon, wanted = word.partition(":")
            matches_shape = shape_matcher(wanted if colon and field == SHAPE else word)
            shapes = {number for number, shape in enumerate(graph.shapes) if matches_shape(shape)}
            in_shape = bytes(map(shapes.__contains__, graph.ints("value_shape")))
            if colon and field == SHAPE:
                hits = (in_shape[value] for value in values)
            else:
                texts = bytearray(word in text.lower() for text in graph.texts)
                names, dtypes = graph.ints("value_name"), graph.ints("value_dtype")
                hits = (
                    texts[names[value]] | texts[dtypes[value]] | texts[external] | in_shape[value]
                    for value, external in zip(values, graph.ints("initializer_external"), strict=True)
                )
            is_found = bytearray(a & b for a, b in zip(is_found, hits, strict=True))
        return list(compress(range(len(values)), is_found))


def initializer_columns(rows: InitializerRows) -> tuple[RowColumn, ...]:
    """Those of the table."""
    return (
        row_column("Name", rows.of_value("value_name"), rows.text_keys_of("value_name"), is_mono=True, width=240),
        row_column("Dtype", rows.of_value("value_dtype"), rows.text_keys_of("value_dtype"), width=84),
        row_column(
            "Shape",
            rows.shape,
            rows.by("elements", rows.elements),
            is_largest_first=True,
            width=140,
            tooltip="Sorted by the number of elements",
        ),
        row_column(
            "Elements",
            lambda row: fmt.count(rows.elements(row)),
            rows.by("elements", rows.elements),
            full=lambda row: str(rows.elements(row)),
            is_number=True,
            width=96,
        ),
        row_column(
            "Size",
            lambda row: fmt.size(rows.size_bytes(row)),
            rows.by("size", rows.size_bytes),
            full=lambda row: f"{rows.size_bytes(row)} B",
            is_number=True,
            width=84,
        ),
        row_column(
            "Readers",
            lambda row: str(rows.users(row)) if rows.users(row) else "unused",
            rows.by("users", rows.users),
            is_number=True,
            width=76,
            tooltip="Nodes that read it",
        ),
        row_column("Data file", rows.external, rows.by_external(), width=110),
    )
