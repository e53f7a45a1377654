"""Python to read: line numbers, marks beside the lines, and how many graph nodes each line made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QTextFormat,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QToolTip, QWidget

from modelpack_gui.ui.look.theme import GRID, SPACING, mono_font, theme
from modelpack_gui.ui.models.source_marks import FileMarks, LineMarks
from modelpack_gui.ui.models.source_marks_text import line_tooltip, nodes_text
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.widgets.code.highlighter import CodeHighlighter
from modelpack_gui.ui.widgets.code.source_gutter import SourceGutter

FLASH_MS = 1500
_ABOVE = 0.35  # of the height is left above a line that is gone to


class SourceEditor(QPlainTextEdit):
    """Read-only. `marks_wanted` tells that the marks of a line were clicked, or asked for with Return."""

    marks_wanted = Signal(int, QPoint)  # line from 1, and where to show them

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marks: FileMarks = {}
        self._matches: Sequence[QTextCursor] = ()
        self._highlighter = CodeHighlighter(self.document())
        self._gutter = SourceGutter(self)
        self.setObjectName("source-editor")
        self.setAccessibleName("Source code")
        self.setReadOnly(True)
        self.setFont(mono_font())
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._flash = QTimer(self, singleShot=True, interval=FLASH_MS)
        self._flash.timeout.connect(self._highlight)
        self.blockCountChanged.connect(lambda _count: self._make_room())
        self.updateRequest.connect(self._on_update_request)
        self.cursorPositionChanged.connect(self._highlight)
        self.viewport().setMouseTracking(True)
        self._make_room()
        self._highlight()

    # What is shown

    @property
    def line(self) -> int:
        """Of the caret, from 1."""
        return self.textCursor().blockNumber() + 1

    @property
    def marks(self) -> FileMarks:
        """What points to the lines."""
        return self._marks

    def set_code(self, text: str) -> None:
        """Show another text; caret and scroll position stay where they are in lines."""
        line, top, side = self.line, self.verticalScrollBar().value(), self.horizontalScrollBar().value()
        self._matches = ()
        self._highlighter.set_code(text)
        self._move_to(line)
        self.verticalScrollBar().setValue(top)
        self.horizontalScrollBar().setValue(side)

    def set_marks(self, marks: FileMarks) -> None:
        """Show other marks."""
        if marks != self._marks:
            self._marks = marks
            self._gutter.update()
            self.viewport().update()

    def set_matches(self, matches: Sequence[QTextCursor]) -> None:
        """Highlight what a search found."""
        self._matches = matches
        self._highlight()

    def go_to(self, line: int) -> None:
        """Show a line, and flash it so that the eye finds it."""
        self._move_to(line)
        self._flash.start()
        self._scroll_to_line()
        self._highlight()

    @property
    def is_flashing(self) -> bool:
        """Whether the line that was gone to still stands out."""
        return self._flash.isActive()

    def go_to_mark(self, step: int) -> None:
        """Go to the next marked line below, or above with a step of -1; from the end it begins anew."""
        marked = sorted(line for line, found in self._marks.items() if found.marks) or sorted(self._marks)
        marked = [line for line in marked if line <= self.blockCount()]
        if marked:
            after = [line for line in marked if (line > self.line if step > 0 else line < self.line)]
            around = marked[0] if step > 0 else marked[-1]
            self.go_to((after[0] if step > 0 else after[-1]) if after else around)

    def _scroll_to_line(self) -> None:
        in_view = self.viewport().height() // max(1, self.fontMetrics().lineSpacing())
        self.verticalScrollBar().setValue(max(0, self.line - 1 - int(in_view * _ABOVE)))
        self.horizontalScrollBar().setValue(0)

    def _move_to(self, line: int) -> None:
        number = min(max(line, 1), self.blockCount()) - 1
        self.setTextCursor(QTextCursor(self.document().findBlockByNumber(number)))

    # Lines on the screen

    def visible_lines(self, rect: QRect) -> Iterator[tuple[int, QRectF]]:
        """Number and place of each line that a part of the viewport shows."""
        block = self.firstVisibleBlock()
        while block.isValid():
            place = self.place_of(block)
            if place.top() > rect.bottom():
                return
            if place.bottom() >= rect.top():
                yield block.blockNumber() + 1, place
            block = block.next()

    def place_of(self, block: QTextBlock) -> QRectF:
        """Where a line is in the viewport."""
        return self.blockBoundingGeometry(block).translated(self.contentOffset())

    def line_at(self, y: int) -> int:
        """The line at a height; 0 where there is none."""
        return next((line for line, place in self.visible_lines(QRect(0, y, 1, 1)) if place.contains(1, y)), 0)

    def _badge(self, line: int, found: LineMarks) -> QRectF | None:
        """Where the number of nodes is drawn, right of the text."""
        if not found.nodes:
            return None
        block = self.document().findBlockByNumber(line - 1)
        place = self.place_of(block)
        text_width = block.layout().lineAt(0).naturalTextWidth() if block.layout().lineCount() else 0.0
        width = self.fontMetrics().horizontalAdvance(nodes_text(found.nodes)) + 2 * SPACING
        return QRectF(place.left() + text_width + 24, place.top() + 1, width, place.height() - 2)

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """The text, then a badge behind each line that made nodes."""
        super().paintEvent(event)
        colors = theme().colors
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        for line, _place in self.visible_lines(event.rect()):
            found = self._marks.get(line)
            badge = self._badge(line, found) if found is not None else None
            if found is not None and badge is not None:
                painter.setPen(QColor(colors.field_border))
                painter.setBrush(QColor(colors.raised))
                painter.drawRoundedRect(badge, GRID, GRID)
                painter.setPen(QColor(colors.muted if found.is_graph_stale else colors.text))
                painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, nodes_text(found.nodes))
        painter.end()

    def _highlight(self) -> None:
        colors = theme().colors
        current = QTextEdit.ExtraSelection()
        shade = QColor(colors.accent if self.is_flashing else colors.selection)
        shade.setAlpha(90 if self.is_flashing else 110)
        current.format.setBackground(shade)
        current.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
        current.cursor = self.textCursor()
        current.cursor.clearSelection()
        chosen = [current]
        for cursor in self._matches:
            match = QTextEdit.ExtraSelection()
            match.format.setBackground(QColor(colors.warning))
            match.format.setForeground(QColor(colors.base))
            match.cursor = cursor
            chosen.append(match)
        self.setExtraSelections(chosen)
        self._gutter.update()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._highlighter.follow_theme()
            self._highlight()
        elif event.type() == QEvent.Type.FontChange:
            self._make_room()

    def _make_room(self) -> None:
        self.setViewportMargins(self._gutter.wanted_width(), 0, 0, 0)
        self._place_gutter()

    def _place_gutter(self) -> None:
        inside = self.contentsRect()
        self._gutter.setGeometry(inside.left(), inside.top(), self._gutter.wanted_width(), inside.height())

    def _on_update_request(self, rect: QRect, scrolled: int) -> None:
        if scrolled:
            self._gutter.scroll(0, scrolled)
        else:
            self._gutter.update(0, rect.y(), self._gutter.width(), rect.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The gutter is as high; a line just gone to stays in view while a dock opens."""
        super().resizeEvent(event)
        self._place_gutter()
        if self.is_flashing:
            self._scroll_to_line()

    # Mouse and keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return shows what points to the line of the caret; Alt+Down and Alt+Up go to the next marked line."""
        is_alt = event.modifiers() == Qt.KeyboardModifier.AltModifier
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.line in self._marks:
            below = self.cursorRect().bottomLeft()
            self.marks_wanted.emit(self.line, self.viewport().mapToGlobal(below))
        elif is_alt and event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.go_to_mark(1 if event.key() == Qt.Key.Key_Down else -1)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on a badge shows the nodes."""
        line = self._badge_at(event.position().toPoint())
        if line and event.button() == Qt.MouseButton.LeftButton:
            self.marks_wanted.emit(line, event.globalPosition().toPoint())
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A hand over a badge."""
        super().mouseMoveEvent(event)
        is_badge = bool(self._badge_at(event.position().toPoint()))
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if is_badge else Qt.CursorShape.IBeamCursor)

    def viewportEvent(self, event: QEvent) -> bool:
        """Hover tells about a badge."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            line = self._badge_at(event.pos())
            if line:
                QToolTip.showText(event.globalPos(), plain_tooltip(line_tooltip(self._marks[line])), self.viewport())
                return True
        return super().viewportEvent(event)

    def _badge_at(self, position: QPoint) -> int:
        line = self.line_at(position.y())
        found = self._marks.get(line)
        badge = self._badge(line, found) if found is not None else None
        return line if badge is not None and badge.contains(position.toPointF()) else 0


def find_all(editor: QPlainTextEdit, text: str, limit: int) -> list[QTextCursor]:
    """Every place of a text, whatever its case, up to a limit."""
    found: list[QTextCursor] = []
    cursor = QTextCursor(editor.document())
    while text and len(found) < limit:
        cursor = editor.document().find(text, cursor)
        if cursor.isNull():
            break
        found.append(QTextCursor(cursor))
    return found
