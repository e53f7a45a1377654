"""A runner's colour as a small picture."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from modelpack_gui.ui.look.runner_colors import Look

_SIDE = 12  # logical pixels


def swatch(look: Look) -> QIcon:
    """A small square of the colour; hollow and dashed for a runner whose lines are dashed."""
    picture = QPixmap(2 * _SIDE, 2 * _SIDE)
    picture.fill(Qt.GlobalColor.transparent)
    picture.setDevicePixelRatio(2.0)  # crisp on dense screens
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    color = QColor(look.color)
    if look.is_dashed:
        painter.setPen(_dashed(color))
        painter.drawRoundedRect(QRectF(2.0, 2.0, _SIDE - 4.0, _SIDE - 4.0), 1.5, 1.5)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawRoundedRect(QRectF(1.0, 1.0, _SIDE - 2.0, _SIDE - 2.0), 2.5, 2.5)
    painter.end()
    return QIcon(picture)


def _dashed(color: QColor) -> QPen:
    pen = QPen(color, 2.0)
    pen.setDashPattern([1.6, 0.9])
    return pen
