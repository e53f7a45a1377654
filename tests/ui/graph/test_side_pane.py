from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from modelpack_gui.core.records import GraphCheckResult, GraphChecksReport, GraphFinding
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.side_pane import INITIALIZERS, NODES, SidePane
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient
from tests.ui.graph.records import small_graph

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
def pane(qtbot: QtBot, controller: Controller, settings: Settings, client: FakeClient, tmp_path: Path) -> SidePane:
    made = SidePane(controller, settings)
    qtbot.addWidget(made)
    client.answers["inspect"] = small_graph(tmp_path)
    path = tmp_path / "shapes.onnx"
    path.write_bytes(b"onnx")
    controller.open_artifact(path)
    qtbot.waitUntil(lambda: controller.graph.graph is not None)
    made.resize(900, 400)
    made.show()
    return made


def titles(pane: SidePane) -> list[str]:
    return [pane.bar.tabText(place) for place in range(pane.bar.count())]


def test_titles_are_as_long_as_there_is_room_for(pane: SidePane) -> None:
    assert titles(pane) == [
        "Modules",
        "Nodes  12",
        "Initializers  3",
        "Inputs and outputs  2",
        "Operators  3",
        "Checks",
    ]
    widths = []
    for width in range(900, 100, -20):
        pane.bar.fit(width)
        widths.append(sum(len(title) for title in titles(pane)))
    assert widths == sorted(widths, reverse=True)
    assert titles(pane) == ["Tree", "Nodes", "Weights", "I/O", "Ops", "Checks"]
    assert pane.bar.usesScrollButtons()  # even these are cut: nothing is out of reach
    pane.bar.fit(900)
    assert not pane.bar.usesScrollButtons()
    pane.bar.fit(120)
    assert "stored" in pane.bar.tabToolTip(2)  # what a short title means


def test_what_the_checks_found_is_counted(qtbot: QtBot, pane: SidePane, client: FakeClient) -> None:
    result = GraphCheckResult("dead", "Dead", "warning", "", "", (GraphFinding("one", (3,)),), 5)
    client.answers["graph.checks"] = GraphChecksReport("", (result,), "")
    pane._controller.graph.checks.run()
    qtbot.waitUntil(lambda: titles(pane)[-1] == "Checks  5")


def test_the_tab_is_remembered_and_made_when_it_is_shown(
    qtbot: QtBot, pane: SidePane, controller: Controller, settings: Settings
) -> None:
    assert list(pane.views) == [NODES]
    pane.show_tab(INITIALIZERS)
    assert set(pane.views) == {NODES, INITIALIZERS}
    again = SidePane(controller, settings)
    qtbot.addWidget(again)
    assert again.current == INITIALIZERS


def test_a_filter_that_is_wanted_elsewhere_shows_the_nodes(pane: SidePane, controller: Controller) -> None:
    pane.show_tab(INITIALIZERS)
    controller.graph.filter_wanted.emit("op:Gemm")
    assert pane.current == NODES
    assert list(pane.nodes.model.shown) == [11]


def test_finding_starts_in_the_table_that_is_shown_or_in_the_nodes(qtbot: QtBot, pane: SidePane) -> None:
    with qtbot.waitActive(pane):
        pane.activateWindow()
    pane.show_tab(INITIALIZERS)
    pane.focus_filter()
    assert pane.views[INITIALIZERS].isAncestorOf(pane.focusWidget())
    pane.show_tab("ports")
    pane.focus_filter()
    assert pane.current == NODES
    assert pane.nodes.filter.field.hasFocus()
