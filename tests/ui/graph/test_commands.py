from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QApplication, QMenu, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.graph.builder import graph_of
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import GraphIndex, NodeInfo, TensorInfo
from modelpack_gui.ui.app import make_window
from modelpack_gui.ui.graph.overlays.bar import OverlayBar
from modelpack_gui.ui.graph.same_pick import same_pick
from modelpack_gui.ui.graph.selection import GroupPick, NodePick, ValuePick
from modelpack_gui.ui.graph.side_pane import INITIALIZERS, NODES
from modelpack_gui.ui.pages.graph import GraphPage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import ActionButton
from modelpack_gui.ui.window.main_window import MainWindow
from tests.ui.fake_client import FakeClient
from tests.ui.graph.records import small_graph

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "shapes.onnx"
    path.write_bytes(b"onnx")
    return path


def index_of(model: Path, **more: int) -> GraphIndex:
    index = small_graph(model.parent, **more)  # type: ignore[arg-type]
    return dataclasses.replace(index, artifact=dataclasses.replace(index.artifact, path=str(model)))


@pytest.fixture
def window(qtbot: QtBot, client: FakeClient, settings: Settings, model: Path) -> MainWindow:
    client.answers["inspect"] = index_of(model)
    made = make_window(client, settings)
    qtbot.addWidget(made)
    made.show()
    made.open_path(model)
    qtbot.waitUntil(lambda: made.controller.graph.graph is not None)
    with qtbot.waitActive(made):
        made.activateWindow()
    return made


def page_of(window: MainWindow) -> GraphPage:
    page = window.page(Stage.GRAPH)
    assert isinstance(page, GraphPage)
    return page


def command(window: MainWindow, text: str) -> QAction:
    return next(action for action in window.menus.actions if action.text().replace("&", "") == text)


def graph_menu(window: MainWindow) -> QMenu:
    return next(menu for menu in window.findChildren(QMenu) if menu.title() == "&Graph")


def test_alt_and_arrows_go_back_and_forward_in_what_was_selected(window: MainWindow, qtbot: QtBot) -> None:
    selection = window.controller.graph.selection
    table = page_of(window).view.side.nodes.table
    assert not command(window, "Go back").isEnabled()
    table.selectRow(3)
    table.selectRow(7)
    qtbot.keyClick(window, Qt.Key.Key_Left, ALT)
    assert selection.current == NodePick(3)
    assert table.currentIndex().row() == 3
    qtbot.keyClick(window, Qt.Key.Key_Right, ALT)
    assert selection.current == NodePick(7)
    assert not command(window, "Go forward").isEnabled()


def test_two_arrows_go_back_and_forward_and_are_off_where_there_is_no_way(window: MainWindow) -> None:
    selection, page = window.controller.graph.selection, page_of(window)
    back, forward = page.tabs.cornerWidget(Qt.Corner.TopRightCorner).findChildren(ActionButton)
    assert [back.toolTip(), forward.toolTip()] == ["Go back (Alt+Left)", "Go forward (Alt+Right)"]
    page.view.side.nodes.table.selectRow(3)
    assert not back.isEnabled()
    page.view.side.nodes.table.selectRow(7)
    place = back.mapTo(page, QPoint())
    page.show_comparison()
    QApplication.processEvents()
    assert back.isVisible()  # what is compared is selected, too
    assert back.mapTo(page, QPoint()) == place
    back.click()
    assert selection.current == NodePick(3)
    assert not back.isEnabled()
    forward.click()
    assert selection.current == NodePick(7)


def _stops(first: QWidget, last: QWidget) -> list[QWidget]:
    stops = [first]
    while stops[-1] is not last:
        following = stops[-1].nextInFocusChain()
        assert following is not None
        stops.append(following)
    return [stop for stop in stops if stop.focusPolicy() & Qt.FocusPolicy.TabFocus and stop.isVisible()]


def test_the_tab_key_comes_by_what_is_above_the_graph_before_the_graph(window: MainWindow) -> None:
    page = page_of(window)
    arrows = page.tabs.cornerWidget(Qt.Corner.TopRightCorner).findChildren(ActionButton)
    stops = _stops(page.tabs.tabBar(), page.view.side.bar)
    assert stops == [page.tabs.tabBar(), *page.modes.buttons.values(), *arrows, page.view.side.bar]


@pytest.mark.parametrize("place", ["table", "page"])
def test_the_buttons_of_the_mouse_go_back_and_forward(window: MainWindow, place: str) -> None:
    selection = window.controller.graph.selection
    table = page_of(window).view.side.nodes.table
    target = table.viewport() if place == "table" else page_of(window)
    table.selectRow(3)
    table.selectRow(7)

    def press(button: Qt.MouseButton) -> None:
        at = QPointF(20, 20)
        event = QMouseEvent(
            QEvent.Type.MouseButtonPress, at, target.mapToGlobal(at), button, button, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(target, event)

    press(Qt.MouseButton.BackButton)
    assert selection.current == NodePick(3)
    press(Qt.MouseButton.ForwardButton)
    assert selection.current == NodePick(7)


def test_the_menu_of_the_page_is_off_while_another_page_is_shown(window: MainWindow) -> None:
    assert graph_menu(window).menuAction().isEnabled()
    assert "Find…" in [action.text().replace("&", "") for action in window.menus.actions]
    window.show_stage(Stage.CHECK)
    assert not graph_menu(window).menuAction().isEnabled()
    assert "Find…" not in [action.text().replace("&", "") for action in window.menus.actions]


def test_every_tab_is_a_command(window: MainWindow) -> None:
    side = page_of(window).view.side
    command(window, "Initializers").trigger()
    assert side.current == INITIALIZERS
    command(window, "Nodes").trigger()
    assert side.current == NODES


def test_no_two_commands_have_the_same_key(window: MainWindow) -> None:
    keys = [key.toString() for action in window.menus.actions for key in action.shortcuts() if not key.isEmpty()]
    assert sorted(keys) == sorted(set(keys))


def test_control_and_a_digit_opens_a_recent_file(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    other.write_bytes(b"onnx")
    window.open_path(other)
    assert window.controller.project.opened_artifact == str(other)
    qtbot.keyClick(window, Qt.Key.Key_2, CONTROL)
    assert window.controller.project.opened_artifact == str(tmp_path / "shapes.onnx")
    assert QKeySequence("Ctrl+1") in [key for action in window.menus.actions for key in action.shortcuts()]


def test_a_file_that_is_dropped_on_the_page_is_opened(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    other.write_bytes(b"onnx")
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(other))])
    side = page_of(window).view.side
    for target in (side.nodes.filter.field, side.nodes.table.viewport()):
        assert not target.acceptDrops()  # so that the window gets it
    drop = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, files, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    window.dropEvent(drop)
    qtbot.waitUntil(lambda: window.controller.project.opened_artifact == str(other))


def test_a_file_that_changes_is_read_again_with_what_was_selected(
    window: MainWindow, qtbot: QtBot, client: FakeClient, model: Path
) -> None:
    window.controller.graph.selection.select(NodePick(4))
    again = index_of(model)
    client.answers["inspect"] = again
    model.write_bytes(b"another one")
    qtbot.waitUntil(lambda: window.controller.graph.index is again)
    assert window.controller.graph.selection.current == NodePick(4)


def test_a_file_that_changes_is_left_alone_where_the_user_wants_that(
    window: MainWindow, qtbot: QtBot, client: FakeClient, model: Path
) -> None:
    command(window, "Read again when the file changes").trigger()
    asked = len([job for job in client.jobs if job.stage == "inspect"])
    with qtbot.waitSignal(window.controller.files_changed):
        model.write_bytes(b"another one")
    assert len([job for job in client.jobs if job.stage == "inspect"]) == asked


def test_what_was_selected_is_found_by_its_name_where_numbers_are_others() -> None:
    def node(name: str, op_type: str, output: str, module: str = "") -> NodeInfo:
        info = TensorInfo(output, "float32", None)
        return NodeInfo(0, op_type, "ai.onnx", name, module, ("x",), (output,), (info,))

    before = graph_of([node("a", "Relu", "va"), node("b", "Conv", "vb", "head"), node("", "Add", "vc")])
    now = graph_of([node("n", "Neg", "vn", "first"), *before.nodes[:2], node("", "Mul", "vc")])
    assert same_pick(NodePick(1), before, now) == NodePick(2)
    assert same_pick(NodePick(2), before, now) is None  # no name, and another op type at its place
    assert same_pick(NodePick(2), before, before) == NodePick(2)
    assert same_pick(ValuePick(before.value_named("vb")), before, now) == ValuePick(now.value_named("vb"))
    group = before.ints("node_group")[1]
    assert same_pick(GroupPick(group), before, now) == GroupPick(now.ints("node_group")[2])
    assert same_pick(ValuePick(before.value_named("vb")), before, graph_of([])) is None


def test_colours_that_lack_a_measurement_lead_to_the_tab_that_makes_it(window: MainWindow) -> None:
    found: dict[str, str] = {}
    for key in ("parity-error", "latency-share", "sensitivity"):
        page_of(window)
        window.controller.graph.overlays.choose(key)
        bar = window.findChild(OverlayBar)
        assert bar is not None
        bar.go.click()
        tabs = window.page(window.current_stage).tabs  # type: ignore[attr-defined]
        assert isinstance(tabs, QTabWidget)
        found[key] = tabs.tabText(tabs.currentIndex())
    assert found == {
        "parity-error": "Layers",
        "latency-share": "Where the time goes",
        "sensitivity": "What each node costs",
    }
