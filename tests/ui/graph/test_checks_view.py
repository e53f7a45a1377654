from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTreeWidgetItem
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.graph.checks_text import checks_lines
from modelpack_gui.core.records import (
    GraphCheckResult,
    GraphChecksReport,
    GraphChecksRequest,
    GraphFinding,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph import checks
from modelpack_gui.ui.graph.checks_view import ChecksView
from modelpack_gui.ui.graph.overlays.state import GraphOverlays
from modelpack_gui.ui.graph.selection import NodePick, ValuePick
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from tests.ui.fake_client import FakeClient, FakeJob
from tests.ui.graph.records import small_graph

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

REPORT = GraphChecksReport(
    "/models/shapes.onnx",
    (
        GraphCheckResult(
            "no-kernel", "Operators without a kernel", "error", "It is refused.", "Use another opset.",
            (GraphFinding("Conv node_Conv_2: no kernel", (2,)),), 1,
        ),
        GraphCheckResult(
            "unused", "Weights that nothing reads", "warning", "They are shipped.", "Drop them.",
            (GraphFinding("conv.bias, 64 B", (), (1,)),), 1,
        ),
        GraphCheckResult(
            "casts", "Casts", "info", "They copy.", "Drop them.",
            tuple(GraphFinding(f"Relu {i}", (i, 2)) for i in (1, 3)), 700,
        ),
        GraphCheckResult("float64", "float64", "warning", "Slow.", "Use float32."),
        GraphCheckResult("pairs", "Pairs", "info", "Copies.", "Drop.", problem="onnxruntime is not installed."),
    ),
    "CPUExecutionProvider",
    ("CPUExecutionProvider", "CUDAExecutionProvider"),
)  # fmt: skip


@pytest.fixture
def view(qtbot: QtBot, controller: Controller, settings: Settings, overlays: GraphOverlays) -> ChecksView:
    made = ChecksView(controller, settings)
    qtbot.addWidget(made)
    made.resize(420, 600)
    return made


@pytest.fixture
def filled(qtbot: QtBot, client: FakeClient, view: ChecksView) -> ChecksView:
    client.answers["graph.checks"] = REPORT
    view.show()
    qtbot.waitUntil(lambda: view.tree.topLevelItemCount() > 0)
    return view


def asked(client: FakeClient) -> list[FakeJob]:
    return [job for job in client.jobs if job.stage == "graph.checks"]


def top(view: ChecksView) -> dict[str, QTreeWidgetItem]:
    items = [view.tree.topLevelItem(i) for i in range(view.tree.topLevelItemCount())]
    return {item.text(0): item for item in items if item is not None}


def child(item: QTreeWidgetItem, place: int) -> QTreeWidgetItem:
    found = item.child(place)
    assert found is not None
    return found


def test_it_looks_when_it_is_first_shown_and_once_only(client: FakeClient, view: ChecksView) -> None:
    assert asked(client) == []
    view.show()
    view.hide()
    view.show()
    assert len(asked(client)) == 1
    request = asked(client)[0].request
    assert isinstance(request, GraphChecksRequest)
    assert request.index.node_count == 12


def test_glance_is_for_graphs_that_are_checked_in_a_moment(
    client: FakeClient, controller: Controller, overlays: GraphOverlays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "GLANCE_NODES", 11)
    controller.graph.checks.glance()
    assert asked(client) == []
    monkeypatch.setattr(checks, "GLANCE_NODES", 12)
    controller.graph.checks.glance()
    controller.graph.checks.glance()
    assert len(asked(client)) == 1


def test_findings_come_by_check_and_what_found_nothing_is_folded(filled: ChecksView) -> None:
    items = top(filled)
    assert list(items) == [
        "Operators without a kernel  1",
        "Weights that nothing reads  1",
        "Casts  700",
        "Pairs",
        "Nothing found  1",
    ]
    assert items["Operators without a kernel  1"].isExpanded()
    assert not items["Casts  700"].isExpanded()
    assert child(items["Casts  700"], 2).text(0) == "and 698 more"
    assert "1 error, 1 warning and 700 remarks" in filled.sentence.text


def test_finding_leads_to_its_node_and_says_why_and_what_to_do(
    qtbot: QtBot, controller: Controller, overlays: GraphOverlays, filled: ChecksView
) -> None:
    item = child(top(filled)["Casts  700"], 1)
    filled.tree.setCurrentItem(item)
    with qtbot.waitSignal(overlays.fit_wanted) as told:
        filled.tree.itemClicked.emit(item, 0)
    assert told.args == [(3, 2)]
    assert controller.graph.selection.current == NodePick(3)
    assert filled.what.text() == "Relu 3"
    assert filled.why.text() == "They copy."
    assert filled.fix.text() == "Drop them."


def test_node_that_another_view_selects_shows_its_finding(controller: Controller, filled: ChecksView) -> None:
    controller.graph.selection.select(NodePick(3))
    assert filled.what.text() == "Relu 3"
    controller.graph.selection.select(NodePick(7))
    assert filled.what.text() == "Relu 3"  # nothing was found about it
    assert controller.graph.selection.current == NodePick(7)


def test_finding_about_a_weight_selects_the_weight(controller: Controller, filled: ChecksView) -> None:
    filled.tree.itemClicked.emit(child(top(filled)["Weights that nothing reads  1"], 0), 0)
    assert controller.graph.selection.current == ValuePick(1)


def test_arrow_keys_select_as_they_go(qtbot: QtBot, controller: Controller, filled: ChecksView) -> None:
    with qtbot.waitActive(filled):
        filled.activateWindow()
    filled.tree.setFocus()
    qtbot.waitUntil(filled.tree.hasFocus)
    filled.tree.setCurrentItem(top(filled)["Operators without a kernel  1"])
    qtbot.keyClick(filled.tree, Qt.Key.Key_Down)
    assert controller.graph.selection.current == NodePick(2)


def test_node_has_the_mark_of_its_gravest_finding(controller: Controller, filled: ChecksView) -> None:
    checks = controller.graph.checks
    assert checks.marks == {2: "error", 1: "info", 3: "info"}
    assert [result.id for result, _finding in checks.of_node(2)] == ["no-kernel", "casts", "casts"]


def test_another_provider_is_looked_up_anew(client: FakeClient, filled: ChecksView) -> None:
    assert filled.provider.count() == 2
    filled.provider.setCurrentIndex(1)
    filled.provider.activated.emit(1)
    request = asked(client)[-1].request
    assert isinstance(request, GraphChecksRequest)
    assert request.provider == "CUDAExecutionProvider"


def test_another_graph_is_looked_at_when_it_comes(
    qtbot: QtBot, controller: Controller, client: FakeClient, filled: ChecksView, tmp_path: Path
) -> None:
    other = tmp_path / "other.onnx"
    other.write_bytes(b"onnx")
    index = small_graph(tmp_path, nodes_kept=3)
    client.answers["inspect"] = dataclasses.replace(
        index, artifact=dataclasses.replace(index.artifact, path=str(other))
    )
    client.answers["graph.checks"] = dataclasses.replace(REPORT, results=())
    controller.open_artifact(other)
    qtbot.waitUntil(lambda: "Nothing found" in filled.sentence.text)
    assert len(asked(client)) == 2
    assert controller.graph.checks.marks == {}


def test_failure_is_shown_and_it_can_be_tried_again(qtbot: QtBot, client: FakeClient, view: ChecksView) -> None:
    client.answers["graph.checks"] = ErrorInfo("graph-unreadable", "The graph cannot be read.", "Read it again.")
    view.show()
    qtbot.waitUntil(view.error.isVisible)
    client.answers["graph.checks"] = REPORT
    view.again.click()
    qtbot.waitUntil(lambda: view.tree.topLevelItemCount() > 0)
    assert not view.error.isVisible()


def test_checks_that_were_cancelled_can_be_made_after_all(qtbot: QtBot, client: FakeClient, view: ChecksView) -> None:
    view.show()
    view.cancel.click()
    assert client.last("graph.checks").is_cancelled
    qtbot.waitUntil(lambda: view.start.isVisible() and bool(view._empty.problem.text()))
    client.answers["graph.checks"] = REPORT
    view.start.click()
    qtbot.waitUntil(lambda: view.tree.topLevelItemCount() > 0)
    assert not view.start.isVisible()


def test_what_could_not_be_made_is_not_taken_for_passed(qtbot: QtBot, client: FakeClient, filled: ChecksView) -> None:
    client.answers["graph.checks"] = dataclasses.replace(REPORT, results=REPORT.results[-2:])
    filled.again.click()
    qtbot.waitUntil(lambda: "Nothing found in 1 check; 1 check could not be made." in filled.sentence.text)
    assert filled.sentence.status is Status.NOT_RUN


def test_command_line_lists_some_findings_of_each_check() -> None:
    lines = list(checks_lines(REPORT, told=1))
    assert lines[0] == "1 error, 1 warning and 700 remarks; 1 check could not be made."
    assert "info" not in lines
    assert "  - Relu 1" in lines
    assert "  and 699 more" in lines
    assert "  Fix: Use another opset." in lines
    assert "not checked: Pairs. onnxruntime is not installed." in lines
