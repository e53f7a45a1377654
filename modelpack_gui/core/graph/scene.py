"""A laid out graph: boxes and edges with their places, as columns in a file.

Coordinates are pixels at zoom 1, x to the right and y downwards, the top left corner of the whole at (0, 0). A frame
comes before the boxes in it, so that painting in order puts nothing behind what it should be in front of.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from modelpack_gui.core.graph.columns import Column, ColumnsError, read_columns, write_columns

BOX_NODE = 0
"""`box_ref` is the node."""
BOX_GROUP = 1
"""A closed group; `box_ref` is the group."""
BOX_FRAME = 2
"""An open group, around the boxes that have it as `box_parent`; `box_ref` is the group."""
BOX_INPUT = 3
"""What the scope takes, or sees of the scopes around it; `box_ref` is the value."""
BOX_OUTPUT = 4
"""What the scope gives; `box_ref` is the value."""
BOX_STUB_FROM = 5
"""The near end of an edge that is cut: where the value comes from is elsewhere. `box_ref` is the value."""
BOX_STUB_TO = 6
"""As BOX_STUB_FROM, for where the value goes."""

INT_COLUMNS = (
    "box_kind", "box_ref", "box_part", "box_parts", "box_parent", "box_far", "box_count", "node_box",
    "edge_source", "edge_target", "edge_value", "edge_count", "edge_starts",
)  # fmt: skip
FLOAT_COLUMNS = ("box_x", "box_y", "box_w", "box_h", "edge_bytes", "edge_x", "edge_y")


class Scene:
    """See the module.

    Attributes:
        box_kind, box_ref: What each box is: `BOX_NODE` and so on, and the number of the node, group or value.
        box_part, box_parts: Which part of a group that is drawn in parts, from 0, and how many there are.
        box_parent: The frame directly around; -1 if there is none.
        box_far: Of a stub, the box at the other end of what was cut, or the first of them; -1 if it is not drawn.
        box_count: Of a group or frame, its nodes; of a stub, how many ends it stands for; of an input or output, how
            many of them, where there are many that one box reads or makes; 1 else.
        box_x, box_y, box_w, box_h: Place and size.
        node_box: For each node of the graph, the box in which it is seen; -1 if it is in none.
        edge_source, edge_target: Boxes, never frames.
        edge_value, edge_count: A value that the edge carries, and how many it carries.
        edge_bytes: What all of them take, of those whose size is known; -1 if none is known.
        edge_starts: Where the points of each edge begin in `edge_x` and `edge_y`; one more than there are edges.
        edge_x, edge_y: Corners of the line, from the border of the source to that of the target.
    """

    box_kind: array[int]
    box_ref: array[int]
    box_part: array[int]
    box_parts: array[int]
    box_parent: array[int]
    box_far: array[int]
    box_count: array[int]
    box_x: array[float]
    box_y: array[float]
    box_w: array[float]
    box_h: array[float]
    node_box: array[int]
    edge_source: array[int]
    edge_target: array[int]
    edge_value: array[int]
    edge_count: array[int]
    edge_bytes: array[float]
    edge_starts: array[int]
    edge_x: array[float]
    edge_y: array[float]

    def __init__(self, columns: Mapping[str, Column] | None = None) -> None:
        """An empty scene, or that of some columns.

        Raises:
            ColumnsError: One is missing.
        """
        for names, code in ((INT_COLUMNS, "i"), (FLOAT_COLUMNS, "d")):
            for name in names:
                column = array(code) if columns is None else columns.get(name)
                if not isinstance(column, array):
                    raise ColumnsError(f"The column {name} is missing")
                setattr(self, name, column)
        if not self.edge_starts:
            self.edge_starts.append(0)

    @classmethod
    def read(cls, path: Path) -> Scene:
        """Read a scene that was written with `write`.

        Raises:
            OSError, ColumnsError: The file is not there, or no such file.
        """
        return cls(read_columns(path))

    def write(self, path: Path) -> None:
        """Write it to a file, for `read`."""
        write_columns(path, {name: cast("Column", getattr(self, name)) for name in (*INT_COLUMNS, *FLOAT_COLUMNS)})

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of everything in it, edges included."""
        right = max((x + w for x, w in zip(self.box_x, self.box_w, strict=True)), default=0.0)
        bottom = max((y + h for y, h in zip(self.box_y, self.box_h, strict=True)), default=0.0)
        return max(right, *self.edge_x, 0.0), max(bottom, *self.edge_y, 0.0)

    def add_box(
        self,
        kind: int,
        ref: int,
        place: tuple[float, float, float, float],
        *,
        parent: int = -1,
        part: tuple[int, int] = (0, 1),
        count: int = 1,
    ) -> int:
        """Add a box at (x, y) of a width and height; its number."""
        for column, value in (
            (self.box_kind, kind), (self.box_ref, ref), (self.box_part, part[0]), (self.box_parts, part[1]),
            (self.box_parent, parent), (self.box_far, -1), (self.box_count, count),
        ):  # fmt: skip
            column.append(value)
        for numbers, number in zip((self.box_x, self.box_y, self.box_w, self.box_h), place, strict=True):
            numbers.append(number)
        return len(self.box_kind) - 1

    def add_edge(
        self,
        source: int,
        target: int,
        value: int,
        points: list[tuple[float, float]],
        *,
        count: int,
        size_bytes: float,
    ) -> None:
        """Add an edge along some points."""
        self.edge_source.append(source)
        self.edge_target.append(target)
        self.edge_value.append(value)
        self.edge_count.append(count)
        self.edge_bytes.append(size_bytes)
        for x, y in points:
            self.edge_x.append(x)
            self.edge_y.append(y)
        self.edge_starts.append(len(self.edge_x))
