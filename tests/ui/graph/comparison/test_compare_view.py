from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.graph.compare.difference import State
from modelpack_gui.core.records import (
    GraphCompareRequest,
    GraphIndex,
    GraphOptimizedRequest,
    TensorInfo,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.comparison.compared import Asked
from modelpack_gui.ui.graph.comparison.section import comparison_sections
from modelpack_gui.ui.graph.comparison.view import CompareView
from modelpack_gui.ui.graph.overlays.colors import tone_color
from modelpack_gui.ui.graph.overlays.legend_drawing import LegendDrawing
from modelpack_gui.ui.graph.selection import NodePick, ValuePick
from modelpack_gui.ui.look.theme import theme
from modelpack_gui.ui.pages.graph import GraphPage
from modelpack_gui.ui.settings import Settings
from tests.ui.fake_client import FakeClient
from tests.ui.graph.comparison.compared import comparison, other_graph, pair, pick

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def test_before_the_first_comparison_one_button_asks_the_optimiser(view: CompareView, client: FakeClient) -> None:
    view.start.click()
    request = client.last("graph.optimized").request
    assert isinstance(request, GraphOptimizedRequest)
    assert request.level == "all"
    assert request.index is not None


def test_without_a_graph_nothing_can_be_compared(qtbot: QtBot, controller: Controller, settings: Settings) -> None:
    view = CompareView(controller, settings)
    qtbot.addWidget(view)
    assert not view.bar.button.isEnabled()
    assert not view.start.isEnabled()


def test_it_asks_for_the_file_that_is_beside_the_artifact(view: CompareView, client: FakeClient, other: Path) -> None:
    view.hide()
    view.show()  # files may come while it is out of view
    view.bar.choice.setCurrentIndex(view.bar.choice.findData(str(other)))
    view.bar.choice.activated.emit(view.bar.choice.currentIndex())
    request = client.last("graph.compare").request
    assert isinstance(request, GraphCompareRequest)
    assert (request.other, request.other_index) == (str(other), None)


def test_the_verdict_is_a_sentence(compared: CompareView) -> None:
    assert compared.sentence.text() == "1 node changed (operator); 11 do the same as before."
    assert not compared.start.isVisible()


def test_only_changes_are_listed_until_another_choice(compared: CompareView) -> None:
    assert [row.state for row in compared.pairs.records] == [State.CHANGED]
    compared.facets.choose("everything")
    assert len(compared.pairs.records) == 12
    compared.filter_field.setText("gemm")
    assert [row.node for row in compared.pairs.records] == [11]


def test_the_pair_marks_what_differs_and_only_that(compared: CompareView) -> None:
    pick(compared, 3)
    lines = pair(compared)
    assert lines["Operator"] == ("Relu", "Gelu", State.CHANGED)
    assert lines["Module"][2] is State.SAME
    assert next(iter(lines)) == "Operator"
    assert lines["Found by"][0] == "its name"


def test_a_row_is_the_selection_of_the_window_and_the_other_way_round(
    compared: CompareView, controller: Controller
) -> None:
    pick(compared, 3)
    assert controller.graph.selection.current == NodePick(3)
    compared.facets.choose("everything")
    controller.graph.selection.select(NodePick(11))
    assert compared.table.currentIndex().row() == 11
    assert pair(compared)["Operator"] == ("Gemm", "Gemm", State.SAME)


def test_swapped_the_window_s_graph_is_the_second(
    qtbot: QtBot, compared: CompareView, client: FakeClient, controller: Controller, tmp_path: Path, graph: GraphIndex
) -> None:
    client.answers["graph.compare"] = comparison(other_graph(tmp_path, nodes_kept=11), graph, tmp_path)
    compared.bar.swap.click()
    request = client.last("graph.compare").request
    assert isinstance(request, GraphCompareRequest)
    assert request.other == graph.artifact.path
    assert request.other_index is not None
    qtbot.waitUntil(lambda: "added" in compared.sentence.text())
    row = next(row for row in compared.pairs.records if row.state is State.ADDED)
    compared.table.select_record(row)
    assert controller.graph.selection.current == NodePick(11)


def test_the_optimiser_s_patterns_choose_the_nodes(
    qtbot: QtBot, view: CompareView, client: FakeClient, tmp_path: Path, graph: GraphIndex
) -> None:
    client.answers["graph.optimized"] = comparison(graph, other_graph(tmp_path), tmp_path, "basic")
    view.compare(Asked(level="basic"))
    qtbot.waitUntil(lambda: view.pairs.total > 0)
    view.facets.choose("pattern:Relu → Gelu")
    assert [row.node for row in view.pairs.records] == [3]
    assert view.note.text == "A note."


def test_facts_of_the_models_have_a_tab(
    qtbot: QtBot, view: CompareView, client: FakeClient, tmp_path: Path, graph: GraphIndex, other: Path
) -> None:
    after = other_graph(tmp_path)
    wider = TensorInfo("image", "float32", ("batch", 4, 32, 32))
    after = dataclasses.replace(
        after, artifact=dataclasses.replace(after.artifact, inputs=(wider,), opset_version=21)
    )
    client.answers["graph.compare"] = comparison(graph, after, tmp_path)
    view.compare(Asked(other=str(other)))
    qtbot.waitUntil(lambda: view.facts.total > 0)
    view.tabs.setCurrentIndex(1)
    (fact,) = [fact for fact in view.facts.records if fact.aspect == "input"]
    assert (fact.before, fact.after) == ("float32 batch × 3 × 32 × 32", "float32 batch × 4 × 32 × 32")
    assert "Opset 20 became 21." in view.sentence.text()


def test_the_dtype_of_the_weights_is_compared_where_both_files_say_it(tmp_path: Path, graph: GraphIndex) -> None:
    def told(**more: str) -> list[str]:
        before, after = (
            dataclasses.replace(graph, artifact=dataclasses.replace(graph.artifact, **one))  # type: ignore[arg-type]
            for one in ({"weights_dtype": "float32"}, more)
        )
        return [fact.what for fact in comparison(before, after, tmp_path).facts]

    assert told(weights_dtype="float16") == ["main dtype"]
    assert told(weights_dtype="", format="pt2") == ["format"]


def test_while_it_runs_it_can_be_cancelled(qtbot: QtBot, view: CompareView, client: FakeClient, other: Path) -> None:
    view.compare(Asked(other=str(other)))
    assert not view.bar.button.isVisible()
    view.bar.cancel.click()
    assert client.last("graph.compare").is_cancelled
    qtbot.waitUntil(view.bar.button.isVisible)
    assert view.start.isVisible()


def test_a_failure_says_what_and_leaves_what_was_compared_before(
    qtbot: QtBot, compared: CompareView, client: FakeClient
) -> None:
    client.answers["graph.optimized"] = ErrorInfo("optimizer-refused", "It does not take it.", "Check the artifact.")
    compared.compare(Asked(level="all"))
    qtbot.waitUntil(compared.error_panel.isVisible)
    assert compared.count.text() == "1 of 12"


def test_pairs_that_are_gone_from_disk_are_an_error(
    view: CompareView, qtbot: QtBot, client: FakeClient, tmp_path: Path, graph: GraphIndex, other: Path
) -> None:
    found = comparison(graph, other_graph(tmp_path), tmp_path)
    client.answers["graph.compare"] = dataclasses.replace(found, columns=str(tmp_path / "gone.columns"))
    view.compare(Asked(other=str(other)))
    qtbot.waitUntil(view.error_panel.isVisible)
    assert view.start.isVisible()


def test_a_graph_that_was_read_again_makes_it_stale_and_another_file_clears_it(
    qtbot: QtBot, compared: CompareView, client: FakeClient, controller: Controller, tmp_path: Path, graph: GraphIndex
) -> None:
    again = dataclasses.replace(graph, duration_s=2.0)
    client.answers["inspect"] = again
    controller.open_artifact(tmp_path / "shapes.onnx")
    qtbot.waitUntil(lambda: controller.graph.index is again)
    qtbot.waitUntil(lambda: compared.pairs.total == 0 or compared.stale.isVisible())


def test_what_is_not_shown_in_the_graph_has_no_way_there(compared: CompareView, controller: Controller) -> None:
    wanted: list[int] = []
    controller.node_wanted.connect(wanted.append)
    menu = QMenu()
    compared.table.context_menu_made.emit(menu, compared.pairs.record(0))
    show = next(action for action in menu.actions() if action.text() == "Show in the graph")
    show.trigger()
    assert wanted == [3]


def test_columns_read_as_one_text_for_a_screen_reader(compared: CompareView) -> None:
    index = compared.pairs.index(0, 0)
    assert "another operator" in str(index.data(Qt.ItemDataRole.AccessibleTextRole))


def test_the_graph_is_coloured_by_what_became_of_its_nodes(
    qtbot: QtBot, compared: CompareView, controller: Controller
) -> None:
    with qtbot.waitSignal(compared.graph_wanted):
        compared.color_button.click()
    overlay = controller.graph.overlays.current
    assert overlay is not None
    assert overlay.text(overlay.values[3]) == "changed"
    assert overlay.known == 1
    colors = controller.graph.overlays.colors(overlay)
    assert colors is not None
    assert colors.categories == (tone_color("warning", theme().colors),)  # as in the list and the drawings beside it
    assert [chip.text for chip in LegendDrawing.of(overlay, colors).chips] == ["changed 1", "same 11"]


def test_the_page_makes_the_view_when_its_tab_is_chosen(
    qtbot: QtBot, controller: Controller, settings: Settings
) -> None:
    page = GraphPage(controller, settings)
    qtbot.addWidget(page)
    page.show()
    assert page.findChild(CompareView) is None
    page.tabs.setCurrentIndex(1)
    assert page.compare is not None
    assert page.modes.isHidden()
    page.compare.graph_wanted.emit()
    assert page.tabs.currentWidget() is page.view
    qtbot.waitUntil(lambda: page.view.canvas is not None)


def test_a_low_window_squeezes_the_tables_and_does_not_scroll_the_page(
    qtbot: QtBot, compared: CompareView, controller: Controller, settings: Settings
) -> None:
    assert compared.sentence.text()
    page = GraphPage(controller, settings)
    qtbot.addWidget(page)
    page.resize(800, 700)
    page.show()
    view, layout = page.show_comparison(), page.layout()
    assert layout is not None
    qtbot.waitUntil(view.sentence.isVisible)
    assert layout.totalMinimumHeightForWidth(800) < 500


def test_the_inspector_tells_of_the_counterpart(compared: CompareView, controller: Controller) -> None:
    state = controller.graph.comparison
    (section,) = comparison_sections(state, NodePick(3))
    assert section.title == "Beside other.onnx"
    rows = {row.name: row.value for row in section.properties}
    assert rows == {"What became": "changed", "Counterpart": "Gelu  node_Relu_3", "Operator": "Relu → Gelu"}
    assert comparison_sections(state, ValuePick(0)) == ()
    compared.facets.choose("everything")
    (section,) = comparison_sections(state, NodePick(0))
    assert section.properties[0].value == "same"
