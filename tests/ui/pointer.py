"""What a pointer does, sent to a widget itself.

QTest moves the pointer of the whole screen instead: whatever other window still lies there gets the move.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget


def move_pointer(
    widget: QWidget,
    at: QPoint,
    held: Qt.MouseButton = Qt.MouseButton.NoButton,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Move it to a place in a widget, with a button held down or with none."""
    place, on_screen = QPointF(at), QPointF(widget.mapToGlobal(at))
    no_button = Qt.MouseButton.NoButton
    event = QMouseEvent(QEvent.Type.MouseMove, place, on_screen, no_button, held, modifiers)
    QApplication.sendEvent(widget, event)
