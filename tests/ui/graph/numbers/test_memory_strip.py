"""The memory of tensors over the run, as a curve."""

from __future__ import annotations

from array import array

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from modelpack_gui.ui.graph.numbers.memory_strip import MemoryStrip


@pytest.fixture
def strip(qtbot: QtBot) -> MemoryStrip:
    """Four nodes of the main graph; number 2 is inside another one."""
    made = MemoryStrip()
    qtbot.addWidget(made)
    made.resize(206, 36)  # 200 pixels for the curve
    made.show_run([0, 1, 3, 4], str, array("d", [10, 40, 99, 20, 5]))
    return made


@pytest.mark.parametrize(("x", "node"), [(0, 0), (70, 1), (120, 3), (205, 4)])
def test_a_click_chooses_the_node_that_runs_there(qtbot: QtBot, strip: MemoryStrip, x: int, node: int) -> None:
    with qtbot.waitSignal(strip.node_chosen) as chosen:
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(x, 18))
    assert chosen.args == [node]


def test_keys_go_from_node_to_node(qtbot: QtBot, strip: MemoryStrip) -> None:
    strip.mark(1)
    with qtbot.waitSignal(strip.node_chosen) as chosen:
        qtbot.keyClick(strip, Qt.Key.Key_Right)
    assert chosen.args == [3]
    strip.mark(0)
    with qtbot.waitSignal(strip.node_chosen) as chosen:
        qtbot.keyClick(strip, Qt.Key.Key_Left)
    assert chosen.args == [0]


def test_the_curve_shows_the_highest_node_of_each_pixel(strip: MemoryStrip) -> None:
    assert list(strip._tops(2)) == [40, 20]
    assert list(strip._tops(4)) == [10, 40, 20, 5]


@pytest.mark.parametrize(
    ("live", "is_worth_it"), [([1, 2, 3], True), ([0, 0, 0], False), ([1, 2], False), ([], False)]
)
def test_a_run_without_memory_or_nodes_is_not_worth_a_curve(
    strip: MemoryStrip, live: list[float], is_worth_it: bool
) -> None:
    strip.show_run(range(len(live)), str, array("d", live))
    assert strip.is_worth_it is is_worth_it


def test_it_draws_more_nodes_than_pixels_and_fewer(qtbot: QtBot, strip: MemoryStrip) -> None:
    del qtbot
    few = strip.grab().toImage()
    assert few.pixelColor(70, 20) != few.pixelColor(70, 2)  # under the curve, and above it
    strip.show_run(range(5000), str, array("d", range(5000)))
    many = strip.grab().toImage()
    assert many.pixelColor(190, 20) != many.pixelColor(20, 20)
