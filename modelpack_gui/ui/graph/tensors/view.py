"""A stored tensor, seen: its statistics and histogram, a heat map or table of a slice, and a way to save it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.ui.background import Check
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.selection import NodePick, Pick, ValuePick
from modelpack_gui.ui.graph.tensors.heat_map import TensorHeatMap
from modelpack_gui.ui.graph.tensors.stats_section import stats_rows
from modelpack_gui.ui.graph.tensors.stored_values import is_stored, main_tensor
from modelpack_gui.ui.graph.tensors.table import TensorTable
from modelpack_gui.ui.inspection import Histogram
from modelpack_gui.ui.look.theme import SPACING, heading_font
from modelpack_gui.ui.new_file import ask_where
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import ElidedLabel, IconButton, wrapped_label
from modelpack_gui.ui.widgets.charts.histogram import HistogramView
from modelpack_gui.ui.widgets.empty_state import EmptyState
from modelpack_gui.ui.widgets.error_panel import ErrorPanel
from modelpack_gui.ui.widgets.property_rows import PropertyRows
from modelpack_gui.ui.widgets.segments import Segments
from modelpack_gui.ui.widgets.values.axes import AxisPicker

if TYPE_CHECKING:
    from modelpack_gui.ui.arrays.pooling import SliceChoice

HEAT_MAP, TABLE = "heat-map", "table"
_VIEW_KEY, _SPLIT_KEY = "tensor/view", "splits/tensor"
_LONGEST_NAME = 80


class TensorView(QWidget):
    """Follows the selection of the graph while it is shown, as far as that stands for a stored tensor."""

    def __init__(self, controller: Controller, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tensor-view")
        self._controller = controller
        self._settings = settings
        self.source = controller.graph.tensors
        self.title = ElidedLabel("")
        self.title.setFont(heading_font())
        self.facts = ElidedLabel("", Qt.TextElideMode.ElideRight)
        self.facts.setProperty("role", "muted")
        self.choice = Segments(
            {HEAT_MAP: "Heat map", TABLE: "Values"},
            {HEAT_MAP: "A slice as colours", TABLE: "A slice as numbers"},
        )
        self.choice.chosen.connect(self.show_view)
        self.save_button = IconButton("Save as .npy…", "save")
        self.save_button.setObjectName("tensor-save")
        self.save_button.setToolTip("All elements, as numpy.load reads them")
        self.save_button.clicked.connect(self._on_save_wanted)
        self.axes = AxisPicker()
        self.axes.picked.connect(self._show_slice)
        self.heat_map = TensorHeatMap(self.source, settings)
        self.heat_map.picture_failed.connect(controller.message_raised)
        self.table = TensorTable(self.source)
        self.note = wrapped_label("", is_muted=True)
        self._lay_out()
        kept = settings.text(_VIEW_KEY)
        self.choice.set_value(kept if kept in (HEAT_MAP, TABLE) else HEAT_MAP)
        self.source.changed.connect(self._on_changed)
        self.source.described.connect(self._show_stats)
        controller.graph.selection.changed.connect(self._on_selected)
        self._on_changed()

    def show_tensor(self, value: int) -> None:
        """Look at a tensor, by its number in the graph."""
        self.source.show(value)

    def show_view(self, view: str) -> None:
        """Go to the heat map or the table."""
        self.choice.set_value(view)
        self._settings.set_text(_VIEW_KEY, view)
        self._show_what_there_is()

    def showEvent(self, event: QShowEvent) -> None:
        """From now on it follows the selection, which may be there already."""
        super().showEvent(event)
        if self.source.value < 0:
            self._on_selected(self._controller.graph.selection.current)

    # Building

    def _lay_out(self) -> None:
        self._stats = QWidget()
        self._stats_column = QVBoxLayout(self._stats)
        self._stats_column.setContentsMargins(0, 0, SPACING, 0)
        self._stats_column.setSpacing(SPACING)
        scroll = QScrollArea()
        scroll.setAccessibleName("Statistics")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._stats)
        scroll.setMinimumWidth(180)
        self._error = ErrorPanel(self._controller)
        self._nothing = EmptyState("matrix", "Select an initializer, or a node that reads one, to see its values.")
        self._waiting = wrapped_label("", is_muted=True)
        self._waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._views = QStackedWidget()
        for view in (self.heat_map, self.table, self._waiting):
            self._views.addWidget(view)
        slices = QWidget()
        column = QVBoxLayout(slices)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        steering = QHBoxLayout()
        steering.setSpacing(SPACING)
        steering.addWidget(self.axes, 1000)
        steering.addStretch(1)  # a tensor of one axis has none to choose
        steering.addWidget(self.heat_map.log_box)
        steering.addWidget(self.heat_map.all_button)
        column.addLayout(steering)
        column.addWidget(self._views, 1)
        column.addWidget(self.note)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(scroll)
        self.splitter.addWidget(slices)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([240, 700])
        self.splitter.restoreState(self._settings.state(_SPLIT_KEY))
        self.splitter.splitterMoved.connect(lambda: self._settings.set_state(_SPLIT_KEY, self.splitter.saveState()))
        told = QVBoxLayout()
        told.setSpacing(0)
        told.addWidget(self.title)
        told.addWidget(self.facts)
        top = QHBoxLayout()
        top.setSpacing(SPACING)
        top.addLayout(told, 1)
        top.addWidget(self.choice)
        top.addWidget(self.save_button)
        shown = QWidget()
        inner = QVBoxLayout(shown)
        inner.setContentsMargins(12, SPACING, 12, SPACING)
        inner.setSpacing(SPACING)
        inner.addLayout(top)
        inner.addWidget(self.splitter, 1)
        broken = QWidget()
        around = QVBoxLayout(broken)
        around.addWidget(self._error)
        around.addStretch(1)
        self._stack = QStackedWidget()
        for page in (self._nothing, shown, broken):
            self._stack.addWidget(page)
        self._shown, self._broken = shown, broken
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)

    # Showing

    def _on_selected(self, pick: Pick | None) -> None:
        graph = self._controller.graph.graph
        if graph is None or not self.isVisible():
            return
        value = -1
        if isinstance(pick, NodePick):
            value = main_tensor(graph, pick.node)
        elif isinstance(pick, ValuePick) and is_stored(graph, pick.value):
            value = pick.value
        if value >= 0:
            self.source.show(value)

    def _on_changed(self) -> None:
        source = self.source
        if source.error is not None:
            self._error.show_error(source.error)
            self._stack.setCurrentWidget(self._broken)
            return
        self._stack.setCurrentWidget(self._nothing if source.info is None else self._shown)
        if source.info is None:
            self.heat_map.show_slice(None)
            self.table.values.set_slice(None)
            return
        self.title.set_text(source.info.name)
        elements = source.elements
        shape = elements.shape if elements is not None else ()
        self.axes.set_shape(shape, (0,) * len(shape))
        self.save_button.setEnabled(elements is not None)
        self._tell()
        self._show_stats()
        self._show_slice()

    def _tell(self) -> None:
        source = self.source
        assert source.info is not None
        parts = [source.info.dtype, source.info.shape_text]
        if source.elements is not None:
            found = source.elements.found
            parts.append(fmt.plural(source.elements.size, "element"))
            parts.append("copied to be read" if found.is_copy else f"in {Path(found.file).name}")
        self.facts.set_text("  ·  ".join(part for part in parts if part))

    def _show_stats(self) -> None:
        while (item := self._stats_column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()  # what follows is drawn in its place, perhaps before it is gone
                widget.deleteLater()
        stats = self.source.stats
        if stats is None and not self.source.is_describing:
            button = IconButton("Make statistics", "run")
            failure = self.source.stats_error
            if failure is not None:
                self._stats_column.addWidget(wrapped_label(failure.message, is_muted=True))
            button.setToolTip("Try again" if failure is not None else "This may take a while")
            button.clicked.connect(self.source.describe)
            self._stats_column.addWidget(button)
        elif stats is None:
            self._stats_column.addWidget(wrapped_label("Statistics: reading…", is_muted=True))
        else:
            if any(stats.counts):
                self._stats_column.addWidget(HistogramView(Histogram(stats.counts, stats.edges)))
            self._stats_column.addWidget(PropertyRows(tuple(stats_rows(stats)), None))
        self._stats_column.addStretch(1)

    def _show_slice(self) -> None:
        choice = self._slice()
        self.heat_map.show_slice(choice if not self._is_text() else None)
        self.table.values.set_slice(choice)
        rows, columns = self.table.values.limits
        cut = [fmt.plural(number, noun) for number, noun in ((rows, "row"), (columns, "column")) if number]
        self.note.setText(f"{' and '.join(cut)} of this slice are left out of the table." if cut else "")
        self._show_what_there_is()

    def _slice(self) -> SliceChoice | None:
        if self.source.elements is None or not self.source.elements.size:
            return None
        from modelpack_gui.ui.arrays.pooling import SliceChoice

        return SliceChoice(self.axes.index, self.axes.row_axis, self.axes.column_axis)

    def _is_text(self) -> bool:
        return self.source.elements is not None and self.source.elements.is_text

    def _show_what_there_is(self) -> None:
        is_table = self.choice.value == TABLE
        why = ""
        if self.source.is_reading:
            why = self._controller.graph.jobs.lone_text or "Finding the values…"
        elif self.source.elements is not None and not self.source.elements.size:
            why = "This tensor has no elements."
        elif self._is_text() and not is_table:
            why = "Strings have no colours: see the values."
        self._waiting.setText(why)
        for widget in (self.heat_map.log_box, self.heat_map.all_button):
            widget.setVisible(not is_table and not why)
        self._views.setCurrentWidget(self._waiting if why else self.table if is_table else self.heat_map)
        self.note.setVisible(is_table and bool(self.note.text()))

    # Saving

    def _on_save_wanted(self) -> None:
        info = self.source.info
        if info is None or self.source.elements is None:
            return
        name = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in info.name)
        suggested = f"{name[-_LONGEST_NAME:] or 'tensor'}.npy"
        path = ask_where(self, self._settings, "tensor", "Save the tensor", suggested, "NumPy array (*.npy)")
        if path is not None:
            self.save(path)

    def save(self, path: Path) -> None:
        """Write all elements to a file."""
        elements = self.source.elements
        assert elements is not None

        def work(check: Check) -> None:
            elements.save(path, check)

        def ended(_result: object, error: ErrorInfo | None) -> None:
            self.save_button.setEnabled(True)
            if error is not None:
                self._controller.message_raised.emit(error)
            else:
                self.facts.set_text(f"Saved to {path}")

        self.save_button.setEnabled(False)
        self.source.run("save", work, ended)
