"""A traceback whose lines of code are links."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QTextCursor
from PySide6.QtWidgets import QTextEdit, QWidget

from modelpack_gui.core.explain.explanation import SourcePlace
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.models.traceback_places import PlaceInText, places_in
from modelpack_gui.ui.widgets.mono_block import MonoBlock


class TracebackBlock(MonoBlock):
    """A click on `File "…", line 12` goes there; so does Return on a line that has one."""

    place_wanted = Signal(object)  # SourcePlace

    def __init__(self, text: str = "", max_lines: int = 16, parent: QWidget | None = None) -> None:
        self._places: list[PlaceInText] = []
        super().__init__(text, max_lines, parent)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)

    def set_text(self, text: str) -> None:
        """Show another text."""
        super().set_text(text)
        self._places = places_in(self.toPlainText())
        self._draw_links()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A hand over a link."""
        super().mouseMoveEvent(event)
        is_link = self._place_at(event.position().toPoint()) is not None
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if is_link else Qt.CursorShape.IBeamCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Follow a link, unless text was being selected."""
        super().mouseReleaseEvent(event)
        place = self._place_at(event.position().toPoint())
        is_click = event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection()
        if place is not None and is_click:
            self.place_wanted.emit(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return follows the link in the line of the caret."""
        block = self.textCursor().block()
        here = range(block.position(), block.position() + block.length())
        found = next((one.place for one in self._places if one.start in here), None)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and found is not None:
            self.place_wanted.emit(found)
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_links()

    def _place_at(self, position: QPoint) -> SourcePlace | None:
        at = self.cursorForPosition(position).position()
        return next((one.place for one in self._places if one.start <= at < one.start + one.length), None)

    def _draw_links(self) -> None:
        links = []
        for one in self._places:
            link = QTextEdit.ExtraSelection()
            link.format.setForeground(QColor(theme().colors.accent))
            link.format.setFontUnderline(True)
            link.cursor = QTextCursor(self.document())
            link.cursor.setPosition(one.start)
            link.cursor.setPosition(one.start + one.length, QTextCursor.MoveMode.KeepAnchor)
            links.append(link)
        self.setExtraSelections(links)
