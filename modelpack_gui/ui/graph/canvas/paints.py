"""The colours of a picture: of an overlay, of what a search found, of what is traced, and signs of checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.ui.graph.canvas.arrays import Ints, SceneArrays
from modelpack_gui.ui.graph.canvas.look import Argb, Look
from modelpack_gui.ui.graph.canvas.painter import Paints
from modelpack_gui.ui.graph.canvas.travel import Trace
from modelpack_gui.ui.graph.selection import Pick

SEVERITIES = ("error", "warning", "info")
"""The worst first."""


@dataclass
class Coloring:
    """What others want drawn on the graph, whatever picture of it is shown.

    Attributes:
        nodes, groups: An overlay's colour of each node and group, 0 for none; None without an overlay.
        found: Nodes that a search found.
        marks: Severity of the worst finding of each node that has one.
        told: Lines about a node or group for its tooltip, besides what the graph itself says.
    """

    nodes: Argb | None = None
    groups: Argb | None = None
    found: Sequence[int] = ()
    marks: Mapping[int, str] = field(default_factory=dict)
    told: Callable[[Pick], Sequence[str]] | None = None

    def paints(self, graph: Graph, arrays: SceneArrays, look: Look, traced: Trace | None) -> Paints:
        """As it is in one picture."""
        is_overlaid = self.nodes is not None and len(self.nodes) == len(graph.nodes)
        if self.nodes is None or self.groups is None or not is_overlaid:
            near, far = look.both_fills(graph, arrays)
        else:
            near = far = self._overlaid(graph, arrays, look, self.nodes, self.groups)
        return Paints(
            near,
            far,
            is_overlaid=is_overlaid,
            found=boxes_of(arrays, self.found),
            lit=traced.boxes if traced is not None else None,
            lit_edges=traced.edges if traced is not None else None,
            up=traced.up if traced is not None else None,
            marks=self._marked(arrays),
        )

    def _overlaid(self, graph: Graph, arrays: SceneArrays, look: Look, nodes: Argb, groups: Argb) -> Argb:
        fills = look.fills(graph, arrays, strength=0.0)
        for kind, colors in ((kinds.BOX_NODE, nodes), (kinds.BOX_GROUP, groups)):
            boxes = np.flatnonzero(arrays.kind == kind)
            found = colors[arrays.ref[boxes]]
            fills[boxes] = np.where(found != 0, found, look.background.rgba())
        return fills

    def _marked(self, arrays: SceneArrays) -> dict[str, Ints]:
        found: dict[str, Ints] = {}
        taken = np.empty(0, dtype=np.int64)
        for severity in SEVERITIES:
            boxes = boxes_of(arrays, [node for node, one in self.marks.items() if one == severity])
            found[severity] = np.setdiff1d(boxes, taken)
            taken = np.union1d(taken, boxes)
        return {severity: boxes for severity, boxes in reversed(found.items()) if len(boxes)}


def boxes_of(arrays: SceneArrays, nodes: Sequence[int]) -> Ints:
    """The boxes in which some nodes are seen, each once."""
    at = np.asarray(nodes, dtype=np.int64)
    boxes = arrays.node_box[at[at < len(arrays.node_box)]]
    return np.unique(boxes[boxes >= 0])
