"""The canvas under the keyboard.

Arrows travel along edges and to the side, Return opens or closes, Backspace goes out, Space fits all, Shift+Backspace
is 100 %, Shift+Up and Shift+Down (and + and -) zoom, Home goes to where the graph begins, F3 to the next thing found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from modelpack_gui.ui.graph.canvas.travel import beside, first_box, follow

if TYPE_CHECKING:
    from modelpack_gui.ui.graph.canvas.view import GraphCanvas

_ARROWS = {Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1), Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0)}
_PAN = 60.0


def handle_key(canvas: GraphCanvas, event: QKeyEvent) -> bool:
    """Do what a key means; whether it means anything."""
    key, modifiers = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if modifiers == Qt.KeyboardModifier.ShiftModifier:
        return _shifted(canvas, key)
    if modifiers == Qt.KeyboardModifier.ControlModifier and key in _ARROWS:
        across, down = _ARROWS[key]
        canvas.pan_by(-across * _PAN, -down * _PAN)
        return True
    if modifiers != Qt.KeyboardModifier.NoModifier:
        return False
    if key in _ARROWS:
        _travel(canvas, *_ARROWS[key])
    elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        canvas.activate(canvas.current)
    elif key == Qt.Key.Key_Backspace:
        canvas.leave_wanted.emit()
    elif key == Qt.Key.Key_Space:
        canvas.fit_all()
    elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
        canvas.zoom_steps(1)
    elif key == Qt.Key.Key_Minus:
        canvas.zoom_steps(-1)
    elif key == Qt.Key.Key_Home and canvas.arrays is not None:
        canvas.choose(first_box(canvas.arrays))
    elif key == Qt.Key.Key_F3:
        canvas.find_wanted.emit(1)
    elif key == Qt.Key.Key_Escape:
        canvas.escape_pressed.emit()
    else:
        return False
    return True


def _shifted(canvas: GraphCanvas, key: Qt.Key) -> bool:
    if key == Qt.Key.Key_Backspace:
        canvas.zoom_to(1.0)
    elif key == Qt.Key.Key_Up or key == Qt.Key.Key_Plus:
        canvas.zoom_steps(1)
    elif key == Qt.Key.Key_Down:
        canvas.zoom_steps(-1)
    elif key == Qt.Key.Key_F3:
        canvas.find_wanted.emit(-1)
    else:
        return False
    return True


def _travel(canvas: GraphCanvas, across: int, down: int) -> None:
    arrays = canvas.arrays
    if arrays is None:
        return
    if canvas.current < 0:
        canvas.choose(first_box(arrays))
        return
    along, aside = (down, across) if canvas.is_down else (across, down)
    if along:
        box, _edge = follow(arrays, canvas.current, is_forward=along > 0, is_down=canvas.is_down)
    else:
        box = beside(arrays, canvas.current, is_after=aside > 0, is_down=canvas.is_down)
    canvas.choose(box)
