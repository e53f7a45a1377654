"""A comparison of two small graphs as the worker leaves it, for tests of the window."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from modelpack_gui.core.graph.align import align
from modelpack_gui.core.graph.features import Digests
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.model_facts import fact_changes
from modelpack_gui.core.graph.pairs import difference_of
from modelpack_gui.core.records import FusionPattern, GraphComparison, GraphIndex, NodeInfo
from tests.ui.graph_records import small_graph


def gelu_for_relu(node: NodeInfo) -> NodeInfo:
    """The fourth node is another operator."""
    return dataclasses.replace(node, op_type="Gelu") if node.index == 3 else node


def other_graph(
    folder: Path, edit: Callable[[NodeInfo], NodeInfo] = gelu_for_relu, nodes_kept: int = 12
) -> GraphIndex:
    """The small graph with an edit, from another file."""
    index = small_graph(folder, edit, nodes_kept=nodes_kept)
    return dataclasses.replace(index, artifact=dataclasses.replace(index.artifact, path="/models/other.onnx"))


def comparison(before: GraphIndex, after: GraphIndex, folder: Path, level: str = "") -> GraphComparison:
    """What differs between two graphs; of an optimised one with a pattern."""
    left, right = (Graph.read(Path(index.columns)) for index in (before, after))
    found = difference_of(align(left, right, Digests(), Digests(), lambda: None))
    columns = folder / "difference.columns"
    found.write(columns)
    return GraphComparison(
        before=before,
        after=after,
        columns=str(columns),
        counts=found.counts,
        clutter=found.clutter(left, right),
        aspects=found.aspect_counts,
        facts=fact_changes(before, after, {"ai.onnx"}),
        patterns=(FusionPattern(("Relu",), "Gelu", "", 1, (3,), (3,)),) if level else (),
        level=level,
        notes=("A note.",) if level else (),
    )
