"""Node data for Google's Model Explorer: one value and one colour for each node of each graph.

The format is that of its `node_data_builder`: graph id to `results`, node key to `value`. Its ONNX adapter takes the
name of the graph as the id, `[function]domain::name` for local functions, and the names of nodes as their keys; a
node without a name is found by the name of what it gives. Graphs inside nodes have ids there that the file does not
tell, so that their nodes are left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.node_data.netron import title_with_unit
from modelpack_gui.core.graph.overlay import Overlay

_SEQUENTIAL = ("#440154", "#414487", "#2a788e", "#22a884", "#7ad151", "#fde725")
"""Viridis."""
_DIVERGING = ("#2166ac", "#67a9cf", "#f7f7f7", "#ef8a62", "#b2182b")
_CATEGORIES = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#999999")
"""Okabe and Ito's, which the colour-blind can tell apart."""


def model_explorer_json(graph: Graph, overlay: Overlay) -> str:
    """The file for one overlay; nodes whose value is not known are not in it."""
    data: dict[str, dict[str, Any]] = {}
    colors = _Colors(overlay)
    for node, value in enumerate(overlay.values):
        graph_id = _graph_id(graph, graph.ints("node_scope")[node])
        if math.isnan(value) or not graph_id:
            continue
        key = node_key(graph, node)
        if key:
            results = data.setdefault(graph_id, {"name": title_with_unit(overlay), "results": {}})["results"]
            results[key] = {"value": _spelled(overlay, value), **colors.of(value)}
    if colors.gradient:
        for results in data.values():
            results["gradient"] = colors.gradient
    return json.dumps(data, indent=1)


def node_key(graph: Graph, node: int) -> str:
    """What a node is found by: its name, else that of the first tensor that it gives; empty if it has neither."""
    name = graph.text("node_name", node)
    return name or next((graph.value_name(value) for value in graph.outputs(node) if value >= 0), "")


def _graph_id(graph: Graph, scope: int) -> str:
    info = graph.scopes[scope]
    if scope == 0:
        return graph.groups[graph.root_group(0)].title or "main_graph"
    return f"[function]{info.title.removeprefix('function ')}" if info.kind == "function" else ""


def _spelled(overlay: Overlay, value: float) -> float | int | str:
    if overlay.kind == "categorical":
        return overlay.text(value)
    if math.isinf(value):
        return "infinite"  # JSON has no such number
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


class _Colors:
    """Colours of values; a plain scale is left to the viewer, as a gradient.

    Attributes:
        gradient: Stops from the lowest value, 0, to the highest, 1; empty where each value has its own colour.
    """

    def __init__(self, overlay: Overlay) -> None:
        self._overlay = overlay
        finite = [value for value in overlay.values if math.isfinite(value) and (value > 0 or not overlay.is_log)]
        self._low, self._high = min(finite, default=0.0), max(finite, default=0.0)
        is_plain = overlay.kind == "sequential" and not overlay.is_log
        self.gradient = list(_stops()) if is_plain and self._high > self._low else []

    def of(self, value: float) -> dict[str, str]:
        """The `bgColor` of a value; none where the viewer makes it, or there is none."""
        overlay = self._overlay
        if overlay.kind == "categorical":
            return {"bgColor": _CATEGORIES[int(value) % len(_CATEGORIES)]}
        if self.gradient or not math.isfinite(value) or (overlay.is_log and value <= 0):
            return {}
        return {"bgColor": self._scaled(value)}

    def _scaled(self, value: float) -> str:
        low, high = self._low, self._high
        if self._overlay.is_log:
            value, low, high = math.log(value), math.log(low), math.log(high)
        if self._overlay.kind == "diverging":  # about 0, or about 1 on a logarithmic scale
            end = max(abs(low), abs(high))
            return _between(_DIVERGING, (value + end) / (2 * end) if end else 0.5)
        return _between(_SEQUENTIAL, (value - low) / (high - low) if high > low else 0.5)


def _stops() -> Iterator[dict[str, Any]]:
    for place, color in enumerate(_SEQUENTIAL):
        yield {"stop": place / (len(_SEQUENTIAL) - 1), "bgColor": color}


def _between(colors: tuple[str, ...], place: float) -> str:
    """The colour at a place, 0..1."""
    at = min(max(place, 0.0), 1.0) * (len(colors) - 1)
    first = min(int(at), len(colors) - 2)
    ends = [[int(color[start : start + 2], 16) for start in (1, 3, 5)] for color in colors[first : first + 2]]
    mixed = (round(one + (other - one) * (at - first)) for one, other in zip(*ends, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)
