"""A tolerance as a number to type and as a slider to try out with, ten steps a decade."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QWidget

from modelpack_gui.ui.look.theme import SPACING
from modelpack_gui.ui.widgets.number_fields import ParsedEdit, parse_tolerance, spell_tolerance

LOWEST, HIGHEST = -12, 0  # powers of ten
STEPS = 10  # a decade


def value_at(position: int) -> float:
    """The tolerance that a place on the slider stands for: zero at its left end, then two digits."""
    return 0.0 if position <= 0 else float(f"{10.0 ** (LOWEST + (position - 1) / STEPS):.1e}")


def position_of(value: float) -> int:
    """The place nearest to a tolerance."""
    last = (HIGHEST - LOWEST) * STEPS + 1
    if value <= 0:
        return 0
    return min(max(1 + round((math.log10(value) - LOWEST) * STEPS), 1), last)


class LogSlider(QSlider):
    """A slider over `value_at`. The wheel moves it only when it has the focus: scrolling past must edit nothing."""

    value_moved = Signal(float)  # by the user

    def __init__(self, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setAccessibleName(accessible_name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setRange(0, position_of(10.0**HIGHEST))
        self.setPageStep(STEPS)
        self.setMinimumWidth(60)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.valueChanged.connect(lambda position: self.value_moved.emit(value_at(position)))

    def set_value(self, value: float) -> None:
        """Show a tolerance without calling it the user's choice."""
        self.blockSignals(True)
        self.setValue(position_of(value))
        self.blockSignals(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave it to what scrolls."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class ToleranceField(QWidget):
    """Label, number and slider. What is typed and what is dragged are one value."""

    value_edited = Signal(float, str)  # the value, and a key that is another for each drag, to undo it as one
    dragging_changed = Signal(bool)

    def __init__(self, name: str, tooltip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drags = 0
        self.line = ParsedEdit(name, parse_tolerance, spell_tolerance)
        self.line.setObjectName(f"parity-{name}")
        self.line.setFixedWidth(84)
        self.line.value_edited.connect(self._on_typed)
        self.slider = LogSlider(f"{name}, as a slider")
        self.slider.setObjectName(f"parity-{name}-slider")
        self.slider.setToolTip(f"{tooltip}\nFrom 0 at the left, then 1e{LOWEST} to 1; a page is a factor of ten.")
        self.slider.sliderPressed.connect(self._on_pressed)
        self.slider.sliderReleased.connect(lambda: self.dragging_changed.emit(False))
        self.slider.value_moved.connect(self._on_moved)
        label = QLabel(name)
        label.setBuddy(self.line)
        label.setToolTip(tooltip)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
        row.addWidget(label)
        row.addWidget(self.line)
        row.addWidget(self.slider, 1)
        self.setFocusProxy(self.line)

    def set_value(self, value: float) -> None:
        """Show a value; what is being typed or dragged here stays."""
        self.line.set_value(value)
        if not self.slider.isSliderDown():
            self.slider.set_value(value)

    def _on_typed(self, value: float) -> None:
        self.slider.set_value(value)
        self.value_edited.emit(value, "typed")

    def _on_pressed(self) -> None:
        self._drags += 1
        self.dragging_changed.emit(True)

    def _on_moved(self, value: float) -> None:
        self.line.set_value(value)
        self.value_edited.emit(value, f"drag {self._drags}")
