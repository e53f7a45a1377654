"""Every model of the onnx package's own tests in what the window shows: tables, canvas and inspector."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.layout.engine import lay_out
from modelpack_gui.core.records import LayoutRequest
from modelpack_gui.stages.inspection import onnx_shapes
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.inspector.group_inspection import group_inspection
from modelpack_gui.ui.graph.inspector.node_inspection import node_inspection
from modelpack_gui.ui.graph.inspector.value_inspection import value_inspection
from modelpack_gui.ui.graph.tables.initializer_columns import InitializerRows, initializer_columns
from modelpack_gui.ui.graph.tables.node_columns import NodeRows, node_columns
from modelpack_gui.ui.graph.tables.row_table import RowColumn
from tests.unit.stages.inspection.inspected import inspect
from tests.unit.stages.inspection.shipped_models import models

SHARDS = 4


@pytest.mark.parametrize("shard", range(SHARDS))
def test_each_is_shown_in_tables_canvas_and_inspector(
    shard: int, controller: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_shapes, "CAN_FORK", False)  # a child for each costs minutes, and none of these crashes
    path = tmp_path / "model.onnx"
    nodes, initializers = NodeRows(controller.graph.checks), InitializerRows()
    for name, data in models()[shard::SHARDS]:
        path.write_bytes(data)
        try:
            found = inspect(path, tmp_path / "columns")
        except UserError:  # the test of the reader tells why
            continue
        Path(found.index.columns).unlink()
        nodes.show(found.graph)
        initializers.show(found.graph)
        _fill(node_columns(nodes), len(found.graph.nodes))
        _fill(initializer_columns(initializers), len(found.graph.initializers))
        _draw(found.graph, name)
        _look_at(found.graph)


def _fill(columns: Sequence[RowColumn], count: int) -> None:
    for column in columns:
        assert column.keys is None or len(column.keys()) == count
        for row in range(count):
            column.shown(row).encode()
            if column.full is not None:
                column.full(row).encode()


def _draw(graph: Graph, name: str) -> None:
    drawn: set[int] = set()
    for scope in range(len(graph.scopes)):
        groups = tuple(range(len(graph.groups)))
        scene = lay_out(graph, LayoutRequest("", scope=scope, opened=groups)).scene
        drawn.update(node for node, box in enumerate(scene.node_box) if box >= 0)
    assert drawn == set(range(len(graph.nodes))), name


def _look_at(graph: Graph) -> None:
    assert all(node_inspection(graph, node).sections for node in range(len(graph.nodes)))
    assert all(value_inspection(graph, value).sections for value in range(graph.value_count))
    assert all(group_inspection(graph, group).sections for group in range(len(graph.groups)))
