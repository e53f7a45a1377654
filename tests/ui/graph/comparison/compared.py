"""A comparison of two small graphs as the worker leaves it, for tests of the window."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph.compare.align import align
from modelpack_gui.core.graph.compare.difference import State
from modelpack_gui.core.graph.compare.features import Digests
from modelpack_gui.core.graph.compare.model_facts import fact_changes
from modelpack_gui.core.graph.compare.pairs import difference_of
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import FusionPattern, GraphComparison, GraphIndex, NodeInfo
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.comparison.view import CompareView
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient
from tests.ui.graph.opening import open_index
from tests.ui.graph.records import small_graph


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


def first_graph(folder: Path) -> GraphIndex:
    """The small graph, of a file in a folder."""
    index = small_graph(folder)
    return dataclasses.replace(index, artifact=dataclasses.replace(index.artifact, path=str(folder / "shapes.onnx")))


def opened_view(
    qtbot: QtBot,
    controller: Controller,
    settings: Settings,
    client: FakeClient,
    folder: Path,
    graph: GraphIndex,
) -> CompareView:
    """A view on a graph that has been read."""
    made = CompareView(controller, settings)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    open_index(qtbot, controller, client, folder, graph)
    return made


def pick(view: CompareView, node: int) -> None:
    row = next(row for row in view.pairs.records if row.node == node)
    view.table.select_record(row)


def pair(view: CompareView) -> dict[str, tuple[str, str, State]]:
    return {line.what: (line.before, line.after, line.state) for line in view.pair.lines.records}
