from __future__ import annotations

import dataclasses
from pathlib import Path

from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from modelpack_gui.core.events import Partial, Progress
from modelpack_gui.core.records import (
    QuantizeAdvice,
    QuantizeAdviceRequest,
    QuantizeRequest,
    QuantizeSpec,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.models.variant_table import FLOAT_LABEL
from modelpack_gui.ui.pages.quantize import QuantizePage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.quantize.advice import AdviceLine
from tests.ui.fake_client import FakeClient
from tests.ui.quantize import made_quantize as made
from tests.ui.quantize.pages import finish, labels, open_project, spec, start
from tests.ui.samples import FAULT

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
    assert page._empty.problem.text() == (
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


def test_a_button_of_advice_has_the_deed_and_its_reason_is_told(qtbot: QtBot) -> None:
    line = AdviceLine(QuantizeAdvice("x", "info", "It is a transformer.", "Try dynamic: it needs no data.", "{}"))
    qtbot.addWidget(line)
    assert line.button is not None
    assert line.button.text() == "Try dynamic"
    assert line.note.text == "It is a transformer. It needs no data."


def test_no_advice_is_asked_for_a_page_that_nobody_sees(
    qtbot: QtBot, controller: Controller, client: FakeClient, artifact: Path, settings: Settings
) -> None:
    open_project(controller, client, artifact)
    shown = QuantizePage(controller, settings)
    qtbot.addWidget(shown)
    assert not shown.settings.advisor.is_asking
    shown.show()
    assert shown.settings.advisor.is_asking


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
    assert page.run_button.text() == "Quantise again"  # so it was quantised already


def test_the_verdict_comes_first_and_the_recommended_variant_is_marked(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, tmp_path: Path
) -> None:
    finish(page, client, qtbot, *(made.variant(one, tmp_path, is_measured=True) for one in made.SPECS))
    assert page.sentence.text() == (
        "INT8 static (QOperator) is 2.0x faster, 3.7x smaller, and changes the top class of 0.40 % of held-out "
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


def test_a_typed_folder_is_undone_at_once(page: QuantizePage) -> None:
    fields = page.settings.calibration
    fields.kinds.buttons["folder"].click()
    (page.controller.base / "build" / "photos").mkdir()
    before = page.controller.undo_stack.index()
    for typed in ("build", "build/", "build/photos"):
        fields.folder.line.setText(typed)
        fields.folder.line.textEdited.emit(typed)
    assert spec(page).calibration.path == "build/photos"
    assert page.controller.undo_stack.index() == before + 1


def test_a_cancelled_run_keeps_where_the_data_of_the_files_came_from(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, tmp_path: Path
) -> None:
    finish(page, client, qtbot, made.variant(made.STATIC, tmp_path))
    note = page.variants.note.text()
    job = start(page, client, qtbot)
    job.cancel()
    qtbot.waitUntil(lambda: not page.controller.is_busy)
    assert page.variants.note.text() == note != ""


def test_the_page_fits_into_a_window_of_1280_pixels_at_a_scale_of_125_percent(
    page: QuantizePage, client: FakeClient, qtbot: QtBot, tmp_path: Path
) -> None:
    room = 645  # logical pixels of 1,024 that the stages on the left and the narrowest inspector leave
    start(page, client, qtbot)
    assert page.cancel_button.isVisible()
    qtbot.waitUntil(lambda: page.minimumSizeHint().width() <= room)
    client.last("quantize").answer(made.report(made.variant(made.STATIC, tmp_path, is_measured=True)))
    qtbot.waitUntil(lambda: not page.controller.is_busy)
    assert page.try_button.isVisible()
    qtbot.waitUntil(lambda: page.minimumSizeHint().width() <= room)


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
        "Float32 puts the same class first in all 32 rows of held-out samples: that the top class stays says little."
    )
    page.data_button.click()
    assert page.settings.calibration.isVisible()


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
