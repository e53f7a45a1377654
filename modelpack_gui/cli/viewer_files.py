"""What `modelpack inspect` writes for other viewers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from modelpack_gui.client.files import write_text
from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph import graph_overlays
from modelpack_gui.core.graph.costs.node_costs import Costs
from modelpack_gui.core.graph.costs.overlays import COST_FIGURES, cost_overlay
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.node_data.model_explorer import model_explorer_json
from modelpack_gui.core.graph.node_data.netron import netron_json
from modelpack_gui.core.graph.overlay import Overlay

_OF_THE_GRAPH = {
    "op-type": graph_overlays.op_types,
    "op-kind": graph_overlays.op_kinds,
    "dtype": graph_overlays.dtypes,
    "quantized": graph_overlays.quantized,
    "parameters": graph_overlays.parameters,
    "weight-bytes": graph_overlays.weight_bytes,
}
VALUES = (*(figure.key for figure in COST_FIGURES), *_OF_THE_GRAPH)
"""What a file for Model Explorer can hold; it takes one kind of value."""


def overlays_of(graph: Graph, costs: Costs | None) -> Iterable[Overlay]:
    """All that is known of the nodes; without `costs`, what the graph itself tells."""
    for figure in COST_FIGURES if costs is not None else ():
        assert costs is not None
        yield cost_overlay(figure, costs)
    for made in _OF_THE_GRAPH.values():
        yield made(graph)


def write_viewer_files(
    graph: Graph, costs: Costs | None, node_data: Path | None, netron: Path | None, value: str = "macs"
) -> list[str]:
    """Write the files that are asked for, and tell of each in a line.

    Args:
        node_data: For Model Explorer, which colours the nodes by `value`, one of VALUES.
        netron: For Netron, with all that is known.

    Raises:
        UserError: A file cannot be written, or the value is not known since nothing was counted.
    """
    overlays = {overlay.key: overlay for overlay in overlays_of(graph, costs)}
    told = []
    if node_data is not None:
        if value not in overlays:
            raise UserError(
                "value-unknown", f"What the nodes cost could not be counted, so that there are no {value}.",
                "Choose another value, such as parameters.",
            )  # fmt: skip
        write_text(node_data, model_explorer_json(graph, overlays[value]))
        told.append(f"Wrote {node_data} for Model Explorer.")
    if netron is not None:
        write_text(netron, netron_json(graph, list(overlays.values())))
        told.append(f"Wrote {netron} for Netron: open the model there, then drop this file onto it.")
    return told
