"""Results about nodes that are read from a file of another tool."""

from __future__ import annotations

from dataclasses import dataclass

from modelpack_gui.core.graph.overlay import Combine, Kind, Unit


@dataclass(frozen=True)
class NodeDataRequest:
    """Read a file of results, and find the nodes of a graph in it.

    Attributes:
        path: A profile of ONNX Runtime, node data of Model Explorer, an attachment for Netron, or a JSON object of
            names and values.
        columns: Absolute path of the graph's columns.
        folder: Absolute path of the folder for the values.
    """

    path: str
    columns: str
    folder: str


@dataclass(frozen=True)
class NodeDataOverlay:
    """One kind of result; the fields are those of `core.graph.overlay.Overlay`.

    Attributes:
        column: Name of its values in the report's columns.
        scale: Overlay.kind.
    """

    key: str
    title: str
    unit: Unit
    scale: Kind
    column: str
    categories: tuple[str, ...]
    combine: Combine
    is_log: bool
    note: str


@dataclass(frozen=True)
class NodeDataReport:
    """What a file tells about the nodes of a graph.

    Attributes:
        columns: Absolute path of the values, for `read_columns`.
        nodes: How many nodes have a value in any of the overlays.
        unmatched: The first few names in the file that no node of the graph has.
        unmatched_count: How many there are.
    """

    path: str
    columns: str
    overlays: tuple[NodeDataOverlay, ...]
    nodes: int
    unmatched: tuple[str, ...] = ()
    unmatched_count: int = 0
