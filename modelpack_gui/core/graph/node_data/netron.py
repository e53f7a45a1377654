"""An attachment for Netron: rows that its sidebar shows of a node once the file is dropped onto the open model.

Netron finds a node by its name; the rows of a node without a name hang on the tensor that it gives. Names end at
their first line for it, and it drops what it does not find without a word.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.overlay import Overlay

SIGNATURE = "netron:attachment"
_UNITS = {"us": "µs", "B": "bytes"}


def netron_json(graph: Graph, overlays: Sequence[Overlay]) -> str:
    """The file for some overlays: numbers go to the section Metrics, categories to Metadata."""
    metrics: list[dict[str, Any]] = []
    metadata: list[dict[str, Any]] = []
    places = [_place(graph, node) for node in range(len(graph.nodes))]
    for overlay in overlays:
        is_text = overlay.kind == "categorical"
        rows, name = (metadata, overlay.title) if is_text else (metrics, title_with_unit(overlay))
        for place, value in zip(places, overlay.values, strict=True):
            if place is not None and not math.isnan(value):
                kind, target = place
                rows.append({"kind": kind, "target": target, "name": name, "value": _spelled(overlay, value)})
        if overlay.combine == "sum" and not is_text:
            total = _total(graph, overlay)
            metrics.append({"kind": "model", "target": "", "name": f"{name}, in all", "value": _number(total)})
    return json.dumps({"signature": SIGNATURE, "metadata": metadata, "metrics": metrics}, indent=1)


def title_with_unit(overlay: Overlay) -> str:
    """`Latency (µs)`, `Weight bytes`; counts have no unit."""
    unit = _UNITS.get(overlay.unit, "" if overlay.unit == "count" else overlay.unit)
    is_told = not unit or unit in overlay.title.lower()
    return overlay.title if is_told else f"{overlay.title} ({unit})"


def _total(graph: Graph, overlay: Overlay) -> float:
    """Of the main graph; where groups have values of their own, each weight counts once in it."""
    given = overlay.groups[graph.root_group(0)] if overlay.groups is not None else math.nan
    return given if math.isfinite(given) else math.fsum(value for value in overlay.values if math.isfinite(value))


def _place(graph: Graph, node: int) -> tuple[str, str] | None:
    name = graph.text("node_name", node).split("\n", 1)[0]
    if name:
        return "node", name
    given = next((graph.value_name(value) for value in graph.outputs(node) if value >= 0), "").split("\n", 1)[0]
    return ("value", given) if given else None


def _spelled(overlay: Overlay, value: float) -> float | int | str:
    if overlay.kind == "categorical":
        return overlay.text(value)
    return _number(value) if math.isfinite(value) else "infinite"


def _number(value: float) -> float | int:
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
