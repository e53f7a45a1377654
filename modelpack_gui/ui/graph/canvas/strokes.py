"""Many rectangles, lines and triangles in one call each, straight from numpy arrays.

QPainter takes a pointer and a number; a list of thousands of QLineF would take longer to make than to draw.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import numpy as np
import shiboken6
from PySide6.QtCore import QByteArray, QDataStream, QLineF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPaintDevice, QPainter, QPainterPath, QPen

from modelpack_gui.ui.graph.canvas.arrays import Floats
from modelpack_gui.ui.graph.canvas.look import Argb

_ELEMENT = np.dtype([("type", ">i4"), ("x", ">f8"), ("y", ">f8")])
"""One element of a QPainterPath, as QDataStream spells it."""


@contextmanager
def painting(device: QPaintDevice) -> Iterator[QPainter]:
    """A painter that ends whatever happens: one that a traceback keeps alive would paint on what is gone."""
    painter = QPainter(device)
    try:
        yield painter
    finally:
        painter.end()


def draw_rects(painter: QPainter, rects: Floats) -> None:
    """Rectangles, (n, 4): left, top, width, height."""
    if len(rects):
        kept = np.ascontiguousarray(rects, dtype=np.float64)
        painter.drawRects(cast("QRectF", shiboken6.wrapInstance(kept.ctypes.data, QRectF)), len(kept))


def draw_lines(painter: QPainter, lines: Floats) -> None:
    """Lines, (n, 4): x, y, x, y."""
    if len(lines):
        kept = np.ascontiguousarray(lines, dtype=np.float64)
        painter.drawLines(cast("QLineF", shiboken6.wrapInstance(kept.ctypes.data, QLineF)), len(kept))


def fill_rects(painter: QPainter, rects: Floats, colors: Argb, border: QPen | None = None) -> None:
    """Rectangles, each in its colour, with one border for all."""
    painter.setPen(border or QPen(Qt.PenStyle.NoPen))
    order = np.argsort(colors, kind="stable")
    ordered = colors[order]
    cuts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    for part in np.split(order, cuts):
        if len(part):
            painter.setBrush(QColor.fromRgba(int(colors[part[0]])))
            draw_rects(painter, rects[part])


def triangles(tips: Floats, along: Floats, length: float, width: float) -> QPainterPath:
    """Heads of arrows as one path.

    Args:
        tips: (n, 2), where they point to.
        along: (n, 2), unit vectors: the direction they point in.
    """
    count = len(tips)
    across = np.column_stack([-along[:, 1], along[:, 0]]) * (width / 2)
    back = tips - along * length
    corners = np.stack([tips, back + across, back - across, tips], axis=1)
    elements = np.empty((count, 4), dtype=_ELEMENT)
    elements["type"] = [0, 1, 1, 1]  # one move, then lines
    elements["x"], elements["y"] = corners[..., 0], corners[..., 1]
    counts = np.array([4 * count], dtype=">i4").tobytes()
    rest = np.array([0, 1], dtype=">i4").tobytes()  # where the last part begins; the winding rule
    path = QPainterPath()
    QDataStream(QByteArray(counts + elements.tobytes() + rest)) >> path
    return path


def fill_triangles(
    painter: QPainter, tips: Floats, along: Floats, length: float, width: float, color: QColor
) -> None:
    """Heads of arrows in one colour."""
    if len(tips):
        painter.fillPath(triangles(tips, along, length, width), QBrush(color))
