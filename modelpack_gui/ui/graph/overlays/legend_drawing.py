"""Draws what the colours of the graph stand for: in the window, and into pictures on any thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QLinearGradient, QPainter, QPen

from modelpack_gui.core.figures import count
from modelpack_gui.core.graph.overlay import Overlay, Unit, value_text
from modelpack_gui.ui.graph.overlays.colors import OverlayColors, own_colors, scale_colors
from modelpack_gui.ui.look.colors import Colors
from modelpack_gui.ui.look.theme import GRID, SPACING
from modelpack_gui.ui.widgets.values.colors import Scale

_BAR_HEIGHT = 10.0
_BAR_WIDTH = 220.0  # at most
_LEAST_WIDTH = 92.0
_SWATCH = 12.0
_GAP = SPACING + GRID  # after a chip
_STOPS = 24  # of the gradient; the eye sees no more between


@dataclass(frozen=True)
class LegendChip:
    """A colour and what it stands for; `argb` 0 is a box without a colour."""

    text: str
    argb: int


@dataclass(frozen=True)
class LegendDrawing:
    """The legend of one overlay.

    Attributes:
        title: Of the overlay.
        scale: None of categories, and where there is nothing on it.
        labels: Of the low end of the scale, its middle and its high end; none without a scale.
        chips: The categories, and what has no colour.
        is_low_worst: As of the overlay.
    """

    title: str
    scale: Scale | None
    labels: tuple[str, ...]
    chips: tuple[LegendChip, ...]
    is_low_worst: bool = False

    @classmethod
    def of(cls, overlay: Overlay, colors: OverlayColors) -> LegendDrawing:
        """That of an overlay as it is drawn."""
        is_on_scale = any(value > 0.0 if overlay.is_log else value == value for value in overlay.values)
        scale = colors.scale if is_on_scale else None
        return cls(overlay.title, scale, _labels(overlay, scale), _chips(overlay, colors), overlay.is_low_worst)

    @staticmethod
    def height(metrics: QFontMetricsF) -> float:
        """How high it is: a bar with its labels below, or two rows of categories."""
        return max(_BAR_HEIGHT + GRID + metrics.height(), 2 * metrics.height())

    def paint(self, painter: QPainter, place: QRectF, colors: Colors, *, is_titled: bool = False) -> None:
        """Draw it with the painter's font; what there is no room for is left out.

        Args:
            is_titled: Whether the title stands before it.
        """
        metrics = QFontMetricsF(painter.font())
        left = place.left()
        if is_titled:
            painter.setPen(QColor(colors.text))
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.title)
            left += metrics.horizontalAdvance(self.title) + 2 * SPACING
        rest = QRectF(left, place.top(), max(0.0, place.right() - left), place.height())
        if self.scale is not None:
            left += self._paint_scale(painter, rest, self.scale, colors, metrics) + 2 * SPACING
        self._paint_chips(painter, QRectF(rest), left, colors, metrics)

    def _paint_scale(
        self, painter: QPainter, place: QRectF, scale: Scale, colors: Colors, metrics: QFontMetricsF
    ) -> float:
        """Draw bar and labels; how wide they are."""
        needed = sum(metrics.horizontalAdvance(label) for label in self.labels) + 2 * SPACING * len(self.labels)
        chips = max((_width_of((chip,), metrics) for chip in self.chips), default=0.0)  # in one column
        wanted = max(_BAR_WIDTH, needed)
        width = max(min(wanted, place.width(), _LEAST_WIDTH), min(place.width() - chips - 2 * SPACING, wanted))
        height = _BAR_HEIGHT + GRID + metrics.height()
        bar = QRectF(place.left(), place.center().y() - height / 2, width, _BAR_HEIGHT)
        table = scale_colors(scale, colors, is_low_worst=self.is_low_worst)
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

    def _paint_chips(
        self, painter: QPainter, place: QRectF, left: float, colors: Colors, metrics: QFontMetricsF
    ) -> None:
        """In one row, or in two where that shows more of them."""
        height = metrics.height()
        fits = left + _width_of(self.chips, metrics) <= place.right() + _GAP
        rows = 1 if fits or place.height() < 2 * height else 2
        top = place.center().y() - rows * height / 2
        drawn, at = 0, left
        for row in range(rows):
            at = left
            while drawn < len(self.chips):
                chip, rest = self.chips[drawn], len(self.chips) - drawn - 1
                width = _width_of((chip,), metrics)
                reserved = metrics.horizontalAdvance(f"+{rest} more") if rest and row == rows - 1 else 0.0
                if at + width + reserved > place.right() + _GAP:
                    break
                _paint_chip(painter, QRectF(at, top + row * height, width, height), chip, colors)
                at, drawn = at + width, drawn + 1
        more = f"+{len(self.chips) - drawn} more"
        if drawn < len(self.chips) and at + metrics.horizontalAdvance(more) <= place.right():
            painter.setPen(QColor(colors.muted))
            line = QRectF(at, top + (rows - 1) * height, place.right() - at, height)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, more)


def _paint_chip(painter: QPainter, place: QRectF, chip: LegendChip, colors: Colors) -> None:
    box = QRectF(place.left() + 0.5, place.center().y() - _SWATCH / 2 + 0.5, _SWATCH - 1.0, _SWATCH - 1.0)
    painter.setPen(QPen(QColor(colors.field_border), 1.0))
    painter.setBrush(QColor.fromRgba(chip.argb) if chip.argb else QColor(colors.base))
    painter.drawRoundedRect(box, 2.0, 2.0)
    painter.setPen(QColor(colors.text))
    painter.drawText(place.adjusted(_SWATCH + GRID, 0.0, 0.0, 0.0), Qt.AlignmentFlag.AlignLeft, chip.text)


def _width_of(chips: Sequence[LegendChip], metrics: QFontMetricsF) -> float:
    return sum(_SWATCH + GRID + metrics.horizontalAdvance(chip.text) + _GAP for chip in chips)


def _labels(overlay: Overlay, scale: Scale | None) -> tuple[str, ...]:
    """Low end, middle and high end of a scale."""
    if scale is None:
        return ()
    low, middle, high = (_end(value, overlay.unit) for value in (scale.low, scale.middle, scale.high))
    is_cut = any(0.0 < value < scale.low for value in overlay.values) if overlay.is_log else False
    if overlay.kind == "diverging" and overlay.unit == "of the limit":
        middle = f"{middle} (limit)"
    return (f"≤ {low}" if is_cut else low, middle, high)


def _end(value: float, unit: Unit) -> str:
    """A value of the scale; the title tells what a ratio is one of."""
    if unit in ("of the limit", "floors"):
        return f"{value:,.4g}"
    return value_text(float(round(value)) if unit == "count" else value, unit)


def _chips(overlay: Overlay, colors: OverlayColors) -> tuple[LegendChip, ...]:
    unknown = len(overlay.values) - overlay.known
    last = (LegendChip(f"{overlay.unknown} {count(unknown)}", colors.unknown),) if unknown else ()
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
