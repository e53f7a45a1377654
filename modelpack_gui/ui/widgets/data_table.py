"""The table view of every page: sortable, copyable, remembers its columns."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QFocusEvent, QGuiApplication, QKeySequence, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from modelpack_gui.ui.look.theme import icon
from modelpack_gui.ui.models.record_table import COPY_ROLE, Index, RecordTableModel, TableModel
from modelpack_gui.ui.settings import Settings

ROW_HEIGHT = 24
CELL_PADDING = 5  # with the style's own margin the 8 of the header's sections


class CellDelegate(QStyledItemDelegate):
    """Text in line with the header's."""

    def __init__(self, parent: QWidget | None = None, *, frames_current: bool = False) -> None:
        """`frames_current` marks the cell that has the focus, where cells and not rows are what is worked on."""
        super().__init__(parent)
        self._frames_current = frames_current

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a cell."""
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, option.palette.highlight())
        inside = QStyleOptionViewItem(option)
        inside.rect = option.rect.adjusted(CELL_PADDING, 0, -CELL_PADDING, 0)
        inside.state &= ~QStyle.StateFlag.State_HasFocus
        super().paint(painter, inside, index)
        if self._frames_current and option.state & QStyle.StateFlag.State_HasFocus:
            painter.save()
            painter.setPen(QPen(option.palette.color(option.palette.ColorRole.Accent), 1))
            painter.drawRect(option.rect.adjusted(0, 0, -1, -1))
            painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """With the padding."""
        return super().sizeHint(option, index) + QSize(2 * CELL_PADDING, 0)


class DataTable(QTableView):
    """Shows a TableModel.

    Ctrl+C copies the selected rows as tab-separated text with full values; the context menu also offers the cell,
    and everything with its header. Pages add their own entries through `context_menu_made`.
    """

    record_selected = Signal(object)
    record_activated = Signal(object)
    context_menu_made = Signal(object, object)  # QMenu, record

    def __init__(self, model: TableModel[Any], name: str, accessible_name: str, parent: QWidget | None = None):
        """`name` is the object name, and the key under which the columns are remembered."""
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self._model = model
        self.setModel(model)
        self.setItemDelegate(CellDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAlternatingRowColors(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows = self.verticalHeader()
        rows.setVisible(False)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(max(ROW_HEIGHT, self.fontMetrics().height() + 8))
        header = self.horizontalHeader()
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        for i, column in enumerate(model.columns):
            if column.width:
                self.setColumnWidth(i, column.width)
        self._needs_fit = any(not column.width for column in model.columns)
        self._kept: tuple[Any] | None = None  # the current record, while the model is reset
        self._wanted: tuple[Any] | None = None  # the record that stays in view
        self.verticalScrollBar().actionTriggered.connect(self._let_go)
        model.modelAboutToBeReset.connect(self._on_about_to_be_reset)
        model.modelReset.connect(self._on_reset)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_context_menu)
        copy = QAction("Copy rows", self)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy_rows)
        self.addAction(copy)
        self.selectionModel().currentRowChanged.connect(self._on_current_changed)
        self.activated.connect(lambda index: self.record_activated.emit(self._model.record(index.row())))

    @property
    def rows_model(self) -> TableModel[Any]:
        """What it shows."""
        return self._model

    @property
    def records_model(self) -> RecordTableModel[Any]:
        """What it shows, where that are records."""
        assert isinstance(self._model, RecordTableModel)
        return self._model

    def remember(self, settings: Settings) -> None:
        """Restore the columns now, and keep them from now on."""
        key = f"columns/{self.objectName()}"
        header = self.horizontalHeader()
        state = settings.state(key)
        if not state.isEmpty() and header.restoreState(state):
            self._needs_fit = False
            self._model.sort(header.sortIndicatorSection(), header.sortIndicatorOrder())

        def save() -> None:
            if not self._needs_fit:  # before that the widths are nobody's choice
                settings.set_state(key, header.saveState())

        def save_width(section: int) -> None:
            if header.visualIndex(section) != header.count() - 1:  # the last stretches with the window
                save()

        header.sectionResized.connect(save_width)
        header.sectionMoved.connect(save)
        header.sortIndicatorChanged.connect(save)

    def select_record(self, record: Any) -> None:
        """Make a record current and visible, if it is shown."""
        row = self._model.row_of(record)
        if row >= 0:
            self.setCurrentIndex(self._model.index(row, 0))

    def show_current(self) -> None:
        """Scroll to the current row, once what is around the table has its place."""
        QTimer.singleShot(0, self._scroll_to_current)

    def _scroll_to_current(self) -> None:
        index = self.currentIndex()
        if index.isValid():
            self.scrollTo(index.siblingAtColumn(0), self.ScrollHint.PositionAtCenter)

    def bring_into_view(self, record: Any) -> None:
        """Scroll to a record without making it current, and keep it in view while the table gets its size.

        Until the user scrolls or goes to another row.
        """
        self._wanted = (record,)
        QTimer.singleShot(0, self, self._bring_wanted)

    def _bring_wanted(self) -> None:
        row = self._model.row_of(self._wanted[0]) if self._wanted is not None else -1
        if row >= 0:
            self.scrollTo(self._model.index(row, 0))

    def _let_go(self) -> None:
        self._wanted = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What shall be in view stays so."""
        super().resizeEvent(event)
        self._bring_wanted()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The focus alone chooses nothing: Qt would make the first row the current one, which the page then shows."""
        if self.currentIndex().isValid():
            super().focusInEvent(event)
            return
        with QSignalBlocker(self.selectionModel()):
            super().focusInEvent(event)
            self.selectionModel().clearCurrentIndex()

    def copy_rows(self) -> None:
        """Put the selected rows on the clipboard."""
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        self._copy(rows, with_header=False)

    def _copy(self, rows: list[int], *, with_header: bool) -> None:
        header = self.horizontalHeader()
        places = (header.logicalIndex(place) for place in range(header.count()))
        columns = [column for column in places if not header.isSectionHidden(column)]  # as the user arranged them
        lines = [[self._model.columns[column].title for column in columns]] if with_header else []
        lines += [[str(self._model.index(row, column).data(COPY_ROLE)) for column in columns] for row in rows]
        QGuiApplication.clipboard().setText("\n".join("\t".join(line) for line in lines))

    def _fit_once(self) -> None:
        if self._needs_fit and self._model.rowCount():
            for i, column in enumerate(self._model.columns):
                if not column.width:
                    fitting = max(self.sizeHintForColumn(i), self.horizontalHeader().sectionSizeHint(i)) + 12
                    self.setColumnWidth(i, min(fitting, 420))
            self._needs_fit = False

    def _on_about_to_be_reset(self) -> None:
        index = self.currentIndex()
        self._kept = (self._model.record(index.row()),) if index.isValid() else None

    def _on_reset(self) -> None:
        self._fit_once()
        if self._kept is not None:  # a filter must not lose what the user looks at
            self.select_record(self._kept[0])
            self._kept = None

    def _on_current_changed(self) -> None:
        index = self.currentIndex()
        if index.isValid() and self._kept is None:
            self._let_go()
            self.record_selected.emit(self._model.record(index.row()))

    def _on_context_menu(self, position: QPoint) -> None:
        index = self.indexAt(position)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if index.isValid():
            text = str(index.data(COPY_ROLE))
            copy_cell = menu.addAction(icon("copy"), "Copy cell")
            copy_cell.triggered.connect(lambda: QGuiApplication.clipboard().setText(text))
            menu.addAction(icon("copy"), "Copy rows").triggered.connect(self.copy_rows)
        everything = list(range(self._model.rowCount()))
        copy_all = menu.addAction(icon("table"), "Copy table with header")
        copy_all.triggered.connect(lambda: self._copy(everything, with_header=True))
        if index.isValid():
            self.context_menu_made.emit(menu, self._model.record(index.row()))
        menu.popup(self.viewport().mapToGlobal(position))
