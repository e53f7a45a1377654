"""The columns of the table of a graph's inputs and outputs."""

from __future__ import annotations

from dataclasses import dataclass

from modelpack_gui.core.graph.order import elements, natural
from modelpack_gui.core.records import GraphIndex, TensorInfo
from modelpack_gui.ui.models.record_table import Column


@dataclass(frozen=True)
class PortRow:
    """An input or output of the whole graph; `position` counts from 0 in its direction."""

    direction: str
    position: int
    info: TensorInfo


def port_rows(index: GraphIndex) -> list[PortRow]:
    """The graph's inputs, then its outputs."""
    artifact = index.artifact
    return [PortRow("input", i, info) for i, info in enumerate(artifact.inputs)] + [
        PortRow("output", i, info) for i, info in enumerate(artifact.outputs)
    ]


PORT_COLUMNS: tuple[Column[PortRow], ...] = (
    Column("Direction", lambda row: row.direction, width=72),
    Column("#", lambda row: row.position, is_number=True, is_largest_first=False, width=28),
    Column("Name", lambda row: natural(row.info.name), lambda row: row.info.name, is_mono=True, width=84),
    Column("Dtype", lambda row: row.info.dtype or None, lambda row: row.info.dtype or "unknown", width=62),
    Column(
        "Shape",
        lambda row: elements(row.info.shape),
        lambda row: row.info.shape_text,
        width=108,  # and all that is left: beside the canvas of a small window that is as much
        tooltip="Sorted by the number of elements of one sample",
    ),
)
