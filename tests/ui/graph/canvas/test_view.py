"""The canvas under the mouse and on the screen."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph import scene as kinds
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.graph.layout.engine import lay_out
from modelpack_gui.core.records.graph_layout import LayoutRequest
from modelpack_gui.ui.graph.canvas.arrays import SceneArrays
from modelpack_gui.ui.graph.canvas.labels import Labels
from modelpack_gui.ui.graph.canvas.look import PADDING, metrics_of
from modelpack_gui.ui.graph.canvas.minimap import Minimap
from modelpack_gui.ui.graph.canvas.pictures import MOST_PIXELS, Subject, as_image
from modelpack_gui.ui.graph.canvas.view import GraphCanvas
from modelpack_gui.ui.graph.selection import GroupPick, NodePick, ValuePick
from modelpack_gui.ui.look.theme import theme
from tests.ui.graph.canvas.made_scenes import chain_scene
from tests.ui.graph.records import small_graph
from tests.ui.pointer import move_pointer

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
    pytest.mark.usefixtures("_themed"),
]
STAGES, HEAD = 1, 13


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    return Graph.read(Path(small_graph(tmp_path).columns))


@pytest.fixture
def canvas(qtbot: QtBot, graph: Graph) -> GraphCanvas:
    made = GraphCanvas()
    qtbot.addWidget(made)
    made.resize(500, 400)
    made.show()
    made.set_scene(graph, SceneArrays(chain_scene(graph, {STAGES})), (), is_down=True)
    return made


def pixels(canvas: GraphCanvas) -> npt.NDArray[np.uint8]:
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.asarray(image.constBits()).reshape(image.height(), image.width(), 4)[..., :3].copy()


def middle(canvas: GraphCanvas, kind: int, ref: int) -> QPoint:
    assert canvas.arrays is not None
    rect = canvas.arrays.rect(canvas.arrays.box_of[kind, ref])
    return canvas.viewport.to_widget(rect.center()).toPoint()


def turn(canvas: GraphCanvas, at: QPoint, angle: int, modifiers: Qt.KeyboardModifier) -> None:
    event = QWheelEvent(
        QPointF(at), QPointF(canvas.mapToGlobal(at)), QPoint(), QPoint(0, angle), Qt.MouseButton.NoButton, modifiers,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)


@pytest.mark.parametrize("zoom", [0.05, 0.3, 0.5, 1.0])
def test_what_is_moved_looks_as_if_it_were_drawn_anew(canvas: GraphCanvas, zoom: float) -> None:
    canvas.zoom_to(zoom)
    pixels(canvas)
    for across, down in ((13, 0), (0, -29), (-7, 5), (90, 40)):
        canvas.pan_by(across, down)
        pixels(canvas)
    moved = pixels(canvas)
    canvas.set_coloring()  # draws all anew
    anew = pixels(canvas)
    assert len(np.unique(moved.reshape(-1, 3), axis=0)) > 3
    assert np.abs(moved.astype(int) - anew.astype(int)).max() <= 60  # a seam in what is smoothed, nothing else
    assert (moved != anew).any(axis=2).mean() < 0.002


@pytest.mark.parametrize("name", ["light", "dark"])
def test_it_follows_the_theme(qtbot: QtBot, canvas: GraphCanvas, name: str) -> None:
    theme().choose(name)
    try:
        qtbot.waitUntil(lambda: canvas.look.colors.is_dark == (name == "dark"))
        corner = pixels(canvas)[5, 5].tolist()
        assert (sum(corner) > 600) == (name == "light")
    finally:
        theme().choose("light")


def test_the_wheel_zooms_at_the_pointer_and_moves_with_ctrl_or_as_it_is_set(canvas: GraphCanvas) -> None:
    at = middle(canvas, kinds.BOX_NODE, 1)
    before, place = canvas.viewport.zoom, canvas.viewport.to_scene(QPointF(at))
    turn(canvas, at, 120, Qt.KeyboardModifier.NoModifier)
    assert canvas.viewport.zoom > before
    assert (canvas.viewport.to_widget(place) - QPointF(at)).manhattanLength() <= 1.1
    zoom, origin = canvas.viewport.zoom, QPointF(canvas.viewport.origin)
    turn(canvas, at, -120, Qt.KeyboardModifier.ControlModifier)
    assert canvas.viewport.zoom == zoom
    assert canvas.viewport.origin.y() < origin.y()
    canvas.wheel_zooms = False
    turn(canvas, at, 120, Qt.KeyboardModifier.ControlModifier)
    assert canvas.viewport.zoom > zoom


def test_dragging_moves_and_selects_nothing(qtbot: QtBot, canvas: GraphCanvas) -> None:
    at = middle(canvas, kinds.BOX_NODE, 1)
    origin = QPointF(canvas.viewport.origin)
    with qtbot.assertNotEmitted(canvas.picked):
        drag(qtbot, canvas, at, at + QPoint(0, -60))
    assert canvas.viewport.origin - origin == QPointF(0, -60)


def drag(qtbot: QtBot, canvas: GraphCanvas, start: QPoint, end: QPoint, **more: Qt.KeyboardModifier) -> None:
    modifier = more.get("modifier", Qt.KeyboardModifier.NoModifier)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, modifier, start)
    for share in (1, 2, 3, 4):
        move_pointer(canvas, start + (end - start) * share / 4, Qt.MouseButton.LeftButton, modifier)
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, modifier, end)


def test_dragging_with_ctrl_zooms_to_the_box(qtbot: QtBot, canvas: GraphCanvas) -> None:
    start, end = QPoint(200, 100), QPoint(300, 180)
    wanted = canvas.viewport.to_scene(QPointF(250, 140))
    before = canvas.viewport.zoom
    drag(qtbot, canvas, start, end, modifier=Qt.KeyboardModifier.ControlModifier)
    assert canvas.viewport.zoom > before
    assert (canvas.viewport.view.center() - wanted).manhattanLength() < 3


def test_a_click_on_an_edge_selects_its_tensor_and_beside_everything_nothing(
    qtbot: QtBot, canvas: GraphCanvas, graph: Graph
) -> None:
    assert canvas.arrays is not None
    edge = int(np.flatnonzero(canvas.arrays.value == graph.value_named("v0"))[0])
    points = canvas.arrays.points[canvas.arrays.starts[edge] : canvas.arrays.starts[edge + 1]]
    at = canvas.viewport.to_widget(QPointF(*points[:2].mean(axis=0))).toPoint()
    with qtbot.waitSignal(canvas.picked) as picked:
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=at)
    assert picked.args == [ValuePick(graph.value_named("v0"))]
    with qtbot.waitSignal(canvas.picked) as picked:
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(5, 200))
    assert picked.args == [None]


def test_hovering_tells_of_nodes_tensors_and_groups(canvas: GraphCanvas) -> None:
    canvas.set_hover(QPointF(middle(canvas, kinds.BOX_NODE, 0)))
    assert canvas.hover_text() == "Conv node_Conv_0\nin stages.0\n→ v0  float32 batch × 16 × 32 × 32"
    assert canvas.arrays is not None
    canvas.hover_box, canvas.hover_edge = -1, 1
    assert "float32 batch × 16 × 32 × 32" in canvas.hover_text()
    assert "\n65.5 kB at batch = 1\n" in canvas.hover_text()  # nobody has chosen a size
    assert "Conv node_Conv_0 → Relu node_Relu_1" in canvas.hover_text()
    canvas.sizes = lambda: {"batch": 4}
    assert "\n262 kB at batch = 4\n" in canvas.hover_text()
    canvas.set_hover(QPointF(middle(canvas, kinds.BOX_GROUP, HEAD)))
    assert canvas.hover_text().startswith("head\n")
    canvas.set_hover(None)
    assert canvas.hover_text() == ""


def test_a_double_click_wants_a_group_toggled_or_a_node_entered(qtbot: QtBot, canvas: GraphCanvas) -> None:
    with qtbot.waitSignal(canvas.toggle_wanted) as asked:
        qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=middle(canvas, kinds.BOX_GROUP, HEAD))
    assert asked.args == [HEAD]
    with qtbot.waitSignal(canvas.enter_wanted) as asked:
        qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=middle(canvas, kinds.BOX_NODE, 3))
    assert asked.args == [3]


def test_keys_fit_zoom_and_go_home(qtbot: QtBot, canvas: GraphCanvas) -> None:
    qtbot.keyClick(canvas, Qt.Key.Key_Space)
    assert canvas.viewport.view.contains(canvas.viewport.bounds)
    fitted = canvas.viewport.zoom
    qtbot.keyClick(canvas, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert canvas.viewport.zoom > fitted
    qtbot.keyClick(canvas, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert canvas.viewport.zoom == pytest.approx(fitted)
    qtbot.keyClick(canvas, Qt.Key.Key_Backspace, Qt.KeyboardModifier.ShiftModifier)
    assert canvas.viewport.zoom == pytest.approx(1.0)
    with qtbot.waitSignal(canvas.picked) as picked:
        qtbot.keyClick(canvas, Qt.Key.Key_Home)
    assert canvas.graph is not None
    assert picked.args == [ValuePick(canvas.graph.scopes[0].inputs[0])]


def test_the_side_buttons_of_the_mouse_are_left_to_the_page(qtbot: QtBot, canvas: GraphCanvas) -> None:
    with qtbot.assertNotEmitted(canvas.picked):
        qtbot.mouseClick(canvas, Qt.MouseButton.BackButton, pos=QPoint(250, 100))


def test_a_selection_is_brought_into_view_large_enough_to_be_read(canvas: GraphCanvas) -> None:
    canvas.fit_all()
    canvas.zoom_to(0.05)
    canvas.show_pick(NodePick(9))
    assert canvas.viewport.zoom >= 0.6
    assert canvas.arrays is not None
    assert canvas.viewport.view.contains(canvas.arrays.rect(canvas.current))
    canvas.show_pick(GroupPick(STAGES))
    assert canvas.arrays.kind[canvas.current] == kinds.BOX_FRAME


def test_marks_and_what_is_found_are_drawn(canvas: GraphCanvas) -> None:
    plain = pixels(canvas)
    canvas.set_coloring(marks={0: "error", 1: "warning", 11: "info"})
    marked = pixels(canvas)
    assert (marked != plain).any()
    assert canvas.painter is not None
    assert {key: len(boxes) for key, boxes in canvas.painter.paints.marks.items()} == {
        "error": 1, "warning": 1, "info": 1,
    }  # fmt: skip
    canvas.set_coloring(marks={}, found=(2, 3))
    assert (pixels(canvas) != plain).any()


def test_the_minimap_shows_and_moves_what_is_in_view(qtbot: QtBot, canvas: GraphCanvas) -> None:
    minimap = Minimap(canvas)
    canvas.fit_all()
    assert minimap.isHidden()  # all is in view anyway
    canvas.zoom_to(1.0)
    assert minimap.isVisible()
    before = canvas.viewport.view.center().y()
    qtbot.mouseClick(minimap, Qt.MouseButton.LeftButton, pos=QPoint(minimap.width() // 2, minimap.height() - 4))
    assert canvas.viewport.view.center().y() > before
    minimap.set_wanted(is_wanted=False)
    assert minimap.isHidden()


def test_a_picture_of_a_huge_graph_is_drawn_smaller(canvas: GraphCanvas) -> None:
    subject = Subject.of(canvas, (), is_whole=True)
    assert subject is not None
    object.__setattr__(subject, "area", subject.area.adjusted(0, 0, 30_000, 40_000))
    image = as_image(subject)
    assert 0 < image.width() * image.height() <= MOST_PIXELS


def test_a_scene_of_very_many_boxes_is_drawn_from_its_overview(
    canvas: GraphCanvas, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = pixels(canvas)
    monkeypatch.setattr("modelpack_gui.ui.graph.canvas.painter.MANY_BOXES", 3)
    canvas.set_coloring()
    coarse = pixels(canvas)
    assert (coarse != plain).any()
    assert np.abs(coarse.astype(int).mean(axis=(0, 1)) - plain.astype(int).mean(axis=(0, 1))).max() < 12


def test_a_title_has_all_the_room_that_it_needs(graph: Graph, qapp: QApplication) -> None:
    metrics = metrics_of(qapp.font())
    request = LayoutRequest("", opened=(STAGES,), padding=PADDING, **dataclasses.asdict(metrics))
    arrays = SceneArrays(lay_out(graph, request).scene)
    labels = Labels(graph, arrays, qapp.font(), ())
    boxes = np.flatnonzero(np.isin(arrays.kind, [kinds.BOX_NODE, kinds.BOX_GROUP, kinds.BOX_FRAME])).tolist()
    titles = [labels.lines(box)[0].text for box in boxes]
    assert {"Conv", "Relu", "Gemm", "stages · 11 nodes"} <= set(titles)
    assert not [title for title in titles if "…" in title]


def test_another_size_shows_the_begin_again_until_it_is_moved(qtbot: QtBot, graph: Graph) -> None:
    canvas = GraphCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(500, 300)
    canvas.show()
    canvas.set_scene(graph, SceneArrays(chain_scene(graph)), (), is_down=True)
    canvas.resize(900, 800)
    assert canvas.viewport.view.contains(canvas.viewport.bounds)
    canvas.pan_by(-40, -30)
    center = canvas.viewport.view.center()
    canvas.resize(700, 500)
    assert (canvas.viewport.view.center() - center).manhattanLength() <= 2.0
