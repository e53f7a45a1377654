from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtGui import QFont
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph.columns import floats, ints
from modelpack_gui.core.graph.order import ordered, text_keys
from modelpack_gui.ui.graph.tables.graph_table import GraphTable
from modelpack_gui.ui.graph.tables.row_table import RowColumn, RowTableModel, row_column
from modelpack_gui.ui.settings import Settings

ASCENDING, DESCENDING = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
SIZES = (30.0, math.nan, 10.0, 20.0, 10.0)


def columns(*more: RowColumn) -> tuple[RowColumn, ...]:
    return (
        row_column("Row", str, lambda: floats(range(5)), width=50, is_number=True),
        *more,
        row_column("Size", lambda row: f"{SIZES[row]:g}", lambda: floats(SIZES), width=80),
        row_column("Name", lambda row: f"n{row}", lambda: floats(range(5)), width=90, is_hidden=True),
    )


@pytest.fixture
def model(qtbot: QtBot) -> RowTableModel:
    made = RowTableModel(columns(), QFont())
    made.set_count(5)
    return made


def table_of(qtbot: QtBot, model: RowTableModel, settings: Settings) -> GraphTable:
    table = GraphTable(model, "rows", "Rows", settings)
    qtbot.addWidget(table)
    table.resize(600, 300)
    table.show()
    return table


def visible(table: GraphTable) -> list[str]:
    header = table.horizontalHeader()
    places = [header.logicalIndex(place) for place in range(header.count())]
    return [table.columns[place].title for place in places if not header.isSectionHidden(place)]


def test_the_model_keeps_qts_rules_while_rows_filter_order_and_columns_change(model: RowTableModel) -> None:
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    model.sort(1, DESCENDING)
    model.set_shown([0, 2, 3])
    model.sort(0)
    model.set_columns(columns(row_column("New", str, lambda: floats(range(5)))))
    model.sort(-1)
    model.set_shown(range(5))
    model.set_count(0)
    assert model.rowCount() == 0


def test_unknown_values_come_last_whichever_way_and_equal_ones_keep_their_order(model: RowTableModel) -> None:
    model.sort(1, ASCENDING)
    assert list(model.shown) == [2, 4, 3, 0, 1]
    model.sort(1, DESCENDING)
    assert list(model.shown) == [0, 3, 2, 4, 1]
    model.set_shown([1, 2, 4])
    assert list(model.shown) == [2, 4, 1]
    model.sort(-1)
    assert list(model.shown) == [1, 2, 4]


def test_marked_rows_are_followed_when_the_order_changes(model: RowTableModel) -> None:
    marks = [QPersistentModelIndex(model.index(row, 1)) for row in range(5)]
    model.sort(1, DESCENDING)
    assert [mark.data() for mark in marks] == ["30", "nan", "10", "20", "10"]
    assert [model.row_of(row) for row in range(5)] == [mark.row() for mark in marks]


def test_sorting_goes_on_by_a_column_that_got_another_place(model: RowTableModel) -> None:
    model.sort(1, ASCENDING)
    model.set_columns(columns(row_column("New", str, lambda: floats(range(5)))))
    assert list(model.shown) == [2, 4, 3, 0, 1]
    model.set_columns((row_column("Row", str, lambda: floats(range(5))),))
    assert list(model.shown) == [0, 1, 2, 3, 4]


def test_columns_are_chosen_in_the_menu_of_the_header(qtbot: QtBot, model: RowTableModel, settings: Settings) -> None:
    table = table_of(qtbot, model, settings)
    assert visible(table) == ["Row", "Size"]
    menu = QMenu()
    qtbot.addWidget(menu)
    table.fill_header_menu(menu)
    actions = {action.text(): action for action in menu.actions()}
    actions["Name"].trigger()
    actions["Row"].trigger()
    assert visible(table) == ["Size", "Name"]
    actions["Size"].trigger()
    again = QMenu()
    qtbot.addWidget(again)
    table.fill_header_menu(again)
    left = next(action for action in again.actions() if action.text() == "Name")
    assert not left.isEnabled()  # a table without columns has no header to bring them back
    next(action for action in again.actions() if action.text() == "Columns as at first").trigger()
    assert visible(table) == ["Row", "Size"]


def test_columns_are_remembered_by_their_titles(qtbot: QtBot, model: RowTableModel, settings: Settings) -> None:
    table = table_of(qtbot, model, settings)
    table.choose_column("Name", is_shown=True)
    table.horizontalHeader().moveSection(2, 0)
    table.setColumnWidth(0, 77)
    table.sortByColumn(1, DESCENDING)
    other = RowTableModel(columns(row_column("New", str, lambda: floats(range(5)))), QFont())
    other.set_count(5)
    second = table_of(qtbot, other, settings)
    assert visible(second) == ["Name", "Row", "New", "Size"]
    assert second.columnWidth(0) == 77
    assert list(other.shown) == [0, 3, 2, 4, 1]


def test_what_is_remembered_may_be_anything(qtbot: QtBot, model: RowTableModel, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "s.ini")
    for text in ("{", "[]", '{"shown": 3, "widths": {"Row": "x"}, "places": [1, null], "sort": ["Nowhere", true]}'):
        settings.set_text("columns/rows/by-title", text)
        assert visible(table_of(qtbot, model, settings)) == ["Row", "Size"]


def test_a_column_is_shown_while_it_is_drawn_on_the_canvas(
    qtbot: QtBot, model: RowTableModel, settings: Settings
) -> None:
    table = table_of(qtbot, model, settings)
    table.show_for_now("Name")
    assert visible(table) == ["Row", "Size", "Name"]
    table.show_for_now("")
    assert visible(table) == ["Row", "Size"]


@given(st.lists(st.one_of(st.just(math.nan), st.floats(-10, 10, allow_nan=False))), st.booleans())
def test_every_row_is_in_the_order_once(keys: list[float], is_descending: bool) -> None:
    rows = ordered(floats(keys), is_descending=is_descending)
    assert sorted(rows) == list(range(len(keys)))
    known = [keys[row] for row in rows if not math.isnan(keys[row])]
    assert known == sorted(known, reverse=is_descending)
    assert all(math.isnan(keys[row]) for row in rows[len(known) :])


def test_texts_are_ranked_as_people_count_in_runs_or_at_once() -> None:
    texts = ["", *(f"layers.{i}" for i in range(20_000))]
    keys = text_keys(texts, ints([0, 10_001, 10, 9, 2, 10]))
    assert math.isnan(keys[0])
    assert list(keys)[1:] == [3.0, 2.0, 1.0, 0.0, 2.0]
    column = ints(range(20_000, -1, -1))
    assert list(text_keys(texts, column))[:3] == [19_999.0, 19_998.0, 19_997.0]
