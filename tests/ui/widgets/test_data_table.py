from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QStyle, QStyleOptionHeader
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.models.record_table import Column, RecordTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.data_table import DataTable

pytestmark = [
    pytest.mark.usefixtures("_themed"),
    # The offscreen platform says so of every menu.
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
]


@dataclass(frozen=True)
class Item:
    name: str
    value: float


COLUMNS: tuple[Column[Item], ...] = (
    Column("Name", lambda item: item.name, width=100),
    Column(
        "Value", lambda item: item.value, lambda item: f"{item.value:.1f}", lambda item: repr(item.value), width=90
    ),
)
ITEMS = [Item("a", 10.03), Item("b", 9.5), Item("c", 1.0)]


def make(columns: tuple[Column[Item], ...] = COLUMNS) -> DataTable:
    model: RecordTableModel[Item] = RecordTableModel(columns)
    return DataTable(model, "items", "Items")


@pytest.fixture
def table(qtbot: QtBot) -> DataTable:
    made = make()
    qtbot.addWidget(made)
    made.records_model.set_records(ITEMS)
    made.resize(400, 200)
    made.show()
    return made


@pytest.fixture(autouse=True)
def _clear_clipboard(qapp: object) -> Iterator[None]:
    QGuiApplication.clipboard().clear()
    yield
    QGuiApplication.clipboard().clear()


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def open_menu(table: DataTable, row: int, column: int) -> QMenu:
    place = table.visualRect(table.model().index(row, column)).center()
    table.customContextMenuRequested.emit(place)
    return next(menu for menu in table.findChildren(QMenu) if menu.isVisible())


def trigger(menu: QMenu, text: str) -> None:
    next(action for action in menu.actions() if action.text() == text).trigger()
    menu.close()


def test_ctrl_c_copies_selected_rows_with_their_full_values(qtbot: QtBot, table: DataTable) -> None:
    table.setFocus()
    table.selectRow(0)
    table.selectionModel().select(
        table.model().index(2, 0),
        table.selectionModel().SelectionFlag.Select | table.selectionModel().SelectionFlag.Rows,
    )
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard() == "a\t10.03\nc\t1.0"


def test_rows_are_copied_as_they_are_sorted_and_columns_as_they_are_arranged(table: DataTable) -> None:
    table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    table.horizontalHeader().moveSection(1, 0)
    trigger(open_menu(table, 0, 0), "Copy table with header")
    assert clipboard() == "Value\tName\n1.0\tc\n9.5\tb\n10.03\ta"


def test_the_first_click_on_a_column_of_figures_brings_the_largest_to_the_top(qtbot: QtBot) -> None:
    names, values = COLUMNS
    table = make((names, dataclasses.replace(values, is_number=True)))
    qtbot.addWidget(table)
    table.records_model.set_records(ITEMS[::-1])
    table.resize(400, 200)
    table.show()
    header = table.horizontalHeader()

    def click(column: int) -> str:
        place = QPoint(header.sectionViewportPosition(column) + 20, header.height() // 2)
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
        return "".join(table.records_model.record(row).name for row in range(3))

    assert [click(1), click(1), click(0), click(0), click(0)] == ["abc", "cba", "abc", "cba", "cba"]


def test_the_context_menu_copies_one_cell(table: DataTable) -> None:
    trigger(open_menu(table, 1, 1), "Copy cell")
    assert clipboard() == "9.5"


def test_pages_add_their_own_entries_for_the_record_under_the_pointer(table: DataTable) -> None:
    seen: list[object] = []

    def add(menu: QMenu, record: object) -> None:
        menu.addAction("Mine").triggered.connect(lambda: seen.append(record))

    table.context_menu_made.connect(add)
    trigger(open_menu(table, 1, 0), "Mine")
    assert seen == [ITEMS[1]]


def test_selecting_and_activating_tell_the_record(qtbot: QtBot, table: DataTable) -> None:
    with qtbot.waitSignal(table.record_selected) as selected:
        table.selectRow(1)
    assert selected.args == [ITEMS[1]]
    with qtbot.waitSignal(table.record_activated) as activated:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert activated.args == [ITEMS[1]]


def test_a_filter_keeps_the_selected_record_and_does_not_announce_it_again(qtbot: QtBot, table: DataTable) -> None:
    table.selectRow(1)
    with qtbot.assertNotEmitted(table.record_selected):
        table.records_model.set_filter("b")
    assert [index.row() for index in table.selectionModel().selectedRows()] == [0]
    table.records_model.set_filter("c")
    assert not table.selectionModel().hasSelection()
    with qtbot.waitSignal(table.record_selected) as selected:
        table.selectRow(0)
    assert selected.args == [ITEMS[2]]


def test_widths_order_and_sorting_of_columns_are_remembered(qtbot: QtBot, settings: Settings) -> None:
    first, second = make(), make()
    for table in (first, second):
        qtbot.addWidget(table)
    first.remember(settings)
    first.records_model.set_records(ITEMS)
    header = first.horizontalHeader()
    header.moveSection(1, 0)
    first.setColumnWidth(1, 222)
    first.sortByColumn(1, Qt.SortOrder.AscendingOrder)

    second.remember(settings)
    second.records_model.set_records(ITEMS)
    assert second.horizontalHeader().logicalIndex(0) == 1
    assert second.columnWidth(1) == 222
    assert [item.name for item in second.records_model.records] == ["c", "b", "a"]


@pytest.mark.parametrize("earlier", [[], [Item("a", 1.0)]])
def test_widths_that_nobody_chose_are_not_remembered(qtbot: QtBot, settings: Settings, earlier: list[Item]) -> None:
    fitting: tuple[Column[Item], ...] = (Column("Name", lambda item: item.name), COLUMNS[1])
    for records in (earlier, [Item("a name that is longer than the header and the default width", 1.0)]):
        table = make(fitting)
        qtbot.addWidget(table)
        table.remember(settings)
        table.resize(900, 200)
        table.show()  # the last column is stretched: a width changes before there is anything to fit
        table.records_model.set_records(records)
        table.resize(1000, 200)
    needed = table.fontMetrics().horizontalAdvance(ITEMS[0].name) * 20
    assert table.columnWidth(0) > needed


def test_the_focus_alone_chooses_nothing_and_the_first_arrow_key_the_first_row(
    table: DataTable, qtbot: QtBot
) -> None:
    chosen: list[object] = []
    table.record_selected.connect(chosen.append)
    table.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(table.hasFocus)
    assert (chosen, table.currentIndex().isValid()) == ([], False)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert chosen == [ITEMS[0]]
    assert [index.row() for index in table.selectionModel().selectedRows()] == [0]


def test_the_arrow_of_a_sorted_column_does_not_cover_its_name(table: DataTable) -> None:
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    header = table.horizontalHeader()
    place = QStyleOptionHeader()
    place.initFrom(header)
    place.rect = QRect(header.sectionViewportPosition(1), 0, header.sectionSize(1), header.height())
    place.sortIndicator = QStyleOptionHeader.SortIndicator.SortDown
    arrow = header.style().subElementRect(QStyle.SubElement.SE_HeaderArrow, place, header)
    letters = header.fontMetrics().tightBoundingRect("Value").height()
    assert arrow.height() > 0
    assert arrow.center().y() + arrow.height() // 4 < header.height() // 2 - letters // 2  # the sign is half as high
