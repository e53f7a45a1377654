"""The line above a table of the graph page: its filter, how many rows that leaves, and the way to a hidden one."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.ui.graph.tables.graph_table import GraphTable
from modelpack_gui.ui.look.theme import GRID, SPACING
from modelpack_gui.ui.widgets.basics import IconButton
from modelpack_gui.ui.widgets.filter_field import FilterField


class FilterLine(QWidget):
    """Typing narrows; a row that is selected elsewhere and hidden here is one click away."""

    typed = Signal(str)
    left_downwards = Signal()

    def __init__(self, name: str, placeholder: str, tooltip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = FilterField(placeholder, placeholder)
        self.field.setObjectName(f"{name}-filter")
        self.field.setToolTip(tooltip)
        self.field.setMinimumWidth(90)
        self.field.setAcceptDrops(False)  # a file that is dropped is opened, here as everywhere
        self.count = QLabel()
        self.count.setObjectName(f"{name}-count")
        self.count.setProperty("role", "muted")
        self._hidden = IconButton("", role="link")
        self._hidden.setObjectName(f"{name}-hidden")
        self._hidden.setToolTip("Empty the filter, and show it in the table")
        self._hidden.clicked.connect(self.field.clear)
        self._hidden.hide()
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
        row.addWidget(self.field, 1)
        row.addWidget(self.count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(row)
        column.addWidget(self._hidden, 0, Qt.AlignmentFlag.AlignLeft)
        self.field.textChanged.connect(self.typed)
        self.field.left_downwards.connect(self.left_downwards)

    def stand_above(self, table: GraphTable, around: QWidget) -> None:
        """Lay itself out above its table, as all there is in `around`; Down leads into the table."""
        column = QVBoxLayout(around)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self)
        column.addWidget(table, 1)
        self.left_downwards.connect(table.take_focus)

    @property
    def text(self) -> str:
        """What is typed."""
        return self.field.text()

    def focus(self) -> None:
        """Start typing."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def show_count(self, shown: int, total: int) -> None:
        """How many rows there are."""
        self.count.setText(fmt.count(total) if shown == total else f"{fmt.count(shown)} of {fmt.count(total)}")
        self.count.setToolTip(f"{fmt.count(shown)} of {fmt.count(total)} are shown")

    def show_hidden(self, what: str) -> None:
        """What is selected and hidden by the filter; empty for nothing."""
        self._hidden.setText(f"{what} is selected, and hidden by the filter")
        self._hidden.setVisible(bool(what))
