"""The legend of a chart: what each colour stands for, and what is hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from modelpack_gui.ui.look.theme import GRID, theme
from modelpack_gui.ui.widgets.flow_layout import FlowLayout

_SWATCH = 14
_WIDEST = 280
_HELP = "Click to hide or show it. Ctrl+click shows only this one."


@dataclass(frozen=True)
class LegendItem:
    """What one colour stands for.

    Attributes:
        key: What tells it from the others.
        dash: Whether its lines are dashed.
        is_valid: False draws it hatched.
        note: For the tooltip.
    """

    key: str
    title: str
    color: str
    dash: bool = False
    is_valid: bool = True
    note: str = ""


class Legend(QWidget):
    """A switch for each item, in rows. It remembers what is hidden, also of items that are not there now."""

    hidden_changed = Signal(object)  # frozenset of keys; by the user

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chart-legend")
        self.setAccessibleName("Legend")
        self.entries: dict[str, LegendEntry] = {}
        self.hidden: frozenset[str] = frozenset()
        self._items: tuple[LegendItem, ...] = ()
        self._flow = FlowLayout(self)
        self._flow.setContentsMargins(2 * GRID, GRID, GRID, 0)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    def show_items(self, items: Sequence[LegendItem]) -> None:
        """Other items; those that were hidden stay so."""
        items = tuple(items)
        if items == self._items:
            return
        self._items = items
        for old in self.entries.values():
            self._flow.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.entries = {}
        for item in items:
            entry = LegendEntry(item, self)
            entry.setChecked(item.key not in self.hidden)
            entry.picked.connect(self._on_picked)
            self._flow.addWidget(entry)
            self.entries[item.key] = entry
            entry.show()
        self.setVisible(bool(items))
        self.updateGeometry()

    def set_hidden(self, hidden: frozenset[str]) -> None:
        """Hide these and no others, without calling it the user's choice."""
        self.hidden = hidden
        for key, entry in self.entries.items():
            entry.setChecked(key not in hidden)

    def paint_all(self, painter: QPainter) -> None:
        """Draw the items that are shown as they stand, for a picture."""
        for entry in self.entries.values():
            if entry.isChecked():
                painter.save()
                painter.translate(entry.pos())
                entry.draw(painter)
                painter.restore()

    def _on_picked(self, key: str, is_alone: bool) -> None:
        here = frozenset(self.entries)
        others = here - {key}
        if is_alone:
            only = self.hidden & here == others
            hidden = self.hidden - here if only else (self.hidden - {key}) | others
        else:
            hidden = self.hidden ^ {key}
        self.set_hidden(hidden)
        self.hidden_changed.emit(hidden)


class LegendEntry(QAbstractButton):
    """One item: a sample of its look, and its title."""

    picked = Signal(str, bool)  # key; whether it shall be the only one

    def __init__(self, item: LegendItem, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.item = item
        self.setObjectName(f"legend-{item.key}")
        self.setCheckable(True)
        self.setText(item.title)
        self.setAccessibleName(item.title)
        self.setAccessibleDescription(_HELP)
        self.setToolTip("\n".join(part for part in (item.title, item.note, _HELP) if part))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._is_alone = False
        self.clicked.connect(self._on_clicked)

    def sizeHint(self) -> QSize:
        """The sample and the title; a very long one is cut."""
        metrics = self.fontMetrics()
        width = min(metrics.horizontalAdvance(self.item.title), _WIDEST)
        return QSize(_SWATCH + 6 + width + 2 * GRID, metrics.height() + GRID)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ctrl means: this one alone."""
        self._is_alone = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        super().mouseReleaseEvent(event)
        self._is_alone = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return as well as space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._is_alone = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self.click()
            self._is_alone = False
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The item, and the keyboard's focus."""
        painter = QPainter(self)
        if self.underMouse():
            painter.fillRect(self.rect(), QColor(theme().colors.selection))
        self.draw(painter)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme().colors.accent), 1.5))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 3, 3)
        painter.end()

    def draw(self, painter: QPainter) -> None:
        """Sample and title, from the upper left corner."""
        colors, item, is_shown = theme().colors, self.item, self.isChecked()
        middle = self.height() / 2
        box = QRectF(GRID, middle - 5, _SWATCH, 10)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_swatch(painter, box, item, is_filled=is_shown)
        font = self.font()
        font.setStrikeOut(not is_shown)
        painter.setFont(font)
        painter.setPen(QColor(colors.text if is_shown else colors.muted))
        left = GRID + _SWATCH + 6
        text = self.fontMetrics().elidedText(item.title, Qt.TextElideMode.ElideMiddle, self.width() - left - 2)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(left, 0, self.width() - left, self.height()), flags, text)
        painter.restore()

    def _on_clicked(self) -> None:
        self.picked.emit(self.item.key, self._is_alone)


def draw_swatch(painter: QPainter, box: QRectF, item: LegendItem, *, is_filled: bool = True) -> None:
    """A little of the item's look: full, with a dashed rim, hatched; only the rim if it is hidden."""
    color = QColor(item.color)
    style = Qt.PenStyle.SolidLine
    brush = QBrush(color)
    if not item.is_valid:
        brush.setStyle(Qt.BrushStyle.BDiagPattern)
    elif item.dash:
        style, brush = Qt.PenStyle.DotLine, QBrush(Qt.BrushStyle.NoBrush)
        if is_filled:
            painter.fillRect(QRectF(box.left(), box.center().y() - 1.5, 6, 3), color)
            painter.fillRect(QRectF(box.right() - 6, box.center().y() - 1.5, 6, 3), color)
            return
    painter.setPen(QPen(color, 1.5, style))
    painter.setBrush(brush if is_filled else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(box.adjusted(0.75, 0.75, -0.75, -0.75), 2, 2)
