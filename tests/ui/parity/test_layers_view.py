"""The view layer by layer: what a user sees of a comparison on its way, of a fault, and where each figure leads."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.events import Partial, Progress
from modelpack_gui.core.explain.explanation import SourcePlace
from modelpack_gui.core.records import CaseChoice, LayersReport, LayersRequest, ReproRequest, Verdict
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.layers.view import LayersView
from tests.ui import made_reports as made
from tests.ui.fake_client import FakeClient, FakeJob
from tests.ui.parity import made_layers
from tests.ui.samples import make_export_record

Show = Callable[[LayersReport], LayersView]


@pytest.fixture
def view(qtbot: QtBot, client: FakeClient, controller: Controller, settings: Settings) -> LayersView:
    controller.edit(made.ready_recipe(), "start")
    controller.adopt_export(make_export_record(Path(made_layers.ARTIFACT)))
    view = LayersView(controller, settings)
    qtbot.addWidget(view)
    view.resize(768, 620)
    view.show()
    return view


@pytest.fixture
def start(view: LayersView, client: FakeClient) -> Callable[[], FakeJob]:
    def run() -> FakeJob:
        QTest.mouseClick(view.head.compare_button, Qt.MouseButton.LeftButton)
        return client.last("layers")

    return run


@pytest.fixture
def show(view: LayersView, start: Callable[[], FakeJob], qtbot: QtBot, controller: Controller) -> Show:
    def run(report: LayersReport) -> LayersView:
        start().answer(report)
        qtbot.waitUntil(lambda: controller.layers.report is report)
        return view

    return run


def shown_values(view: LayersView) -> list[str]:
    return [row.value for row in view.tables.rows.records]


def test_before_the_first_run_the_view_says_what_to_do_and_offers_it(view: LayersView) -> None:
    assert not view.chart.isVisible()
    assert view.head.compare_button.isEnabled()
    assert view.head.badge.status is Status.NOT_RUN


def test_without_an_artifact_it_says_how_to_get_one(qtbot: QtBot, controller: Controller, settings: Settings) -> None:
    controller.edit(made.ready_recipe(), "start")
    view = LayersView(controller, settings)
    qtbot.addWidget(view)
    assert "exports the model first" in view.problem
    assert not view.head.compare_button.isEnabled()


def test_torchscript_is_told_why_not_and_what_else(view: LayersView, client: FakeClient) -> None:
    report = dataclasses.replace(made.parity_report(), artifact_path="/models/build/shapes.pt")
    view.show_case(report, report.cases[0])
    assert "Export to ONNX" in view.problem
    assert not view.head.compare_button.isEnabled()
    view.compare()
    assert not any(job.stage == "layers" for job in client.jobs)


def test_the_case_that_is_looked_at_is_the_one_that_is_compared(
    view: LayersView, start: Callable[[], FakeJob]
) -> None:
    report = dataclasses.replace(made.parity_report(failing=(3,)), artifact_path=made_layers.ARTIFACT)
    view.show_case(report, report.cases[4])
    assert view.head.case.whole == "Case: batch = 3"
    QTest.mouseClick(view.head.levels_choice.buttons["off"], Qt.MouseButton.LeftButton)
    view.head.memory.setValue(64)
    request = start().request
    assert isinstance(request, LayersRequest)
    assert request.case == CaseChoice({"batch": 3})
    assert request.artifact_path == made_layers.ARTIFACT
    assert request.optimizations == ("off",)
    assert request.memory_bytes == 64 << 20


def test_level_and_memory_are_remembered(
    view: LayersView, qtbot: QtBot, controller: Controller, settings: Settings
) -> None:
    QTest.mouseClick(view.head.levels_choice.buttons["on"], Qt.MouseButton.LeftButton)
    view.head.memory.setValue(100)
    other = LayersView(controller, settings)
    qtbot.addWidget(other)
    assert (other.head.levels, other.head.memory_bytes) == (("all",), 100 << 20)


def test_rows_are_shown_as_they_come_and_later_ones_take_their_place(
    view: LayersView, start: Callable[[], FakeJob], qtbot: QtBot
) -> None:
    job = start()
    job.give(Progress(job.id, "Chunk 1 of 3", 0.25))
    job.give(Partial(job.id, made_layers.part(made_layers.row(1), made_layers.row(0))))
    job.give(Partial("another", made_layers.part(made_layers.row(5))))
    qtbot.waitUntil(lambda: shown_values(view) == ["value_0", "value_1"])
    assert view.head.cancel_button.isVisible()
    assert view.head.badge.status is Status.RUNNING
    replayed = made_layers.row(1, introduced=0.25)
    job.give(Partial(job.id, made_layers.part(replayed)))
    qtbot.waitUntil(lambda: view.tables.rows.records[1].introduced == 0.25)
    assert len(view.tables.rows.records) == 2


def test_cancelling_keeps_what_has_come(view: LayersView, start: Callable[[], FakeJob], qtbot: QtBot) -> None:
    job = start()
    job.give(Partial(job.id, made_layers.part(made_layers.row(0))))
    qtbot.waitUntil(lambda: bool(shown_values(view)))
    QTest.mouseClick(view.head.cancel_button, Qt.MouseButton.LeftButton)
    assert job.is_cancelled
    qtbot.waitUntil(lambda: view.head.badge.status is Status.CANCELLED)
    assert view.head.sentence.text() == "Cancelled after 1 of 24 values."
    assert shown_values(view) == ["value_0"]


def test_a_failure_shows_what_happened_and_lets_one_try_again(
    view: LayersView, start: Callable[[], FakeJob], qtbot: QtBot
) -> None:
    start().answer(ErrorInfo("layers-too-large", "One value alone takes 2 GB.", "Raise the memory limit."))
    qtbot.waitUntil(view.error.isVisible)
    assert view.head.badge.status is Status.FAILED
    assert view.head.compare_button.isEnabled()


def test_a_fault_is_told_selected_and_inspected(show: Show, controller: Controller) -> None:
    shown: list[Inspection] = []
    controller.inspected.connect(shown.append)
    view = show(made_layers.report(fault=14))
    assert view.head.badge.status is Status.FAILED
    assert view.head.sentence.text().startswith("The artifact leaves the model at")
    assert view.fault.where.whole == (
        "First fault: Mul node_Mul_14  ·  stages.3.first.2  ·  shapes.py:44  ·  optimisation off"
    )
    assert "eager multiplies by a scale" in view.fault.sentence.text()
    assert view.fault.missing.text() == "Not in the artifact: mul (shapes.py:44)"
    current = view.tables.table.currentIndex()
    assert [current.siblingAtColumn(i).data() for i in range(3)] == ["fault", "14", "Mul"]
    assert shown[-1].title == "value_14"
    assert shown[-1].sections[0].text == "1,500 of 3,000 elements differ by up to 0.14."


def test_a_clean_comparison_has_no_fault_card(show: Show) -> None:
    view = show(made_layers.report())
    assert view.head.badge.status is Status.PASSED
    assert not view.fault.isVisible()


def test_the_share_of_aligned_nodes_is_told_and_the_others_are_listed_with_the_reason(show: Show) -> None:
    view = show(made_layers.report())
    assert view.tables.share.whole == "96 % of 25 nodes aligned"
    view.tables.tabs.setCurrentIndex(1)
    assert view.tables.unaligned_table.isVisible()
    row = view.tables.unaligned.index(1, 0)
    cells = [row.siblingAtColumn(i).data() for i in range(2, 5)]
    assert cells == ["fused", "Part of the fused Conv + Relu.", "optimisation on"]


def test_a_value_has_the_same_depth_at_each_level(show: Show) -> None:
    view = show(made_layers.report(fault=14))
    depths = {(row.value, row.optimization): row.depth for row in view.tables.rows.records}
    assert depths["value_14", "all"] == depths["value_14", "off"] == 14


def test_the_card_leads_to_the_graph_and_to_the_line(show: Show, qtbot: QtBot, controller: Controller) -> None:
    view = show(made_layers.report(fault=14))
    with qtbot.waitSignal(controller.node_wanted) as node:
        QTest.mouseClick(view.fault.graph_button, Qt.MouseButton.LeftButton)
    assert node.args == [14]
    with qtbot.waitSignal(controller.place_wanted) as place:
        QTest.mouseClick(view.fault.source_button, Qt.MouseButton.LeftButton)
    assert place.args == [SourcePlace(made_layers.FILE, 44)]


def test_the_filter_finds_names_and_the_choice_leaves_what_went_wrong(show: Show) -> None:
    view = show(made_layers.report(fault=20, levels=("off",)))
    view.tables.choice.setCurrentText("Not passed")
    assert shown_values(view) == ["value_20", "value_21", "value_22", "value_23"]
    QTest.keyClicks(view.tables.filter_field, "relu")
    assert shown_values(view) == ["value_21"]
    assert view.tables.tabs.tabText(0) == "Values  1 of 24"


def test_copied_rows_have_all_digits(show: Show) -> None:
    view = show(made_layers.report(fault=14))
    view.tables.table.copy_rows()
    copied = QGuiApplication.clipboard().text().split("\t")
    fault = next(row for row in view.tables.rows.records if row.is_fault)
    assert repr(fault.max_abs_diff) in copied
    assert f"{made_layers.FILE}:44" in copied


def test_a_changed_setting_makes_the_comparison_out_of_date(show: Show, controller: Controller) -> None:
    view = show(made_layers.report())
    recipe = controller.recipe
    controller.edit(dataclasses.replace(recipe, parity=dataclasses.replace(recipe.parity, rtol=0.1)), "rtol")
    assert view.head.badge.status is Status.STALE
    assert view.head.sentence.text().startswith("Out of date")
    controller.undo_stack.undo()
    assert not view.head.sentence.text().startswith("Out of date")


def test_another_case_is_told_apart_from_the_one_that_is_shown(view: LayersView, show: Show) -> None:
    report = dataclasses.replace(made.parity_report(failing=(3,)), artifact_path=made_layers.ARTIFACT)
    view.show_case(report, report.cases[4])
    show(made_layers.report(fault=14))
    assert view.head.case.whole == "Case: batch = 3"
    view.show_case(report, report.cases[6])
    assert view.head.case.whole == "Case: batch = 5"
    assert view.head.sentence.text().startswith("Shown is batch = 3; compare again to see batch = 5.")


def test_another_project_starts_with_an_empty_view(show: Show, controller: Controller) -> None:
    view = show(made_layers.report(fault=14))
    controller.new_project()
    assert view.head.badge.status is Status.NOT_RUN
    assert not view.fault.isVisible()
    assert shown_values(view) == []


def test_a_repro_is_made_of_the_fault_and_says_how_to_run_it(
    show: Show, client: FakeClient, controller: Controller, qtbot: QtBot, tmp_path: Path
) -> None:
    view = show(made_layers.report(fault=14))
    request = controller.layers.request
    assert request is not None
    path = tmp_path / "repro.zip"
    view.repro.make(request, "value_14", path)
    assert not view.fault.repro_button.isEnabled()
    asked = client.last("repro").request
    assert isinstance(asked, ReproRequest)
    assert (asked.value, asked.output_path, asked.case) == ("value_14", str(path), request.case)
    client.last("repro").answer(made_layers.repro(str(path)))
    qtbot.waitUntil(view.repro.reveal_button.isVisible)
    assert view.repro.badge.status is Status.PASSED
    assert "repro.zip, 48.2 kB" in view.repro.sentence.text()
    QTest.mouseClick(view.repro.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "python run.py"


def test_a_repro_that_does_not_fail_is_a_warning(
    show: Show, client: FakeClient, controller: Controller, qtbot: QtBot, tmp_path: Path
) -> None:
    view = show(made_layers.report(fault=14))
    assert controller.layers.request is not None
    view.repro.make(controller.layers.request, "", tmp_path / "r.zip")
    client.last("repro").answer(made_layers.repro("r.zip", Verdict.PASSED))
    qtbot.waitUntil(lambda: view.repro.badge.status is Status.WARNING)


def test_all_values_are_saved_as_csv_with_all_digits(show: Show, tmp_path: Path) -> None:
    view = show(made_layers.report(fault=14))
    view.save_rows(tmp_path / "layers.csv")
    with (tmp_path / "layers.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 42
    fault = next(row for row in view.tables.rows.records if row.is_fault)
    found = next(line for line in lines if line["Value"] == fault.value and line["Level"] == "optimisation off")
    assert found["max_abs_diff"] == repr(fault.max_abs_diff)


def test_the_export_menu_offers_picture_and_table(show: Show, qtbot: QtBot, tmp_path: Path) -> None:
    view = show(made_layers.report(fault=14))
    qtbot.waitUntil(lambda: view.chart.has_picture)
    view.export_menu.aboutToShow.emit()
    actions = [action.text() for action in view.export_menu.actions() if action.isEnabled()]
    assert actions == ["Copy picture", "Save picture…", "Save all values as CSV…"]
    view.chart.save_picture(tmp_path / "chart.svg")
    assert "<svg" in (tmp_path / "chart.svg").read_text(encoding="utf-8")


def test_a_csv_that_cannot_be_written_is_told(
    show: Show, controller: Controller, qtbot: QtBot, tmp_path: Path
) -> None:
    view = show(made_layers.report())
    with qtbot.waitSignal(controller.message_raised) as raised:
        view.save_rows(tmp_path / "missing" / "layers.csv")
    assert raised.args is not None
    assert raised.args[0].code == "csv-not-written"


def test_what_the_verdict_says_already_is_not_said_again(show: Show) -> None:
    report = made_layers.report(fault=14)
    assert report.fault is not None
    view = show(dataclasses.replace(report, summary=report.fault.sentence))
    assert not view.fault.sentence.isVisible()
    assert view.fault.where.isVisible()


def test_a_fault_within_the_tolerance_is_a_warning(show: Show) -> None:
    view = show(dataclasses.replace(made_layers.report(fault=14), verdict=Verdict.WARNING))
    assert view.head.badge.status is Status.WARNING
    assert view.fault.isVisible()


def test_a_failure_of_no_single_node_offers_a_repro_all_the_same(show: Show) -> None:
    view = show(dataclasses.replace(made_layers.report(), verdict=Verdict.FAILED))
    assert view.fault.where.whole == "No single node is at fault"
    assert view.fault.repro_button.isVisible()
    assert not view.fault.graph_button.isVisible()


def test_a_fault_of_another_artifact_than_the_graph_page_shows_leads_to_no_node(view: LayersView, show: Show) -> None:
    report = dataclasses.replace(made.parity_report(), artifact_path="/models/other.onnx")
    view.show_case(report, report.cases[0])
    show(made_layers.report(fault=14))
    assert not view.fault.graph_button.isEnabled()
    assert view.fault.source_button.isEnabled()


def test_a_mark_in_the_source_leads_to_the_fault(show: Show) -> None:
    report = made_layers.report(fault=14)
    view = show(report)
    view.tables.select(view.tables.rows.records[0])
    view.reveal(report.fault)
    assert view.tables.table.currentIndex().siblingAtColumn(0).data() == "fault"
