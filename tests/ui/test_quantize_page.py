from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from modelpack_gui.client.quantize_store import (
    KeptQuantizing,
    KeptVariant,
    digest_of,
    read_kept,
    read_sensitivity,
    write_kept,
)
from modelpack_gui.client.recipe_file import save_recipe
from modelpack_gui.core import stats
from modelpack_gui.core.events import Partial, Progress
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.quantize_speed import RUNNER
from modelpack_gui.core.records import (
    BenchReport,
    BenchRequest,
    BenchSpec,
    QuantizeAdviceRequest,
    QuantizedVariant,
    QuantizeRequest,
    QuantizeSpec,
    RunnerResult,
    RunnerSpec,
    SensitivityRequest,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.models.variant_table import FLOAT_LABEL
from modelpack_gui.ui.pages.quantize import NODES_TAB, QuantizePage
from modelpack_gui.ui.quantize_edits import take_advice
from modelpack_gui.ui.quantize_state import runner_of
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from tests.ui import made_quantize as made
from tests.ui.fake_client import FakeClient, FakeJob
from tests.ui.made_reports import bench_report, latencies
from tests.ui.samples import FAULT, make_capabilities, make_export_record, make_recipe


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    """A float32 file that an earlier session has exported."""
    (tmp_path / "model.py").write_text("", encoding="utf-8")
    (tmp_path / "build").mkdir()
    path = tmp_path / "build" / "shapes.onnx"
    path.write_bytes(b"float32")
    save_recipe(make_recipe("model.py"), tmp_path / "recipe.toml")
    return path


@pytest.fixture
def project(controller: Controller, client: FakeClient, artifact: Path) -> Controller:
    client.answers |= {
        "hello": make_capabilities(),
        "export": make_export_record(artifact),
        "quantize.advise": made.advice_report(),
    }
    controller.open_recipe(artifact.parent.parent / "recipe.toml", is_trusted=True)
    return controller


@pytest.fixture
def page(qtbot: QtBot, project: Controller, settings: Settings) -> QuantizePage:
    return make_page(qtbot, project, settings)


def make_page(qtbot: QtBot, project: Controller, settings: Settings) -> QuantizePage:
    shown = QuantizePage(project, settings)
    shown.measures.setChecked(False)
    project.quantize.measures_speed = False
    qtbot.addWidget(shown)
    shown.resize(900, 800)
    shown.show()
    return shown


def start(page: QuantizePage, client: FakeClient, qtbot: QtBot) -> FakeJob:
    """Press Quantize, and wait for the export before it."""
    before = len([job for job in client.jobs if job.stage == "quantize"])
    page.run_button.click()
    qtbot.waitUntil(lambda: len([job for job in client.jobs if job.stage == "quantize"]) > before)
    return client.last("quantize")


def finish(page: QuantizePage, client: FakeClient, qtbot: QtBot, *variants: QuantizedVariant) -> None:
    start(page, client, qtbot).answer(made.report(*variants))
    qtbot.waitUntil(lambda: not page.controller.is_busy)


def labels(page: QuantizePage) -> list[str]:
    return [line.label for line in page.variants.model.records]


def spec(page: QuantizePage) -> QuantizeSpec:
    return page.controller.quantize.spec


# Settings


def test_before_the_first_run_the_settings_are_there_and_the_page_says_what_it_does(page: QuantizePage) -> None:
    assert page.settings.methods.isVisible()
    assert page._empty_run.isVisible()
    assert page.run_button.isEnabled()
    assert page.badge.status is Status.NOT_RUN


def test_a_setting_is_an_undoable_edit_of_the_recipe(page: QuantizePage) -> None:
    controller = page.controller
    assert controller.recipe.quantize is None
    page.settings.methods.buttons["dynamic"].click()
    assert spec(page).method == "dynamic"
    assert not spec(page).per_channel  # as dynamic quantising usually is
    assert not page.settings.formats.isVisible()  # QDQ is for static
    page.settings.per_channel.click()
    assert spec(page).per_channel
    controller.undo_stack.undo()
    controller.undo_stack.undo()
    assert controller.recipe.quantize is None
    assert page.settings.methods.value == "static"


def test_what_is_folded_says_what_is_set_inside(page: QuantizePage) -> None:
    folds = page.settings.folds
    assert folds.headers["quantize-calibration"].whole == "Data: 64 samples from example inputs, 16 held out"
    page.settings.more.methods.buttons["percentile"].click()
    page.settings.more.exclude.setText("/conv0/Conv, /head/Gemm")
    page.settings.more.exclude.textEdited.emit("/conv0/Conv, /head/Gemm")
    assert spec(page).exclude_nodes == ("/conv0/Conv", "/head/Gemm")
    assert folds.headers["quantize-more"].whole == "More: Percentile, int8 weights, 2 nodes left in float32"
    page.settings.more.reset.click()
    assert page.controller.recipe.quantize is None


def test_data_from_a_python_file_needs_its_name_before_anything_can_run(page: QuantizePage) -> None:
    fields = page.settings.calibration
    page.settings.folds.open("quantize-calibration")
    fields.kinds.buttons["python"].click()
    assert fields.problem.text == "Choose the Python file that has the iterable."
    assert not page.run_button.isEnabled()
    fields.file.choose(str(page.controller.base / "model.py"))
    fields.name.setText("loader")
    fields.name.editingFinished.emit()
    calibration = spec(page).calibration
    assert (calibration.kind, calibration.path, calibration.name) == ("python", "model.py", "loader")
    assert page.run_button.isEnabled()
    fields.held_out.setValue(50)
    fields.samples.setValue(200)
    assert page.settings.folds.headers["quantize-calibration"].whole == (
        "Data: 200 samples from loader in model.py, 100 held out"
    )


def test_a_folder_is_taken_by_its_field(page: QuantizePage) -> None:
    fields = page.settings.calibration
    fields.kinds.buttons["folder"].click()
    fields.folder.line.setText("nowhere")
    fields.folder.line.textEdited.emit("nowhere")
    assert spec(page).calibration.path == ""  # half typed
    fields.folder.line.setText("build")
    fields.folder.line.textEdited.emit("build")
    assert spec(page).calibration.path == "build"


def test_a_recipe_that_exports_another_format_cannot_be_quantised(page: QuantizePage) -> None:
    recipe = page.controller.recipe
    export = dataclasses.replace(recipe.export, format="torchscript", output_path="build/shapes.pt")
    page.controller.edit(dataclasses.replace(recipe, export=export), "export TorchScript")
    assert not page.run_button.isEnabled()
    assert page._empty_problem.text() == (
        "Only ONNX files can be quantised, and the recipe exports TorchScript: choose ONNX on the Export page."
    )


# Advice


def test_advice_comes_before_anything_is_run_the_gravest_first_and_is_taken_by_a_click(
    page: QuantizePage, client: FakeClient, qtbot: QtBot
) -> None:
    advice = page.settings.advice
    qtbot.waitUntil(lambda: len(advice.lines) == 3)
    request = client.last("quantize.advise").request
    assert isinstance(request, QuantizeAdviceRequest)
    assert request.quantize == QuantizeSpec()
    assert [line.advice.kind for line in advice.lines] == ["dynamic_on_conv", "no_vnni", "random_data"]
    assert [line.isVisible() for line in advice.lines] == [True, True, False]
    advice.more.click()
    assert advice.lines[2].isVisible()
    page.settings.methods.buttons["dynamic"].click()
    qtbot.waitUntil(lambda: len([job for job in client.jobs if job.stage == "quantize.advise"]) == 2)
    button = advice.lines[0].button
    assert button is not None
    assert button.text() == "Choose static"
    button.click()
    assert spec(page).method == "static"
    page.controller.undo_stack.undo()
    assert spec(page).method == "dynamic"


def test_without_a_file_the_page_says_that_advice_needs_one_and_exports_on_a_click(
    page: QuantizePage, client: FakeClient, artifact: Path, qtbot: QtBot
) -> None:
    assert not page.settings.before.isVisible()
    artifact.unlink()
    page.controller.project_changed.emit()
    assert page.settings.before.isVisible()
    page.settings.export_button.click()
    qtbot.waitUntil(lambda: page.controller.artifact_path == str(artifact))
    assert not page.settings.before.isVisible()


def test_no_advice_is_asked_for_a_page_that_nobody_sees(
    qtbot: QtBot, project: Controller, client: FakeClient, settings: Settings
) -> None:
    shown = QuantizePage(project, settings)
    qtbot.addWidget(shown)
    assert not shown.settings.advisor.is_asking
    shown.show()
    assert shown.settings.advisor.is_asking


def test_advice_that_does_not_fit_changes_nothing(page: QuantizePage, qtbot: QtBot) -> None:
    advice = dataclasses.replace(made.advice_report().advice[1], changes='{"method": 8}')
    with qtbot.waitSignal(page.controller.message_raised) as raised:
        take_advice(page.controller, advice)
    assert raised.args is not None
    assert raised.args[0].code == "advice-not-taken"
    assert page.controller.recipe.quantize is None


# Running


def test_variants_come_into_the_table_one_by_one(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, tmp_path: Path
) -> None:
    QAbstractItemModelTester(page.variants.model, QAbstractItemModelTester.FailureReportingMode.Warning)
    page.try_button.click()
    qtbot.waitUntil(lambda: any(job.stage == "quantize" for job in client.jobs))
    job = client.last("quantize")
    assert isinstance(job.request, QuantizeRequest)
    assert job.request.specs == made.SPECS
    job.give(Progress(job.id, "INT8 static, per tensor (2 of 6)", 0.2))
    job.give(Partial(job.id, made.variant(made.STATIC, tmp_path)))
    qtbot.waitUntil(lambda: labels(page) == [FLOAT_LABEL, "INT8 static"])
    assert page.badge.status is Status.RUNNING
    assert page.sentence.text().startswith("So far: INT8 static ")
    assert page.cancel_button.isVisible()
    assert not page.try_button.isEnabled()
    job.give(Partial(job.id, made.unmade(made.QOPERATOR)))
    qtbot.waitUntil(lambda: labels(page) == [FLOAT_LABEL, "INT8 static", "INT8 static, QOperator"])
    assert page.variants.model.records[2].status is Status.FAILED
    page.cancel_button.click()
    qtbot.waitUntil(lambda: not page.controller.is_busy)
    assert labels(page) == [FLOAT_LABEL, "INT8 static", "INT8 static, QOperator"]  # what was made stays
    assert page.run_button.text() == "Quantize again"  # so it was quantised already


def test_the_verdict_comes_first_and_the_recommended_variant_is_marked(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, tmp_path: Path
) -> None:
    finish(page, client, qtbot, *(made.variant(one, tmp_path, is_measured=True) for one in made.SPECS))
    assert page.sentence.text() == (
        "INT8 static, QOperator is 2.0x faster, 3.7x smaller, and changes the top class of 0.40 % of held-out "
        "samples."
    )
    assert page.badge.status is Status.PASSED
    assert labels(page)[0] == FLOAT_LABEL
    best = [line.label for line in page.variants.model.records if line.is_best]
    assert best == ["INT8 static, QOperator"]
    shown = [str(page.variants.model.index(1, column).data()) for column in range(6)]
    assert shown == ["INT8 static", "1.91 [1.85, 1.97]", "88.0 kB (3.6x)", "99.6 %", "33.9", "34.6"]
    points = {point.title: point for point in page.variants.chart.shown}
    assert points["float32"].is_reference
    assert points["INT8 dynamic"].speed.value == 0.48
    assert points["INT8 static"].error_db == 33.9
    assert page.variants.note.text() == "48 samples drawn like the example inputs; 16 more held out."


def test_agreement_on_data_of_one_class_is_doubted(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, tmp_path: Path
) -> None:
    variant = made.variant(made.STATIC, tmp_path)
    assert variant.on_held_out is not None
    finish(page, client, qtbot, variant)
    assert not page.doubt.isVisible()
    one_class = dataclasses.replace(variant.on_held_out, rows=32, top_classes=1)
    finish(page, client, qtbot, dataclasses.replace(variant, on_held_out=one_class))
    assert page.doubt.text == (
        "Float32 puts the same class first in all 32 rows of held-out samples: that the top class stays says little. "
        "Choose real data."
    )


def test_a_failed_run_says_why_and_keeps_what_was_there(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, tmp_path: Path
) -> None:
    finish(page, client, qtbot, made.variant(made.STATIC, tmp_path))
    job = start(page, client, qtbot)
    job.give(Partial(job.id, made.unmade(made.STATIC)))
    job.answer(FAULT)
    qtbot.waitUntil(lambda: not page.controller.is_busy)
    assert page.badge.status is Status.FAILED
    assert page.sentence.text().startswith("Before that: INT8 static ")
    assert page.error_panel.isVisible()
    assert labels(page) == [FLOAT_LABEL, "INT8 static"]


def test_a_row_and_a_point_are_the_same_choice_and_go_to_the_inspector(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, tmp_path: Path
) -> None:
    finish(page, client, qtbot, *(made.variant(one, tmp_path, is_measured=True) for one in made.SPECS))
    inspected: list[Inspection] = []
    page.controller.inspected.connect(inspected.append)
    dynamic = page.variants.model.records[5]
    page.variants.chart.point_chosen.emit(dynamic.key)
    assert page.variants.table.currentIndex().row() == 5
    assert inspected[-1].title == "INT8 dynamic"
    titles = [section.title for section in inspected[-1].sections]
    assert "On held-out samples" in titles
    assert "In low precision: nodes by op type" in titles


# Speed


def test_speed_is_measured_after_quantising_beside_float32_and_told_in_the_verdict(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    page.measures.click()
    variant = made.variant(made.STATIC, artifact.parent)
    finish(page, client, qtbot, variant)
    qtbot.waitUntil(lambda: any(job.stage == "bench" for job in client.jobs))
    job = client.last("bench")
    assert isinstance(job.request, BenchRequest)
    key = runner_of(variant, page.controller.base).key
    assert [one.key for one in job.request.bench.runners] == [RUNNER, key]
    assert key == f"onnxruntime[file=build/{Path(variant.path).name}]"
    assert page.variants.stop_button.isVisible()
    job.answer(speed_report(*job.request.bench.runners))
    qtbot.waitUntil(lambda: not page._state.speed.is_running)
    line = page.variants.model.records[1]
    assert line.speedup is not None
    assert line.speedup.value == pytest.approx(2.0, rel=0.05)
    assert "2.0x faster" in page.sentence.text()
    assert page.variants.measure_button.text() == "Measure again"


def speed_report(*specs: RunnerSpec) -> BenchReport:
    whole = bench_report()
    base, fast = latencies(1.0, 500, 1), latencies(0.5, 500, 2)
    ratio = stats.speedup(base, fast)
    runners = (
        RunnerResult(RUNNER, "", None, (), base, stats.summarise(base), None, spec=specs[0]),
        RunnerResult(specs[1].key, "", None, (), fast, stats.summarise(fast), ratio, spec=specs[1]),
    )
    bench = BenchSpec(runners=specs)
    return dataclasses.replace(whole, bench=bench, baseline=RUNNER, runners=runners)


def test_speed_that_could_not_be_measured_is_told_and_can_be_tried_again(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    finish(page, client, qtbot, made.variant(made.STATIC, artifact.parent))
    page.variants.measure_button.click()
    client.last("bench").answer(FAULT)
    qtbot.waitUntil(lambda: not page._state.speed.is_running)
    assert "class 'Shapes'" in page.variants.speed_error.text
    assert page.variants.measure_button.text() == "Measure speed"


# Kept with the project


def test_variants_are_shown_again_when_the_project_is_reopened(
    page: QuantizePage,
    client: FakeClient,
    qtbot: QtBot,
    artifact: Path,
    settings: Settings,
) -> None:
    finish(page, client, qtbot, made.variant(made.STATIC, artifact.parent, is_measured=True))
    controller = page.controller
    qtbot.waitUntil(lambda: read_kept(artifact).variants[0].made_from == digest_of(artifact))
    controller.new_project()
    assert labels(page) == []
    controller.open_recipe(artifact.parent.parent / "recipe.toml", is_trusted=True)
    assert labels(page) == [FLOAT_LABEL, "INT8 static"]
    assert page.sentence.text().startswith("INT8 static is 1.9x faster")
    assert page.badge.status is Status.PASSED


def test_a_variant_of_another_artifact_is_out_of_date(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    finish(page, client, qtbot, made.variant(made.STATIC, artifact.parent, is_measured=True))
    qtbot.waitUntil(lambda: bool(page._state._digest))
    artifact.write_bytes(b"other weights")
    page.controller.run(Stage.EXPORT)
    qtbot.waitUntil(lambda: page.variants.model.records[1].is_stale)
    assert page.badge.status is Status.STALE
    assert page.sentence.text().startswith("Out of date")
    assert page.variants.chart.shown == (page.variants.chart.shown[0],)  # float32 alone
    assert page.run_button.text() == "Quantize"


def test_what_is_kept_survives_a_file_that_is_gone_and_a_store_that_is_broken(tmp_path: Path) -> None:
    artifact = tmp_path / "a.onnx"
    artifact.write_bytes(b"x")
    there, gone = made.variant(made.STATIC, tmp_path), made.variant(made.DYNAMIC, tmp_path)
    kept = KeptQuantizing((KeptVariant(there, "d"), KeptVariant(gone, "d")), 10)
    write_kept(artifact, kept)
    assert read_kept(artifact) == kept
    Path(gone.path).unlink()
    assert [one.variant for one in read_kept(artifact).variants] == [there]
    (tmp_path / "a.quantized.json").write_text("{", encoding="utf-8")
    assert read_kept(artifact) == KeptQuantizing()


def test_the_digest_counts_the_weights_beside_the_artifact(tmp_path: Path) -> None:
    artifact = tmp_path / "a.onnx"
    assert digest_of(artifact) == ""
    artifact.write_bytes(b"x")
    alone = digest_of(artifact)
    (tmp_path / "a.onnx.data").write_bytes(b"weights")
    assert digest_of(artifact) not in ("", alone)


# What can be done with a file


def menu_of(page: QuantizePage, row: int) -> dict[str, object]:
    menu = QMenu(page)
    page.variants.table.context_menu_made.emit(menu, page.variants.model.record(row))
    return {action.text(): action for action in menu.actions() if action.text()}


def test_files_go_to_the_benchmark_and_to_parity(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    one, two = (made.variant(spec, artifact.parent) for spec in (made.STATIC, made.FLOAT16))
    finish(page, client, qtbot, one, two)
    controller = page.controller
    wanted: list[Stage] = []
    controller.page_wanted.connect(wanted.append)
    page.variants.bench_button.click()
    page.variants.bench_button.click()  # they are there already
    added = [spec for spec in controller.recipe.bench.runners if spec.artifact]
    assert [spec.artifact for spec in added] == [f"build/{Path(made.path).name}" for made in (one, two)]
    page.variants.table.selectRow(2)
    actions = menu_of(page, 2)
    assert list(actions) == ["Reveal in folder", "Copy path", "Benchmark this", "Compare in Parity", "Delete file…"]
    actions["Copy path"].trigger()  # type: ignore[attr-defined]
    assert QGuiApplication.clipboard().text() == two.path
    actions["Compare in Parity"].trigger()  # type: ignore[attr-defined]
    assert controller.recipe.parity.actual_artifact == f"build/{Path(two.path).name}"
    assert wanted == [Stage.BENCH, Stage.BENCH, Stage.PARITY]
    assert menu_of(page, 0) == {}  # float32 is the export's


def test_a_file_is_deleted_after_a_question(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    one, two = (made.variant(spec, artifact.parent) for spec in (made.STATIC, made.FLOAT16))
    finish(page, client, qtbot, one, two)
    page.controller.quantize.delete([one])
    assert not Path(one.path).exists()
    assert labels(page) == [FLOAT_LABEL, "float16"]
    assert [kept.variant.label for kept in read_kept(artifact).variants] == ["float16"]


# What each node costs


def explored(page: QuantizePage, client: FakeClient, qtbot: QtBot) -> FakeJob:
    page.tabs.setCurrentIndex(NODES_TAB)
    page.nodes.explore()
    return client.last("quantize.sensitivity")


def test_nodes_come_with_their_share_of_the_error_and_the_worst_are_left_out_by_a_click(
    page: QuantizePage, client: FakeClient, qtbot: QtBot
) -> None:
    job = explored(page, client, qtbot)
    assert isinstance(job.request, SensitivityRequest)
    job.give(Partial(job.id, made.NODES[1]))
    qtbot.waitUntil(lambda: page.nodes.model.total == 1)
    job.answer(made.sensitivity_report())
    qtbot.waitUntil(lambda: page.nodes.model.total == 5)
    costs = page.nodes.model.records
    assert [cost.row.node for cost in costs][:2] == ["/conv0/Conv", "/conv1/Conv"]
    assert costs[0].share == pytest.approx(0.901, abs=0.001)  # 10^-2.2 of 10^-2.2 + 10^-3.2 + 10^-4.2
    assert costs[-1].row.node == "/late/Gemm"
    assert costs[-1].share is None
    assert page.nodes.count.value() == 3  # as it was before there was any node
    page.nodes.count.setValue(2)
    assert page.nodes._share.text() == "of 5: 99 % of the error"
    page.nodes.exclude_button.click()
    assert spec(page).exclude_nodes == ("/conv0/Conv", "/conv1/Conv")
    assert [cost.is_excluded for cost in page.nodes.model.records] == [True, True, False, False, False]
    assert not page.nodes.exclude_button.isEnabled()
    page.controller.undo_stack.undo()
    assert spec(page).exclude_nodes == ()


def test_a_double_click_leaves_one_node_in_float32_or_takes_it_back(
    page: QuantizePage, client: FakeClient, qtbot: QtBot
) -> None:
    explored(page, client, qtbot).answer(made.sensitivity_report())
    qtbot.waitUntil(lambda: page.nodes.model.total == 5)
    table = page.nodes.table
    table.record_activated.emit(page.nodes.model.record(2))
    assert spec(page).exclude_nodes == ("/head/Gemm",)
    table.record_activated.emit(page.nodes.model.record(2))
    assert spec(page).exclude_nodes == ()


def test_what_nodes_cost_is_kept_with_the_project(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, artifact: Path
) -> None:
    explored(page, client, qtbot).answer(made.sensitivity_report())
    qtbot.waitUntil(lambda: read_sensitivity(artifact) is not None)
    page.controller.new_project()
    assert page.nodes.model.total == 0
    page.controller.open_recipe(artifact.parent.parent / "recipe.toml", is_trusted=True)
    assert page.nodes.model.total == 5
    assert page.nodes.sentence.text() == "INT8 static: /conv0/Conv makes most of the error."


def test_exploring_that_failed_says_why_and_cancelling_keeps_the_rows(
    page: QuantizePage, client: FakeClient, qtbot: QtBot
) -> None:
    job = explored(page, client, qtbot)
    job.give(Partial(job.id, made.NODES[0]))
    qtbot.waitUntil(lambda: page.nodes.model.total == 1)
    page.nodes.cancel_button.click()
    qtbot.waitUntil(lambda: not page._state.sensitivity.job.is_running)
    assert page.nodes.sentence.text() == "INT8 static: Cancelled after 1 node."
    page.nodes.run_button.click()
    client.last("quantize.sensitivity").answer(FAULT)
    qtbot.waitUntil(lambda: not page._state.sensitivity.job.is_running)
    assert page.nodes.error.isVisible()
    page.settings.methods.buttons["float16"].click()
    assert not page.nodes.start_button.isEnabled()
