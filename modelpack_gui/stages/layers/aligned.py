"""A value that both sides have."""

from __future__ import annotations

from dataclasses import dataclass

from modelpack_gui.core.records import AlignedBy
from modelpack_gui.stages.layers.eager_trace import Ref
from modelpack_gui.stages.layers.graph import GraphNode


@dataclass(frozen=True)
class Aligned:
    """A value of the artifact and its eager counterpart.

    Attributes:
        eager_name: As LayerRow.
        location: `file:line` of the eager operation.
    """

    value: str
    node: GraphNode
    ref: Ref
    by: AlignedBy
    eager_name: str
    location: str = ""
