"""A spin box for a decimal number."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QWidget


class DecimalField(QDoubleSpinBox):
    """As SpinField: the wheel changes it only when it has the focus."""

    def __init__(
        self, label: str, low: float, high: float, decimals: int, suffix: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(label)
        self.setLocale(QLocale.c())  # a point, as everywhere else in the window
        self.setDecimals(decimals)
        self.setRange(low, high)
        self.setSuffix(suffix)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setMaximumWidth(self.fontMetrics().horizontalAdvance(f"{high:.{decimals}f}{suffix}") + 44)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave it to what scrolls."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def set_value(self, value: float) -> None:
        """Show a value without calling it an edit."""
        self.blockSignals(True)
        self.setValue(value)
        self.blockSignals(False)
