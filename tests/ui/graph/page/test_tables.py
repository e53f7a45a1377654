"""The tables of the Graph page: filters, order, menus."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QPushButton
from pytestqt.qtbot import QtBot

from modelpack_gui.core.records import NodeInfo
from modelpack_gui.ui.graph.selection import NodePick
from modelpack_gui.ui.graph.side_pane import INITIALIZERS, NODES
from modelpack_gui.ui.pages.graph import GraphPage
from tests.ui.graph.page.parts import count, initializers_view, nodes_view

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def type_filter(page: GraphPage, text: str) -> None:
    nodes_view(page).filter.field.setText(text)


def shown(page: GraphPage) -> list[str]:
    return [nodes(page)[node].op_type for node in nodes_view(page).model.shown]


def shown_initializers(page: GraphPage) -> list[str]:
    view = initializers_view(page)
    return [view.rows.read.initializers[row].name for row in view.model.shown]


def column_of(page: GraphPage, title: str) -> int:
    return [column.title for column in nodes_view(page).model.columns].index(title)


def nodes(page: GraphPage) -> Sequence[NodeInfo]:
    graph = page.controller.graph.graph
    assert graph is not None
    return graph.nodes


def test_typing_filters_the_nodes_and_counts_them(qtbot: QtBot, filled: GraphPage) -> None:
    qtbot.keyClicks(nodes_view(filled).filter.field, "relu STAGES.3")
    assert shown(filled) == ["Relu"]
    assert count(filled) == "1 of 12"
    qtbot.keyClick(nodes_view(filled).filter.field, Qt.Key.Key_Escape)
    assert count(filled) == "12"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("op:conv", {"Conv"}),
        ("op:re", {"Relu"}),
        ("op:Conv op:Gemm", {"Conv", "Gemm"}),
        ("op:absent", set()),
        ("module:head", {"Gemm"}),
        ("in:conv.weight", {"Conv"}),
        ("shape:batch×5", {"Gemm"}),
        ("op:", {"Conv", "Relu", "Gemm"}),
        ("conv2d", {"Conv"}),  # the class of the module, which has no column of its own
    ],
)
def test_a_field_before_a_colon_narrows_where_to_look(filled: GraphPage, typed: str, expected: set[str]) -> None:
    nodes_view(filled).filter.field.setText(typed)
    assert set(shown(filled)) == expected


def test_ctrl_f_goes_to_the_filter_and_down_to_the_table(qtbot: QtBot, filled: GraphPage) -> None:
    with qtbot.waitActive(filled):
        filled.activateWindow()
    nodes_view(filled).table.setFocus()
    qtbot.keyClick(nodes_view(filled).table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert nodes_view(filled).filter.field.hasFocus()
    qtbot.keyClick(nodes_view(filled).filter.field, Qt.Key.Key_Down)
    assert nodes_view(filled).table.hasFocus()
    assert nodes_view(filled).table.currentIndex().row() == 0


def test_nodes_are_sorted_by_their_numbers(filled: GraphPage) -> None:
    table, model = nodes_view(filled).table, nodes_view(filled).model
    table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert list(model.shown) == list(range(11, -1, -1))
    table.sortByColumn(column_of(filled, "Module"), Qt.SortOrder.AscendingOrder)
    assert [nodes(filled)[node].module_path for node in model.shown][-2:] == ["stages.9", "stages.10"]
    table.sortByColumn(column_of(filled, "Output shape"), Qt.SortOrder.AscendingOrder)
    assert nodes(filled)[model.record(0)].op_type == "Gemm"


def test_a_node_that_the_filter_hides_is_one_click_away(qtbot: QtBot, filled: GraphPage) -> None:
    type_filter(filled, "op:Conv")
    filled.controller.graph.selection.select(NodePick(11))
    assert nodes_view(filled).filter.text == "op:Conv"  # selecting elsewhere leaves what was typed
    hint = filled.findChild(QPushButton, "graph-nodes-hidden")
    assert isinstance(hint, QPushButton)
    assert hint.text() == "Node 11 is selected, and hidden by the filter"
    qtbot.mouseClick(hint, Qt.MouseButton.LeftButton)
    assert count(filled) == "12"
    assert nodes_view(filled).table.currentIndex().row() == 11
    assert not hint.isVisible()


def test_the_menu_of_a_node_offers_its_kind_and_its_initializers(filled: GraphPage) -> None:
    menu = QMenu(filled)
    nodes_view(filled).table.context_menu_made.emit(menu, 0)
    actions = {action.text(): action for action in menu.actions()}
    actions["Show initializer conv.bias"].trigger()
    assert filled.view.side.current == INITIALIZERS
    assert initializers_view(filled).table.currentIndex().row() == 1
    actions["Show only Conv"].trigger()
    assert set(shown(filled)) == {"Conv"}


def test_each_tab_keeps_its_own_filter(filled: GraphPage) -> None:
    type_filter(filled, "gemm")
    assert shown_initializers(filled) == ["conv.weight", "conv.bias", "head.weight"]
    for typed, expected in (
        ("bias", ["conv.bias"]),
        ("shape:16x", ["conv.weight"]),
        ("FLOAT32 head", ["head.weight"]),
        (".data", ["head.weight"]),
        ("conv absent", []),
    ):
        initializers_view(filled).filter.field.setText(typed)
        assert shown_initializers(filled) == expected
    filled.view.side.show_tab(NODES)
    assert count(filled) == "1 of 12"
