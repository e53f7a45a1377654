"""The chosen pair below the list: property by property, or drawn with what is around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QStackedWidget, QVBoxLayout, QWidget

from modelpack_gui.ui.graph.comparison.compared import Compared, PairRow
from modelpack_gui.ui.graph.comparison.pair_rows import LINE_COLUMNS, Line, pair_lines, pair_title
from modelpack_gui.ui.graph.state import GraphState
from modelpack_gui.ui.look.theme import SPACING, mono_font
from modelpack_gui.ui.models.record_table import RecordTableModel
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import ElidedLabel
from modelpack_gui.ui.widgets.data_table import DataTable
from modelpack_gui.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.comparison.canvases import CompareCanvases

LIST, DRAWING = "list", "drawing"
_MODE_KEY = "compare/pair"


class PairView(QWidget):
    """Either of two ways to look at a pair; the drawing is made when it is first wanted."""

    row_wanted = Signal(object)  # PairRow
    mode_changed = Signal(str)

    def __init__(self, state: GraphState, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state, self._settings = state, settings
        self._compared: Compared | None = None
        self._row: PairRow | None = None
        self.canvases: CompareCanvases | None = None
        self.lines: RecordTableModel[Line] = RecordTableModel(LINE_COLUMNS, mono_font(), self)
        self.table = DataTable(self.lines, "compare-pair", "The two nodes of the pair")
        header = self.table.horizontalHeader()
        header.setStretchLastSection(False)
        for side in (1, 2):  # of one width, whatever is in them
            header.setSectionResizeMode(side, QHeaderView.ResizeMode.Stretch)
        self.title = ElidedLabel("", Qt.TextElideMode.ElideMiddle)
        self.title.setFont(mono_font())
        self.modes = Segments(
            {LIST: "List", DRAWING: "Drawing"},
            {LIST: "Property by property", DRAWING: "What is around the two nodes, side by side"},
        )
        self.modes.setAccessibleName("How to show the pair")
        self.modes.set_value(DRAWING if settings.text(_MODE_KEY) == DRAWING else LIST)
        self.modes.chosen.connect(self._on_mode)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table)
        head = QHBoxLayout()
        head.setSpacing(SPACING)
        head.addWidget(self.title, 1)
        head.addWidget(self.modes)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACING // 2, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addLayout(head)
        column.addWidget(self._stack, 1)

    @property
    def row(self) -> PairRow | None:
        """What is shown."""
        return self._row

    def show_row(self, compared: Compared | None, row: PairRow | None) -> None:
        """Show another pair; None shows none."""
        self._compared, self._row = compared, row
        if compared is None or row is None:
            self.lines.set_records([])
            self.title.set_text("")
        else:
            self.title.set_text(pair_title(compared, row))
            self.lines.set_records(pair_lines(compared, row))
        self._draw()

    def _on_mode(self, mode: str) -> None:
        self._settings.set_text(_MODE_KEY, mode)
        self._draw()
        self.mode_changed.emit(mode)

    def _draw(self) -> None:
        if self.modes.value != DRAWING:
            self._stack.setCurrentWidget(self.table)
            return
        if self.canvases is None:
            if self._row is None:
                return
            from modelpack_gui.ui.graph.comparison.canvases import CompareCanvases  # numpy, when something is drawn

            self.canvases = CompareCanvases(self._state)
            self.canvases.row_wanted.connect(self.row_wanted)
            self._stack.addWidget(self.canvases)
        self.canvases.show_row(self._compared, self._row)
        self._stack.setCurrentWidget(self.canvases)
