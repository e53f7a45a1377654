from __future__ import annotations

import dataclasses

from modelpack_gui.core.graph.layout.text_room import LEAST_WIDTH, TextRoom
from modelpack_gui.core.records.graph_layout import LayoutRequest

AVERAGE = LayoutRequest("", char_width=7.0, line_height=15.0, title_height=17.0, padding=10.0)
WIDTHS = tuple(12.0 if chr(code) in "mMW" else 5.0 for code in range(32, 127))
MEASURED = dataclasses.replace(AVERAGE, char_widths=WIDTHS, title_widths=tuple(2 * width for width in WIDTHS))


def test_a_wide_title_gets_the_room_of_its_own_characters() -> None:
    assert TextRoom(MEASURED).title_width("mmm") == 72.0
    assert TextRoom(MEASURED).title_width("lll") == 30.0
    width, height = TextRoom(MEASURED).size(["mmmmm"])
    assert 120.0 + 20.0 < width <= 120.0 + 20.0 + 5.0
    assert height == 28.0  # of 27, made even


def test_the_longest_line_decides_and_a_short_one_gets_the_least() -> None:
    assert TextRoom(MEASURED).size(["l", "m" * 20])[0] >= 240.0
    assert TextRoom(MEASURED).size(["l"])[0] == LEAST_WIDTH


def test_characters_without_a_known_width_take_the_average() -> None:
    assert TextRoom(MEASURED).title_width("→") == TextRoom(AVERAGE).title_width("x")
