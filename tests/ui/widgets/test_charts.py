"""Charts: pooled histograms, axes, pictures, theme, and that start-up does not pay for them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyqtgraph
import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QGraphicsView, QMenu
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.records import ErrorHistogram
from modelpack_gui.core.stats.latencies import percentile
from modelpack_gui.ui.look.colors import DARK, LIGHT
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.charts.chart import count_ticks, log_ticks
from modelpack_gui.ui.widgets.latency.chart import ECDF, MODES, SERIES, VIOLIN, LatencyChart, LatencySeries
from modelpack_gui.ui.widgets.latency.series import Spread
from modelpack_gui.ui.widgets.parity.error_histogram import ErrorHistogramChart, pooled
from tests.ui import made_reports as made
from tests.ui.pointer import move_pointer


def _series(runner: str, centre_ms: float, count: int = 200) -> LatencySeries:
    timed = made.latencies(centre_ms, count, 4)
    return LatencySeries(runner, runner.title(), "#0072b2", made.latencies(centre_ms * 3, 10, 5), timed)


@pytest.fixture
def errors(qtbot: QtBot, settings: Settings, _themed: None) -> ErrorHistogramChart:
    chart = ErrorHistogramChart(settings)
    qtbot.addWidget(chart)
    chart.resize(500, 300)
    return chart


@pytest.fixture
def latencies(qtbot: QtBot, settings: Settings, _themed: None) -> LatencyChart:
    chart = LatencyChart(settings)
    qtbot.addWidget(chart)
    chart.resize(500, 300)
    return chart


@pytest.fixture
def drawn(errors: ErrorHistogramChart, qtbot: QtBot) -> ErrorHistogramChart:
    errors.show()
    with qtbot.waitSignal(errors.drawn):
        errors.show_errors(ErrorHistogram(-8.0, 0.5, (0, 4, 90, 1), 5), 1e-5, 2e-7)
    return errors


@pytest.fixture
def _light_again() -> Iterator[None]:
    yield
    theme().choose("light")


def _picked(image: QImage) -> str:
    return image.pixelColor(3, 3).name()


def test_importing_the_pages_imports_neither_pyqtgraph_nor_numpy() -> None:
    code = (
        "import sys, modelpack_gui.ui.pages.parity, modelpack_gui.ui.pages.bench;"
        "print([name for name in ('pyqtgraph', 'numpy', 'torch', 'onnx') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert told.stdout.strip() == "[]"


def test_pooling_adds_bins_of_the_same_grid() -> None:
    one = ErrorHistogram(-8.0, 0.5, (1, 2, 3), 10)
    assert pooled([one, None, one]) == ErrorHistogram(-8.0, 0.5, (2, 4, 6), 20)


def test_pooling_puts_bins_of_other_grids_where_they_belong() -> None:
    low, high = ErrorHistogram(-8.0, 0.5, (1, 2), 0), ErrorHistogram(-7.0, 0.5, (5, 7), 1)
    assert pooled([low, high]) == ErrorHistogram(-8.0, 0.5, (1, 2, 5, 7), 1)


def test_pooling_loses_no_element_when_bins_have_another_width() -> None:
    fine, coarse = ErrorHistogram(-8.0, 0.25, (1, 2, 3, 4), 0), ErrorHistogram(-9.0, 1.0, (6, 7), 0)
    found = pooled([fine, coarse])
    assert found is not None
    assert sum(found.counts) == 23


def test_pooling_nothing_is_nothing() -> None:
    assert pooled([None]) is None


def test_a_narrow_log_axis_has_ticks_between_the_decades() -> None:
    assert [text for _, text in log_ticks(-0.4, 0.4)] == [
        "0.4",
        "0.5",
        "0.6",
        "0.7",
        "0.8",
        "0.9",
        "1",
        "1.5",
        "2",
        "2.5",
    ]


def test_a_log_axis_of_three_decades_has_a_tick_between_them() -> None:
    assert [text for _, text in log_ticks(-0.7, 2.2)] == ["0.3", "1", "3", "10", "30", "100"]


def test_a_wide_log_axis_has_decades_only() -> None:
    assert [text for _, text in log_ticks(-6.0, -1.0, is_exponent=True)] == [
        "1e-6",
        "1e-5",
        "1e-4",
        "1e-3",
        "1e-2",
        "1e-1",
    ]


def test_a_log_axis_with_little_room_labels_fewer_decades() -> None:
    assert [text for _, text in log_ticks(-6.0, -1.0, is_exponent=True, most=2)] == ["1e-6", "1e-3"]


def test_counts_on_a_log_axis_are_short() -> None:
    assert [text for _, text in count_ticks(6.2)] == ["1", "10", "100", "1k", "10k", "100k", "1M", "10M"]


def test_a_log_axis_of_few_counts_has_ticks_between_the_decades() -> None:
    assert [text for _, text in count_ticks(0.9)] == ["1", "2", "5", "10", "20", "50"]


def test_nothing_is_drawn_while_the_chart_is_hidden(errors: ErrorHistogramChart, qtbot: QtBot) -> None:
    errors.show_errors(ErrorHistogram(-8.0, 0.5, (1,), 0), 1e-5, None)
    assert not errors.has_picture
    with qtbot.waitSignal(errors.drawn):
        errors.show()
    assert errors.has_picture


def test_the_pointer_tells_range_and_count(drawn: ErrorHistogramChart) -> None:
    assert drawn.describe(-7.4) == "3.16e-08 to 1.00e-07: 4 elements"
    assert drawn.describe(5.0) == ""


def test_exact_agreement_is_a_bar_of_its_own_left_of_the_axis(drawn: ErrorHistogramChart) -> None:
    left, right = drawn.zero_place
    assert right < -8.0
    assert drawn.describe((left + right) / 2) == "Exactly equal: 5 elements"


def test_a_chart_without_data_says_so_instead(drawn: ErrorHistogramChart, qtbot: QtBot) -> None:
    drawn.show_errors(None, 1e-5, None)
    assert not drawn.has_picture
    with qtbot.waitSignal(drawn.drawn):
        drawn.show_errors(ErrorHistogram(-8.0, 0.5, (), 7), 0.0, None)  # all exact, no tolerance line
    assert drawn.has_picture


def test_the_picture_is_on_the_clipboard_and_in_the_file(drawn: ErrorHistogramChart, tmp_path: Path) -> None:
    drawn.copy_picture()
    copied = QGuiApplication.clipboard().image()
    assert not copied.isNull()
    drawn.save_picture(tmp_path / "errors.png")
    assert QImage(str(tmp_path / "errors.png")).size() == copied.size()
    assert [path.name for path in tmp_path.glob("*.p*")] == ["errors.png"]


def test_saving_asks_where_and_remembers_the_folder(
    drawn: ErrorHistogramChart, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    drawn.make_menu().actions()[1].trigger()
    assert (tmp_path / "mine.png").is_file()
    assert settings.last_folder("picture") == str(tmp_path)


def test_a_picture_that_cannot_be_written_is_an_error_and_not_a_crash(
    drawn: ErrorHistogramChart, tmp_path: Path
) -> None:
    told: list[ErrorInfo] = []
    drawn.picture_failed.connect(told.append)
    drawn.save_picture(tmp_path / "missing" / "errors.png")
    assert [error.code for error in told] == ["picture-not-written"]


def test_the_menu_offers_pictures_only_of_what_was_drawn(errors: ErrorHistogramChart, qtbot: QtBot) -> None:
    menu = errors.make_menu()
    assert isinstance(menu, QMenu)
    assert [(action.text(), action.isEnabled()) for action in menu.actions()] == [
        ("Copy picture", False),
        ("Save picture…", False),
    ]


@pytest.fixture
def _every_move_counts() -> Iterator[None]:
    """pyqtgraph drops moves that come within 10 ms of the last one."""
    usual = pyqtgraph.getConfigOption("mouseRateLimit")
    pyqtgraph.setConfigOption("mouseRateLimit", -1)
    yield
    pyqtgraph.setConfigOption("mouseRateLimit", usual)


@pytest.mark.usefixtures("_every_move_counts")
def test_hovering_shows_what_is_there_and_leaving_brings_the_note_back(drawn: ErrorHistogramChart) -> None:
    plot = drawn.findChild(QGraphicsView)
    assert plot is not None
    told = set()
    for place in range(0, plot.width(), 15):
        move_pointer(plot.viewport(), QPoint(place, plot.height() // 2))
        told.add(drawn.footer_text)
    assert "1.00e-07 to 3.16e-07: 90 elements" in told
    QApplication.sendEvent(plot.viewport(), QEvent(QEvent.Type.Leave))
    assert drawn.footer_text == drawn.note


def test_a_right_click_on_the_plot_opens_our_menu(
    drawn: ErrorHistogramChart, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[list[str]] = []

    def popup(menu: QMenu, _position: QPoint) -> None:  # a real one needs a window system
        opened.append([action.text() for action in menu.actions()])

    monkeypatch.setattr(QMenu, "popup", popup)
    plot = drawn.findChild(QGraphicsView)
    assert plot is not None
    place = QPoint(100, 100)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, plot.viewport().mapToGlobal(place))
    QApplication.sendEvent(plot.viewport(), event)
    assert opened == [["Copy picture", "Save picture…"]]


@pytest.mark.usefixtures("_light_again")
def test_a_chart_follows_the_theme(drawn: ErrorHistogramChart, qtbot: QtBot) -> None:
    assert _picked(drawn.picture().toImage()) == LIGHT.raised
    with qtbot.waitSignal(drawn.drawn):
        theme().choose("dark")
    assert _picked(drawn.picture().toImage()) == DARK.raised


@pytest.mark.usefixtures("_light_again")
def test_a_latency_chart_survives_a_change_of_theme_in_every_mode(latencies: LatencyChart, qtbot: QtBot) -> None:
    latencies.show()
    with qtbot.waitSignal(latencies.drawn):
        latencies.show_series([_series("eager", 2.0), _series("ort", 0.6)])
    for mode, choice in ((ECDF, "dark"), (SERIES, "light"), (VIOLIN, "dark"), ("histogram", "light")):
        with qtbot.waitSignal(latencies.drawn):
            latencies.set_mode(mode)
        with qtbot.waitSignal(latencies.drawn):
            theme().choose(choice)
    assert _picked(latencies.picture().toImage()) == LIGHT.raised


@pytest.mark.parametrize(("slow_ms", "is_log"), [(2.0, False), (40.0, True)])
def test_runners_far_apart_get_a_log_axis_by_themselves(
    latencies: LatencyChart, slow_ms: float, is_log: bool
) -> None:
    latencies.show_series([_series("ort", 1.0), _series("eager", slow_ms)])
    assert latencies.is_log is is_log


def test_the_users_choice_of_axis_wins(latencies: LatencyChart) -> None:
    latencies.show_series([_series("ort", 1.0), _series("eager", 40.0)])
    latencies.set_log(False)
    assert not latencies.is_log


def test_runs_beyond_the_axis_are_counted_in_the_note(latencies: LatencyChart, qtbot: QtBot) -> None:
    latencies.show()
    steady = LatencySeries("eager", "Eager", "#0072b2", (), (1.0, 1.1) * 200 + (50.0, 60.0))
    with qtbot.waitSignal(latencies.drawn):
        latencies.show_series([steady])
    assert "2 runs beyond" in latencies.note


@pytest.mark.parametrize("timed", [(1.0,), (0.0,), (0.0, 0.0, 5.0), (1.0, 1.0, 1.0)])
def test_few_or_odd_latencies_are_drawn(latencies: LatencyChart, qtbot: QtBot, timed: tuple[float, ...]) -> None:
    latencies.show()
    for mode in MODES:
        for is_log in (False, True):
            latencies.set_mode(mode)
            latencies.set_log(is_log)
            with qtbot.waitSignal(latencies.drawn):
                latencies.show_series([LatencySeries("eager", "Eager", "#0072b2", (), timed)])
    assert latencies.has_picture


def test_the_pointer_tells_the_runs_of_each_runner(latencies: LatencyChart, qtbot: QtBot) -> None:
    latencies.show()
    with qtbot.waitSignal(latencies.drawn):
        latencies.show_series([LatencySeries("eager", "Eager", "#0072b2", (9.0, 8.0), (1.0,) * 10 + (2.0,) * 30)])
    assert latencies.describe(1.001).endswith(": Eager 10")
    latencies.set_mode(ECDF)
    assert latencies.describe(1.5) == "Within 1.500 ms: Eager 25.0 %"
    latencies.set_mode(SERIES)
    assert latencies.describe(-2) == "Warm-up run 2 before the first, ms: Eager 9.000"
    assert latencies.describe(10) == "Run 11, ms: Eager 2.000"


def test_percentile_lines_are_where_the_table_says(latencies: LatencyChart, qtbot: QtBot) -> None:
    series = _series("eager", 2.0, 500)
    latencies.show()
    with qtbot.waitSignal(latencies.drawn):
        latencies.show_series([series])
    ordered = sorted(series.timed_ms)
    assert latencies.line_places("eager") == pytest.approx(
        [percentile(ordered, share) for share in (0.5, 0.95, 0.99)]
    )


def test_a_percentile_that_the_sample_does_not_carry_has_no_line(latencies: LatencyChart, qtbot: QtBot) -> None:
    latencies.show()
    found = []
    for count in (500, 100, 20):  # 0.99 ** 366 and 0.95 ** 71 are just above 0.025
        with qtbot.waitSignal(latencies.drawn):
            latencies.show_series([_series("eager", 2.0, count)])
        found.append(len(latencies.line_places("eager")))
    assert found == [3, 2, 1]


def test_the_spread_of_medians_ignores_runners_without_runs() -> None:
    spread = Spread()
    spread.look([LatencySeries("a", "A", "#000000", (), (1.0,)), LatencySeries("x", "X", "#000000", (), ())])
    assert (spread.medians, spread.tail) == (1.0, 1.0)
    spread.look([])
    assert (spread.medians, spread.tail) == (1.0, 1.0)


def test_a_long_tail_is_drawn_on_a_log_axis_by_itself(latencies: LatencyChart) -> None:
    latencies.show_series([LatencySeries("eager", "Eager", "#0072b2", (), (1.0,) * 90 + (2.0,) * 10)])
    seen = [latencies.is_log]
    latencies.show_series([LatencySeries("eager", "Eager", "#0072b2", (), (1.0,) * 90 + (150.0,) * 10)])
    seen.append(latencies.is_log)
    latencies.set_log(False)
    seen.append(latencies.is_log)
    assert seen == [False, True, False]


def test_a_saved_picture_is_png(drawn: ErrorHistogramChart, tmp_path: Path) -> None:
    drawn.save_picture(tmp_path / "errors.png")
    assert (tmp_path / "errors.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
