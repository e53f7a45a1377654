"""The example inputs: table with delegates and buttons to add, remove and move rows."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QSizePolicy,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.core.records import CallableInfo, InputSpec
from modelpack_gui.ui.look.theme import GRID, SPACING, mono_font
from modelpack_gui.ui.models.input_rules import DTYPES, FIELDS, new_input
from modelpack_gui.ui.models.input_table import InputTableModel
from modelpack_gui.ui.widgets.basics import IconButton, IconToolButton, wrapped_label
from modelpack_gui.ui.widgets.data_table import CellDelegate
from modelpack_gui.ui.widgets.form_parts import NoteLabel

_WIDTHS = {"dtype": 104, "argument": 120}


class FittingTable(QTableView):
    """A table as high as its rows, up to `rows_shown`."""

    rows_shown = 6

    def sizeHint(self) -> QSize:
        """Header, rows and frame."""
        rows = max(1, min(self.model().rowCount() if self.model() is not None else 1, self.rows_shown))
        height = self.horizontalHeader().sizeHint().height() + rows * self.verticalHeader().defaultSectionSize()
        return QSize(super().sizeHint().width(), height + 2 * self.frameWidth() + 2)

    def minimumSizeHint(self) -> QSize:
        """Never lower than that."""
        return QSize(super().minimumSizeHint().width(), self.sizeHint().height())


class InputsTable(QWidget):
    """Edits a tuple of InputSpec; `inputs_edited` gives the new one."""

    inputs_edited = Signal(object, str)
    row_changed = Signal()
    suggestion_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._info: CallableInfo | None = None
        self.model = InputTableModel(mono_font(), self)
        self.model.inputs_edited.connect(self.inputs_edited)
        self.view = FittingTable()
        self.view.setObjectName("inputs-table")
        self.view.setAccessibleName("Example inputs")
        self.view.setModel(self.model)
        self.view.setItemDelegate(CellDelegate(self.view, frames_current=True))
        self.view.setItemDelegateForColumn(FIELDS.index("dtype"), _DtypeDelegate(self.view, frames_current=True))
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        triggers = QAbstractItemView.EditTrigger
        self.view.setEditTriggers(
            triggers.DoubleClicked | triggers.EditKeyPressed | triggers.AnyKeyPressed | triggers.SelectedClicked
        )
        self.view.setTabKeyNavigation(False)
        self.view.setShowGrid(True)
        self.view.verticalHeader().setVisible(False)
        self.view.verticalHeader().setDefaultSectionSize(max(26, self.view.fontMetrics().height() + 10))
        self.view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        header = self.view.horizontalHeader()
        header.setHighlightSections(False)
        for column, field in enumerate(FIELDS):
            stretches = field in ("name", "shape")
            header.setSectionResizeMode(
                column, QHeaderView.ResizeMode.Stretch if stretches else QHeaderView.ResizeMode.Interactive
            )
            if not stretches:
                self.view.setColumnWidth(column, _WIDTHS.get(field, 68))
        header.moveSection(FIELDS.index("argument"), 1)  # beside the name

        self._add = IconButton("Add input", "add")
        self._add.setObjectName("add-input")
        self._add.clicked.connect(self._on_add)
        self._suggest = IconButton("Suggest inputs", "search")
        self._suggest.setObjectName("suggest-inputs")
        self._suggest.clicked.connect(self.suggestion_wanted)
        self._remove = IconToolButton("Remove the selected input (Del)", "remove")
        self._remove.setObjectName("remove-input")
        self._remove.clicked.connect(self._on_remove)
        delete = QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.view)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self._on_remove)
        self._up = IconToolButton("Move the selected input up", "chevron-up")
        self._up.setObjectName("move-input-up")
        self._up.clicked.connect(lambda: self._on_move(-1))
        self._down = IconToolButton("Move the selected input down", "chevron-down")
        self._down.setObjectName("move-input-down")
        self._down.clicked.connect(lambda: self._on_move(1))
        self._note = NoteLabel()
        self._note.setObjectName("inputs-problem")
        self._empty = wrapped_label(
            "None yet. Without example inputs the model loads, but cannot be run or exported.", is_muted=True
        )

        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addWidget(self._add)
        buttons.addSpacing(GRID)
        buttons.addWidget(self._suggest)
        buttons.addSpacing(SPACING)
        for button in (self._up, self._down, self._remove):
            buttons.addWidget(button)
        buttons.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(SPACING)
        outer.addWidget(self._empty)
        outer.addWidget(self.view)
        outer.addWidget(self._note)
        outer.addLayout(buttons)
        self.setFocusProxy(self.view)

        self.model.problems_changed.connect(self._on_problems_changed)
        self.model.modelReset.connect(self._on_rows_changed)
        self.view.selectionModel().currentRowChanged.connect(self._on_current_changed)
        self._on_rows_changed()

    def show_inputs(self, inputs: tuple[InputSpec, ...], info: CallableInfo | None) -> None:
        """Show other inputs; `info` is the class, whose `forward` names new rows."""
        self._info = info
        row = self.view.currentIndex().row()
        column = max(0, self.view.currentIndex().column())
        self.model.set_inputs(inputs)
        if not self.view.currentIndex().isValid() and row >= 0 and inputs:  # a reset took the selection away
            self.view.setCurrentIndex(self.model.index(min(row, len(inputs) - 1), column))

    @property
    def current(self) -> InputSpec | None:
        """The input of the selected row."""
        row = self.view.currentIndex().row()
        return self.model.inputs[row] if 0 <= row < len(self.model.inputs) else None

    def set_suggesting(self, *, is_busy: bool) -> None:
        """Whether suggestions are being looked for."""
        self._suggest.setEnabled(not is_busy)

    def set_suggestion_problem(self, problem: str) -> None:
        """Why there can be no suggestions; empty if there can."""
        self._suggest.setToolTip(problem or "Find inputs that the model takes, by its signature, layers and errors")
        self._suggest.setVisible(not problem)

    def _on_add(self) -> None:
        self.model.insert(new_input(self.model.inputs, self._info))
        if self.model.rowCount():
            last = self.model.index(self.model.rowCount() - 1, FIELDS.index("shape"))
            self.view.setCurrentIndex(last)
            self.view.setFocus()

    def _on_remove(self) -> None:
        row = self.view.currentIndex().row()
        if row >= 0:
            self.model.remove(row)

    def _on_move(self, step: int) -> None:
        row = self.view.currentIndex().row()
        if row >= 0 and 0 <= row + step < self.model.rowCount():
            column = self.view.currentIndex().column()
            self.model.move(row, row + step)
            self.view.setCurrentIndex(self.model.index(row + step, column))
            self._enable()

    def _on_current_changed(self) -> None:
        self._enable()
        self.row_changed.emit()

    def _on_problems_changed(self) -> None:
        problems = self.model.problems
        self._note.set_text(problems[0] if problems else "")

    def _on_rows_changed(self) -> None:
        has_rows = self.model.rowCount() > 0
        self.view.setVisible(has_rows)
        self._empty.setVisible(not has_rows)
        self.view.updateGeometry()
        self._enable()
        self._on_problems_changed()

    def _enable(self) -> None:
        row = self.view.currentIndex().row()
        self._remove.setEnabled(row >= 0)
        self._up.setEnabled(row > 0)
        self._down.setEnabled(0 <= row < self.model.rowCount() - 1)


class _DtypeEditor(QComboBox):
    """Tells when a dtype was picked from its list; a key that goes through the dtypes does not end the editing."""

    picked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._was_listed = False
        self.setAccessibleName("dtype")
        self.addItems(DTYPES)
        self.activated.connect(self._on_activated)

    def showPopup(self) -> None:
        """What is activated next comes from the list."""
        self._was_listed = True
        super().showPopup()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What is activated next comes from the keyboard, unless this key opens the list."""
        self._was_listed = False
        super().keyPressEvent(event)

    def _on_activated(self) -> None:
        if self._was_listed:
            self.picked.emit()


class _DtypeDelegate(CellDelegate):
    def createEditor(
        self,
        parent: QWidget,
        option: QStyleOptionViewItem,  # noqa: ARG002 (Qt's own signature)
        index: QModelIndex | QPersistentModelIndex,  # noqa: ARG002 (Qt's own signature)
    ) -> QWidget:
        combo = _DtypeEditor(parent)
        combo.picked.connect(lambda: self._finish(combo))
        return combo

    def setEditorData(self, editor: QWidget, index: QModelIndex | QPersistentModelIndex) -> None:
        assert isinstance(editor, QComboBox)
        editor.setCurrentText(str(index.data(Qt.ItemDataRole.EditRole)))

    def setModelData(
        self, editor: QWidget, model: QAbstractItemModel, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        assert isinstance(editor, QComboBox)
        model.setData(index, editor.currentText())

    def _finish(self, editor: QComboBox) -> None:
        self.commitData.emit(editor)
        self.closeEditor.emit(editor)
