"""The heat map of batch sizes and threads."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import Estimate, OutputsCheck, RunnerSpec, SweepCell, SweepChoice, Verdict
from modelpack_gui.core.stats import latencies as stats
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.sweep.batch_thread_map import BatchThreadMap


def _cell(runner: str, threads: int, batch: int, p50_ms: float, *, is_right: bool = True) -> SweepCell:
    summary = stats.summarise([p50_ms] * 20)
    rate = 1000.0 * batch / p50_ms
    outputs = OutputsCheck(Verdict.PASSED if is_right else Verdict.FAILED)
    choice = SweepChoice(RunnerSpec(runner), threads, batch)
    return SweepCell(choice, runner.title(), "measured", summary, Estimate(rate, rate, rate), outputs)


CELLS = (
    *(_cell("eager", threads, batch, 4.0 * batch / threads) for batch in (1, 8) for threads in (1, 2)),
    _cell("ort", 1, 1, 1.0, is_right=False),
    _cell("ort", 2, 1, 1.5),
    _cell("ort", 2, 8, 5.0),
    SweepCell(
        SweepChoice(RunnerSpec("ort"), 1, 8), "Ort", "timed_out", error=ErrorInfo("x", "It took too long.", "")
    ),
)


@pytest.fixture
def chart(qtbot: QtBot, settings: Settings, _themed: None) -> BatchThreadMap:
    made = BatchThreadMap(settings)
    qtbot.addWidget(made)
    made.resize(700, 320)
    made.show()
    with qtbot.waitSignal(made.drawn):
        made.show_cells(CELLS)
    return made


def _centre(chart: BatchThreadMap, cell: SweepCell) -> QPointF:
    return next(rect.center() for panel in chart.layout_now.panels for rect, other in panel.cells if other is cell)


def _brightness(color: QColor) -> float:
    """To the eye, 0..1 (Rec. 709)."""
    return 0.2126 * color.redF() + 0.7152 * color.greenF() + 0.0722 * color.blueF()


def test_every_cell_has_a_place_of_its_own_in_the_panel_of_its_runner(chart: BatchThreadMap) -> None:
    panels = chart.layout_now.panels
    assert [panel.title for panel in panels] == ["Eager", "Ort"]
    rects = [rect for panel in panels for rect, _ in panel.cells]
    assert len(rects) == len(CELLS)
    assert not any(one.intersects(other) for i, one in enumerate(rects) for other in rects[:i])


@pytest.mark.parametrize(("measure", "place"), [("p50_ms", 5), ("throughput", 6)])
def test_the_best_is_one_with_right_outputs(chart: BatchThreadMap, qtbot: QtBot, measure: str, place: int) -> None:
    with qtbot.waitSignal(chart.drawn):
        chart.show_cells(CELLS, measure)
    assert chart.best is CELLS[place]
    assert chart.note.startswith("Best: Ort, 2 threads, batch")


@pytest.mark.parametrize("measure", ["p50_ms", "throughput"])
def test_brighter_is_better(chart: BatchThreadMap, measure: str) -> None:
    chart.show_cells(CELLS[:4], measure)
    colors = [chart.color(cell) for cell in CELLS[:4]]
    values = [chart.value(cell) or 0.0 for cell in CELLS[:4]]
    lightness = [_brightness(color) for color in colors if color is not None]
    order = sorted(range(4), key=lambda i: values[i], reverse=measure == "p50_ms")
    assert [lightness[i] for i in order] == sorted(lightness)


def test_a_cell_without_a_figure_says_why(chart: BatchThreadMap) -> None:
    place = _centre(chart, CELLS[-1])
    assert chart.describe_at(place.x(), place.y()).endswith("took too long: It took too long.")
    assert chart.color(CELLS[-1]) is None
    assert "1 cell gave no figure" in chart.note


def test_wrong_outputs_are_told(chart: BatchThreadMap) -> None:
    place = _centre(chart, CELLS[4])
    found = chart.readout(place.x(), place.y())
    assert found is not None
    assert found.rows[-1] == (None, ("outputs", "wrong"))
    assert "which do not count (1 cell)" in chart.note


def test_a_click_chooses_a_cell(chart: BatchThreadMap, qtbot: QtBot) -> None:
    view = chart._canvas
    place = view.getPlotItem().getViewBox().mapViewToScene(_centre(chart, CELLS[2])).toPoint()
    with qtbot.waitSignal(chart.cell_chosen) as told:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told.args == [CELLS[2]]


def test_the_arrow_keys_go_from_cell_to_cell_across_panels(chart: BatchThreadMap, qtbot: QtBot) -> None:
    seen = []
    keys = Qt.Key
    for key in (keys.Key_Right, keys.Key_Right, keys.Key_Right, keys.Key_Down, keys.Key_Left, keys.Key_Up):
        QTest.keyClick(chart, key)
        assert chart.selected is not None
        seen.append(CELLS.index(chart.selected))
    assert seen == [0, 1, 4, 7, 3, 1]
    with qtbot.waitSignal(chart.cell_chosen) as told:
        QTest.keyClick(chart, keys.Key_Return)
    assert told.args == [CELLS[1]]


def test_panels_that_have_no_room_are_told(chart: BatchThreadMap, qtbot: QtBot) -> None:
    many = [_cell(f"runner{i}", threads, batch, 1.0) for i in range(30) for threads in (1, 2) for batch in (1, 2)]
    with qtbot.waitSignal(chart.drawn):
        chart.show_cells(many)
    assert 0 < chart.layout_now.left_out < 30
    assert f"{chart.layout_now.left_out} panels not drawn" in chart.note


def test_the_data_has_every_cell(chart: BatchThreadMap, qtbot: QtBot, tmp_path: Path) -> None:
    with qtbot.waitSignal(chart.data_saved):
        chart.save_data(tmp_path / "cells.csv")
    with (tmp_path / "cells.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == len(CELLS)
    assert [row["outputs"] for row in rows].count("wrong") == 1
    assert rows[-1]["error"] == "It took too long."
    assert float(rows[0]["p50_ms"]) == 4.0


def test_no_cells_are_said_and_not_drawn(chart: BatchThreadMap) -> None:
    chart.show_cells(())
    assert not chart.has_picture
