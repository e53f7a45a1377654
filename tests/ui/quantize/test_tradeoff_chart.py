"""The chart of speed against error: the front, what is chosen, and what is told."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from modelpack_gui.core.records import Estimate
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.quantize.tradeoff_chart import TradeoffChart
from modelpack_gui.ui.widgets.quantize.tradeoff_point import TradeoffPoint


def _point(key: str, speed: float, error_db: float | None, size_bytes: int, **look: bool) -> TradeoffPoint:
    interval = Estimate(speed, speed * 0.97, speed * 1.03)
    return TradeoffPoint(key, key.upper(), "#0072b2", interval, error_db, size_bytes, **look)


POINTS = (
    _point("fp32", 1.0, None, 98_000_000, is_reference=True),
    _point("fp16", 0.9, 64.0, 49_000_000),
    _point("qdq", 1.9, 28.0, 25_000_000),
    _point("dynamic", 0.5, 31.0, 25_000_000),
    _point("bad", 2.5, 1.0, 25_000_000, is_valid=False),
)


@pytest.fixture
def chart(qtbot: QtBot, settings: Settings, _themed: None) -> TradeoffChart:
    made = TradeoffChart(settings)
    qtbot.addWidget(made)
    made.resize(700, 380)
    made.show()
    with qtbot.waitSignal(made.drawn):
        made.show_points(POINTS)
    return made


def _height(chart: TradeoffChart, key: str) -> float:
    return chart._height(next(one for one in POINTS if one.key == key))


def test_the_front_has_no_wrong_one_and_follows_what_is_hidden(chart: TradeoffChart, qtbot: QtBot) -> None:
    found = [chart.front]
    for hidden in (frozenset({"qdq"}), frozenset({"fp32", "qdq"})):
        chart.set_hidden(hidden)
        found.append(chart.front)
    assert found == [("fp32", "qdq"), ("fp32",), ("fp16",)]


def test_a_choice_without_a_difference_is_above_all_others(chart: TradeoffChart) -> None:
    assert _height(chart, "fp32") > 64.0
    assert "what the others are compared with" in chart.describe_at(1.0, _height(chart, "fp32"))


def test_the_pointer_tells_speed_error_and_size(chart: TradeoffChart) -> None:
    assert chart.describe_at(1.9, 28.0) == "QDQ: 1.90x as fast (95 %: 1.84 to 1.96), 28.0 dB, 25.0 MB"
    assert chart.describe_at(1.4, 28.0) == ""
    found = chart.readout(2.5, 1.0)
    assert found is not None
    assert found.head == "BAD (wrong outputs)"


def test_a_click_chooses_the_point_under_it(chart: TradeoffChart, qtbot: QtBot) -> None:
    view = chart._canvas
    box = view.getPlotItem().getViewBox()
    place = box.mapViewToScene(QPointF(1.9, 28.0)).toPoint()
    with qtbot.waitSignal(chart.point_chosen) as told:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told.args == ["qdq"]


def test_the_keyboard_goes_from_the_slowest_to_the_fastest(chart: TradeoffChart, qtbot: QtBot) -> None:
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart.footer_text.startswith("DYNAMIC:")
    for _ in range(9):
        QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart.footer_text.startswith("BAD (wrong outputs):")
    QTest.keyClick(chart, Qt.Key.Key_Left)
    with qtbot.waitSignal(chart.point_chosen) as told:
        QTest.keyClick(chart, Qt.Key.Key_Return)
    assert told.args == ["qdq"]


def test_nothing_measured_is_said_and_not_drawn(chart: TradeoffChart) -> None:
    chart.show_points(())
    assert not chart.has_picture
    assert chart.readout(1.0, 1.0) is None


@pytest.mark.parametrize("error_db", [None, 30.0])
def test_a_single_choice_is_drawn(chart: TradeoffChart, qtbot: QtBot, error_db: float | None) -> None:
    with qtbot.waitSignal(chart.drawn):
        chart.show_points([_point("fp32", 1.0, error_db, 0, is_reference=True)])
    assert chart.front == ("fp32",)
    assert chart.has_picture


def test_the_data_names_the_front(chart: TradeoffChart, qtbot: QtBot, tmp_path: Path) -> None:
    with qtbot.waitSignal(chart.data_saved):
        chart.save_data(tmp_path / "choices.csv")
    with (tmp_path / "choices.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["key"]: row for row in csv.DictReader(stream)}
    assert [key for key, row in rows.items() if row["on_the_front"] == "True"] == ["fp32", "qdq"]
    assert rows["fp16"]["not_beaten_with_size"] == "True"
    assert rows["fp32"]["signal_over_error_db"] == ""
    assert rows["bad"]["outputs"] == "wrong"


def test_no_point_is_cut_by_the_edge_of_a_small_chart(chart: TradeoffChart, qtbot: QtBot) -> None:
    with qtbot.waitSignal(chart.drawn):
        chart.resize(700, 230)
    box = chart._canvas.getPlotItem().getViewBox()
    area, radius = box.sceneBoundingRect(), 17  # of the largest one, pixels
    for one in POINTS:
        middle = box.mapViewToScene(QPointF(one.speed.value, _height(chart, one.key))).y()
        assert area.top() + radius <= middle <= area.bottom() - radius, one.key


def test_the_recommended_one_is_named_and_one_with_a_used_colour_is_an_outline(
    chart: TradeoffChart, qtbot: QtBot
) -> None:
    best = dataclasses.replace(POINTS[3], is_best=True)  # not on the front, and named all the same
    dashed = dataclasses.replace(POINTS[1], dash=True)
    with qtbot.waitSignal(chart.drawn):
        chart.show_points((POINTS[0], dashed, POINTS[2], best))
    items = chart._canvas.getPlotItem().items
    assert "★ DYNAMIC" in [item.toPlainText() for item in items if hasattr(item, "toPlainText")]
    assert chart.legend.entries["fp16"].item.dash
    drawn = {item.getData()[0][0]: item.opts for item in items if hasattr(item, "points") and len(item.points())}
    assert drawn[0.9]["brush"].style() == Qt.BrushStyle.NoBrush
    assert drawn[1.9]["brush"].style() == Qt.BrushStyle.SolidPattern


def test_the_reference_has_a_colour_of_the_theme(chart: TradeoffChart, qtbot: QtBot) -> None:
    assert chart.legend.entries["fp32"].item.color == theme().colors.muted
    light = theme().colors.muted
    try:
        with qtbot.waitSignal(chart.drawn):
            theme().choose("dark")
        assert chart.legend.entries["fp32"].item.color == theme().colors.muted != light
    finally:
        theme().choose("light")
