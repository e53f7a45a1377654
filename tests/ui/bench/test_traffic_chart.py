"""The chart of latency against throughput."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Literal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import TrafficPoint
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.bench.traffic_chart import TrafficChart, TrafficSeries


def _point(
    callers: int,
    throughput: float,
    p50: float,
    *,
    mode: Literal["closed", "open"] = "closed",
    rate: float | None = None,
    shares: tuple[str, ...] = ("0.5", "0.95", "0.99"),
    saturated: bool = False,
    error: ErrorInfo | None = None,
) -> TrafficPoint:
    figures = {share: p50 * (1 + float(share)) for share in shares}
    service = {share: value / 2 for share, value in figures.items()} if mode == "open" else {}
    return TrafficPoint("ort", mode, callers, rate, 900, 3.0, throughput, figures, service, 3 * p50, saturated, error)


CLOSED = (_point(1, 500.0, 2.0), _point(2, 900.0, 2.2), _point(4, 1000.0, 4.0))
OPEN = (
    _point(8, 400.0, 2.1, mode="open", rate=400.0),
    _point(8, 990.0, 9.0, mode="open", rate=1200.0, saturated=True),
)


@pytest.fixture
def chart(qtbot: QtBot, settings: Settings, _themed: None) -> TrafficChart:
    made = TrafficChart(settings)
    qtbot.addWidget(made)
    made.resize(700, 360)
    made.show()
    with qtbot.waitSignal(made.drawn):
        made.show_points([TrafficSeries("ort", "ONNX Runtime", "#009e73", (*CLOSED, *OPEN))])
    return made


def test_the_highest_percentile_that_every_load_carries_is_drawn(chart: TrafficChart, qtbot: QtBot) -> None:
    found = [chart.percentile]
    few = _point(1, 500.0, 2.0, shares=("0.5", "0.95"))
    chart.show_points([TrafficSeries("ort", "ONNX Runtime", "#009e73", (*CLOSED, few))])
    found.append(chart.percentile)
    assert found == ["0.99", "0.95"]


def test_a_load_of_too_few_calls_is_left_out_and_told(chart: TrafficChart, qtbot: QtBot) -> None:
    few = _point(8, 500.0, 2.0, shares=())
    failed = _point(16, 0.0, 0.0, shares=(), error=ErrorInfo("x", "It crashed.", ""))
    with qtbot.waitSignal(chart.drawn):
        chart.show_points([TrafficSeries("ort", "ONNX Runtime", "#009e73", (*CLOSED, few, failed))])
    assert "1 load with too few calls for p99" in chart.note
    assert "1 load failed" in chart.note


def test_the_pointer_tells_the_load_and_all_its_percentiles(chart: TrafficChart) -> None:
    p99 = CLOSED[1].percentiles_ms["0.99"]
    told = "ONNX Runtime, 2 callers: 900 a second; p50 3.30, p95 4.29, p99 4.38 ms"
    assert chart.describe_at(900.0, p99) == told
    assert chart.describe_at(900.0, p99 + 6.0) == ""


def test_an_open_loop_tells_its_latency_without_the_waiting(chart: TrafficChart) -> None:
    found = chart.readout(400.0, OPEN[0].percentiles_ms["0.99"])
    assert found is not None
    assert found.head == "ONNX Runtime: 400 calls a second"
    assert found.columns == ("", "latency, ms", "without waiting")
    assert found.rows[0] == (None, ("p50", "3.15", "1.58"))
    assert "did not keep up" in chart.note
    assert "did not keep up" in chart.describe_at(990.0, OPEN[1].percentiles_ms["0.99"])


@pytest.mark.parametrize("is_log", [False, True])
def test_the_keyboard_goes_from_load_to_load(chart: TrafficChart, qtbot: QtBot, is_log: bool) -> None:
    with qtbot.waitSignal(chart.drawn):
        chart.set_log(is_log)
    told = []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left):
        QTest.keyClick(chart, key)
        told.append(chart.footer_text.partition(":")[0])
    assert told == ["ONNX Runtime, 1 caller", "ONNX Runtime, 2 callers", "ONNX Runtime, 1 caller"]


def test_a_hidden_runner_is_not_told(chart: TrafficChart, qtbot: QtBot) -> None:
    with qtbot.waitSignal(chart.drawn):
        chart.set_hidden(frozenset({"ort"}))
    assert chart.readout(900.0, CLOSED[1].percentiles_ms["0.99"]) is None
    assert "hidden" in chart.note


def test_no_load_is_said_and_not_drawn(chart: TrafficChart) -> None:
    chart.show_points([TrafficSeries("ort", "ONNX Runtime", "#009e73", ())])
    assert not chart.has_picture


def test_the_data_has_every_load(chart: TrafficChart, qtbot: QtBot, tmp_path: Path) -> None:
    with qtbot.waitSignal(chart.data_saved):
        chart.save_data(tmp_path / "loads.csv")
    with (tmp_path / "loads.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["callers"] for row in rows] == ["1", "2", "4", "8", "8"]
    assert rows[-1]["saturated"] == "True"
    assert float(rows[0]["p99_ms"]) == CLOSED[0].percentiles_ms["0.99"]
    assert rows[0]["p99.9_ms"] == rows[0]["p99_service_ms"] == ""
