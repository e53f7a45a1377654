"""The strip left of the source: a mark of shape and colour, and the number of each line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from modelpack_gui.ui.look.theme import GRID, SPACING, status_pixmap, theme
from modelpack_gui.ui.models.source_marks import LineMarks
from modelpack_gui.ui.models.source_marks_text import line_tooltip
from modelpack_gui.ui.plain_text import plain_tooltip

if TYPE_CHECKING:
    from modelpack_gui.ui.widgets.code.source_editor import SourceEditor

_MARK = 14


class SourceGutter(QWidget):
    """Belongs to a SourceEditor and scrolls with it."""

    def __init__(self, editor: SourceEditor) -> None:
        super().__init__(editor)
        self._editor = editor
        self.setObjectName("source-gutter")
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        """Wide enough for the last line's number."""
        return QSize(self.wanted_width(), 0)

    def wanted_width(self) -> int:
        """Mark, number, and room around them."""
        digits = max(3, len(str(self._editor.blockCount())))
        return _MARK + digits * self._editor.fontMetrics().horizontalAdvance("9") + 3 * GRID + SPACING

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what is in view."""
        editor, colors = self._editor, theme().colors
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(colors.window))
        painter.setFont(editor.font())
        for line, place in editor.visible_lines(event.rect()):
            top, height = round(place.top()), round(place.height())
            painter.setPen(QColor(colors.text if line == editor.line else colors.muted))
            painter.drawText(
                QRect(0, top, self.width() - SPACING, height),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                str(line),
            )
            found = editor.marks.get(line)
            if found is not None and found.marks:
                gravest = found.marks[0]
                color = colors.muted if gravest.is_stale else theme().status_color(gravest.status)
                painter.drawPixmap(GRID, top + (height - _MARK) // 2, status_pixmap(gravest.status, _MARK, color))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on a mark shows what points here."""
        line = self._editor.line_at(round(event.position().y()))
        if line in self._editor.marks:
            self._editor.marks_wanted.emit(line, event.globalPosition().toPoint())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A hand over a mark."""
        is_marked = self._marks_at(round(event.position().y())) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if is_marked else Qt.CursorShape.ArrowCursor)

    def event(self, event: QEvent) -> bool:
        """Hover tells what a mark says."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self._marks_at(event.pos().y())
            QToolTip.showText(
                event.globalPos(), plain_tooltip(line_tooltip(found)) if found is not None else "", self
            )
            return True
        return super().event(event)

    def _marks_at(self, y: int) -> LineMarks | None:
        return self._editor.marks.get(self._editor.line_at(y))
