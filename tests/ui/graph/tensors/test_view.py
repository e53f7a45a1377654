from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.graph.graph import Graph
from modelpack_gui.core.records import TensorValues, TensorValuesRequest
from modelpack_gui.ui.app import make_window
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.selection import NodePick, ValuePick
from modelpack_gui.ui.graph.tables.initializers_view import InitializersView
from modelpack_gui.ui.graph.tables.nodes_view import NodesView
from modelpack_gui.ui.graph.tensors.heat_map import scale_of
from modelpack_gui.ui.graph.tensors.table import COLUMN_LIMIT
from modelpack_gui.ui.graph.tensors.view import HEAT_MAP, TABLE, TensorView
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.widgets.basics import IconButton
from modelpack_gui.ui.widgets.error_panel import ErrorPanel
from modelpack_gui.ui.widgets.property_rows import PropertyLabel
from tests.ui.fake_client import FakeClient
from tests.ui.graph.opening import open_index
from tests.ui.graph.records import small_graph, stats

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

CONV = np.arange(432, dtype=np.float32).reshape(16, 3, 3, 3) - 100


def found(path: Path, name: str, values: Any) -> TensorValues:
    path.write_bytes(values.tobytes())
    status = path.stat()
    return TensorValues(
        name,
        str(values.dtype),
        values.shape,
        str(path),
        0,
        values.dtype.str,
        False,
        status.st_mtime_ns,
        status.st_size,
    )


@pytest.fixture
def graph(qtbot: QtBot, controller: Controller, client: FakeClient, tmp_path: Path) -> Graph:
    return open_index(qtbot, controller, client, tmp_path, small_graph(tmp_path))


@pytest.fixture
def view(
    qtbot: QtBot, controller: Controller, client: FakeClient, settings: Settings, graph: Graph, tmp_path: Path
) -> TensorView:
    made = TensorView(controller, settings)
    qtbot.addWidget(made)
    made.resize(900, 360)
    made.show()
    client.answers["tensor-values"] = found(tmp_path / "weights", "conv.weight", CONV)
    client.answers["tensor-stats"] = stats("conv.weight")
    return made


def labels(view: TensorView) -> list[str]:
    return [label.accessibleName() for label in view.findChildren(PropertyLabel)]


def error_panel(view: TensorView) -> ErrorPanel:
    found = view.findChild(ErrorPanel)
    assert isinstance(found, ErrorPanel)
    return found


def shown(view: TensorView, row: int, column: int) -> Any:
    model = view.table.values
    return model.index(row, column).data()


def test_a_selected_initializer_is_drawn_with_its_statistics(
    qtbot: QtBot, view: TensorView, controller: Controller, graph: Graph, client: FakeClient
) -> None:
    with qtbot.waitSignal(view.heat_map.drawn):
        controller.graph.selection.select(ValuePick(graph.value_named("conv.weight")))
    request = client.last("tensor-values").request
    assert isinstance(request, TensorValuesRequest)
    assert request.name == "conv.weight"
    assert view.title.whole == "conv.weight"
    assert "Mean: 0.5" in labels(view)
    base = view.heat_map.base
    assert base is not None
    assert np.array_equal(base.values, CONV[0, 0])  # the last two axes, at the first place of the others


def test_statistics_that_were_not_made_say_why_and_can_be_tried_again(
    qtbot: QtBot, view: TensorView, graph: Graph, client: FakeClient
) -> None:
    made = client.answers["tensor-stats"]
    client.answers["tensor-stats"] = ErrorInfo("worker-crashed", "The worker was ended by SIGKILL.", "Try again.")
    with qtbot.waitSignal(view.heat_map.drawn):
        view.show_tensor(graph.value_named("conv.weight"))
    qtbot.waitUntil(lambda: view.source.stats_error is not None)
    again = next(button for button in view.findChildren(IconButton) if button.text() == "Make statistics")
    client.answers["tensor-stats"] = made
    again.click()
    qtbot.waitUntil(lambda: "Mean: 0.5" in labels(view))


def test_a_selected_node_shows_the_largest_tensor_that_it_reads(
    qtbot: QtBot, view: TensorView, controller: Controller
) -> None:
    with qtbot.waitSignal(view.heat_map.drawn):
        controller.graph.selection.select(NodePick(0))
    assert view.title.whole == "conv.weight"
    controller.graph.selection.select(NodePick(1))  # reads none: what is shown stays
    assert view.title.whole == "conv.weight"


def test_a_view_that_opens_shows_what_is_selected_already(
    view: TensorView, graph: Graph, controller: Controller, client: FakeClient
) -> None:
    view.hide()
    controller.graph.selection.select(NodePick(0))
    assert "tensor-values" not in [job.stage for job in client.jobs]
    view.show()
    assert view.source.value in graph.inputs(0)


def test_other_axes_can_be_picked(qtbot: QtBot, view: TensorView, graph: Graph) -> None:
    with qtbot.waitSignal(view.heat_map.drawn):
        view.show_tensor(graph.value_named("conv.weight"))
    with qtbot.waitSignal(view.heat_map.drawn):
        view.axes.rows.setCurrentIndex(0)
        view.axes.rows.activated.emit(0)
    with qtbot.waitSignal(view.heat_map.drawn):
        view.axes.fields[0].setValue(2)
    base = view.heat_map.base
    assert base is not None
    assert np.array_equal(base.values, CONV[:, 2, 0, :])


def test_the_table_shows_and_copies_the_numbers(qtbot: QtBot, view: TensorView, graph: Graph) -> None:
    model = view.table.values
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    view.show_view(TABLE)
    view.show_tensor(graph.value_named("conv.weight"))
    qtbot.waitUntil(lambda: model.rowCount() == 3)
    qtbot.waitUntil(lambda: shown(view, 2, 2) == "-92.00000")
    assert model.index(2, 2).data(Qt.ItemDataRole.ToolTipRole) == "[0, 0, 2, 2]   -92.0"
    with qtbot.waitActive(view):
        view.activateWindow()
    view.table.setFocus()
    flag = QItemSelectionModel.SelectionFlag  # selectRow looks at the keys that a test before may have left down
    view.table.selectionModel().select(model.index(0, 0), flag.ClearAndSelect | flag.Rows)
    qtbot.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "-100.0\t-99.0\t-98.0"


def test_a_tensor_of_one_axis_goes_down_in_the_table(
    qtbot: QtBot, view: TensorView, graph: Graph, client: FakeClient, tmp_path: Path
) -> None:
    values = np.arange(5000, dtype=np.int64)
    client.answers["tensor-values"] = found(tmp_path / "bias", "conv.bias", values)
    view.show_view(TABLE)
    view.show_tensor(graph.value_named("conv.bias"))
    qtbot.waitUntil(lambda: view.table.values.rowCount() == 5000)
    qtbot.waitUntil(lambda: shown(view, 4321, 0) == "4321")
    assert view.table.values.columnCount() == 1


def test_what_a_table_leaves_out_is_said(
    qtbot: QtBot, view: TensorView, graph: Graph, client: FakeClient, tmp_path: Path
) -> None:
    values = np.zeros((2, COLUMN_LIMIT + 5), np.int8)
    client.answers["tensor-values"] = found(tmp_path / "wide", "conv.bias", values)
    view.show_view(TABLE)
    view.show_tensor(graph.value_named("conv.bias"))
    qtbot.waitUntil(lambda: view.note.isVisible())
    assert view.note.text() == "5 columns of this slice are left out of the table."


def test_strings_are_shown_as_values_only(
    qtbot: QtBot, view: TensorView, graph: Graph, client: FakeClient, tmp_path: Path
) -> None:
    client.answers["tensor-values"] = found(tmp_path / "texts", "conv.bias", np.array(["cat", "dog"]))
    view.show_view(TABLE)
    view.show_tensor(graph.value_named("conv.bias"))
    qtbot.waitUntil(lambda: shown(view, 1, 0) == "dog")
    view.show_view(HEAT_MAP)
    assert not view.heat_map.isVisible()


def test_all_elements_are_saved(qtbot: QtBot, view: TensorView, graph: Graph, tmp_path: Path) -> None:
    view.show_tensor(graph.value_named("conv.weight"))
    qtbot.waitUntil(lambda: view.source.elements is not None)
    view.save(tmp_path / "w.npy")
    qtbot.waitUntil(lambda: view.facts.whole.startswith("Saved"))
    assert np.array_equal(np.load(tmp_path / "w.npy"), CONV)


def test_a_tensor_that_cannot_be_read_says_why_and_the_next_one_is_read(
    qtbot: QtBot, view: TensorView, graph: Graph, client: FakeClient
) -> None:
    good = client.answers["tensor-values"]
    client.answers["tensor-values"] = ErrorInfo("data-missing", "The file m.data is not there.", "Put it back.")
    view.show_tensor(graph.value_named("conv.bias"))
    panel = error_panel(view)
    qtbot.waitUntil(lambda: panel.isVisible())
    client.answers["tensor-values"] = good
    with qtbot.waitSignal(view.heat_map.drawn):
        view.show_tensor(graph.value_named("conv.weight"))
    assert not panel.isVisible()


def test_a_file_that_changes_while_it_is_looked_at_is_a_failure_that_is_told(
    qtbot: QtBot, view: TensorView, graph: Graph, tmp_path: Path
) -> None:
    with qtbot.waitSignal(view.heat_map.drawn):
        view.show_tensor(graph.value_named("conv.weight"))
    (tmp_path / "weights").write_bytes(b"short")
    view.axes.fields[0].setValue(1)
    panel = error_panel(view)
    qtbot.waitUntil(lambda: panel.isVisible())
    assert view.source.error is not None
    assert view.source.error.code == "tensor-changed"


def test_another_graph_empties_the_view(qtbot: QtBot, view: TensorView, graph: Graph, controller: Controller) -> None:
    with qtbot.waitSignal(view.heat_map.drawn):
        view.show_tensor(graph.value_named("conv.weight"))
    controller.new_project()
    qtbot.waitUntil(lambda: view.source.info is None)
    assert view.heat_map.base is None


@pytest.mark.parametrize(
    ("low", "high", "is_log", "expected"),
    [
        (-1.0, 3.0, False, (-3.0, 3.0, True)),
        (0.0, 3.0, False, (0.0, 3.0, False)),
        (0.001, 100.0, True, (0.01, 100.0, False)),
        (-4.0, -1.0, True, (-4.0, 4.0, True)),
        (None, None, False, (0.0, 0.0, False)),
    ],
)
def test_colours_are_about_zero_where_both_signs_are(
    low: float | None, high: float | None, is_log: bool, expected: tuple[float, float, bool]
) -> None:
    made = scale_of(low, high, is_log=is_log)
    assert (made.low, made.high, made.is_diverging) == expected


def test_the_values_of_a_tensor_are_wanted_from_the_tables(
    qtbot: QtBot, controller: Controller, settings: Settings, graph: Graph
) -> None:
    initializers, nodes = InitializersView(controller, settings), NodesView(controller, settings)
    value = graph.value_named("conv.bias")
    qtbot.addWidget(initializers)
    qtbot.addWidget(nodes)
    with qtbot.waitSignal(controller.graph.tensor_wanted) as wanted:
        initializers.table.record_activated.emit(graph.initializer_of[value])
    assert wanted.args == [value]
    menu = QMenu(nodes)
    nodes.table.context_menu_made.emit(menu, 0)
    with qtbot.waitSignal(controller.graph.tensor_wanted) as wanted:
        next(action for action in menu.actions() if action.text() == "Show the values of conv.weight").trigger()
    assert wanted.args == [graph.value_named("conv.weight")]


def test_the_dock_comes_to_the_front_with_the_tensor_that_is_wanted(
    qtbot: QtBot, client: FakeClient, settings: Settings, tmp_path: Path
) -> None:
    client.answers["inspect"] = index = small_graph(tmp_path)
    client.answers["tensor-values"] = found(tmp_path / "weights", "conv.weight", CONV)
    path = tmp_path / "shapes.onnx"
    path.write_bytes(b"onnx")
    window = make_window(client, settings)
    qtbot.addWidget(window)
    window.show()
    window.open_path(path)
    state = window.controller.graph
    qtbot.waitUntil(lambda: state.index is index)
    assert state.graph is not None
    dock = window.docks.tensor
    assert not dock.dock.isVisible()
    state.show_tensor(state.graph.value_named("conv.weight"))
    assert dock.dock.isVisible()
    with qtbot.waitSignal(dock.view.heat_map.drawn):
        pass
    assert dock.view.title.whole == "conv.weight"
