from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph.columns import floats
from modelpack_gui.core.graph.overlay import Overlay
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.canvas.pictures import Subject, as_image
from modelpack_gui.ui.graph.canvas_pane.pane import CanvasPane
from modelpack_gui.ui.graph.overlays.legend_drawing import LegendChip
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient
from tests.ui.graph.canvas_pane.canvas_panes import open_graph
from tests.ui.graph.records import small_graph

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
def pane(qtbot: QtBot, controller: Controller, settings: Settings, client: FakeClient, tmp_path: Path) -> CanvasPane:
    made = CanvasPane(controller, settings)
    qtbot.addWidget(made)
    made.resize(700, 700)
    made.show()
    open_graph(qtbot, made, client, tmp_path, small_graph(tmp_path))
    return made


def picture(qtbot: QtBot, pane: CanvasPane, path: Path) -> QImage:
    pane.pictures.write(path)
    qtbot.waitUntil(lambda: not pane.pictures.is_drawing)
    return QImage(str(path))


def test_saved_picture_has_the_legend_of_its_colours_on_top(qtbot: QtBot, pane: CanvasPane, tmp_path: Path) -> None:
    plain = picture(qtbot, pane, tmp_path / "plain.png")
    overlays = pane.state.overlays
    categories = ("one", "two")
    values = floats([0.0, 1.0] * 6)
    overlays.add(Overlay("mine", "Mine", "", "categorical", values, categories, combine="common"))
    colored = picture(qtbot, pane, tmp_path / "colored.png")
    assert colored.height() > plain.height()
    overlay = overlays.current
    assert overlay is not None
    colors = overlays.colors(overlay)
    assert colors is not None
    head = colored.height() - plain.height()
    found = {colored.pixel(x, y) for y in range(head) for x in range(0, colored.width(), 2)}
    assert {QColor.fromRgba(argb).rgb() for argb in colors.categories} <= found


def test_graph_below_the_legend_is_drawn_as_without_one(qtbot: QtBot, pane: CanvasPane, tmp_path: Path) -> None:
    overlays = pane.state.overlays
    overlays.add(Overlay("mine", "Mine", "", "sequential", floats([1.0] * 12)))
    overlay = overlays.current
    assert overlay is not None
    whole = picture(qtbot, pane, tmp_path / "whole.png")
    alone = Subject.of(pane.canvas, pane.scenes.details, is_whole=True)
    assert alone is not None
    graph = as_image(alone)
    top = whole.height() - graph.height()
    assert top > 0
    assert whole.copy(0, top, graph.width(), graph.height()) == graph.convertToFormat(whole.format())


def test_drawing_has_the_legend_as_text(qtbot: QtBot, pane: CanvasPane, tmp_path: Path) -> None:
    pane.state.overlays.choose("op-type")
    pane.pictures.write(tmp_path / "graph.svg")
    qtbot.waitUntil(lambda: not pane.pictures.is_drawing)
    text = (tmp_path / "graph.svg").read_text(encoding="utf-8")
    assert "Op type" in text
    assert LegendChip("Conv 6", 0).text in text
