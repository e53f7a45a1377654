from __future__ import annotations

from dataclasses import dataclass

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.models.record_table import COPY_ROLE, Column, RecordTableModel


@dataclass(frozen=True)
class Item:
    name: str
    value: float | None


COLUMNS: tuple[Column[Item], ...] = (
    Column("Name", lambda item: item.name),
    Column(
        "Value (ms)",
        lambda item: item.value,
        lambda item: "–" if item.value is None else f"{item.value:.0f}",
        lambda item: repr(item.value),
        is_number=True,
    ),
)
ITEMS = [Item("ten", 10.0), Item("nine", 9.25), Item("none", None), Item("hundred", 100.0), Item("<s>", 2.0)]
ASCENDING, DESCENDING = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


@pytest.fixture
def model(qtbot: QtBot) -> RecordTableModel[Item]:
    made: RecordTableModel[Item] = RecordTableModel(COLUMNS)
    made.set_records(ITEMS)
    return made


def names(model: RecordTableModel[Item]) -> list[str]:
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def test_the_model_keeps_qt_s_rules_while_records_filter_and_order_change(qtbot: QtBot) -> None:
    model: RecordTableModel[Item] = RecordTableModel(COLUMNS)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning)
    model.set_records(ITEMS)
    model.sort(1, DESCENDING)
    model.set_filter("n")
    model.sort(0)
    model.set_records(ITEMS[:2])
    model.sort(-1)
    model.set_filter("")
    model.set_records([])
    assert tester.model() is model
    assert model.rowCount() == 0


def test_numbers_are_sorted_as_numbers_and_unknown_ones_come_last_both_ways(model: RecordTableModel[Item]) -> None:
    model.sort(1, ASCENDING)
    assert names(model) == ["<s>", "nine", "ten", "hundred", "none"]
    model.sort(1, DESCENDING)
    assert names(model) == ["hundred", "ten", "nine", "<s>", "none"]


def test_a_column_below_zero_gives_the_order_of_the_records_back(model: RecordTableModel[Item]) -> None:
    model.sort(0)
    assert names(model) != [item.name for item in ITEMS]
    model.sort(-1)
    assert names(model) == [item.name for item in ITEMS]


def test_every_word_of_the_filter_must_be_in_some_column(model: RecordTableModel[Item]) -> None:
    model.set_filter("NINE")
    assert names(model) == ["nine"]
    model.set_filter("n 25")  # 9.25 is what is copied, 9 what is shown
    assert names(model) == ["nine"]
    model.set_filter("n absent")
    assert names(model) == []
    assert model.total == len(ITEMS)


def test_words_and_predicate_must_both_hold(model: RecordTableModel[Item]) -> None:
    model.set_filter("n", lambda item: item.value is not None and item.value > 9.5)
    assert names(model) == ["ten", "hundred"]


def test_filter_and_order_hold_for_the_next_records(model: RecordTableModel[Item]) -> None:
    model.sort(1, DESCENDING)
    model.set_filter("x")
    model.set_records([Item("x1", 1.0), Item("y", 5.0), Item("x3", 3.0)])
    assert names(model) == ["x3", "x1"]


def test_a_filter_keeps_the_order(model: RecordTableModel[Item]) -> None:
    model.sort(1, DESCENDING)
    model.set_filter("e")
    assert names(model) == ["hundred", "ten", "nine", "none"]
    model.set_filter("")
    assert names(model) == ["hundred", "ten", "nine", "<s>", "none"]


def test_persistent_indexes_follow_their_records_when_the_order_changes(model: RecordTableModel[Item]) -> None:
    kept = [QPersistentModelIndex(model.index(row, 1)) for row in range(len(ITEMS))]
    for column, order in ((1, DESCENDING), (0, ASCENDING), (-1, ASCENDING)):
        model.sort(column, order)
        assert [model.record(index.row()) for index in kept] == ITEMS
        assert {index.column() for index in kept} == {1}


def test_persistent_indexes_follow_their_records_within_a_filter(model: RecordTableModel[Item]) -> None:
    model.set_filter("n")
    kept = QPersistentModelIndex(model.index(names(model).index("hundred"), 0))
    model.sort(1, DESCENDING)
    assert model.record(kept.row()).name == "hundred"


def test_a_row_is_found_by_its_record_unless_it_is_hidden(model: RecordTableModel[Item]) -> None:
    model.sort(1, ASCENDING)
    assert model.row_of(ITEMS[3]) == 3
    model.set_filter("ten")
    assert model.row_of(ITEMS[3]) == -1


def test_cells_show_short_text_and_copy_the_whole_value(model: RecordTableModel[Item]) -> None:
    cell = model.index(1, 1)
    assert (cell.data(), cell.data(COPY_ROLE), cell.data(Qt.ItemDataRole.ToolTipRole)) == ("9", "9.25", "9.25")


def test_a_name_in_angle_brackets_is_not_taken_for_html_in_a_tooltip(model: RecordTableModel[Item]) -> None:
    cell = model.index(4, 0)
    assert cell.data(COPY_ROLE) == "<s>"
    assert "&lt;s&gt;" in cell.data(Qt.ItemDataRole.ToolTipRole)


def test_headers_of_numbers_are_aligned_as_their_cells(model: RecordTableModel[Item]) -> None:
    role = Qt.ItemDataRole.TextAlignmentRole
    assert model.headerData(1, Qt.Orientation.Horizontal, role) == model.index(0, 1).data(role)
    assert model.headerData(0, Qt.Orientation.Horizontal, role) != model.headerData(
        1, Qt.Orientation.Horizontal, role
    )


def test_what_the_filter_looks_into_is_ready_once_the_window_was_idle(qtbot: QtBot) -> None:
    asked: list[Item] = []

    def haystack(item: Item) -> str:
        asked.append(item)
        return item.name

    model: RecordTableModel[Item] = RecordTableModel(COLUMNS, haystack=haystack)
    model.set_records(ITEMS)
    assert not asked
    qtbot.waitUntil(lambda: len(asked) == len(ITEMS))
    model.set_filter("ten")
    assert len(asked) == len(ITEMS)
    assert names(model) == ["ten"]
