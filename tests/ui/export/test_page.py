from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from modelpack_gui.core.errors import ErrorInfo
from modelpack_gui.core.explain.explanation import Explanation, SourcePlace
from modelpack_gui.core.pipeline import Stage
from modelpack_gui.core.records import (
    CapturedWarning,
    DynamicDim,
    ExportRecord,
    ExportRequest,
    InputSpec,
    Mismatch,
    ParityBrief,
    PostStepResult,
    TensorInfo,
    Verdict,
)
from modelpack_gui.ui.controller import Controller
from modelpack_gui.ui.inspection import Inspection
from modelpack_gui.ui.models.export_text import artifact_rows, export_sentence, shown_rows
from modelpack_gui.ui.pages.export import ExportPage
from modelpack_gui.ui.settings import Settings
from modelpack_gui.ui.status import Status
from modelpack_gui.ui.widgets.basics import Foldable
from modelpack_gui.ui.widgets.export.results import ExportResults
from tests.ui.fake_client import FakeClient
from tests.ui.samples import FAULT, make_capabilities, make_export_record, make_recipe

MISMATCH = Mismatch("opset_version", "17", "18", "Its down-conversion failed.", "Ask for opset 18.")
WARNING = CapturedWarning("TracerWarning", "A branch was frozen.", "/models/model.py", 77, 2)


@pytest.fixture
def project(controller: Controller, client: FakeClient, qtbot: QtBot, tmp_path: Path) -> Controller:
    (tmp_path / "model.py").write_text("", encoding="utf-8")
    client.answers |= {"hello": make_capabilities()}
    controller.edit(make_recipe(str(tmp_path / "model.py")), "set up")
    return controller


@pytest.fixture
def page(qtbot: QtBot, project: Controller, settings: Settings) -> ExportPage:
    made = ExportPage(project, settings)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    return made


def texts(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if not label.isHidden()]


def test_before_the_first_export_the_options_and_a_hint_are_shown(page: ExportPage) -> None:
    assert page.results.isHidden()
    assert "Nothing is exported yet." in page._hint_text.text()
    shown = texts(page._options)
    assert "image[0] = batch" in shown
    assert "build/shapes.onnx" in shown


def test_what_is_missing_for_an_export_is_said_on_the_page(page: ExportPage, project: Controller) -> None:
    project.edit(dataclasses.replace(project.recipe, inputs=()), "remove inputs")
    assert page._hint_text.text().startswith("There is no example input.")
    assert not page.run_button.isEnabled()


def test_the_options_follow_the_recipe_and_undo(page: ExportPage, project: Controller, qtbot: QtBot) -> None:
    export = dataclasses.replace(project.recipe.export, exporter="trace", opset_version=13)
    project.edit(dataclasses.replace(project.recipe, export=export), "change")
    qtbot.waitUntil(lambda: "trace" in texts(page._options))
    assert "opset_version=13" in page.code.text
    project.undo_stack.undo()
    qtbot.waitUntil(lambda: "dynamo" in texts(page._options))


def test_an_export_as_asked_passes_in_one_sentence(
    page: ExportPage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["export"] = make_export_record()
    page.run_button.click()
    qtbot.waitUntil(lambda: project.state(Stage.EXPORT).status is Status.PASSED)
    assert page.sentence.text() == "Exported in 2.5 s: shapes.onnx, 320 kB, opset 20."
    assert {row.verdict for row in page.results.model.records} == {Verdict.PASSED}
    assert page._hint.isHidden()
    assert page.results.isVisible()


def fallen_back() -> ExportRecord:
    """Asked for opset 17, got 18."""
    record = make_export_record()
    return dataclasses.replace(
        record,
        asked=dataclasses.replace(record.asked, opset_version=17),
        artifact=dataclasses.replace(record.artifact, opset_version=18),
        mismatches=(MISMATCH,),
    )


def test_a_mismatch_is_visible_with_its_explanation_and_fix(
    page: ExportPage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["export"] = fallen_back()
    project.run(Stage.EXPORT)
    qtbot.waitUntil(lambda: project.state(Stage.EXPORT).status is Status.WARNING)
    assert page.badge.status is Status.WARNING
    assert "opset version 17 was asked, 18 came out" in page.sentence.text()
    first = page.results.model.record(0)
    assert (first.verdict, first.aspect, first.asked, first.got) == (Verdict.WARNING, "opset_version", "17", "18")
    note = page.results.findChild(QWidget, "mismatch-note")
    assert note is not None
    assert note.accessibleName() == "Opset version: Its down-conversion failed. Ask for opset 18."


def test_selecting_a_row_fills_the_inspector_with_why(
    page: ExportPage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["export"] = fallen_back()
    project.run(Stage.EXPORT)
    qtbot.waitUntil(lambda: page.results.model.total > 0)
    with qtbot.waitSignal(project.inspected) as shown:
        page.results.table.select_record(page.results.model.record(0))
    inspection = shown.args[0]
    assert isinstance(inspection, Inspection)
    why, what_to_do = (section.text for section in inspection.sections[1:])
    assert why.startswith("Opset 17 was asked for")
    assert what_to_do.splitlines()[0] == "Ask for opset 18."


def test_a_double_click_on_a_warning_goes_to_its_line(
    page: ExportPage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["export"] = dataclasses.replace(make_export_record(), warnings=(WARNING,))
    project.run(Stage.EXPORT)
    qtbot.waitUntil(lambda: page.results.warnings.model.total == 1)
    table = page.results.warnings.table
    with qtbot.waitSignal(project.place_wanted) as wanted:
        table.activated.emit(table.model().index(0, 0))
    assert wanted.args == [SourcePlace("/models/model.py", 77)]
    assert table.model().index(0, 2).data() == "model.py:77"


def test_an_axis_that_came_out_fixed_is_a_warning_even_if_the_stage_did_not_say_so() -> None:
    record = make_export_record()
    fixed = TensorInfo("image", "float32", (2, 3, 32, 32))
    record = dataclasses.replace(record, artifact=dataclasses.replace(record.artifact, inputs=(fixed,)))
    row = next(
        row for row in shown_rows(record, (InputSpec("image", (2, 3, 32, 32)),)) if row.aspect == "dynamic_dim"
    )
    assert (row.verdict, row.got) == (Verdict.FAILED, "image[0] = 2")


def test_a_renamed_input_is_found_by_its_place() -> None:
    record = make_export_record()
    asked = dataclasses.replace(record.asked, input_names=("ids", "image"), dynamic=(DynamicDim("b", 0, "batch"),))
    inputs = (InputSpec("a", (1,)), InputSpec("b", (2, 3, 32, 32)))
    rows = shown_rows(dataclasses.replace(record, asked=asked), inputs)
    row = next(row for row in rows if row.aspect == "dynamic_dim")
    assert (row.verdict, row.got) == (Verdict.PASSED, "image[0] = batch")


def test_several_differences_are_counted_in_the_sentence() -> None:
    other = Mismatch("dynamic_dim", "image[0] = batch", "fixed at 2")
    record = dataclasses.replace(make_export_record(), mismatches=(MISMATCH, other))
    assert export_sentence(record).endswith("18 came out. 1 other difference below.")


FROZEN = Explanation("trace-branch-frozen", "A branch was frozen by tracing", "It branches on a size.", gravity=3)
CONSTANT = Explanation("trace-constant", "A new tensor became a constant", "It was made in forward.", gravity=1)


def test_a_known_trouble_makes_the_export_doubtful_in_the_sentence_the_badge_and_the_jobs(
    page: ExportPage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["export"] = dataclasses.replace(make_export_record(), explanations=(FROZEN, CONSTANT))
    page.run_button.click()
    qtbot.waitUntil(lambda: project.state(Stage.EXPORT).status is Status.WARNING)
    assert page.sentence.text() == (
        "Exported in 2.5 s: shapes.onnx, 320 kB, opset 20. It may be wrong: a branch was frozen by tracing."
    )
    assert [job.status for job in project.jobs.jobs.values() if job.stage == "export"] == [Status.WARNING]


def test_what_is_only_good_to_know_leaves_the_export_passed() -> None:
    record = dataclasses.replace(make_export_record(), explanations=(CONSTANT,))
    assert record.verdict is Verdict.PASSED
    assert export_sentence(record) == export_sentence(make_export_record())


def test_steps_that_were_left_out_are_named_in_the_sentence() -> None:
    step = PostStepResult("float16", False, 9, None, 3, None, 0.1)
    record = dataclasses.replace(make_export_record(), post_steps=(step,))
    assert export_sentence(record).endswith("opset 20. Left out: float16.")


def test_saved_options_are_one_undo_step_and_run_nothing(
    page: ExportPage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    before = project.recipe
    page.options_button.click()
    dialog = page.dialog
    assert dialog is not None
    button = dialog.findChild(QPushButton, "options-save")
    tick = dialog.findChild(QWidget, "external-data")
    assert isinstance(button, QPushButton)
    assert tick is not None
    tick.click()  # type: ignore[attr-defined]
    button.click()
    assert project.recipe.export.external_data
    assert not [job for job in client.jobs if job.stage == "export"]
    assert page.dialog is None
    project.undo_stack.undo()
    assert project.recipe == before


def test_export_now_runs_with_the_options_of_the_dialog(
    page: ExportPage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    page.options_button.click()
    assert page.dialog is not None
    radio = page.dialog.findChild(QWidget, "exporter-trace")
    export = page.dialog.findChild(QPushButton, "options-export")
    assert radio is not None
    assert isinstance(export, QPushButton)
    radio.click()  # type: ignore[attr-defined]
    export.click()
    request = client.last("export").request
    assert isinstance(request, ExportRequest)
    assert request.export.exporter == "trace"


def test_cancel_changes_nothing(page: ExportPage, project: Controller, client: FakeClient) -> None:
    before, steps = project.recipe, project.undo_stack.count()
    page.options_button.click()
    assert page.dialog is not None
    page.dialog.reject()
    assert project.recipe is before
    assert project.undo_stack.count() == steps


def test_an_earlier_result_is_told_as_such_when_the_next_export_fails(
    page: ExportPage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["export"] = make_export_record()
    project.run(Stage.EXPORT)
    qtbot.waitUntil(lambda: project.state(Stage.EXPORT).status is Status.PASSED)
    client.answers["export"] = FAULT
    project.run(Stage.EXPORT)
    qtbot.waitUntil(lambda: project.state(Stage.EXPORT).status is Status.FAILED)
    assert page.sentence.text().startswith("Before that: Exported in ")


def draft_fold(page: ExportPage) -> QWidget:
    above: QWidget | None = page.results.draft
    while not isinstance(above, Foldable):
        assert above is not None
        above = above.parentWidget()
    return above


KEPT = PostStepResult(
    "onnxslim",
    True,
    400_000,
    380_000,
    40,
    32,
    0.4,
    ParityBrief(Verdict.PASSED, "Passed: 5 agree.", 1e-6, 0.01, 5),
)
LEFT_OUT = PostStepResult(
    "float16", False, 380_000, 190_000, 32, 34, 0.2,
    ParityBrief(Verdict.FAILED, "Failed: logits is wrong.", 0.5, 40.0, 5),
    ErrorInfo("post-step-disagrees", "float16 was left out.", "Leave the step out."),
)  # fmt: skip


def test_the_steps_after_the_export_are_listed_with_why_one_was_left_out(
    page: ExportPage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["export"] = dataclasses.replace(make_export_record(), post_steps=(KEPT, LEFT_OUT))
    project.run(Stage.EXPORT)
    table = page.results.post_steps
    qtbot.waitUntil(lambda: table.model.total == 2)
    assert table.isVisible()
    cells = [[table.table.model().index(row, column).data() for column in range(1, 6)] for row in range(2)]
    assert cells[0] == ["onnxslim", "kept", "passed", "400 kB → 380 kB", "40 → 32"]
    assert cells[1][1:3] == ["left out", "failed"]
    note = table.findChild(QWidget, "post-step-note")
    assert isinstance(note, QWidget)
    assert note.accessibleName() == "float16 was left out. Leave the step out."
    with qtbot.waitSignal(project.inspected) as shown:
        table.table.select_record(LEFT_OUT)
    sections = {section.title: section for section in shown.args[0].sections}
    assert sections["Parity with the model"].text == "Failed: logits is wrong."
    assert sections["Why it was left out"].text == "float16 was left out. Leave the step out."


def test_without_steps_or_a_draft_report_neither_is_shown(
    page: ExportPage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["export"] = make_export_record()
    project.run(Stage.EXPORT)
    qtbot.waitUntil(lambda: page.results.model.total > 0)
    assert not page.results.post_steps.isVisible()
    assert draft_fold(page).isHidden()


def test_the_draft_report_and_what_was_done_unasked_are_shown(
    page: ExportPage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    record = dataclasses.replace(
        make_export_record(), draft_report="Nothing stands in the way.", notes=("The weights went to a file.",)
    )
    client.answers["export"] = record
    project.run(Stage.EXPORT)
    qtbot.waitUntil(lambda: page.results.model.total > 0)
    assert page.results.draft.toPlainText() == "Nothing stands in the way."
    assert not draft_fold(page).isHidden()
    assert "The weights went to a file." in texts(page.results)


def test_what_was_written_into_the_artifact_is_among_its_facts() -> None:
    record = make_export_record()
    metadata = {
        "modelpack.source": "model.py:ShapesNet",
        "modelpack.options": '{"format": "onnx", "opset_version": 18, "strict": true}',
        "note": "of somebody else",
    }
    artifact = dataclasses.replace(record.artifact, metadata=metadata)
    rows = {name: whole for name, _value, whole in artifact_rows(dataclasses.replace(record, artifact=artifact))}
    expected = "Source: model.py:ShapesNet\nOptions: opset_version 18, strict on\nnote: of somebody else"
    assert rows["Written into it"] == expected


def test_without_anything_asked_there_is_no_empty_table(
    qtbot: QtBot, controller: Controller, settings: Settings
) -> None:
    record = make_export_record()
    results = ExportResults(controller, settings)
    qtbot.addWidget(results)
    results.show()
    results.show_record(record, ())
    assert results.table.isVisible()
    asked = dataclasses.replace(record.asked, format="torchscript", exporter="script", output_names=())
    artifact = dataclasses.replace(record.artifact, format="torchscript")
    results.show_record(dataclasses.replace(record, asked=asked, artifact=artifact), ())
    assert not results.table.isVisible()


def test_a_changed_option_makes_the_result_out_of_date(
    page: ExportPage, project: Controller, client: FakeClient, qtbot: QtBot
) -> None:
    client.answers["export"] = make_export_record()
    project.run(Stage.EXPORT)
    qtbot.waitUntil(lambda: project.state(Stage.EXPORT).status is Status.PASSED)
    export = dataclasses.replace(project.recipe.export, opset_version=18)
    project.edit(dataclasses.replace(project.recipe, export=export), "change opset")
    assert page.badge.status is Status.STALE
    assert page.sentence.text().startswith("Out of date")
