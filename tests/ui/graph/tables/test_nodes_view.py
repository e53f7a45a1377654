from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph.columns import floats
from modelpack_gui.core.graph.overlay import Overlay
from modelpack_gui.core.records import GraphCheckResult, GraphChecksReport, GraphFinding
from modelpack_gui.core.records.lint import Severity
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.selection import NodePick
from modelpack_gui.ui.graph.tables.nodes_view import NodesView
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient
from tests.ui.graph.records import small_graph

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
def view(qtbot: QtBot, controller: Controller, settings: Settings, client: FakeClient, tmp_path: Path) -> NodesView:
    made = NodesView(controller, settings)
    qtbot.addWidget(made)
    made.resize(700, 400)
    made.show()
    QAbstractItemModelTester(made.model, QAbstractItemModelTester.FailureReportingMode.Fatal, made.model)
    client.answers["inspect"] = small_graph(tmp_path)
    path = tmp_path / "shapes.onnx"
    path.write_bytes(b"onnx")
    controller.open_artifact(path)
    qtbot.waitUntil(lambda: controller.graph.graph is not None)
    return made


def place_of(view: NodesView, title: str) -> int:
    return [column.title for column in view.table.columns].index(title)


def visible(view: NodesView) -> list[str]:
    header = view.table.horizontalHeader()
    places = [header.logicalIndex(place) for place in range(header.count())]
    return [view.table.columns[place].title for place in places if not header.isSectionHidden(place)]


def cells(view: NodesView, title: str) -> list[str]:
    place = place_of(view, title)
    return [str(view.model.index(row, place).data()) for row in range(view.model.rowCount())]


def test_what_is_drawn_on_the_canvas_has_its_column_behind_the_op_type(
    view: NodesView, controller: Controller
) -> None:
    controller.graph.overlays.choose("parameters")
    assert visible(view)[:3] == ["#", "Op type", "Parameters"]
    assert cells(view, "Parameters")[0] == "448"  # 16 × 3 × 3 × 3 weights and 16 of the bias
    controller.graph.overlays.choose("")
    assert "Parameters" not in visible(view)


def test_a_column_of_an_overlay_that_the_user_chose_stays_and_sorts(view: NodesView, controller: Controller) -> None:
    view.table.choose_column("Parameters", is_shown=True)
    view.table.sortByColumn(place_of(view, "Parameters"), Qt.SortOrder.DescendingOrder)
    parameters = controller.graph.overlays.overlay("parameters")
    assert parameters is not None
    values = [parameters.values[node] for node in view.model.shown]
    assert values == sorted(values, reverse=True)
    controller.graph.overlays.choose("weight-bytes")
    controller.graph.overlays.choose("")
    assert "Parameters" in visible(view)


def test_the_focus_selects_nothing_and_an_arrow_the_first_row(
    qtbot: QtBot, view: NodesView, controller: Controller
) -> None:
    selection = controller.graph.selection
    selection.select(NodePick(7))
    view.set_filter("op:Conv")
    with qtbot.waitActive(view):
        view.activateWindow()
    view.filter.field.setFocus()
    view.table.setFocus()
    assert view.table.hasFocus()
    assert selection.current == NodePick(7)
    qtbot.keyClick(view.table, Qt.Key.Key_Down)
    assert selection.current == NodePick(0)


def test_what_the_checks_found_is_marked_and_told(
    qtbot: QtBot, view: NodesView, controller: Controller, client: FakeClient
) -> None:
    def found(severity: Severity, text: str, *nodes: int) -> GraphCheckResult:
        return GraphCheckResult(text, text, severity, "", "", (GraphFinding(text, nodes),), 1)

    def has_icon(row: int) -> bool:
        return not view.model.index(row, place_of(view, "#")).data(Qt.ItemDataRole.DecorationRole).isNull()

    results = (found("error", "wrong", 7), found("info", "dead", 5, 7))
    client.answers["graph.checks"] = GraphChecksReport("", results, "")
    assert not has_icon(5)
    with qtbot.waitSignal(controller.graph.checks.found):
        controller.graph.checks.run()
    view.table.choose_column("Findings", is_shown=True)
    assert [has_icon(row) for row in (4, 5, 7)] == [False, True, True]
    assert cells(view, "Findings")[5:8] == ["dead", "", "wrong (and 1 more)"]
    view.table.sortByColumn(place_of(view, "Findings"), Qt.SortOrder.AscendingOrder)
    assert list(view.model.shown)[:2] == [7, 5]


def test_an_overlay_that_comes_later_gets_a_column_and_one_that_goes_loses_it(
    view: NodesView, controller: Controller
) -> None:
    view.table.sortByColumn(place_of(view, "Name"), Qt.SortOrder.DescendingOrder)
    before = list(view.model.shown)
    measured = Overlay("mine", "My time", "us", "sequential", floats(range(12)))
    controller.graph.overlays.add(measured)
    assert visible(view)[2] == "My time"
    assert cells(view, "My time")[0] == measured.text(float(before[0]))
    assert list(view.model.shown) == before
    controller.graph.overlays.remove("mine")
    assert "My time" not in [column.title for column in view.table.columns]
    assert list(view.model.shown) == before
