"""The latency chart: its legend, the card under the pointer, its modes, and what can be taken away of it."""

from __future__ import annotations

import csv
import dataclasses
import random
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.stats.latencies import percentile
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.charts.legend import LegendEntry
from modelpack_gui.ui.widgets.charts.readout import ReadoutCard
from modelpack_gui.ui.widgets.latency.chart import ECDF, HISTOGRAM, MODES, SERIES, VIOLIN, LatencyChart, LatencySeries


def _series(key: str, centre_ms: float, count: int = 500, **look: bool) -> LatencySeries:
    draw = random.Random(key)
    timed = tuple(centre_ms * draw.lognormvariate(0.0, 0.03) for _ in range(count))
    turns = (25,) * (count // 25)
    return LatencySeries(key, key.title(), "#0072b2", (3 * centre_ms, 2 * centre_ms), timed, turns, **look)


EAGER, ORT = _series("eager", 2.0), _series("ort", 1.0)


@pytest.fixture
def chart(qtbot: QtBot, settings: Settings, _themed: None) -> LatencyChart:
    made = LatencyChart(settings)
    qtbot.addWidget(made)
    made.resize(700, 340)
    made.show()
    with qtbot.waitSignal(made.drawn):
        made.show_series([EAGER, ORT])
    return made


def _entry(chart: LatencyChart, key: str) -> LegendEntry:
    return chart.legend.entries[key]


def _told(chart: LatencyChart, x: float, y: float = 0.0) -> dict[str, tuple[str, ...]]:
    found = chart.readout(x, y)
    assert found is not None
    return {item.key: figures for item, figures in found.rows if item is not None}


def test_a_click_in_the_legend_hides_a_runner_and_another_one_brings_it_back(
    chart: LatencyChart, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(chart.hidden_changed) as told, qtbot.waitSignal(chart.drawn):
        qtbot.mouseClick(_entry(chart, "eager"), Qt.MouseButton.LeftButton)
    assert told.args == [frozenset({"eager"})]
    assert chart.line_places("eager") == []
    assert len(chart.line_places("ort")) == 3
    with qtbot.waitSignal(chart.drawn):
        qtbot.mouseClick(_entry(chart, "eager"), Qt.MouseButton.LeftButton)
    assert len(chart.line_places("eager")) == 3


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return])
def test_the_legend_works_from_the_keyboard(chart: LatencyChart, qtbot: QtBot, key: Qt.Key) -> None:
    with qtbot.waitSignal(chart.hidden_changed) as told:
        QTest.keyClick(_entry(chart, "ort"), key)
    assert told.args == [frozenset({"ort"})]


def test_a_click_with_control_leaves_one_runner_alone_and_a_second_brings_all_back(
    chart: LatencyChart, qtbot: QtBot
) -> None:
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.mouseClick(_entry(chart, "ort"), Qt.MouseButton.LeftButton, control)
    assert chart.hidden == {"eager"}
    qtbot.mouseClick(_entry(chart, "ort"), Qt.MouseButton.LeftButton, control)
    assert not chart.hidden


def test_what_is_hidden_stays_hidden_when_other_runs_come(chart: LatencyChart, qtbot: QtBot) -> None:
    qtbot.mouseClick(_entry(chart, "eager"), Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(chart.drawn):
        chart.show_series([_series("eager", 3.0), _series("trace", 2.0), ORT])
    assert chart.hidden == {"eager"}
    assert not _entry(chart, "eager").isChecked()
    assert chart.line_places("eager") == []


def test_a_chart_with_all_runners_hidden_says_how_to_bring_them_back(chart: LatencyChart, qtbot: QtBot) -> None:
    for mode in MODES:
        chart.set_hidden(frozenset({"eager", "ort"}))
        with qtbot.waitSignal(chart.drawn):
            chart.set_mode(mode)
        assert "hidden" in chart.note
        assert chart.describe(1.0) == ""
        assert chart.readout(1.0, 0.0) is None
        with qtbot.waitSignal(chart.drawn):
            chart.set_hidden(frozenset())
        assert "hidden" not in chart.note


def test_a_runner_with_wrong_outputs_is_named_so(chart: LatencyChart, qtbot: QtBot) -> None:
    with qtbot.waitSignal(chart.drawn):
        chart.show_series([EAGER, _series("int8", 0.5, is_valid=False)])
    assert _entry(chart, "int8").text() == "Int8 (wrong outputs)"
    assert "does not count" in _entry(chart, "int8").toolTip()
    assert "Int8 (wrong outputs)" in chart.describe(chart.line_places("int8")[0])


@pytest.mark.parametrize("mode", [HISTOGRAM, ECDF, VIOLIN, SERIES])
def test_a_runner_with_wrong_outputs_looks_other_in_every_mode(chart: LatencyChart, qtbot: QtBot, mode: str) -> None:
    pictures = []
    for is_valid in (True, False):
        series = _series("int8", 0.5, is_valid=is_valid)
        with qtbot.waitSignal(chart.drawn):
            chart.show_series([series])
            chart.set_mode(mode)
        canvas = chart.picture().toImage()
        pictures.append(canvas.copy(0, 80, canvas.width(), canvas.height() - 80))  # the legend differs anyway
    assert pictures[0] != pictures[1]


def test_the_card_tells_the_percentiles_of_every_runner_that_is_shown(chart: LatencyChart, qtbot: QtBot) -> None:
    told = _told(chart, 1.5)
    assert set(told) == {"eager", "ort"}
    p50 = percentile(sorted(ORT.timed_ms), 0.5)
    assert told["ort"][1:3] == ("100.0 %", f"{p50:.3g}".ljust(4, "0"))
    assert told["eager"][:2] == ("0", "0.0 %")
    chart.set_hidden(frozenset({"ort"}))
    with qtbot.waitSignal(chart.drawn):
        chart.redraw()
    assert set(_told(chart, 2.0)) == {"eager"}


def test_the_card_of_the_shares_tells_the_percentile_at_the_pointers_height(
    chart: LatencyChart, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(chart.drawn):
        chart.set_mode(ECDF)
    told = _told(chart, 1.5, 90.0)
    assert float(told["eager"][1]) == pytest.approx(percentile(sorted(EAGER.timed_ms), 0.9), abs=5e-4)
    assert _told(chart, 1.5, 99.9)["eager"][1] == "–"  # 500 runs do not carry it


def test_the_card_of_the_series_tells_run_and_round(chart: LatencyChart, qtbot: QtBot) -> None:
    with qtbot.waitSignal(chart.drawn):
        chart.set_mode(SERIES)
    found = chart.readout(26.2, 0.0)
    assert found is not None
    assert found.head == "Run 27, round 2"
    assert _told(chart, 26.2)["eager"][0] == f"{EAGER.timed_ms[26]:.3f}"
    early = chart.readout(-2.0, 0.0)
    assert early is not None
    assert early.head == "Warm-up run 2 before the first"
    assert chart.readout(9000.0, 0.0) is None


def test_the_card_is_beside_the_pointer_and_goes_away_with_it(chart: LatencyChart) -> None:
    chart.hover(1.5, 10.0)
    card = chart.findChild(ReadoutCard)
    assert card is not None
    seen = [card.isVisible()]
    chart.end_hover()
    seen.append(card.isVisible())
    assert seen == [True, False]


@pytest.mark.usefixtures("_themed")
def test_the_card_is_whole_over_a_chart_that_is_lower(qtbot: QtBot, settings: Settings) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(700, 600)
    chart = LatencyChart(settings, window)
    chart.setGeometry(0, 200, 700, 200)
    window.show()
    with qtbot.waitSignal(chart.drawn):
        chart.show_series([_series(f"runner {i}", 1.0 + i) for i in range(8)])
    chart.hover(0.3, 10.0)
    card = window.findChild(ReadoutCard)
    assert card is not None
    assert card.height() > 200 - 60
    assert window.rect().contains(card.geometry())
    chart.hide()
    assert not card.isVisible()


@pytest.mark.parametrize("height", [230, 340, 800])
def test_the_label_of_p99_is_not_cut_by_the_upper_edge(chart: LatencyChart, qtbot: QtBot, height: int) -> None:
    chart.resize(700, height)
    with qtbot.waitSignal(chart.drawn):
        chart.set_mode(ECDF)
    plot = chart._canvas.getPlotItem()
    label = next(item.label for item in plot.items if getattr(item, "label", None) and item.label.format == "p99")
    assert label.mapRectToScene(label.boundingRect()).top() >= plot.getViewBox().sceneBoundingRect().top()


def test_violins_tell_the_runner_of_the_row(chart: LatencyChart, qtbot: QtBot) -> None:
    with qtbot.waitSignal(chart.drawn):
        chart.set_mode(VIOLIN)
    assert chart.describe_at(1.0, 1.0).startswith("Eager: p50 2.0")
    assert chart.describe_at(1.0, 0.0).startswith("Ort: p50 ")
    assert chart.describe_at(1.0, 7.0) == ""


def test_outliers_are_marked_and_counted(chart: LatencyChart, qtbot: QtBot) -> None:
    timed = (*EAGER.timed_ms, 3.1, 3.2, 90.0)
    with qtbot.waitSignal(chart.drawn):
        chart.show_series([LatencySeries("eager", "Eager", "#0072b2", (), timed)])
        chart.set_mode(VIOLIN)
    assert "3 outliers marked" in chart.note
    with qtbot.waitSignal(chart.drawn):
        chart.set_mode(SERIES)
    assert "1 run beyond" in chart.note
    assert _told(chart, float(len(timed) - 1))["eager"][-1] == "outlier"
    assert _told(chart, 3.0)["eager"][-1] == ""


def test_very_many_rounds_are_shaded_some_together(chart: LatencyChart, qtbot: QtBot) -> None:
    with qtbot.waitSignal(chart.drawn):
        chart.set_mode(SERIES)
    assert "Bands: rounds of turns." in chart.note
    with qtbot.waitSignal(chart.drawn):
        chart.show_series([_series("eager", 2.0, 5000)])
    assert "Bands: 5 rounds each." in chart.note


def test_a_run_that_grows_is_drawn_as_it_comes(chart: LatencyChart, qtbot: QtBot) -> None:
    timed = [1.0] * 400
    with qtbot.waitSignal(chart.drawn):
        chart.show_series([LatencySeries("eager", "Eager", "#0072b2", (), timed)], is_live=True)
    timed.extend([3.0] * 600)
    with qtbot.waitSignal(chart.drawn):
        chart.show_series([LatencySeries("eager", "Eager", "#0072b2", (), timed)], is_live=True)
    assert chart.line_places("eager")[0] == pytest.approx(3.0)


def test_another_warm_up_as_long_as_the_one_before_is_drawn_anew(chart: LatencyChart, qtbot: QtBot) -> None:
    with qtbot.waitSignal(chart.drawn):
        chart.set_mode(SERIES)
    again = dataclasses.replace(EAGER, warmup_ms=(1.5, 1.25))
    with qtbot.waitSignal(chart.drawn):
        chart.show_series([again, ORT])
    assert chart._items is not None
    x, y = chart._items.get(("eager", "warmup")).getData()
    assert (x.tolist(), y.tolist()) == ([-2.0, -1.0], [1.5, 1.25])


def test_while_it_warms_up_nothing_is_said_of_the_runs_before(chart: LatencyChart) -> None:
    assert chart.note
    chart.show_series([], is_live=True)
    assert (chart.note, chart.footer_text) == ("", "")


def test_the_data_has_every_run_with_its_turn(chart: LatencyChart, qtbot: QtBot, tmp_path: Path) -> None:
    with qtbot.waitSignal(chart.data_saved):
        chart.save_data(tmp_path / "runs.csv")
    with (tmp_path / "runs.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 2 * (2 + 500)
    timed = [row for row in rows if row["key"] == "eager" and row["phase"] == "timed"]
    assert [float(row["latency_ms"]) for row in timed] == list(EAGER.timed_ms)
    assert [row["turn"] for row in timed[24:26]] == ["1", "2"]
    assert timed[-1]["turn"] == "20"


def test_saving_the_data_asks_where(
    chart: LatencyChart, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    menu = chart.make_menu()
    action = next(one for one in menu.actions() if one.text() == "Save data as CSV…")
    with qtbot.waitSignal(chart.data_saved):
        action.trigger()
    assert (tmp_path / "mine.csv").is_file()


def test_data_that_cannot_be_written_is_an_error(chart: LatencyChart, qtbot: QtBot, tmp_path: Path) -> None:
    with qtbot.waitSignal(chart.picture_failed) as told:
        chart.save_data(tmp_path / "missing" / "runs.csv")
    error = told.args[0]
    assert isinstance(error, ErrorInfo)
    assert error.code == "csv-not-written"


def test_the_legend_is_in_the_picture_without_what_is_hidden(
    chart: LatencyChart, qtbot: QtBot, tmp_path: Path
) -> None:
    whole = chart.picture().toImage()
    head = 2 * chart.legend.height()
    with qtbot.waitSignal(chart.drawn):
        chart.set_hidden(frozenset({"ort"}))
    part = chart.picture().toImage()
    assert whole.size() == part.size()
    box = (2 * _entry(chart, "ort").x(), 0, 2 * _entry(chart, "ort").width(), head)
    empty = part.copy(*box)
    assert whole.copy(*box) != empty
    assert {empty.pixelColor(x, y).name() for x in range(empty.width()) for y in range(empty.height())} == {
        theme().colors.raised
    }
    chart.save_picture(tmp_path / "runs.svg")
    assert b"<svg" in (tmp_path / "runs.svg").read_bytes()


@pytest.mark.parametrize("mode", list(MODES))
def test_what_is_drawn_keeps_to_the_axes_at_every_mode_and_scale(
    chart: LatencyChart, qtbot: QtBot, mode: str
) -> None:
    for is_log in (False, True):
        chart.set_log(is_log)
        with qtbot.waitSignal(chart.drawn):
            chart.set_mode(mode)
        assert chart.is_log is is_log
        assert chart.describe_at(0.2 if is_log else 1.6, 0.0)
