from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPushButton, QToolTip
from pytestqt.qtbot import QtBot

from modelpack_gui.core.pipeline import Stage
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Histogram, Inspection, Property, Section
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import Foldable, IconToolButton
from modelpack_gui.ui.widgets.charts.histogram import HistogramView
from modelpack_gui.ui.widgets.mono_block import MonoBlock
from modelpack_gui.ui.widgets.property_rows import FollowLink, PropertyLabel
from modelpack_gui.ui.widgets.window.inspector import EMPTY_TEXT, InspectorPanel

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

HISTOGRAM = Histogram((10, 0, 30), (-1.0, 0.0, 1.0, 2.0))
CONV = Inspection(
    "Conv",
    "node_Conv_1",
    (
        Section("Node", (Property("Mean", "0.123", "0.12345678"), Property("Source", "/home/" + "x" * 200))),
        Section("Values", (), "1, 2, 3", HISTOGRAM),
    ),
)


@pytest.fixture
def panel(qtbot: QtBot, controller: Controller) -> InspectorPanel:
    made = InspectorPanel(controller)
    qtbot.addWidget(made)
    made.resize(260, 600)
    made.show()
    return made


def visible_texts(panel: InspectorPanel) -> list[str]:
    return [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]


def fold(panel: InspectorPanel, title: str) -> Foldable:
    found = panel.findChild(Foldable, f"section-{title}")
    assert isinstance(found, Foldable)
    return found


def value(panel: InspectorPanel, name: str) -> PropertyLabel:
    return next(label for label in panel.findChildren(PropertyLabel) if label.accessibleName().startswith(f"{name}:"))


def test_before_any_selection_it_says_what_to_do(panel: InspectorPanel) -> None:
    assert visible_texts(panel) == [EMPTY_TEXT]
    assert panel.inspection is None


def test_it_shows_title_rows_text_and_histogram(panel: InspectorPanel, controller: Controller) -> None:
    controller.inspect(CONV, Stage.GRAPH)
    shown = visible_texts(panel)
    for expected in ("Conv", "node_Conv_1", "Mean", "0.123", "Source"):
        assert expected in shown
    assert [block.toPlainText() for block in panel.findChildren(MonoBlock)] == ["1, 2, 3"]
    assert [view.histogram for view in panel.findChildren(HistogramView)] == [HISTOGRAM]
    assert EMPTY_TEXT not in shown


def test_a_long_value_is_cut_within_260_pixels_and_whole_in_its_tooltip(
    panel: InspectorPanel, controller: Controller
) -> None:
    controller.inspect(CONV, Stage.GRAPH)
    label = value(panel, "Source")
    assert "…" in label.text()
    assert label.toolTip() == "/home/" + "x" * 200
    right = label.mapTo(panel, QPoint(label.width(), 0)).x()
    assert right <= panel.width() == 260


def test_rows_do_not_overlap(qtbot: QtBot, panel: InspectorPanel, controller: Controller) -> None:
    rows = tuple(Property(f"name {i}", "v" * (1 + i * 5)) for i in range(20))
    controller.inspect(Inspection("Many", "", (Section("Rows", rows),)), Stage.GRAPH)
    for width in (260, 420, 200):
        panel.resize(width, 600)
        labels = [value(panel, item.name) for item in rows]
        qtbot.waitUntil(lambda labels=labels: labels[-1].width() > 0)  # type: ignore[misc]
        bottoms = [label.geometry().bottom() for label in labels]
        tops = [label.geometry().top() for label in labels]
        assert all(top > bottom for top, bottom in zip(tops[1:], bottoms, strict=False))


def test_the_menu_of_a_value_copies_it_whole(panel: InspectorPanel, controller: Controller) -> None:
    controller.inspect(CONV, Stage.GRAPH)
    label = value(panel, "Mean")
    label.customContextMenuRequested.emit(QPoint(2, 2))
    menu = next(menu for menu in label.findChildren(QMenu) if menu.isVisible())
    actions = {action.text(): action for action in menu.actions()}
    actions["Copy value"].trigger()
    assert QGuiApplication.clipboard().text() == "0.12345678"
    actions["Copy name and value"].trigger()
    assert QGuiApplication.clipboard().text() == "Mean\t0.12345678"
    menu.close()


def test_values_can_be_selected_with_the_mouse(panel: InspectorPanel, controller: Controller) -> None:
    controller.inspect(CONV, Stage.GRAPH)
    flags = value(panel, "Mean").textInteractionFlags()
    assert flags & Qt.TextInteractionFlag.TextSelectableByMouse


def test_everything_is_copied_at_once(qtbot: QtBot, panel: InspectorPanel, controller: Controller) -> None:
    controller.inspect(CONV, Stage.GRAPH)
    qtbot.mouseClick(panel.findChild(IconToolButton), Qt.MouseButton.LeftButton)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[:5] == ["Conv", "node_Conv_1", "", "Node", "Mean\t0.12345678"]
    assert "1.0 to 2.0\t30" in lines
    assert lines[-1] == "1, 2, 3"


def test_a_folded_section_stays_folded_for_the_next_selection(
    qtbot: QtBot, panel: InspectorPanel, controller: Controller
) -> None:
    controller.inspect(CONV, Stage.GRAPH)
    qtbot.mouseClick(fold(panel, "Node").findChild(QPushButton), Qt.MouseButton.LeftButton)
    controller.inspect(
        Inspection("Relu", "", (Section("Node", (Property("Index", "3"),)), CONV.sections[1])), Stage.GRAPH
    )
    assert not fold(panel, "Node").is_open
    assert fold(panel, "Values").is_open
    qtbot.mouseClick(fold(panel, "Node").findChild(QPushButton), Qt.MouseButton.LeftButton)
    controller.inspect(CONV, Stage.GRAPH)
    assert fold(panel, "Node").is_open


def test_folded_sections_are_remembered_in_the_settings(
    qtbot: QtBot, controller: Controller, settings: Settings
) -> None:
    first = InspectorPanel(controller, settings=settings)
    qtbot.addWidget(first)
    first.show()
    controller.inspect(CONV, Stage.GRAPH)
    qtbot.mouseClick(fold(first, "Node").findChild(QPushButton), Qt.MouseButton.LeftButton)
    second = InspectorPanel(controller, settings=settings)
    qtbot.addWidget(second)
    second.show_inspection(CONV)
    assert not fold(second, "Node").is_open


def test_a_row_with_a_target_is_a_link(qtbot: QtBot, panel: InspectorPanel, controller: Controller) -> None:
    followed: list[object] = []

    def follow(target: object) -> None:
        followed.append(target)
        controller.inspect(CONV, Stage.GRAPH)

    rows = (Property("conv.weight", "float32", target=("it",)), Property("image", "float32"))
    controller.inspect(Inspection("Conv", "", (Section("Inputs", rows),), follow), Stage.GRAPH)
    links = panel.findChildren(FollowLink)
    assert [link.accessibleName() for link in links] == ["conv.weight"]
    qtbot.mouseClick(links[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: followed == [("it",)])
    assert panel.inspection == CONV


def test_very_many_rows_are_cut_with_a_note_but_all_are_copied(
    qtbot: QtBot, panel: InspectorPanel, controller: Controller
) -> None:
    rows = tuple(Property(f"input {i}", str(i)) for i in range(500))
    controller.inspect(Inspection("Concat", "", (Section("Inputs", rows),)), Stage.GRAPH)
    assert any(text.startswith("468 more") for text in visible_texts(panel))
    panel.copy_all()
    assert "input 499\t499" in QGuiApplication.clipboard().text()


def test_the_scroll_position_stays_when_more_is_known_of_the_same_thing(
    qtbot: QtBot, panel: InspectorPanel, controller: Controller
) -> None:
    rows = tuple(Property(f"input {i}", str(i)) for i in range(32))
    first = Inspection(
        "Concat", "a", (Section("Inputs", rows), Section("Values", (Property("Statistics", "reading…"),)))
    )
    panel.resize(260, 250)
    controller.inspect(first, Stage.GRAPH)
    bar = panel.scroll_bar
    qtbot.waitUntil(lambda: bar.maximum() > 200)
    bar.setValue(150)
    controller.inspect(Inspection("Concat", "a", (Section("Inputs", rows), CONV.sections[1])), Stage.GRAPH)
    assert bar.value() == 150
    controller.inspect(Inspection("Concat", "b", (Section("Inputs", rows),)), Stage.GRAPH)
    assert bar.value() == 0


def test_another_project_empties_it_but_saving_does_not(
    panel: InspectorPanel, controller: Controller, tmp_path: Path
) -> None:
    controller.inspect(CONV, Stage.GRAPH)
    controller.new_project()
    assert panel.inspection is None
    assert visible_texts(panel) == [EMPTY_TEXT]


def test_hovering_a_bar_tells_its_range_and_count(qtbot: QtBot, controller: Controller) -> None:
    view = HistogramView(HISTOGRAM)
    qtbot.addWidget(view)
    view.resize(300, view.sizeHint().height())
    view.show()
    assert view.bar_text(2) == "1.000 to 2.000\n30 values"
    place = QPoint(250, 20)
    QApplication.sendEvent(view, QHelpEvent(QHelpEvent.Type.ToolTip, place, view.mapToGlobal(place)))
    assert QToolTip.text() == f"{view.bar_text(2)}\nClick for logarithmic heights"
    QToolTip.hideText()
    assert view.bar_at(-1.0) == -1
    assert view.bar_at(300.0) == -1


def test_a_histogram_draws_bars_where_there_are_counts_and_none_where_not(
    qtbot: QtBot, controller: Controller
) -> None:
    view = HistogramView(HISTOGRAM)
    qtbot.addWidget(view)
    view.resize(300, view.sizeHint().height())
    image = view.grab().toImage()

    def is_bar(x: int, y: int) -> bool:
        ratio = image.devicePixelRatio()
        return image.pixelColor(round(x * ratio), round(y * ratio)) != image.pixelColor(round(150 * ratio), 10)

    assert is_bar(250, 10)  # the highest reaches up
    assert not is_bar(50, 10)
    assert is_bar(50, 75)
    assert not is_bar(150, 75)


def test_a_click_or_space_makes_the_heights_logarithmic(qtbot: QtBot, controller: Controller) -> None:
    view = HistogramView(Histogram((1, 0, 1_000_000), (-1.0, 0.0, 1.0, 2.0)))
    qtbot.addWidget(view)
    assert (view.height_of(0), view.height_of(1), view.height_of(2)) == (1e-6, 0.0, 1.0)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton)
    assert 0.04 < view.height_of(0) < 0.06
    assert (view.height_of(1), view.height_of(2)) == (0.0, 1.0)
    assert not view.grab().isNull()
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert view.height_of(0) == 1e-6


def test_a_histogram_of_one_value_is_drawn(qtbot: QtBot, controller: Controller) -> None:
    view = HistogramView(Histogram((5,), (0.0, 0.0)))
    qtbot.addWidget(view)
    view.resize(200, view.sizeHint().height())
    assert not view.grab().isNull()
    assert view.accessibleDescription() == "5 values from 0 to 0, 1 bin"


def test_each_page_has_its_own_thing_in_it(panel: InspectorPanel, controller: Controller) -> None:
    panel.show_page(Stage.GRAPH)
    controller.inspect(CONV, Stage.GRAPH)
    panel.show_page(Stage.SOURCE)
    assert visible_texts(panel) == [EMPTY_TEXT]
    module = Inspection("stages.0", "ResidualBlock")
    controller.inspect(module, Stage.SOURCE)
    assert panel.inspection == module
    panel.show_page(Stage.GRAPH)
    assert panel.inspection == CONV


def test_what_another_page_learns_later_is_shown_when_one_comes_back(
    panel: InspectorPanel, controller: Controller
) -> None:
    panel.show_page(Stage.GRAPH)
    controller.inspect(CONV, Stage.GRAPH)
    panel.show_page(Stage.CHECK)
    more = Inspection("Conv", "node_Conv_1", (*CONV.sections, Section("Values", (Property("Mean", "0.5"),))))
    controller.inspect(more, Stage.GRAPH)
    assert visible_texts(panel) == [EMPTY_TEXT]
    panel.show_page(Stage.GRAPH)
    assert panel.inspection == more


def test_a_value_of_several_lines_is_shown_in_one_and_copied_whole(
    panel: InspectorPanel, controller: Controller
) -> None:
    rows = (Property("signature", "\n# inputs\nx: f32[1, 3]\n"),)
    controller.inspect(Inspection("Model", "", (Section("Metadata", rows),)), Stage.GRAPH)
    assert value(panel, "signature").whole == "# inputs x: f32[1, 3]"
    panel.copy_all()
    assert "\n# inputs\nx: f32[1, 3]\n" in QGuiApplication.clipboard().text()
