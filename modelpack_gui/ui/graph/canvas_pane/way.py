"""Where one is in the graph, and what is left out of it: a line on the canvas, which takes no row of the page."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from modelpack_gui.core import figures as fmt
from modelpack_gui.core.records.graph_layout import LayoutReport
from modelpack_gui.ui.graph.canvas.view import GraphCanvas
from modelpack_gui.ui.graph.canvas_pane.breadcrumbs import Breadcrumbs
from modelpack_gui.ui.look.theme import GRID, SPACING, theme
from modelpack_gui.ui.widgets.basics import IconLabel

_GAP = 2
_OPAQUE = 225
"""Of 255: what lies under the line is to be guessed, and not to be read with it."""


class CanvasWay(QWidget):
    """Lies in the upper left corner, as wide as what it says.

    Attributes:
        crumbs: The way to what is selected.
    """

    def __init__(self, canvas: GraphCanvas) -> None:
        super().__init__(canvas)
        self.setObjectName("canvas-way")
        self.crumbs = Breadcrumbs(canvas)
        self._facts = QLabel()
        self._facts.setProperty("role", "muted")
        self._facts.setObjectName("canvas-facts")
        self._notes = IconLabel("info", 16, is_muted=True)
        self._notes.setObjectName("canvas-notes")
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID, 0, GRID, 0)
        row.setSpacing(SPACING)
        row.addWidget(self.crumbs, 1)
        row.addWidget(self._facts)
        row.addWidget(self._notes)
        self.show_report(None)
        self._canvas = canvas
        canvas.installEventFilter(self)

    def show_report(self, report: LayoutReport | None) -> None:
        """Say what is hidden, and hold ready what else the layout says."""
        hidden = report.hidden_count if report is not None else 0
        self._facts.setText(f"{fmt.count(hidden)} hidden" if hidden else "")
        self._facts.setVisible(bool(hidden))
        notes = report.notes if report is not None else ()
        self._notes.setVisible(bool(notes))
        self._notes.setToolTip("\n".join(notes))
        self._notes.setAccessibleName(" ".join(notes))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The canvas has another size."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        """What it says is longer or shorter."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 (Qt's signature)
        """Lay a sheet under the text."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        sheet = QColor(theme().colors.base)
        sheet.setAlpha(_OPAQUE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(sheet)
        painter.drawRoundedRect(QRectF(self.rect()), GRID, GRID)
        painter.end()

    def _place(self) -> None:
        hint, canvas = self.sizeHint(), self._canvas
        self.setGeometry(_GAP, _GAP, min(hint.width(), canvas.width() - 2 * _GAP), hint.height())
