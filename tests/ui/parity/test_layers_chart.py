"""The chart of errors against depth: what is drawn where, and how a value is picked from it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from modelpack_gui.core.records import LayerRow, Verdict
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.models.layer_series import in_order, log_scale, series_of, whole_ticks
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.layers.chart import DepthChart
from tests.ui.parity import made_layers


@pytest.fixture
def chart(qtbot: QtBot, controller: Controller, settings: Settings) -> DepthChart:
    made = DepthChart(settings)
    qtbot.addWidget(made)
    made.resize(700, 260)
    made.show()
    return made


def draw(qtbot: QtBot, chart: DepthChart, rows: Sequence[LayerRow]) -> None:
    with qtbot.waitSignal(chart.drawn):
        chart.show_rows(in_order(rows))


def place_of(chart: DepthChart, row: LayerRow) -> QPoint:
    point = chart.point_of(row)
    assert point is not None
    return chart._canvas.getPlotItem().getViewBox().mapViewToScene(QPointF(*point)).toPoint()  # type: ignore[no-any-return]


def double_click(chart: DepthChart, place: QPoint) -> None:
    """As a window system does it: QTest presses a button twice."""
    viewport = chart._canvas.viewport()
    for kind, buttons in (
        (QEvent.Type.MouseButtonDblClick, Qt.MouseButton.LeftButton),
        (QEvent.Type.MouseButtonRelease, Qt.MouseButton.NoButton),
    ):
        where = QPointF(place)
        at = QPointF(viewport.mapToGlobal(place))
        event = QMouseEvent(kind, where, at, Qt.MouseButton.LeftButton, buttons, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(viewport, event)


def test_there_is_one_series_for_each_level_the_lowest_first() -> None:
    series = series_of(in_order(made_layers.rows(12, levels=("all", "off"))))
    assert [one.level for one in series] == ["off", "all"]
    assert [row.depth for row in series[0].rows] == list(range(12))


def test_a_fused_value_leaves_a_gap_and_moves_nothing() -> None:
    series = series_of(in_order(made_layers.rows(8)))
    assert [row.value for row in series[1].rows] == [f"value_{i}" for i in (0, 2, 3, 4, 6, 7)]
    assert [row.depth for row in series[1].rows] == [0, 2, 3, 4, 6, 7]


def test_zeros_lie_below_all_numbers_and_what_is_no_number_above() -> None:
    scale = log_scale([3e-7, 0.0, 0.2, None, math.inf])
    assert scale.place(0.0) == scale.zero < scale.low <= scale.place(3e-7)
    assert scale.place(0.2) <= scale.high < scale.nan == scale.place(None) == scale.place(math.inf)


def test_without_a_number_there_is_a_scale_still() -> None:
    assert log_scale([None, 0.0]).low < log_scale([None, 0.0]).high


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (-0.6, 4.6, ["0", "1", "2", "3", "4"]),
        (0, 1600, ["0", "200", "400", "600", "800", "1,000", "1,200", "1,400", "1,600"]),
    ],
)
def test_depths_are_labelled_by_whole_numbers(low: float, high: float, labels: list[str]) -> None:
    assert [text for _, text in whole_ticks(low, high)] == labels


def test_a_row_is_drawn_at_its_depth_and_the_exponent_of_its_error(qtbot: QtBot, chart: DepthChart) -> None:
    row = made_layers.row(2, error=1e-4)
    draw(qtbot, chart, [made_layers.row(0), row])
    assert chart.point_of(row) == (2.0, -4.0)


def test_a_failure_without_a_number_is_drawn_and_a_pass_without_one_is_not(qtbot: QtBot, chart: DepthChart) -> None:
    text = made_layers.row(1, error=None)
    wrong = made_layers.row(2, error=None, verdict=Verdict.FAILED, misplaced=3)
    draw(qtbot, chart, [made_layers.row(0), text, wrong])
    assert chart.point_of(text) is None
    assert chart.point_of(wrong) is not None


def test_a_click_picks_the_nearest_point(qtbot: QtBot, chart: DepthChart) -> None:
    rows = made_layers.rows(24, fault=14, levels=("off",))
    draw(qtbot, chart, rows)
    qtbot.waitUntil(lambda: chart.has_picture)
    with qtbot.waitSignal(chart.row_picked) as picked:
        QTest.mouseClick(
            chart._canvas.viewport(), Qt.MouseButton.LeftButton, pos=place_of(chart, rows[9]) + QPoint(2, 3)
        )
    assert picked.args == [rows[9]]


def test_the_arrow_keys_go_along_a_level_and_between_levels(qtbot: QtBot, chart: DepthChart) -> None:
    rows = in_order(made_layers.rows(8))
    draw(qtbot, chart, rows)
    picked: list[LayerRow] = []
    chart.row_picked.connect(picked.append)
    chart.select(rows[0])
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_End):
        QTest.keyClick(chart, key)
    found = [(row.value, row.optimization) for row in picked]
    assert found == [
        ("value_1", "off"),
        ("value_2", "off"),
        ("value_2", "all"),
        ("value_0", "all"),
        ("value_7", "all"),
    ]


def test_hovering_tells_node_module_and_the_errors_of_all_levels(qtbot: QtBot, chart: DepthChart) -> None:
    draw(qtbot, chart, [made_layers.row(4, error=1e-4), made_layers.row(4, "all", error=2e-4)])
    assert chart.describe(4.2) == (
        "4: Conv node_Conv_4 in stages.1.first.0: optimisation off 0.000100, optimisation on 0.000200, "
        "noise floor 5.80e-07"
    )


def test_the_measure_can_be_changed(qtbot: QtBot, chart: DepthChart) -> None:
    row = made_layers.row(0, noise_ratio=100.0)
    draw(qtbot, chart, [row])
    with qtbot.waitSignal(chart.drawn):
        chart.set_measure("noise_ratio")
    assert chart.point_of(row) == (0.0, 2.0)


def test_a_zoomed_axis_moves_to_what_is_selected_and_a_double_click_shows_all_of_it(
    qtbot: QtBot, chart: DepthChart
) -> None:
    rows = made_layers.rows(60, levels=("off",))
    draw(qtbot, chart, rows)
    box = chart._canvas.getPlotItem().getViewBox()
    box.setXRange(0, 10, padding=0)
    box.sigRangeChangedManually.emit(box.state["mouseEnabled"])  # as the wheel does
    chart.select(rows[50])
    low, high = box.viewRange()[0]
    assert low < 50 < high
    assert high - low == pytest.approx(10)
    with qtbot.waitSignal(chart.drawn):
        double_click(chart, place_of(chart, rows[50]))
    low, high = box.viewRange()[0]
    assert low < 0
    assert high > 59
