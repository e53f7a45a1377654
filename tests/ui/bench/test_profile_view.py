"""The view of where the time goes: what is asked for, the verdict, tables and strips, and where each row leads."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Progress
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.profile.difference import difference
from modelpack_gui.core.records import ProfileReport, ProfileRequest, RunnerSpec
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.graph.selection import NodePick
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.pages.bench import BenchPage
from modelpack_gui.ui.pages.graph import GraphPage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.profile.share_strip import ShareStrips, Strip, StripItem
from modelpack_gui.ui.widgets.profile.view import ProfileView
from tests.ui import made_reports as made
from tests.ui.fake_client import FakeClient
from tests.ui.graph.records import small_graph
from tests.ui.samples import make_export_record
from tests.unit.core.profile.profiles import DYNAMIC, FLOAT, report, row

INT8 = RunnerSpec("onnxruntime", artifact="int8.onnx")


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    path = tmp_path / "shapes.onnx"
    path.write_bytes(b"onnx")
    return path


@pytest.fixture
def view(qtbot: QtBot, client: FakeClient, controller: Controller, settings: Settings, artifact: Path) -> ProfileView:
    client.answers["hello"] = made.capabilities()
    recipe = made.ready_recipe()
    bench = dataclasses.replace(recipe.bench, runners=(*recipe.bench.runners, INT8))
    controller.edit(dataclasses.replace(recipe, bench=bench), "start")
    controller.adopt_export(make_export_record(artifact))
    controller.refresh_capabilities()
    qtbot.waitUntil(lambda: controller.capabilities is not None)
    view = ProfileView(controller, settings)
    qtbot.addWidget(view)
    view.resize(768, 620)
    view.show()
    return view


@pytest.fixture
def profile(view: ProfileView, client: FakeClient, qtbot: QtBot) -> Callable[[ProfileReport], None]:
    """Press the button, and have the worker answer."""

    def run(answer: ProfileReport) -> None:
        key = view.head.runner.key
        QTest.mouseClick(view.head.profile_button, Qt.MouseButton.LeftButton)
        client.last("profile").answer(answer)
        qtbot.waitUntil(lambda: view._controller.profiles.report_of(key) is answer)

    return run


def placed(profile_of: ProfileReport, artifact: Path) -> ProfileReport:
    """A profile whose rows name nodes of the small graph."""
    names = {0: "node_Conv_0", 1: "node_Relu_1", 11: "node_Gemm_11"}
    rows = tuple(
        dataclasses.replace(one, indices=places, originals=tuple(names[place] for place in places))
        for one, places in zip(profile_of.rows, ((0, 1), (11,), ()), strict=True)
    )
    return dataclasses.replace(profile_of, rows=rows, artifact_path=str(artifact))


def test_before_the_first_run_it_says_what_it_is_for_and_offers_it(view: ProfileView) -> None:
    assert view.head.profile_button.isEnabled()
    assert not view.head.badge.isVisible()
    assert not view.tables.isVisible()
    assert view.head.runner.key == "onnxruntime"
    assert view.head.against.key == ""


def test_the_runner_that_is_chosen_is_profiled_on_the_artifact(
    view: ProfileView, client: FakeClient, artifact: Path
) -> None:
    view.choose(INT8.key)
    view.profile()
    request = client.last("profile").request
    assert isinstance(request, ProfileRequest)
    assert (request.runner, request.artifact_path) == (INT8, str(artifact))


def test_progress_is_shown_and_can_be_cancelled(view: ProfileView, client: FakeClient, qtbot: QtBot) -> None:
    view.profile()
    job = client.last("profile")
    job.give(Progress(job.id, "Profiling", 0.6))
    qtbot.waitUntil(lambda: view.head.progress.text == "ONNX Runtime: Profiling")
    assert not view.head.profile_button.isEnabled()
    QTest.mouseClick(view.head.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.head.badge.status is Status.CANCELLED)
    assert job.is_cancelled
    assert view.head.profile_button.isEnabled()


def test_a_profile_is_told_in_a_sentence_strips_and_tables(
    view: ProfileView, profile: Callable[[ProfileReport], None]
) -> None:
    profile(FLOAT)
    assert view.head.sentence.text() == FLOAT.summary
    assert view.head.badge.status is Status.PASSED
    assert [one.op_type for one in view.tables.totals.records] == ["Conv", "Gemm", "ReorderOutput"]
    assert view.tables.rows.rowCount() == 3
    titles = [item.title for _, _, item in view.strips.pieces()]
    assert titles == ["convolution", "matrix product", "layout and shape", "between the operators"]


def test_an_op_type_or_a_piece_of_the_strip_lists_its_rows(
    view: ProfileView, profile: Callable[[ProfileReport], None]
) -> None:
    profile(FLOAT)
    view.tables.total_table.selectRow(1)
    assert [one.op_type for one in view.tables.rows.records] == ["Gemm"]
    place = view.strips.pieces()[0][0].center().toPoint()
    QTest.mouseClick(view.strips, Qt.MouseButton.LeftButton, pos=QPoint(place))
    assert [one.op_type for one in view.tables.rows.records] == ["Conv"]
    QTest.mouseClick(view.tables.all_button, Qt.MouseButton.LeftButton)
    view.tables.filter_field.setText("reorder")
    assert [one.op_type for one in view.tables.rows.records] == ["ReorderOutput"]


def test_two_runners_are_profiled_one_after_the_other_and_compared(
    view: ProfileView, client: FakeClient, qtbot: QtBot
) -> None:
    view.choose(INT8.key, "onnxruntime")
    view.profile()
    first = client.last("profile")
    first.answer(DYNAMIC)
    qtbot.waitUntil(lambda: client.last("profile") is not first)
    client.last("profile").answer(FLOAT)
    qtbot.waitUntil(lambda: view.parts.isVisible())
    found = difference(FLOAT, DYNAMIC)
    assert view.head.sentence.text() == found.summary
    assert [one.title for one in view.parts.parts.records] == [one.title for one in found.by_kind]
    QTest.mouseClick(view.parts.choice.buttons["place"], Qt.MouseButton.LeftButton)
    assert [one.title for one in view.parts.parts.records] == [one.title for one in found.by_place]
    assert any("dynamic quantisation" in note for note in view.note_texts())
    view.profile()  # the other one still holds
    assert client.last("profile").request.runner == INT8  # type: ignore[union-attr]
    client.last("profile").answer(DYNAMIC)
    qtbot.waitUntil(lambda: not view._controller.profiles.is_running)


def test_a_failure_is_drawn_and_goes_with_the_next_run(view: ProfileView, client: FakeClient, qtbot: QtBot) -> None:
    view.profile()
    client.last("profile").answer(ErrorInfo("runtime-failed", "It cannot run.", "See the Check page."))
    qtbot.waitUntil(lambda: view.error.isVisible())
    assert view.head.badge.status is Status.FAILED
    view.choose("eager")
    assert not view.error.isVisible()  # it is not of this runner
    view.choose("onnxruntime")
    assert view.error.isVisible()
    view.profile()
    assert not view.error.isVisible()
    client.last("profile").answer(FLOAT)
    qtbot.waitUntil(lambda: view.tables.isVisible())


def test_another_setting_makes_a_profile_out_of_date_and_back(
    view: ProfileView, controller: Controller, profile: Callable[[ProfileReport], None]
) -> None:
    profile(FLOAT)
    recipe = controller.recipe
    controller.edit(dataclasses.replace(recipe, bench=dataclasses.replace(recipe.bench, threads=7)), "change threads")
    statuses = [view.head.badge.status]
    controller.undo_stack.undo()
    assert [*statuses, view.head.badge.status] == [Status.STALE, Status.PASSED]


def test_a_row_leads_to_its_node_of_the_artifact(
    view: ProfileView, controller: Controller, profile: Callable[[ProfileReport], None], artifact: Path, qtbot: QtBot
) -> None:
    profile(placed(FLOAT, artifact))
    seen: list[Inspection] = []
    controller.inspected.connect(seen.append)
    view.tables.row_table.selectRow(0)
    assert seen[-1].title == "node_Conv_0"
    with qtbot.waitSignal(controller.node_wanted) as wanted:
        view.tables.row_table.activated.emit(view.tables.rows.index(0, 0))
    assert wanted.args == [0]
    menu = QMenu()
    view.tables.row_menu_made.emit(menu, view.tables.rows.record(0))
    assert [action.text() for action in menu.actions()[1:]] == [
        "Show node_Conv_0 in graph",
        "Show node_Relu_1 in graph",
    ]


def test_a_row_and_the_node_of_the_graph_are_selected_together(
    view: ProfileView,
    controller: Controller,
    profile: Callable[[ProfileReport], None],
    artifact: Path,
    client: FakeClient,
    qtbot: QtBot,
) -> None:
    graph = small_graph(artifact.parent)
    client.answers["inspect"] = dataclasses.replace(
        graph, artifact=dataclasses.replace(graph.artifact, path=str(artifact))
    )
    controller.run(Stage.GRAPH)
    qtbot.waitUntil(lambda: controller.graph.graph is not None)
    profile(placed(FLOAT, artifact))
    view.tables.row_table.selectRow(0)
    assert controller.graph.selection.current == NodePick(0)
    controller.graph.selection.select(NodePick(11))
    assert view.tables.rows.record(view.tables.row_table.currentIndex().row()).op_type == "Gemm"
    controller.graph.selection.select(NodePick(1))  # fused into the row of node 0
    assert view.tables.row_table.currentIndex().row() == 0
    assert controller.graph.selection.current == NodePick(1)


def test_rows_of_another_file_lead_nowhere(
    view: ProfileView, controller: Controller, profile: Callable[[ProfileReport], None], tmp_path: Path
) -> None:
    wanted: list[int] = []
    controller.node_wanted.connect(wanted.append)
    view.choose(INT8.key)
    profile(placed(FLOAT, tmp_path / "int8.onnx"))
    view.tables.row_table.activated.emit(view.tables.rows.index(0, 0))
    assert wanted == []


def test_what_runs_the_artifact_is_profiled_after_an_export_where_there_is_none(
    qtbot: QtBot, client: FakeClient, controller: Controller, settings: Settings, artifact: Path
) -> None:
    client.answers["hello"] = made.capabilities()
    controller.edit(made.ready_recipe(), "start")
    controller.refresh_capabilities()
    qtbot.waitUntil(lambda: controller.capabilities is not None)
    view = ProfileView(controller, settings)
    qtbot.addWidget(view)
    assert view.problem == ""
    view.profile()
    assert view.head.progress.text == "Exporting the model first"
    assert not view.head.profile_button.isEnabled()
    client.last("export").answer(make_export_record(artifact))
    qtbot.waitUntil(lambda: any(job.stage == "profile" for job in client.jobs))
    request = client.last("profile").request
    assert isinstance(request, ProfileRequest)
    assert request.artifact_path == str(artifact)


def test_an_export_that_fails_ends_it(
    qtbot: QtBot, client: FakeClient, controller: Controller, settings: Settings
) -> None:
    client.answers["hello"] = made.capabilities()
    controller.edit(made.ready_recipe(), "start")
    controller.refresh_capabilities()
    qtbot.waitUntil(lambda: controller.capabilities is not None)
    view = ProfileView(controller, settings)
    qtbot.addWidget(view)
    view.profile()
    client.last("export").answer(ErrorInfo("export-failed", "It cannot be exported.", "See the Export page."))
    qtbot.waitUntil(lambda: view.head.profile_button.isEnabled())
    assert not view.error.isHidden()
    assert not any(job.stage == "profile" for job in client.jobs)
    view.choose("eager")
    view.profile()  # it needs none
    assert client.last("profile").request.runner.key == "eager"  # type: ignore[union-attr]


def test_the_graph_shows_the_times_of_the_last_profile_of_its_file(
    qtbot: QtBot, controller: Controller, settings: Settings, client: FakeClient, view: ProfileView, artifact: Path
) -> None:
    page = GraphPage(controller, settings)
    qtbot.addWidget(page)
    graph = small_graph(artifact.parent)
    client.answers["inspect"] = dataclasses.replace(
        graph, artifact=dataclasses.replace(graph.artifact, path=str(artifact))
    )
    controller.run(Stage.GRAPH)
    qtbot.waitUntil(lambda: controller.graph.graph is not None)
    table = page.view.side.nodes.table
    assert table.isColumnHidden(2)
    view.profile()
    client.last("profile").answer(placed(FLOAT, artifact))
    qtbot.waitUntil(lambda: not table.isColumnHidden(2))
    shown = [page.view.side.nodes.model.index(place, 2).data() for place in (0, 1, 2, 11)]
    assert shown == ["80.0", "fused", "", "15.0"]
    seen: list[Inspection] = []
    controller.inspected.connect(seen.append)
    assert controller.graph.graph is not None
    page.show()
    controller.graph.selection.select(NodePick(1))
    section = next(one for one in seen[-1].sections if one.title == "Time in float32")
    assert ("together with", "node_Conv_0") in [(one.name, one.value) for one in section.properties]
    artifact.write_bytes(b"another one")
    controller.profiles.profiled.emit()
    assert table.isColumnHidden(2)


def test_the_models_keep_qts_rules(view: ProfileView, profile: Callable[[ProfileReport], None]) -> None:
    for model in (view.tables.rows, view.tables.totals, view.parts.parts):
        QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    profile(FLOAT)
    view.tables.choose_kind("convolution")


def test_strips_have_one_scale_and_one_colour_a_kind(qtbot: QtBot) -> None:
    strips = ShareStrips()
    qtbot.addWidget(strips)
    strips.resize(400, 100)
    strips.show_strips(
        (
            Strip("fast", (StripItem("convolution", 10.0), StripItem("between the operators", 10.0))),
            Strip("slow", (StripItem("casts", 30.0), StripItem("convolution", 10.0))),
        )
    )
    widths = {(strip.title, item.title): place.width() for place, strip, item in strips.pieces()}
    assert widths["fast", "convolution"] == pytest.approx(100.0)
    assert widths["slow", "convolution"] == pytest.approx(100.0)
    assert widths["slow", "casts"] == pytest.approx(300.0)
    assert not strips.grab().isNull()


def test_a_fallback_to_the_cpu_is_marked(view: ProfileView, profile: Callable[[ProfileReport], None]) -> None:
    profile(report("CUDA", 100.0, row("NonZero", 40.0, is_fallback=True), row("Conv", 30.0)))
    columns = [column.title for column in view.tables.rows.columns]
    cell = view.tables.rows.index(0, columns.index("Provider"))
    assert "not the one asked for" in cell.data()
    assert not cell.data(Qt.ItemDataRole.DecorationRole).isNull()


def test_a_runner_of_a_benchmark_leads_to_its_profile_and_to_why_it_is_faster(
    qtbot: QtBot, controller: Controller, settings: Settings, client: FakeClient, view: ProfileView
) -> None:
    page = BenchPage(controller, settings)
    qtbot.addWidget(page)
    client.answers["bench"] = made.bench_report(50)
    controller.run(Stage.BENCH)
    qtbot.waitUntil(lambda: page.table.model().rowCount() == 3)
    menu = QMenu()
    page.table.context_menu_made.emit(menu, page.table.records_model.record(2))
    actions = {action.text(): action for action in menu.actions() if action.text()}
    baseline = made.bench_report(50).runners[0].title
    assert list(actions) == ["Where its time goes", f"Why it is faster than {baseline}"]
    actions[f"Why it is faster than {baseline}"].trigger()
    shown = page.tabs.view("profile")
    assert isinstance(shown, ProfileView)
    assert (shown.head.runner.key, shown.head.against.key) == ("onnxruntime", "eager")
    assert client.last("profile").request.runner.key == "onnxruntime"  # type: ignore[union-attr]


def test_the_name_of_a_runner_keeps_its_end_where_it_is_too_long(view: ProfileView) -> None:
    view.head.runner.choose(INT8.key)
    view.head.runner.setFixedWidth(150)
    shown, whole = view.head.runner.shown_text, view.head.runner.currentText()
    assert "…" in shown
    assert shown[-5:] == whole[-5:]
    assert view.head.runner.toolTip() == whole
