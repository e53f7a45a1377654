"""The modules and op types of a graph with what they cost."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph.builder import graph_of
from modelpack_gui.core.records import GraphIndex, InitializerInfo, NodeInfo, TensorInfo
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.numbers.module_tree import COLUMNS, SHARE_ROLE, column_of
from modelpack_gui.ui.graph.numbers.modules_view import ModulesView
from modelpack_gui.ui.graph.selection import GroupPick, NodePick
from modelpack_gui.ui.graph.state import GraphState
from modelpack_gui.ui.graph.tables.operators_view import OperatorsView
from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient
from tests.ui.graph.numbers.costs_records import counted
from tests.ui.graph.opening import located, open_index
from tests.ui.graph.records import small_graph, stored

MACS = column_of("macs")


def _info(name: str, *shape: int | str) -> TensorInfo:
    return TensorInfo(name, "float32", shape)


def _net(folder: Path) -> GraphIndex:
    """`body.0` with a small and `body.1` with a large MatMul, a head without arithmetic and an unknown operator."""
    x = _info("x", "batch", 8)

    def node(
        op_type: str, inputs: tuple[str, ...], out: TensorInfo, module: str, domain: str = "ai.onnx"
    ) -> NodeInfo:
        return NodeInfo(0, op_type, domain, out.name, module, inputs, (out.name,), (out,), module_class="nn.Linear")

    nodes = [
        node("MatMul", ("x", "small"), _info("a", "batch", 4), "body.0", "ai.onnx"),
        node("MatMul", ("a", "large"), _info("b", "batch", 100), "body.1", "ai.onnx"),
        node("Mystery", ("b",), _info("c", "batch", 100), "head", "my.domain"),
        node("Transpose", ("c",), _info("y", 100, "batch"), "head", "ai.onnx"),
    ]
    weights = [InitializerInfo("small", "float32", (8, 4), 128), InitializerInfo("large", "float32", (4, 100), 1600)]
    artifact = dataclasses.replace(small_graph(folder).artifact, inputs=(x,), outputs=(_info("y", 100, "batch"),))
    return stored(artifact, graph_of(nodes, weights, artifact.inputs, artifact.outputs, "net"), folder)


@pytest.fixture
def opened(qtbot: QtBot, controller: Controller, client: FakeClient, tmp_path: Path) -> Controller:
    """The net, as a user opens it, with its numbers."""
    client.answers["graph.costs"] = counted
    open_index(qtbot, controller, client, tmp_path, located(_net(tmp_path), tmp_path))
    numbers = controller.graph.numbers
    qtbot.waitUntil(lambda: numbers.report is not None)
    return controller


@pytest.fixture
def modules(qtbot: QtBot, opened: Controller, settings: Settings) -> ModulesView:
    """The tree."""
    view = ModulesView(opened, settings)
    qtbot.addWidget(view)
    view.resize(400, 600)
    view.show()
    return view


@pytest.fixture
def operators(qtbot: QtBot, opened: Controller, settings: Settings) -> OperatorsView:
    """The table of op types."""
    view = OperatorsView(opened, settings)
    qtbot.addWidget(view)
    return view


def _paths(view: ModulesView, above: str | None = None) -> list[str]:
    """Of the groups that are shown in one; of the topmost without one."""
    state = view._state
    assert state.graph is not None
    parent = QModelIndex() if above is None else view.model.index_of(_group(state, above))
    rows = range(view.model.rowCount(parent))
    return [state.graph.groups[view.model.group(view.model.index(row, 0, parent))].path for row in rows]


def _group(state: GraphState, path: str) -> int:
    graph = state.graph
    assert graph is not None
    return next(group.index for group in graph.groups if group.path == path)


def _cell(view: ModulesView, path: str, column: int, role: int = Qt.ItemDataRole.DisplayRole) -> object:
    index = view.model.index_of(_group(view._state, path))
    return index.siblingAtColumn(column).data(role)


def test_each_module_shows_what_it_costs_with_all_that_is_in_it(modules: ModulesView) -> None:
    assert _cell(modules, "body.0", MACS) == "32"
    assert _cell(modules, "body.1", MACS) == "400"
    assert _cell(modules, "body", MACS) == "432"
    assert _cell(modules, "body", column_of("parameters")) == "432"
    assert _cell(modules, "body.1", MACS, SHARE_ROLE) == 400 / 432


def test_what_is_not_known_is_said_and_not_taken_for_nothing(modules: ModulesView) -> None:
    assert _cell(modules, "head", MACS) == "?"
    assert _cell(modules, "", MACS) == "≥ 432"
    assert "1 node is unknown" in str(_cell(modules, "", MACS, Qt.ItemDataRole.ToolTipRole))


def test_the_model_holds_to_the_rules_of_item_models(modules: ModulesView) -> None:
    tester = QAbstractItemModelTester(modules.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    modules.model.sort(MACS, Qt.SortOrder.DescendingOrder)
    modules.model.set_filter("body")
    modules.model.set_filter("")
    assert tester.model() is modules.model


def test_sorting_by_a_figure_puts_the_dearest_first_within_each_module(modules: ModulesView) -> None:
    assert _paths(modules, "body") == ["body.0", "body.1"]
    modules.tree.sortByColumn(MACS, Qt.SortOrder.DescendingOrder)
    assert _paths(modules, "body") == ["body.1", "body.0"]


def test_the_dearest_module_is_one_click_away(modules: ModulesView) -> None:
    modules.dearest.click()
    pick = GroupPick(_group(modules._state, "body.1"))
    assert modules._state.selection.current == pick
    assert modules.model.group(modules.tree.currentIndex()) == pick.group
    assert modules.tree.isExpanded(modules.tree.currentIndex().parent())


def test_a_click_selects_the_module_everywhere(modules: ModulesView) -> None:
    group = _group(modules._state, "head")
    modules.tree.setCurrentIndex(modules.model.index_of(group))
    assert modules._state.selection.current == GroupPick(group)


def test_the_focus_alone_selects_no_module(qtbot: QtBot, modules: ModulesView) -> None:
    with qtbot.waitActive(modules):
        modules.activateWindow()
    modules.tree.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(modules.tree.hasFocus)
    assert modules._state.selection.current is None
    qtbot.keyClick(modules.tree, Qt.Key.Key_Down)
    assert isinstance(modules._state.selection.current, GroupPick)


def test_the_tree_follows_a_node_and_leaves_it_selected(modules: ModulesView) -> None:
    modules._state.selection.select(NodePick(1))
    assert modules.model.group(modules.tree.currentIndex()) == _group(modules._state, "body.1")
    assert modules._state.selection.current == NodePick(1)


def test_a_filter_leaves_modules_and_those_around_them(modules: ModulesView) -> None:
    modules.filter.setText("BODY.1")
    assert _paths(modules) == [""]
    assert _paths(modules, "") == ["body"]
    assert _paths(modules, "body") == ["body.1"]
    assert not modules.model.index_of(_group(modules._state, "head")).isValid()
    modules.filter.clear()
    assert modules.model.index_of(_group(modules._state, "head")).isValid()


def test_other_sizes_show_other_numbers_and_keep_the_tree_open(qtbot: QtBot, modules: ModulesView) -> None:
    body = _group(modules._state, "body")
    modules.tree.expand(modules.model.index_of(body))
    field = modules.strip._fields["batch"]
    field.setValue(10)
    qtbot.waitUntil(lambda: _cell(modules, "body", MACS) == "4.32 k")
    assert modules._state.numbers.sizes == {"batch": 10}
    assert modules.tree.isExpanded(modules.model.index_of(body))
    assert modules.strip.figures["macs"].number.text() == "≥ 4.32 k"


def test_the_strip_leads_to_the_node_of_the_peak(modules: ModulesView) -> None:
    assert modules.strip.peak.text() == "Peak 800 B"
    modules.strip.peak.click()
    assert modules._state.selection.current == NodePick(2)


def test_a_count_that_was_cancelled_can_be_made_after_all(
    qtbot: QtBot, client: FakeClient, modules: ModulesView
) -> None:
    numbers, strip = modules._state.numbers, modules.strip
    del client.answers["graph.costs"]
    numbers.report = None
    numbers.count()
    assert not strip.again.isVisible()
    client.last("graph.costs").cancel()
    qtbot.waitUntil(strip.again.isVisible)
    client.answers["graph.costs"] = counted
    strip.again.click()
    qtbot.waitUntil(lambda: numbers.report is not None)
    assert not strip.again.isVisible()


def test_op_types_tell_how_they_are_counted(operators: OperatorsView) -> None:
    rows = {row.op_type: i for i, row in enumerate(operators.model.records)}
    operators.table.selectRow(rows["MatMul"])
    assert "torch.utils.flop_counter" in operators.note.text()
    operators.table.selectRow(rows["Mystery"])
    assert operators.note.text() == "my.domain::Mystery: no formula for this operator."


def test_a_double_click_lists_the_nodes_of_an_op_type(qtbot: QtBot, operators: OperatorsView) -> None:
    row = operators.model.records[0]
    with qtbot.waitSignal(operators._state.filter_wanted) as signal:
        operators.table.record_activated.emit(row)
    assert signal.args == ["op:MatMul"]


def test_op_types_have_the_sums_of_their_nodes(operators: OperatorsView) -> None:
    cells = [operators.model.index(0, column).data() for column in range(6)]
    assert cells == ["MatMul", "2", "432", "864", "432", "1.73 kB"]


def test_a_wider_tree_shows_more_figures_until_somebody_chooses(modules: ModulesView) -> None:
    assert not modules.tree.isColumnHidden(MACS)
    assert modules.tree.isColumnHidden(column_of("weight_bytes"))
    modules.resize(1000, 600)
    assert not modules.tree.isColumnHidden(column_of("weight_bytes"))
    header = modules.tree.header()
    for column in range(1, len(COLUMNS)):
        if not modules.tree.isColumnHidden(column):
            titled = header.fontMetrics().horizontalAdvance(COLUMNS[column]) + 2 * SPACING
            assert header.sectionSize(column) >= titled, COLUMNS[column]
    assert header.length() <= modules.tree.viewport().width()
    modules._show_column(MACS, is_shown=False)
    modules.resize(990, 600)
    assert modules.tree.isColumnHidden(MACS)


def test_an_operator_of_another_domain_is_told_apart(operators: OperatorsView) -> None:
    shown = [operators.model.index(row, 0).data() for row in range(operators.model.rowCount())]
    assert "Mystery · domain" in shown
    assert "my.domain::Mystery" in [operators.model.columns[0].whole(row) for row in operators.model.records]
