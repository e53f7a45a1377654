"""Widgets side by side, wrapped where there is no room."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.look.theme import GROUP_SPACING, SPACING
from modelpack_gui.ui.widgets.flow_layout import FlowLayout


@pytest.fixture
def room(qtbot: QtBot) -> QWidget:
    """Three widgets of 100 pixels in width, the second one higher, in a flow."""
    made = QWidget()
    qtbot.addWidget(made)
    flow = FlowLayout(made)
    for height in (10, 30, 10):
        item = QWidget()
        item.setFixedSize(100, height)
        flow.addWidget(item)
    return made


def _items(room: QWidget) -> list[QWidget]:
    return room.findChildren(QWidget)


def _flow(room: QWidget, width: int) -> list[tuple[int, int]]:
    room.resize(width, 200)
    room.show()
    return [(item.x(), item.y()) for item in _items(room)]


def test_items_of_a_line_stand_on_one_middle(room: QWidget) -> None:
    step = 100 + GROUP_SPACING
    assert _flow(room, 3 * step) == [(0, 10), (step, 0), (2 * step, 10)]


def test_what_has_no_room_goes_to_the_next_line(room: QWidget) -> None:
    step = 100 + GROUP_SPACING
    assert _flow(room, 200 + GROUP_SPACING) == [(0, 10), (step, 0), (0, 30 + SPACING // 2)]
    layout = room.layout()
    assert layout is not None
    assert layout.heightForWidth(200 + GROUP_SPACING) == 30 + SPACING // 2 + 10
    assert layout.heightForWidth(3 * step) == 30


def test_a_hidden_item_leaves_no_gap(room: QWidget) -> None:
    _items(room)[1].hide()
    places = _flow(room, 300)
    assert (places[0], places[2]) == ((0, 0), (100 + GROUP_SPACING, 0))
