"""Pictures of a graph: all of it or what is in view, as PNG or SVG, and dragged to another window."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMimeData, QPointF, QRect, QRectF, QSize, Qt, QUrl
from PySide6.QtGui import QDrag, QFont, QFontMetricsF, QImage, QImageWriter, QPainter, QPixmap
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from modelpack_gui.core.errors import UserError
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.ui.background import Check
from modelpack_gui.ui.graph.canvas.arrays import SceneArrays
from modelpack_gui.ui.graph.canvas.labels import Labels
from modelpack_gui.ui.graph.canvas.look import Look
from modelpack_gui.ui.graph.canvas.painter import Paints, ScenePainter
from modelpack_gui.ui.graph.canvas.strokes import painting
from modelpack_gui.ui.graph.canvas.view import GraphCanvas
from modelpack_gui.ui.graph.overlays.legend_drawing import LegendDrawing
from modelpack_gui.ui.look.colors import LIGHT, Colors
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.new_file import whole_file

MOST_PIXELS = 60_000_000
"""A PNG of more is drawn smaller: at four bytes each it would not fit many a memory."""
LONGEST = 32_000
"""Pixels of a side, at most: QImage takes no longer ones."""
_MARGIN = 24.0
_DRAGGED = 200
_LEGEND_WIDTH = 480  # at least, of a picture with one
_SCALE = 2.0  # crisp in a document


@dataclass(frozen=True)
class Subject:
    """What a picture is of, taken while it is on the screen, so that a thread can draw it afterwards."""

    graph: Graph
    arrays: SceneArrays
    look: Look
    font: QFont
    details: Collection[str]
    paints: Paints
    zoom: float
    area: QRectF
    legend: LegendDrawing | None = None
    colors: Colors = LIGHT

    @classmethod
    def of(
        cls, canvas: GraphCanvas, details: Collection[str], *, is_whole: bool, legend: LegendDrawing | None = None
    ) -> Subject | None:
        """What a canvas shows; None while it shows nothing.

        Args:
            legend: Of the overlay that is drawn; it stands above the graph.
            is_whole: All of the graph at 100 %, else what is in view as large as it is.
        """
        if canvas.graph is None or canvas.arrays is None or canvas.painter is None:
            return None
        bounds, view = canvas.viewport.bounds, canvas.viewport.view
        area = bounds.adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN) if is_whole else view
        zoom = 1.0 if is_whole else canvas.viewport.zoom
        return cls(
            canvas.graph, canvas.arrays, canvas.look, canvas.font(), details, canvas.painter.paints, zoom, area,
            legend, theme().colors,
        )  # fmt: skip

    @property
    def head(self) -> int:
        """Height of the legend with what is around it, pixels at scale 1."""
        return math.ceil(LegendDrawing.height(QFontMetricsF(self.font)) + _MARGIN) if self.legend is not None else 0

    @property
    def size(self) -> QSize:
        """In pixels at scale 1."""
        least = _LEGEND_WIDTH if self.legend is not None else 1
        return QSize(
            max(least, round(self.area.width() * self.zoom)),
            max(1, round(self.area.height() * self.zoom + self.head)),
        )

    def paint(self, painter: QPainter, scale: float = 1.0) -> None:
        """Draw it with its upper left corner at (0, 0), so many times as large."""
        if self.legend is not None:
            place = QRectF(_MARGIN / 2, _MARGIN / 2, self.size.width() - _MARGIN, self.head - _MARGIN)
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.scale(scale, scale)
            painter.fillRect(QRectF(0, 0, self.size.width(), self.size.height()), self.look.background)
            painter.setFont(self.font)
            self.legend.paint(painter, place, self.colors, is_titled=True)
            painter.restore()
        scene = ScenePainter(
            self.graph, self.arrays, Labels(self.graph, self.arrays, self.font, self.details), self.look
        )
        scene.set_paints(self.paints)
        zoom, top = self.zoom * scale, self.head * scale
        shown = QRectF(0, top, self.area.width() * zoom, self.area.height() * zoom)
        if self.legend is not None:
            painter.setClipRect(shown)  # what reaches beyond the area must not lie on the legend
        at = QPointF(-self.area.left() * zoom, top - self.area.top() * zoom)
        scene.paint(painter, zoom, at, shown, is_picture=True)


def as_image(subject: Subject) -> QImage:
    """A picture at twice the resolution; smaller where that would be too large."""
    size = subject.size
    pixels = max(1, size.width() * size.height())
    scale = min(_SCALE, (MOST_PIXELS / pixels) ** 0.5, LONGEST / max(size.width(), size.height()))
    image = QImage(
        max(1, int(size.width() * scale)), max(1, int(size.height() * scale)), QImage.Format.Format_RGB32
    )  # fmt: skip
    if image.isNull():
        raise UserError(
            "picture-too-large", "There is no memory for a picture of all of this graph.", "Save the view."
        )
    image.fill(subject.look.background)
    with painting(image) as painter:
        subject.paint(painter, scale)
    return image


def as_svg(subject: Subject) -> bytes:
    """A drawing whose texts are texts."""
    buffer, size = QBuffer(), subject.size
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    generator.setResolution(96)
    generator.setTitle(subject.graph.text("group_title", 0))
    with painting(generator) as painter:
        subject.paint(painter)
    return bytes(buffer.data().data())


def write(subject: Subject, path: Path, check: Check) -> Path:
    """Write SVG where the name says so, else PNG. Any thread may do so.

    Raises:
        UserError: It cannot be written; what was there is whole.
    """
    check()
    if path.suffix.lower() == ".svg":
        data = as_svg(subject)
    else:
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        QImageWriter(buffer, b"png").write(as_image(subject))
        data = bytes(buffer.data().data())
    check()
    try:
        with whole_file(path) as partial:
            partial.write_bytes(data)
    except OSError as error:
        what = f"The picture could not be written to {path}: {error.strerror}."
        raise UserError("picture-not-written", what, "Choose another folder.") from error
    return path


def drag_out(source: QWidget, subject: Subject, path: Path) -> None:
    """Let the user drop a picture on another window: as an image, and for a file manager as a PNG file.

    Args:
        path: Of that file; whoever gets it may read it long after it was dropped.
    """
    image = as_image(subject)
    data = QMimeData()
    data.setImageData(image)
    path.parent.mkdir(parents=True, exist_ok=True)
    if QImageWriter(str(path), b"png").write(image):
        data.setUrls([QUrl.fromLocalFile(str(path))])
    small = image.scaled(
        _DRAGGED, _DRAGGED, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    drag = QDrag(source)
    drag.setMimeData(data)
    drag.setPixmap(QPixmap.fromImage(small))
    drag.exec(Qt.DropAction.CopyAction)
