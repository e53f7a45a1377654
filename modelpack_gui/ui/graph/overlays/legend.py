"""What the colours of the graph stand for, beside the choice of them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from modelpack_gui.core.graph.overlay import Overlay
from modelpack_gui.ui.graph.overlays.colors import OverlayColors
from modelpack_gui.ui.graph.overlays.legend_drawing import LegendChip, LegendDrawing
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.plain_text import plain_tooltip

_TOLD = 40  # categories in the tooltip


class OverlayLegend(QWidget):
    """Draws the scale of an overlay, or as many of its categories as there is room for. It is empty without one.

    Attributes:
        drawing: None while it is empty.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("overlay-legend")
        self.setAccessibleName("Legend of the colours")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.drawing: LegendDrawing | None = None

    def show_overlay(self, overlay: Overlay | None, colors: OverlayColors | None) -> None:
        """Draw that of another overlay; None draws nothing."""
        self.drawing, told = None, ""
        if overlay is not None and colors is not None:
            self.drawing = LegendDrawing.of(overlay, colors)
            told = _told(self.drawing, overlay.note)
        self.setAccessibleDescription(told)
        self.setToolTip(plain_tooltip(told))
        self.update()

    @property
    def chips(self) -> tuple[LegendChip, ...]:
        """The categories, and what has no colour."""
        return self.drawing.chips if self.drawing is not None else ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Low end, middle and high end of the scale."""
        return self.drawing.labels if self.drawing is not None else ()

    def sizeHint(self) -> QSize:
        """A bar with its labels below, or two rows."""
        return QSize(260, round(LegendDrawing.height(QFontMetricsF(self.font()))))

    def minimumSizeHint(self) -> QSize:
        """Narrower, it draws less."""
        return QSize(80, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        if self.drawing is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.drawing.paint(painter, QRectF(self.rect()), theme().colors)
        painter.end()

    def event(self, event: QEvent) -> bool:
        """The tooltip stays while the pointer moves within."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self.toolTip():
            QToolTip.showText(event.globalPos(), self.toolTip(), self, self.rect())
            return True
        return super().event(event)


def _told(drawing: LegendDrawing, note: str) -> str:
    """All of it in words."""
    scale = f"From {drawing.labels[0]} to {drawing.labels[2]}." if drawing.labels else ""
    chips = "\n".join(chip.text for chip in drawing.chips[:_TOLD])
    more = f"and {len(drawing.chips) - _TOLD} more" if len(drawing.chips) > _TOLD else ""
    return "\n".join(part for part in (drawing.title, note, scale, chips, more) if part)
