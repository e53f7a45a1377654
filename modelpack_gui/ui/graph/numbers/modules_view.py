"""The modules of the graph with what each costs: the dearest is one click away."""

from __future__ import annotations

import itertools

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QSignalBlocker, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QMenu, QTreeView, QVBoxLayout, QWidget

from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.numbers.module_tree import COLUMNS, FIRST_FIGURE, NAME, GroupTreeModel, column_of
from modelpack_gui.ui.graph.numbers.strip import NumbersStrip
from modelpack_gui.ui.graph.numbers.tree_delegates import NameDelegate, TreeShareDelegate
from modelpack_gui.ui.graph.selection import GroupPick, NodePick, Pick
from modelpack_gui.ui.look.theme import GRID, SPACING, icon, mono_font
from modelpack_gui.ui.models.record_table import COPY_ROLE
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import IconButton, IconToolButton
from modelpack_gui.ui.widgets.filter_field import FilterField

_KEY = "columns/graph-modules"
_CHOSEN_KEY = "columns/graph-modules-chosen"
_BY_ROOM = ("macs", "parameters", "flops", "live_bytes", "weight_bytes", "activation_bytes")
"""Figures that are shown as long as there is room for them, and nobody chose others."""
_NAME_WIDTH, _FIGURE_WIDTH, _SCROLL_BAR = 150, 92, 20
_AROUND_TITLE = 24  # pixels, in the header
_OPEN_ROWS = 24
"""Levels are opened at first as long as the tree stays this short."""
_OPEN_FOUND = 2000
"""What is found by the filter is opened if it is not more than this: it takes time, and nobody reads on."""


class ModulesView(QWidget):
    """A tree; what is selected in it is selected everywhere."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("graph-modules-view")
        self._settings = settings
        self._state = controller.graph
        self._is_following = False
        self.strip = NumbersStrip(controller)
        self.model = GroupTreeModel(mono_font(), self)
        self.tree = QTreeView()
        self._set_up_tree()
        self.filter = FilterField("Find a module", "Filter modules")
        self.filter.setObjectName("graph-modules-filter")
        self.filter.textChanged.connect(self._on_filter)
        self.filter.left_downwards.connect(self.tree.setFocus)
        self.dearest = IconButton("Most expensive")
        self.dearest.setObjectName("graph-modules-dearest")
        self.dearest.setToolTip("Select the module with the most MACs, or of what the tree is sorted by")
        self.dearest.clicked.connect(self._select_dearest)
        fold = IconToolButton("Close all modules", "collapse")
        fold.clicked.connect(self._open_first)
        line = QHBoxLayout()
        line.setSpacing(GRID)
        line.addWidget(self.filter, 1)
        line.addWidget(self.dearest)
        line.addWidget(fold)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addWidget(self.strip)
        column.addLayout(line)
        column.addWidget(self.tree, 1)
        self._state.changed.connect(self._show)
        self._state.numbers.changed.connect(self._show)
        self._state.selection.changed.connect(self._follow)
        self._show()

    def _set_up_tree(self) -> None:
        tree = self.tree
        tree.setObjectName("graph-modules")
        tree.setAccessibleName("Modules with what they cost")
        tree.setModel(self.model)
        tree.setUniformRowHeights(True)
        tree.setSortingEnabled(True)
        tree.setItemDelegateForColumn(NAME, NameDelegate(tree))
        for column in range(1, len(COLUMNS)):
            tree.setItemDelegateForColumn(column, TreeShareDelegate(tree))
        header = tree.header()
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
        header.setStretchLastSection(False)
        header.setSectionsMovable(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setFirstSectionMovable(False)
        for column in range(1, len(COLUMNS)):
            tree.setColumnWidth(column, self._least_width(column))
        header.setMinimumSectionSize(56)
        state = self._settings.state(_KEY)
        if not state.isEmpty() and header.restoreState(state):
            self.model.sort(header.sortIndicatorSection(), header.sortIndicatorOrder())
        for signal in (header.sectionResized, header.sectionMoved, header.sortIndicatorChanged):
            signal.connect(self._remember)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._choose_columns)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        tree.customContextMenuRequested.connect(self._on_menu)
        copy = QAction("Copy module path", tree)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self._copy_path)
        tree.addAction(copy)
        tree.selectionModel().currentRowChanged.connect(self._on_current)

    # Showing

    def _show(self) -> None:
        is_other = self.model.show_graph(self._state.graph, self._state.numbers.costs)
        self.dearest.setEnabled(self._state.numbers.costs is not None)
        if is_other:
            self._open_first()
            self._follow(self._state.selection.current)

    def _open_first(self) -> None:
        """The first level, and those below it as long as that is not much to read."""
        self.tree.collapseAll()
        level, rows = [self.model.index(row, 0) for row in range(self.model.rowCount())][:1], 1
        while level and rows <= _OPEN_ROWS:
            below = [self.model.index(row, 0, one) for one in level for row in range(self.model.rowCount(one))]
            rows += len(below)
            if rows > _OPEN_ROWS and len(level) > 1:
                return
            for one in level:
                self.tree.expand(one)
            level = below

    def _follow(self, pick: Pick | None) -> None:
        """Show where the selection is, without selecting anything."""
        graph = self._state.graph
        group = -1
        if graph is not None and isinstance(pick, GroupPick):
            group = pick.group
        elif graph is not None and isinstance(pick, NodePick):
            group = graph.ints("node_group")[pick.node]
        index = self.model.index_of(group)
        self._is_following = True
        if index.isValid():
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self.tree.selectionModel().setCurrentIndex(index, flags)
            self.tree.scrollTo(index)
        elif pick is None:
            self.tree.clearSelection()
        self._is_following = False

    def _on_current(self, index: QModelIndex) -> None:
        group = self.model.group(index)
        is_chosen = self.tree.selectionModel().isSelected(index)  # with the focus Qt makes the first row current only
        if group >= 0 and is_chosen and not self._is_following:
            self._state.selection.select(GroupPick(group))

    def _on_filter(self, text: str) -> None:
        with QSignalBlocker(self.tree.selectionModel()):
            self.model.set_filter(text)
        if text and self.model.shown <= _OPEN_FOUND:
            self.tree.expandAll()
        else:
            self._open_first()
        self._follow(self._state.selection.current)

    def _select_dearest(self) -> None:
        column = self.tree.header().sortIndicatorSection()
        figure = self.model.figure_at(column) if column >= FIRST_FIGURE else "macs"
        group = self.model.dearest(figure)
        if group < 0:  # a graph without a multiply-accumulate
            group = self.model.dearest("flops")
        if group >= 0:
            self.filter.clear()
            self._state.selection.select(GroupPick(group))

    # Columns and menus

    def _remember(self) -> None:
        self._settings.set_state(_KEY, self.tree.header().saveState())

    def _choose_columns(self, position: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for column in range(1, len(COLUMNS)):
            action = menu.addAction(COLUMNS[column])
            action.setCheckable(True)
            action.setChecked(not self.tree.isColumnHidden(column))
            action.toggled.connect(lambda is_on, column=column: self._show_column(column, is_shown=is_on))
        menu.popup(self.tree.header().mapToGlobal(position))

    def _show_column(self, column: int, *, is_shown: bool) -> None:
        self._settings.set_text(_CHOSEN_KEY, "yes")
        self.tree.setColumnHidden(column, not is_shown)
        self._remember()

    def _fit_columns(self) -> None:
        if self._settings.text(_CHOSEN_KEY):
            return
        columns = [column_of(key) for key in _BY_ROOM]
        needed = itertools.accumulate(map(self._least_width, columns), initial=_NAME_WIDTH + _SCROLL_BAR)
        room = sum(width <= self.width() for width in needed) - 1
        shown = {*columns[: max(1, room)]}
        for column in range(1, len(COLUMNS)):
            self.tree.setColumnHidden(column, column not in shown)

    def _least_width(self, column: int) -> int:
        """Room for a figure, and for the title above it."""
        titled = self.tree.header().fontMetrics().horizontalAdvance(COLUMNS[column]) + _AROUND_TITLE
        return max(_FIGURE_WIDTH, titled)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many figures as there is room for."""
        super().resizeEvent(event)
        self._fit_columns()

    def _on_menu(self, position: QPoint) -> None:
        index = self.tree.indexAt(position)
        group = self.model.group(index)
        graph = self._state.graph
        if group < 0 or graph is None:
            return
        path = graph.text("group_path", group)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if path:
            nodes = menu.addAction(icon("filter"), "Show its nodes in the table")
            nodes.triggered.connect(lambda: self._state.filter_wanted.emit(f'under:"{path}"'))
            menu.addAction(icon("copy"), "Copy module path").triggered.connect(self._copy_path)
        cell = str(index.data(COPY_ROLE))
        menu.addAction(icon("copy"), "Copy cell").triggered.connect(lambda: QGuiApplication.clipboard().setText(cell))
        menu.addSeparator()
        row = index.siblingAtColumn(0)
        menu.addAction(icon("expand"), "Open all in it").triggered.connect(lambda: self.tree.expandRecursively(row))
        menu.addAction(icon("collapse"), "Close").triggered.connect(lambda: self.tree.collapse(row))
        menu.popup(self.tree.viewport().mapToGlobal(position))

    def _copy_path(self) -> None:
        graph = self._state.graph
        group = self.model.group(self.tree.currentIndex())
        if graph is not None and group >= 0:
            QGuiApplication.clipboard().setText(graph.text("group_path", group))
