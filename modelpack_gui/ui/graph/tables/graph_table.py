"""A table over rows of a graph, whose columns the user chooses in the menu of its header."""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QFocusEvent, QMouseEvent
from PySide6.QtWidgets import QMenu, QWidget

from modelpack_gui.core import serde
from modelpack_gui.ui.graph.tables.row_table import RowColumn, RowTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.share_delegate import ShareDelegate

_ASCENDING, _DESCENDING = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
_AROUND_TITLE = 32  # pixels: padding, and the mark of the sort order
_WAY_BUTTONS = (Qt.MouseButton.BackButton, Qt.MouseButton.ForwardButton)


class GraphTable(DataTable):
    """Remembers its columns by their titles: which there are changes with what is known of the graph."""

    def __init__(
        self, model: RowTableModel, name: str, accessible_name: str, settings: Settings, parent: QWidget | None = None
    ) -> None:
        super().__init__(model, name, accessible_name, parent)
        self._rows = model
        self._settings = settings
        self._key = f"columns/{name}/by-title"
        self._is_laying_out = False
        self._is_taking_focus = False
        self._bars: dict[int, ShareDelegate] = {}
        self._choice: dict[str, bool] = {}  # whether a column is shown, where the user chose
        self._known: dict[str, bool] = {}  # whether a column that is hidden at first has something to say
        self._widths: dict[str, int] = {}
        self._places: list[str] = []
        self._shown_for_now = ""  # title of a column that is shown while it is drawn on the canvas
        self._read()
        header = self.horizontalHeader()
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._on_header_menu)
        header.sectionResized.connect(self._on_resized)
        header.sectionMoved.connect(self._on_moved)
        header.sortIndicatorChanged.connect(self._save)
        self._lay_out()
        sort = self._stored.get("sort")
        titles = [column.title for column in model.columns]
        if isinstance(sort, list) and len(sort) == 2 and sort[0] in titles:
            self.sortByColumn(titles.index(sort[0]), _DESCENDING if sort[1] else _ASCENDING)

    @property
    def columns(self) -> tuple[RowColumn, ...]:
        """Those that there are, shown or not."""
        found = self._rows.columns
        assert all(isinstance(column, RowColumn) for column in found)
        return found  # type: ignore[return-value]

    def set_columns(self, columns: tuple[RowColumn, ...]) -> None:
        """Other columns; those of the same title stay as they are."""
        titles = [column.title for column in self.columns]
        if titles == [column.title for column in columns]:
            self._rows.columns = columns
            self._draw_bars()
            place = self.horizontalHeader().sortIndicatorSection()
            if 0 <= place < len(columns) and columns[place].section:
                self._rows.refresh_column(place)
            self.viewport().update()
            return
        header = self.horizontalHeader()
        self._is_laying_out = True
        sorted_by = header.sortIndicatorSection()
        title = titles[sorted_by] if 0 <= sorted_by < len(titles) else ""
        self._rows.set_columns(columns)
        place = next((i for i, column in enumerate(columns) if column.title == title), -1)
        was_blocked = header.blockSignals(True)
        header.setSortIndicator(place, header.sortIndicatorOrder())
        header.blockSignals(was_blocked)
        self._is_laying_out = False
        self._lay_out()

    def show_for_now(self, title: str) -> None:
        """Show a column as long as this is not called for another; an empty title for none."""
        if title != self._shown_for_now:
            self._shown_for_now = title
            self._lay_out()

    def show_where_known(self, title: str, *, is_known: bool) -> None:
        """Show a column that is hidden at first while it has something to say, unless the user chose otherwise."""
        self._known[title] = is_known
        self._lay_out()
        self.refresh_column(title)

    def refresh_column(self, title: str) -> None:
        """The values of a column are others now."""
        place = next((i for i, column in enumerate(self.columns) if column.title == title), -1)
        if place >= 0:
            self._rows.refresh_column(place)

    def take_focus(self) -> None:
        """Go on with the keyboard here, from a current row."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.currentIndex().isValid() and self._rows.rowCount():
            self.selectRow(0)

    def forget_current(self) -> None:
        """Nothing of it is selected."""
        if self.currentIndex().isValid() or self.selectionModel().hasSelection():
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())

    def choose_column(self, title: str, *, is_shown: bool) -> None:
        """Show or hide a column, and remember it."""
        self._choice[title] = is_shown
        if not is_shown and title == self._shown_for_now:
            self._shown_for_now = ""
        self._lay_out()
        self._save()

    def reset_columns(self) -> None:
        """All as at first."""
        self._choice, self._widths, self._places = {}, {}, []
        self._lay_out()
        self._save()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The buttons for back and forward are the page's."""
        if event.button() in _WAY_BUTTONS:
            event.ignore()
        else:
            super().mousePressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt makes the first row current where none is: that is nobody's choice of a node."""
        had_current = self.currentIndex().isValid()
        self._is_taking_focus = True
        super().focusInEvent(event)
        if not had_current:
            self.setCurrentIndex(QModelIndex())
        self._is_taking_focus = False

    def _on_current_changed(self) -> None:
        if not self._is_taking_focus:
            super()._on_current_changed()

    # How the columns lie

    def _lay_out(self) -> None:
        header = self.horizontalHeader()
        self._is_laying_out = True
        titles = [column.title for column in self.columns]
        order = self._in_order(titles)
        for place, title in enumerate(order):
            header.moveSection(header.visualIndex(titles.index(title)), place)
        for section, column in enumerate(self.columns):
            is_known = self._known.get(column.title, not column.is_hidden)
            is_shown = self._choice.get(column.title, is_known) or column.title == self._shown_for_now
            self.setColumnHidden(section, not is_shown)
            titled = self.fontMetrics().horizontalAdvance(column.title) + _AROUND_TITLE
            self.setColumnWidth(section, self._widths.get(column.title, max(column.width, titled)))
        self._draw_bars()
        self._is_laying_out = False

    def _draw_bars(self) -> None:
        for section, column in enumerate(self.columns):
            bar = self._bars.get(section)
            if column.share is None:
                if bar is not None and self.itemDelegateForColumn(section) is bar:
                    self.setItemDelegateForColumn(section, self.itemDelegate())
            elif bar is None:
                bar = self._bars[section] = ShareDelegate(column.share, parent=self)
                self.setItemDelegateForColumn(section, bar)
            else:  # PySide keeps every delegate that a column ever had: a new one would hold the graph of before
                bar.share = column.share
                self.setItemDelegateForColumn(section, bar)

    def _in_order(self, titles: list[str]) -> list[str]:
        """As the user placed them; one that is new goes behind the one that it follows in the model."""
        order = [title for title in self._places if title in titles]
        for place, title in enumerate(titles):
            if title not in order:
                order.insert(order.index(titles[place - 1]) + 1 if place else 0, title)
        if self._shown_for_now in order and not self._choice.get(self._shown_for_now):
            order.remove(self._shown_for_now)
            order.insert(min(2, len(order)), self._shown_for_now)  # where it is seen
        return order

    def _on_resized(self, section: int, _old: int, new: int) -> None:
        header = self.horizontalHeader()
        is_last = header.visualIndex(section) == max(
            header.visualIndex(i) for i in range(header.count()) if not header.isSectionHidden(i)
        )
        if not self._is_laying_out and not is_last and new:  # the last stretches with the window
            self._widths[self.columns[section].title] = new
            self._save()

    def _on_moved(self) -> None:
        header = self.horizontalHeader()
        if not self._is_laying_out:
            self._places = [self.columns[header.logicalIndex(place)].title for place in range(header.count())]
            self._save()

    def _on_header_menu(self, position: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill_header_menu(menu)
        menu.popup(self.horizontalHeader().viewport().mapToGlobal(position))

    def fill_header_menu(self, menu: QMenu) -> None:
        """An entry for each column; the last one that is shown cannot be hidden."""
        header = self.horizontalHeader()
        shown = [i for i in range(header.count()) if not header.isSectionHidden(i)]
        section = ""
        for i, column in enumerate(self.columns):
            if column.section != section:
                section = column.section
                menu.addSection(section)
            action = menu.addAction(column.title)
            action.setCheckable(True)
            action.setChecked(i in shown)
            action.setEnabled(shown != [i])
            action.toggled.connect(lambda checked, title=column.title: self.choose_column(title, is_shown=checked))
        menu.addSeparator()
        menu.addAction("Columns as at first").triggered.connect(self.reset_columns)

    # What is remembered

    def _read(self) -> None:
        try:
            stored = serde.loads(self._settings.text(self._key) or "{}")
        except ValueError:
            stored = {}
        self._stored: dict[str, Any] = stored if isinstance(stored, dict) else {}
        choice, widths, places = (self._stored.get(name) for name in ("shown", "widths", "places"))
        if isinstance(choice, dict):
            self._choice = {str(title): bool(is_shown) for title, is_shown in choice.items()}
        if isinstance(widths, dict):
            self._widths = {str(title): width for title, width in widths.items() if isinstance(width, int)}
        if isinstance(places, list):
            self._places = [str(title) for title in places]

    def _save(self) -> None:
        if self._is_laying_out:
            return
        header = self.horizontalHeader()
        section = header.sortIndicatorSection()
        is_sorted = 0 <= section < len(self.columns)
        self._stored = {
            "shown": self._choice,
            "widths": self._widths,
            "places": self._places,
            "sort": [self.columns[section].title, header.sortIndicatorOrder() == _DESCENDING] if is_sorted else None,
        }
        self._settings.set_text(self._key, json.dumps(self._stored))
