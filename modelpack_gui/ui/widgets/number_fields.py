"""Fields for numbers that say in place what is wrong with what was typed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox, QWidget

from modelpack_gui.ui.widgets.marked_line import MarkedLine


def parse_tolerance(text: str) -> float:
    """A number that is not negative.

    Raises:
        ValueError: It is not one; the message is fit for the user.
    """
    try:
        value = float(text.strip())
    except ValueError:
        raise ValueError("must be a number, such as 0.001 or 1e-5") from None
    if not math.isfinite(value) or value < 0:
        raise ValueError("must be zero or more, and finite")
    return value


def spell_tolerance(value: float) -> str:
    """A number as it is typed: `0.001`, `1e-5`."""
    text = f"{value:.12g}"
    return text.replace("e-0", "e-").replace("e+0", "e")


def parse_sizes(text: str) -> tuple[int, ...]:
    """Whole numbers above zero; none is allowed.

    Raises:
        ValueError: They are not; the message is fit for the user.
    """
    values = _integers(text)
    if any(value < 1 for value in values):
        raise ValueError("must be 1 or more")
    return values


def parse_seeds(text: str) -> tuple[int, ...]:
    """At least one whole number, zero or more.

    Raises:
        ValueError: They are not; the message is fit for the user.
    """
    values = _integers(text)
    if not values:
        raise ValueError("must have at least one number; 0 is the example itself")
    if any(value < 0 for value in values):
        raise ValueError("must be 0 or more")
    return values


def _integers(text: str) -> tuple[int, ...]:
    words = text.replace(",", " ").split()
    try:
        values = [int(word) for word in words]
    except ValueError:
        raise ValueError("must be whole numbers, such as 1, 2, 5") from None
    return tuple(dict.fromkeys(values))


def join(values: tuple[int, ...]) -> str:
    """Whole numbers as they are typed."""
    return ", ".join(str(value) for value in values)


class ParsedEdit(MarkedLine):
    """A line that holds a value. What cannot be read is marked and explained, and the value stays as it was."""

    value_edited = Signal(object)
    problem_changed = Signal()

    def __init__(
        self, label: str, parse: Callable[[str], Any], spell: Callable[[Any], str], parent: QWidget | None = None
    ) -> None:
        """`label` starts the sentence that explains a problem."""
        super().__init__(label, parent)
        self._label, self._parse, self._spell = label, parse, spell
        self._value: Any = None
        self._before: Any = None  # when typing began
        self._is_typing = False
        self.textEdited.connect(self._on_text_edited)
        self.editingFinished.connect(self._on_editing_finished)

    def set_value(self, value: Any) -> None:
        """Show a value, unless it is the one that is spelled here, or that is being changed here."""
        if value == self._value and (not self.problem or self._is_typing):
            return
        self._value = self._before = value
        self.setText(self._spell(value))
        self.set_problem("")

    def _on_text_edited(self, text: str) -> None:
        try:
            value = self._parse(text)
        except ValueError as error:
            value = self._before  # on the way to `1e-4`, `1` was only passed through
            self.set_problem(f"{self._label} {error}. Until then it stays {self._spell(value) or 'empty'}.")
        else:
            self.set_problem("")
        if value != self._value:
            self._value = value
            self._is_typing = True
            self.value_edited.emit(value)
            self._is_typing = False

    def _on_editing_finished(self) -> None:
        self._before = self._value

    def set_problem(self, problem: str) -> None:
        """Mark it as wrong; empty takes the mark away."""
        if problem != self.problem:
            super().set_problem(problem)
            self.problem_changed.emit()


class SpinField(QSpinBox):
    """A spin box that the wheel changes only when it has the focus: scrolling past must edit nothing."""

    def __init__(self, label: str, low: int, high: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(label)
        self.setRange(low, high)
        self.setGroupSeparatorShown(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setMaximumWidth(self.fontMetrics().horizontalAdvance(f"{high:,}") + 40)  # four of them fit in one line

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave it to what scrolls."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def set_value(self, value: int) -> None:
        """Show a value without calling it an edit."""
        self.blockSignals(True)
        self.setValue(value)
        self.blockSignals(False)

    def setValue(self, value: int) -> None:
        """Show a value; for one outside the range the end that is nearest, as Qt does it for numbers of 32 bits."""
        super().setValue(max(self.minimum(), min(value, self.maximum())))


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
