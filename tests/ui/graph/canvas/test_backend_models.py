"""Every eighth model file of ONNX's own backend tests is laid out and drawn: of old exporters, and with odd names."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.layout.engine import lay_out
from modelpack_gui.core.records.graph_layout import Detail, LayoutRequest
from modelpack_gui.stages.inspection import onnx_shapes
from modelpack_gui.ui.graph.canvas.arrays import SceneArrays
from modelpack_gui.ui.graph.canvas.look import PADDING, metrics_of
from modelpack_gui.ui.graph.canvas.picking import shown_of
from modelpack_gui.ui.graph.canvas.tips import box_tip, edge_tip, spoken
from modelpack_gui.ui.graph.canvas.view import GraphCanvas
from modelpack_gui.ui.graph.selection import GroupPick, NodePick
from tests.unit.stages.inspection.inspected import inspect
from tests.unit.stages.inspection.shipped_models import DATA

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
    pytest.mark.usefixtures("_themed"),
]
EVERY = 8
DETAILS: tuple[Detail, ...] = ("names", "attributes", "weights")


def test_models_of_old_and_new_exporters_are_drawn(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_shapes, "CAN_FORK", False)  # a child for each costs minutes, and none of these crashes
    canvas = GraphCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(500, 400)
    drawn = 0
    for path in sorted(DATA.rglob("*.onnx"))[::EVERY]:
        try:
            graph = inspect(path, tmp_path / "columns").graph
        except UserError:
            continue  # of what the checker rejects too, as another test shows
        for scope in range(len(graph.scopes)):
            _draw(canvas, graph, scope, qapp)
            drawn += 1
    assert drawn > 15


def _draw(canvas: GraphCanvas, graph: Graph, scope: int, app: QApplication) -> None:
    metrics = dataclasses.asdict(metrics_of(app.font()))
    request = LayoutRequest("", scope=scope, details=DETAILS, padding=PADDING, **metrics)
    arrays = SceneArrays(lay_out(graph, request).scene)
    canvas.set_scene(graph, arrays, DETAILS, is_down=True, is_elsewhere=True)
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.asarray(image.constBits()).reshape(-1, 4)
    assert not arrays.box_count or len(np.unique(pixels, axis=0)) > 3
    told = [box_tip(graph, arrays, box) + spoken(graph, arrays, box) for box in range(arrays.box_count)]
    told += [edge_tip(graph, arrays, edge, {}) for edge in range(arrays.edge_count)]
    assert all(told)
    for node, of in enumerate(graph.ints("node_scope")):
        if of == scope:
            shown = shown_of(graph, arrays, NodePick(node))
            assert [int(arrays.ref[box]) for box in shown.boxes if arrays.kind[box] == kinds.BOX_NODE] in ([], [node])
            assert shown.boxes
    assert not shown_of(graph, arrays, GroupPick(graph.root_group(scope)))  # the whole is none of its nodes
