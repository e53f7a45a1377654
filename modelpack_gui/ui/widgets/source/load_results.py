"""What loading a model gave: counts, inputs and outputs, the module tree, warnings."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import LoadReport, TensorInfo
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.look.theme import GRID, GROUP_SPACING, SPACING, heading_font, mono_font
from modelpack_gui.ui.models.module_tree import ModuleTreeModel
from modelpack_gui.ui.models.record_table import COPY_ROLE
from modelpack_gui.ui.models.source_text import load_facts, module_inspection
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconToolButton, heading
from modelpack_gui.ui.widgets.data_table import CellDelegate
from modelpack_gui.ui.widgets.warnings_table import WarningsTable

_OPEN_DEPTH = 1  # levels below the model that are open at first
_ALL_OPEN_BELOW = 60


class FactStrip(QFrame):
    """Numbers in a row, each under its name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, SPACING, 12, SPACING)
        self._row.setSpacing(GROUP_SPACING)

    def show_facts(self, facts: tuple[tuple[str, str, str], ...]) -> None:
        """Show names, values and full values."""
        while (item := self._row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for name, value, whole in facts:
            self._row.addWidget(_Fact(name, value, whole), 1)


class _Fact(QWidget):
    def __init__(self, name: str, value: str, whole: str) -> None:
        super().__init__()
        title = ElidedLabel(name, Qt.TextElideMode.ElideRight)
        title.setProperty("role", "muted")
        number = QLabel(value)
        number.setFont(heading_font())
        number.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setToolTip(plain_tooltip(f"{name}: {whole}"))
        self.setMinimumWidth(72)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(title)
        column.addWidget(number)


class TensorGrid(QWidget):
    """Inputs and outputs, one on each line: direction, name, dtype, shape."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GROUP_SPACING)
        self._grid.setVerticalSpacing(GRID)
        self._grid.setColumnStretch(4, 1)
        self._labels: list[QLabel] = []

    def show_tensors(self, inputs: tuple[TensorInfo, ...], outputs: tuple[TensorInfo, ...]) -> None:
        """Show other tensors."""
        for label in self._labels:
            self._grid.removeWidget(label)
            label.hide()
            label.deleteLater()
        self._labels = []
        rows = [("input", item) for item in inputs] + [("output", item) for item in outputs]
        for row, (direction, tensor) in enumerate(rows):
            for column, text in enumerate((direction, tensor.name, tensor.dtype or "unknown", tensor.shape_text)):
                label = QLabel(text)
                label.setTextFormat(Qt.TextFormat.PlainText)
                label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                if column == 0:
                    label.setProperty("role", "muted")
                else:
                    label.setFont(mono_font())
                self._grid.addWidget(label, row, column)
                self._labels.append(label)
        self.setVisible(bool(rows))


class LoadResults(QWidget):
    """Draws a LoadReport, all but its keys."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._report: LoadReport | None = None
        self.facts = FactStrip()
        self.tensors = TensorGrid()
        self.model = ModuleTreeModel(mono_font(), self)
        self._proxy = QSortFilterProxyModel(self)
        self._proxy.setSourceModel(self.model)
        self._proxy.setRecursiveFilteringEnabled(True)
        self._proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._proxy.setFilterKeyColumn(-1)
        self._proxy.setFilterRole(COPY_ROLE)  # so that a whole path can be typed
        self.tree = QTreeView()
        self.tree.setObjectName("module-tree")
        self.tree.setAccessibleName("Modules of the model")
        self.tree.setModel(self._proxy)
        self.tree.setUniformRowHeights(True)
        self.tree.setAlternatingRowColors(False)
        self.tree.setMinimumHeight(180)
        self.tree.selectionModel().currentRowChanged.connect(self._on_current_changed)
        copy = QAction("Copy module path", self.tree)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self._copy_path)
        self.tree.addAction(copy)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        for column in range(1, self.model.columnCount()):
            self.tree.setItemDelegateForColumn(column, CellDelegate(self.tree))
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((1, 150), (2, 96), (3, 84), (4, 84)):
            self.tree.setColumnWidth(column, width)
        self._filter = QLineEdit()
        self._filter.setObjectName("module-filter")
        self._filter.setAccessibleName("Filter modules")
        self._filter.setPlaceholderText("Filter by path or class")
        self._filter.setClearButtonEnabled(True)
        self._filter.setMaximumWidth(260)
        self._filter.textChanged.connect(self._on_filter_changed)
        unfold = IconToolButton("Open all modules", "expand")
        unfold.clicked.connect(self.tree.expandAll)
        fold = IconToolButton("Close all modules", "collapse")
        fold.clicked.connect(self._open_first_levels)
        self.warnings = WarningsTable("load-warnings", controller, settings, Stage.SOURCE)
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(heading("Modules"))
        head.addStretch(1)
        head.addWidget(self._filter, 1)
        head.addWidget(unfold)
        head.addWidget(fold)
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(0, SPACING, 0, 0)
        column_.setSpacing(SPACING)
        column_.addWidget(self.facts)
        column_.addWidget(self.tensors)
        column_.addSpacing(GRID)
        column_.addLayout(head)
        column_.addWidget(self.tree, 1)
        column_.addSpacing(GRID)
        column_.addWidget(self.warnings)

    def show_report(self, report: LoadReport) -> None:
        """Show another model."""
        self._report = report
        self.facts.show_facts(load_facts(report))
        self.tensors.show_tensors(report.inputs, report.outputs)
        self.model.set_modules(report.modules)
        self._open_first_levels()
        self.warnings.show_warnings(report.warnings)

    def _open_first_levels(self) -> None:
        if self.model.rowCount() and self._report is not None and len(self._report.modules) <= _ALL_OPEN_BELOW:
            self.tree.expandAll()
        else:
            self.tree.collapseAll()
            self.tree.expandToDepth(_OPEN_DEPTH - 1)

    def _on_filter_changed(self, text: str) -> None:
        self._proxy.setFilterFixedString(text.strip())
        if text.strip():
            self.tree.expandAll()
        else:
            self._open_first_levels()

    def _on_current_changed(self, current: QModelIndex) -> None:
        if current.isValid() and self._report is not None:
            module = self.model.module(self._proxy.mapToSource(current))
            self._controller.inspect(module_inspection(module, self._report), Stage.SOURCE)

    def _copy_path(self) -> None:
        current = self.tree.currentIndex()
        if current.isValid():
            QGuiApplication.clipboard().setText(self.model.module(self._proxy.mapToSource(current)).path)
