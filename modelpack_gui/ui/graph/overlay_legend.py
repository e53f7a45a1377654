"""What the colours of the graph stand for: a scale with its ends, or the categories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from modelpack_gui.core.figures import count
from modelpack_gui.core.graph.overlay import Overlay, Unit, value_text
from modelpack_gui.ui.colors import Colors
from modelpack_gui.ui.graph.overlay_colors import OverlayColors, own_colors, scale_colors
from modelpack_gui.ui.plain_text import plain_tooltip
from modelpack_gui.ui.theme import GRID, SPACING, theme

_BAR_HEIGHT = 10.0
_BAR_WIDTH = 220.0  # at most
_LEAST_WIDTH = 92.0
_SWATCH = 12.0
_GAP = SPACING + GRID  # after a chip
_STOPS = 24  # of the gradient; the eye sees no more between
_TOLD = 40  # categories in the tooltip


@dataclass(frozen=True)
class LegendChip:
    """A colour and what it stands for; `argb` 0 is a box without a colour."""

    text: str
    argb: int


class OverlayLegend(QWidget):
    """Draws the scale of an overlay, or as many of its categories as there is room for. It is empty without one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("overlay-legend")
        self.setAccessibleName("Legend of the colours")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._overlay: Overlay | None = None
        self._colors: OverlayColors | None = None
        self.chips: tuple[LegendChip, ...] = ()
        self.labels: tuple[str, ...] = ()

    def show_overlay(self, overlay: Overlay | None, colors: OverlayColors | None) -> None:
        """Draw that of another overlay; None draws nothing."""
        self._overlay, self._colors = (overlay, colors) if colors is not None else (None, None)
        self.chips, self.labels = (), ()
        if self._overlay is not None and self._colors is not None:
            self.chips = _chips(self._overlay, self._colors)
            self.labels = _labels(self._overlay, self._colors)
        self.setAccessibleDescription(self._told())
        self.setToolTip(plain_tooltip(self._told()))
        self.update()

    def sizeHint(self) -> QSize:
        """A bar with its labels below."""
        height = self.fontMetrics().height()
        return QSize(260, max(round(_BAR_HEIGHT) + GRID + height, 2 * height))

    def minimumSizeHint(self) -> QSize:
        """Narrower, it draws less."""
        return QSize(80, self.sizeHint().height())

    def paint_all(self, painter: QPainter, place: QRectF, colors: Colors) -> None:
        """Draw it somewhere else, such as into a picture of the canvas."""
        if self._overlay is None or self._colors is None:
            return
        left = place.left()
        if self._colors.scale is not None:
            left += self._paint_scale(painter, place, colors) + 2 * SPACING
        self._paint_chips(painter, place, left, colors)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_all(painter, QRectF(self.rect()), theme().colors)
        painter.end()

    def event(self, event: QEvent) -> bool:
        """The tooltip stays while the pointer moves within."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self.toolTip():
            QToolTip.showText(event.globalPos(), self.toolTip(), self, self.rect())
            return True
        return super().event(event)

    def _paint_scale(self, painter: QPainter, place: QRectF, colors: Colors) -> float:
        """Draw bar and labels; how wide they are."""
        assert self._overlay is not None
        assert self._colors is not None
        assert self._colors.scale is not None
        metrics = self.fontMetrics()
        needed = sum(metrics.horizontalAdvance(label) for label in self.labels) + 2 * SPACING * len(self.labels)
        chips = max((self._width_of((chip,)) for chip in self.chips), default=0.0)  # one below the other, at worst
        wanted = max(_BAR_WIDTH, float(needed))
        width = max(min(wanted, place.width(), _LEAST_WIDTH), min(place.width() - chips - 2 * SPACING, wanted))
        height = _BAR_HEIGHT + GRID + metrics.height()
        bar = QRectF(place.left(), place.center().y() - height / 2, width, _BAR_HEIGHT)
        table = scale_colors(self._colors.scale, colors, is_low_worst=self._overlay.is_low_worst)
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        for i in range(_STOPS + 1):
            gradient.setColorAt(i / _STOPS, QColor.fromRgba(int(table[i * (len(table) - 1) // _STOPS])))
        painter.setPen(QPen(QColor(colors.border), 1.0))
        painter.setBrush(gradient)
        painter.drawRoundedRect(bar, 2.0, 2.0)
        painter.setPen(QColor(colors.text))
        texts = QRectF(bar.left(), bar.bottom() + GRID, bar.width(), metrics.height())
        low, middle, high = self.labels
        painter.drawText(texts, Qt.AlignmentFlag.AlignRight, high)
        if metrics.horizontalAdvance(low + high) + SPACING <= width:
            painter.drawText(texts, Qt.AlignmentFlag.AlignLeft, low)
        if needed <= width:
            painter.drawText(texts, Qt.AlignmentFlag.AlignHCenter, middle)
        return width

    def _paint_chips(self, painter: QPainter, place: QRectF, left: float, colors: Colors) -> None:
        """In one row, or in two where that shows more of them; what there is no room for is in the tooltip."""
        height = self.fontMetrics().height()
        rows = 1 if left + self._width_of(self.chips) <= place.right() + _GAP or place.height() < 2 * height else 2
        top = place.center().y() - rows * height / 2
        drawn = 0
        for row in range(rows):
            at = left
            while drawn < len(self.chips):
                chip, rest = self.chips[drawn], len(self.chips) - drawn - 1
                width = self._width_of((chip,))
                reserved = self.fontMetrics().horizontalAdvance(f"+{rest} more") if rest and row == rows - 1 else 0
                if at + width + reserved > place.right() + _GAP:
                    break
                self._paint_chip(painter, QRectF(at, top + row * height, width, height), chip, colors)
                at, drawn = at + width, drawn + 1
        more = f"+{len(self.chips) - drawn} more"
        if drawn < len(self.chips) and at + self.fontMetrics().horizontalAdvance(more) <= place.right():
            painter.setPen(QColor(colors.muted))
            line = QRectF(at, top + (rows - 1) * height, place.right() - at, height)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, more)

    def _paint_chip(self, painter: QPainter, place: QRectF, chip: LegendChip, colors: Colors) -> None:
        box = QRectF(place.left() + 0.5, place.center().y() - _SWATCH / 2 + 0.5, _SWATCH - 1.0, _SWATCH - 1.0)
        painter.setPen(QPen(QColor(colors.field_border), 1.0))
        painter.setBrush(QColor.fromRgba(chip.argb) if chip.argb else QColor(colors.base))
        painter.drawRoundedRect(box, 2.0, 2.0)
        painter.setPen(QColor(colors.text))
        painter.drawText(place.adjusted(_SWATCH + GRID, 0.0, 0.0, 0.0), Qt.AlignmentFlag.AlignLeft, chip.text)

    def _width_of(self, chips: Sequence[LegendChip]) -> float:
        metrics = self.fontMetrics()
        return sum(_SWATCH + GRID + metrics.horizontalAdvance(chip.text) + _GAP for chip in chips)

    def _told(self) -> str:
        """All of it in words."""
        overlay = self._overlay
        if overlay is None:
            return ""
        scale = f"From {self.labels[0]} to {self.labels[2]}." if self.labels else ""
        chips = "\n".join(chip.text for chip in self.chips[:_TOLD])
        more = f"and {len(self.chips) - _TOLD} more" if len(self.chips) > _TOLD else ""
        return "\n".join(part for part in (overlay.title, overlay.note, scale, chips, more) if part)


def _labels(overlay: Overlay, colors: OverlayColors) -> tuple[str, ...]:
    """Low end, middle and high end of a scale."""
    scale = colors.scale
    if scale is None:
        return ()
    low, middle, high = (_end(value, overlay.unit) for value in (scale.low, scale.middle, scale.high))
    is_cut = any(0.0 < value < scale.low for value in overlay.values) if overlay.is_log else False
    if overlay.kind == "diverging" and overlay.unit == "of the limit":
        middle = f"{middle} (limit)"
    return (f"≤ {low}" if is_cut else low, middle, high)


def _end(value: float, unit: Unit) -> str:
    """A value of the scale; the title tells what a ratio is one of."""
    return f"{value:,.4g}" if unit in ("of the limit", "floors") else value_text(value, unit)


def _chips(overlay: Overlay, colors: OverlayColors) -> tuple[LegendChip, ...]:
    unknown = len(overlay.values) - overlay.known
    last = (LegendChip(f"not known {count(unknown)}", colors.unknown),) if unknown else ()
    if overlay.kind != "categorical":
        zeros = overlay.values.count(0.0) if overlay.is_log and overlay.kind == "sequential" else 0
        return (*((LegendChip(f"none {count(zeros)}", 0),) if zeros else ()), *last)
    counts = Counter(overlay.values)
    chips = [
        LegendChip(f"{category or '(empty)'} {count(counts[float(i)])}", argb)
        for i, (category, argb) in enumerate(zip(overlay.categories, colors.categories, strict=True))
    ]
    own = own_colors()
    if len(chips) > own + 1:
        rest = sum(counts[float(i)] for i in range(own, len(chips)))
        others = LegendChip(f"{len(chips) - own} others {count(rest)}", colors.categories[own])
        return (*chips[:own], others, *last)
    return (*chips, *last)
