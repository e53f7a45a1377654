from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.node_link import NodeLink
from modelpack_gui.ui.graph.selection import NodePick, ValuePick
from tests.ui.fake_client import FakeClient
from tests.ui.graph.records import small_graph

ARTIFACT = "/models/shapes.onnx"


@pytest.fixture
def controller(qtbot: QtBot, controller: Controller, client: FakeClient, tmp_path: Path) -> Controller:
    client.answers["inspect"] = small_graph(tmp_path)
    path = tmp_path / "shapes.onnx"
    path.write_bytes(b"onnx")
    controller.open_artifact(path)
    qtbot.waitUntil(lambda: controller.graph.graph is not None)
    return controller


def test_what_is_chosen_on_one_side_is_shown_on_the_other_and_never_told_back(controller: Controller) -> None:
    first, second = (NodeLink(controller, lambda: ARTIFACT, QObject(controller)) for _ in range(2))
    told: list[tuple[str, int, bool]] = []
    first.wanted.connect(lambda node: told.append(("first", node, first.is_following)))
    second.wanted.connect(lambda node: told.append(("second", node, second.is_following)))
    first.pick(3)
    assert controller.graph.selection.current == NodePick(3)
    assert told == [("second", 3, True)]
    second.pick_named("node_Relu_1")
    assert controller.graph.selection.current == NodePick(1)
    assert told[1:] == [("first", 1, True)]
    assert first.name_of(1) == "node_Relu_1"
    assert not first.is_following


def test_a_view_of_another_file_neither_selects_nor_follows(controller: Controller) -> None:
    link = NodeLink(controller, lambda: "/models/other.onnx", QObject(controller))
    told: list[int] = []
    link.wanted.connect(told.append)
    link.pick(3)
    link.pick_named("node_Relu_1")
    assert controller.graph.selection.current is None
    controller.graph.selection.select(NodePick(2))
    assert told == []
    assert link.name_of(2) == ""


def test_nodes_that_are_not_there_and_tensors_are_nothing_to_show(controller: Controller) -> None:
    link = NodeLink(controller, lambda: ARTIFACT, QObject(controller))
    told: list[int] = []
    link.wanted.connect(told.append)
    link.pick(12)
    link.pick(-1)
    link.pick_named("absent")
    controller.graph.selection.select(ValuePick(0))
    assert controller.graph.selection.current == ValuePick(0)
    assert told == []
